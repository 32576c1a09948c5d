#include <algorithm>

#include "policy/link_types.hpp"
#include "policy/rows.hpp"

namespace entail::policy {

namespace {

Compiled compile(const PolicyOptions& policy, Scope& scope) {
  if (scope.options().links.propagate.type_keys.empty())
    scope.warning("values", "no link has a type, since type_keys is empty");
  std::vector<std::string> types;
  for (std::size_t i = 0; i < policy.values.size(); ++i) {
    std::string& type = types.emplace_back(policy.values[i]);
    std::replace(type.begin(), type.end(), '-', '_');
    if (type.empty() || type.size() > kLinkTypeBytesMax)
      scope.error("values", i, "a type has 1 to " + std::to_string(kLinkTypeBytesMax) + " bytes");
  }
  const NewBit bit = scope.bit_of(QuestionKey("link_type").with(types));
  if (bit.is_new) scope.add_link_type_test(ottl::StringMatcher::exact(types), bit.bit);
  return {scope.add_bit(bit.bit), {.monotone = true}};
}

}  // namespace

Type link_type_type() {
  return {.name = "link_type",
          .help = "Keeps traces by the types of their links. Not in the Collector.",
          .rows = {values_row(
              "Types, one of which a link of the trace must have, whatever its target (links.propagate.type_keys "
              "names the attributes that hold types). '-' and '_' are the same.")},
          .compile = compile};
}

}  // namespace entail::policy
