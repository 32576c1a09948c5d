// Rows and checks that several policy types share. Thread rule: Immutable (free functions). Allocates.
#pragma once

#include <limits>
#include <string_view>

#include "option/shapes.hpp"
#include "policy/scope.hpp"
#include "policy/type.hpp"

namespace entail::policy {

using Row = option::Row<PolicyOptions>;

constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();
using option::kInt64Max;
constexpr std::uint64_t kValuesMax = 100'000;

option::Shape whole(std::string_view key, std::string_view help, option::Bounds bounds = {0, kInt64Max});
// A warning if it is not set.
option::Shape expected(option::Shape shape);

// "key", required.
Row key_row(std::string_view help);
Row invert_row();
// "values", expected.
Row values_row(std::string_view help);

// rate_limiting, bytes_limiting: a token bucket that a trace empties by one of its counts.
std::vector<Row> rate_rows(std::string_view key, std::string_view help);
Compiled compile_rate(const PolicyOptions& policy, std::uint64_t Facts::* amount, Scope& scope);

// span_count, link_count: one of the trace's counts is in [min, max]; max 0 = no maximum.
struct CountRange {
  std::int64_t min = 0;
  std::int64_t max = 0;
};
Compiled compile_count(CountRange range, std::uint64_t Facts::* count, std::string_view max_key,
                       std::string_view min_key, Scope& scope);

}  // namespace entail::policy
