#include "policy/rows.hpp"

namespace entail::policy {

namespace {

Compiled compile(const PolicyOptions& policy, Scope& scope) {
  const NewBit bit = scope.bit_of(QuestionKey("boolean").with(policy.key).with(policy.boolean_value));
  if (bit.is_new)
    scope.add_attribute_test(
        policy.key,
        {.kind = scope.is_compat() ? AttributeTest::Kind::any_boolean : AttributeTest::Kind::boolean,
         .boolean = policy.boolean_value},
        bit.bit);
  return {scope.add_bit(bit.bit, policy.invert_match), {.monotone = !policy.invert_match}};
}

}  // namespace

Type boolean_attribute_type() {
  return {.name = "boolean_attribute",
          .help = "Keeps traces by a boolean attribute of a span or resource.",
          .rows = {key_row("Attribute of a span or a resource."),
                   option::row<PolicyOptions, [](auto& p) -> auto& { return p.boolean_value; }>(
                       expected({.key = "value", .kind = option::Kind::boolean, .help = "The value that matches."})),
                   invert_row()},
          .compile = compile};
}

}  // namespace entail::policy
