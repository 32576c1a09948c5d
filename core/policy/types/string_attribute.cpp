#include "policy/rows.hpp"

namespace entail::policy {

namespace {

ottl::StringMatcher matcher_of(const PolicyOptions& policy, Scope& scope) {
  if (!policy.enabled_regex_matching) return ottl::StringMatcher::exact(policy.values);
  auto matcher = ottl::StringMatcher::regex(policy.values);
  if (matcher.ok()) return std::move(matcher).value();
  for (const ottl::BadPattern& bad : matcher.error()) scope.error("values", bad.index, bad.text);
  return {};
}

Compiled compile(const PolicyOptions& policy, Scope& scope) {
  const bool regex = policy.enabled_regex_matching;
  ottl::StringMatcher matcher = matcher_of(policy, scope);
  const NewBit bit = scope.bit_of(QuestionKey(regex ? "regex" : "exact").with(policy.key).with(policy.values));
  const auto of_regex = scope.is_compat() ? AttributeTest::Kind::any_regex : AttributeTest::Kind::regex;
  if (bit.is_new)
    scope.add_attribute_test(policy.key, regex ? of_regex : AttributeTest::Kind::exact, std::move(matcher), bit.bit);
  return {scope.add_bit(bit.bit, policy.invert_match), {.monotone = !policy.invert_match}};
}

}  // namespace

Type string_attribute_type() {
  Row cache;
  cache.key = "cache_max_size";
  cache.kind = option::Kind::whole;
  cache.bounds = {kInt64Min, kInt64Max};
  cache.instead = "regexes run in linear time and need no cache";
  return {.name = "string_attribute",
          .help = "Keeps traces by a string attribute of a span or resource.",
          .rows = {key_row("Attribute of a span or a resource."),
                   values_row("Strings or regexes, one of which must match."),
                   option::row<PolicyOptions, [](auto& p) -> auto& { return p.enabled_regex_matching; }>(
                       {.key = "enabled_regex_matching",
                        .kind = option::Kind::boolean,
                        .help = "Treat values as regexes, unanchored as in Go."}),
                   invert_row(), cache},
          .compile = compile};
}

}  // namespace entail::policy
