#include "policy/rows.hpp"

namespace entail::policy {

namespace {

void check(const PolicyOptions& policy, Scope& scope) {
  const bool zero_is_none = scope.is_compat();
  if (policy.min_value && policy.max_value && *policy.min_value > *policy.max_value &&
      !(zero_is_none && (*policy.min_value == 0 || *policy.max_value == 0)))
    scope.warning("max_value", "nothing matches, as it is below min_value");
  for (const auto& [value, key] : {std::pair(policy.min_value, "min_value"), std::pair(policy.max_value, "max_value")})
    if (value && *value == 0 && !zero_is_none)
      scope.warning(key, "0 is a bound; in the Collector, and with compat: collector, it means no bound");
}

Compiled compile(const PolicyOptions& policy, Scope& scope) {
  check(policy, scope);
  const bool compat = scope.is_compat();
  const auto bound = [compat](std::optional<std::int64_t> value, std::int64_t unbounded) {
    return !value || (compat && *value == 0) ? unbounded : *value;
  };
  AttributeTest test;
  test.kind = compat ? AttributeTest::Kind::any_integer : AttributeTest::Kind::number;
  test.min = bound(policy.min_value, AttributeTest::kNoMin);
  test.max = bound(policy.max_value, AttributeTest::kNoMax);
  const NewBit bit = scope.bit_of(QuestionKey("number").with(policy.key).with(test.min).with(test.max));
  if (bit.is_new) scope.add_attribute_test(policy.key, test, bit.bit);
  const std::uint32_t condition = scope.add_bit(bit.bit, policy.invert_match);
  if (!policy.invert_match) scope.set_number_distance(condition, policy.key, test.min, test.max);
  return {condition, {.monotone = !policy.invert_match}};
}

}  // namespace

Type numeric_attribute_type() {
  const option::Bounds any = {kInt64Min, kInt64Max};
  option::Shape min = whole("min_value", "Smallest value that matches; integers and doubles.", any);
  option::Shape max = whole("max_value", "Largest value that matches.", any);
  min.unset = max.unset = "unbounded";
  return {.name = "numeric_attribute",
          .help = "Keeps traces by a numeric attribute of a span or resource.",
          .rows = {key_row("Attribute of a span or a resource."),
                   option::row<PolicyOptions, [](auto& p) -> auto& { return p.min_value; }>(min),
                   option::row<PolicyOptions, [](auto& p) -> auto& { return p.max_value; }>(max), invert_row()},
          .compile = compile};
}

}  // namespace entail::policy
