#include "policy/rows.hpp"

#include <algorithm>

namespace entail::policy {

option::Shape whole(std::string_view key, std::string_view help, option::Bounds bounds) {
  return {.key = key, .kind = option::Kind::whole, .bounds = bounds, .help = help};
}

option::Shape expected(option::Shape shape) {
  shape.presence = option::Presence::expected;
  return shape;
}

Row key_row(std::string_view help) {
  return option::row<PolicyOptions, [](auto& p) -> auto& { return p.key; }>(
      {.key = "key", .kind = option::Kind::text, .help = help, .presence = option::Presence::required});
}

Row invert_row() {
  return option::row<PolicyOptions, [](auto& p) -> auto& { return p.invert_match; }>(
      {.key = "invert_match",
       .kind = option::Kind::boolean,
       .help = "Match the opposite; also matches if no span has the key."});
}

Row values_row(std::string_view help) {
  return option::row<PolicyOptions, [](auto& p) -> auto& { return p.values; }>(
      expected({.key = "values", .kind = option::Kind::texts, .bounds = {0, kValuesMax}, .help = help}));
}

std::vector<Row> rate_rows(std::string_view key, std::string_view help) {
  return {option::row<PolicyOptions, [](auto& p) -> auto& { return p.per_second; }>(expected(whole(key, help))),
          option::row<PolicyOptions, [](auto& p) -> auto& { return p.burst_capacity; }>(
              whole("burst_capacity", "Size of the burst that can pass at once; 0 or less = twice the rate.",
                    {kInt64Min, kInt64Max}))};
}

Compiled compile_rate(const PolicyOptions& policy, std::uint64_t Facts::* amount, Scope& scope) {
  const auto count = [](std::int64_t value) { return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)); };
  const std::uint32_t bucket =
      scope.add_bucket({TokenBucket(count(policy.per_second), count(policy.burst_capacity)), amount});
  if (scope.options().probability == Probability::collector) return {bucket, {.is_probabilistic = true}};
  // The threshold comes with each tick. Inside `not`, `drop` and `composite`, which have none, it is a plain bucket.
  return {bucket, {.is_probabilistic = true, .threshold = 0}};
}

Compiled compile_count(CountRange range, std::uint64_t Facts::* count, std::string_view max_key,
                       std::string_view min_key, Scope& scope) {
  if (range.max != 0 && range.max < range.min)
    scope.warning(max_key, "nothing matches, as it is below " + std::string(min_key));
  const bool bounded = range.max != 0;
  const TraceTest in_range = [=](const Facts& trace, TraceId) {
    const auto number = static_cast<std::int64_t>(trace.*count);
    return number >= range.min && (!bounded || number <= range.max);
  };
  const std::string_view unit = count == &Facts::links ? "link" : "span";
  const DistanceTest distance = [=](const Missed& missed) -> Distance {
    const std::uint64_t number = missed.trace.*count;
    if (static_cast<std::int64_t>(number) < range.min)
      return {static_cast<double>(number), static_cast<double>(range.min),
              std::to_string(number) + " of " + count_text(static_cast<std::uint64_t>(range.min), unit)};
    return {static_cast<double>(number), static_cast<double>(range.max),
            count_text(number, unit) + ", above " + std::to_string(range.max)};
  };
  return {scope.add_test(in_range, distance), {.monotone = !bounded}};
}

}  // namespace entail::policy
