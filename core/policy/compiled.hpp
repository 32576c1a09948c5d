// What compile() makes of the options, and everything else only reads: the tests of spans, links and traces, the tree
// of conditions, and what is known of each policy before any span arrives.
// Thread rule: Immutable once compiled.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ottl/string_matcher.hpp"
#include "policy/attribute_table.hpp"
#include "policy/condition_tree.hpp"
#include "policy/facts.hpp"
#include "policy/near_numbers.hpp"
#include "policy/ottl_conditions.hpp"

namespace entail::policy {

constexpr unsigned kBitsMax = kBitWordsMax * 64;
constexpr unsigned kStatusCodeCount = 3;  // UNSET, OK, ERROR; other numbers match no policy

// Sets its bit if it holds for a span; not called again for that span once the bit is set.
struct SpanTest {
  std::function<bool(const otlp::Decoded& decoded, const otlp::SpanView& span)> holds;
  unsigned bit = 0;
};

struct LinkTypeTest {
  ottl::StringMatcher types;
  unsigned bit = 0;
};

// compat: tested after every span, on what the trace holds so far.
struct FoldTest {
  TraceTest holds;
  unsigned bit = 0;
};

// What follows from a policy's options alone.
struct PolicyTraits {
  bool drops = false;             // it vetoes instead of keeping
  bool matches_error = false;     // it names ERROR, or it is an `and` or a composite with such a part
  bool monotone = false;          // once it says keep, no further span can revoke that (docs/design.md 3.2)
  bool is_probabilistic = false;  // is or contains probabilistic, rate_limiting, bytes_limiting, composite
  // probability: consistent; set iff its dice are thresholds on R, joined by `and` alone: then R >= *threshold.
  std::optional<std::uint64_t> threshold{};
};

// A policy or a part: its condition in the tree, and its traits.
struct Compiled {
  std::uint32_t condition = 0;
  PolicyTraits traits{};
};

struct CompiledPolicy {
  std::string name;
  Compiled compiled;
  bool propagates = false;              // its keep makes an origin
  bool by_error_part = false;           // it does if kept_by_error_part()
  std::vector<std::uint32_t> limits{};  // conditions of its limits by randomness: their thresholds come with each tick
  // The other conditions of the `and` that holds the limits: traces that they reject take no tokens.
  std::vector<std::uint32_t> limit_others{};
};

struct CompiledPolicies {
  unsigned bit_count = 0;
  std::array<Bits, kStatusCodeCount> status_bits{};  // what a span with this status sets
  Bits sampled_flag_bits{};                          // what a span with the sampled flag sets
  std::vector<SpanTest> span_tests;
  std::vector<FoldTest> fold_tests;
  std::vector<LinkTypeTest> link_type_tests;
  bool counts_links = false;
  bool reads_randomness = false;  // some policy compares R
  bool reads_sizes = false;
  std::uint64_t size_max = 0;  // maximum_trace_size_bytes; 0 = none
  bool compat = false;
  bool first_match = false;  // sample_on_first_match
  OttlConditions ottl;
  AttributeTable attributes;
  NearNumbers near_numbers;
  ConditionTree tree;
  std::vector<Bucket> buckets;           // as they start
  std::vector<SecondBudget> budgets;     // of composite policies, as they start
  std::vector<CompiledPolicy> policies;  // configuration order

  // REQUIRES that the policy said yes to this question.
  bool spreads(const CompiledPolicy& policy, const Question& question) const noexcept {
    return policy.propagates && (!policy.by_error_part || tree.kept_by_error_part(policy.compiled.condition, question));
  }
};

}  // namespace entail::policy
