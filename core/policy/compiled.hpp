// What compile() makes of the options, and everything else only reads: the tests that look into spans, the tree of
// conditions, and what is known of each policy before any span comes.
// Thread rule: Immutable once compiled.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "entail/options.hpp"
#include "ottl/string_matcher.hpp"
#include "policy/attribute_table.hpp"
#include "policy/condition_tree.hpp"
#include "policy/facts.hpp"
#include "policy/ottl_conditions.hpp"

namespace entail::policy {

constexpr unsigned kStatusCodeCount = 3;  // UNSET, OK, ERROR; other numbers match no policy

struct TracestateTest {
  std::string key;
  ottl::StringMatcher values;
  unsigned bit = 0;
};

struct LinkTypeTest {
  ottl::StringMatcher types;
  unsigned bit = 0;
};

// compat: a latency range that is tested after every span, on the first start and last end so far.
struct PrefixDurationTest {
  std::int64_t low_ms = 0;
  std::int64_t high_ms = 0;
  unsigned bit = 0;
};

// What follows from a policy's options alone.
struct PolicyTraits {
  bool matches_error = false;     // status_code with ERROR, or an `and` with such a part at any depth
  bool monotone = false;          // once it says keep, no further span can unmake that (docs/design.md 3.2)
  bool is_probabilistic = false;  // is or contains probabilistic, rate_limiting, bytes_limiting, composite
  // probability: consistent; set iff its dice are thresholds on R, joined by `and` alone: then R >= *threshold.
  std::optional<std::uint64_t> threshold;
};

struct CompiledPolicy {
  std::string name;
  std::uint32_t condition = 0;
  bool drops = false;
  bool propagates = false;  // its keep makes an origin
  PolicyTraits traits;
};

struct CompiledPolicies {
  unsigned bit_count = 0;
  std::array<Bits, kStatusCodeCount> status_bits{};  // what a span with this status sets
  Bits sampled_flag_bits{};                          // what a span with the sampled flag sets
  std::vector<TracestateTest> tracestate_tests;
  std::vector<PrefixDurationTest> prefix_duration_tests;
  std::vector<LinkTypeTest> link_type_tests;
  bool counts_links = false;
  bool reads_randomness = false;  // some policy compares R
  bool compat = false;
  OttlConditions ottl;
  AttributeTable attributes;
  ConditionTree tree;
  std::vector<TokenBucket> buckets;      // as they start
  std::vector<SecondBudget> budgets;     // of composite policies, as they start
  std::vector<CompiledPolicy> policies;  // configuration order
};

// Link types are compared with '-' written as '_'.
std::string normal_link_type(std::string_view type);

// Appends what is wrong to errors; the result is good iff nothing was appended.
CompiledPolicies compile_policies(const Options& options, std::vector<ConfigMessage>& errors);

}  // namespace entail::policy
