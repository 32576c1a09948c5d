// UserAgent, which needs a database of browsers that the project does not carry.
#include "ottl/evaluation.hpp"

namespace entail::ottl::functions {

namespace {

constexpr FunctionRow kRows[] = {
    {.name = "UserAgent",
     .parameters = {{{"UserAgent", Take::text}}},
     .refused = "it needs the database of browsers of uap-core, which is not part of this program; match the text "
                "itself with IsMatch"},
};

}  // namespace

std::span<const FunctionRow> user_agent_rows() { return kRows; }

}  // namespace entail::ottl::functions
