// ${env:NAME} in a configuration, as the Collector expands it, from values that the caller gives.
// Thread rule: Immutable (a free function). Cost: linear in the text and the values.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace entail::config {

struct Expansion {
  std::string text;
  std::string problem;  // why a variable could not be expanded; empty: all were
};

// Replaces ${env:NAME}, ${env:NAME:-DEFAULT} and ${NAME}; $$ is $. A value is taken as it is: what looks like a
// variable in it is not expanded again.
Expansion expand_variables(std::string_view text, const std::map<std::string, std::string>& environment);

// The whole text is one reference to a variable.
bool is_one_variable(std::string_view text) noexcept;

}  // namespace entail::config
