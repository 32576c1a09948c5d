// Policies: compiled once from the options, folded span by span into a few words of the trace, answered at decision
// time from those words alone (DESIGN 3.1, 3.2, 3.11).
//
// A leaf condition that asks "does any span (or resource) ..." is one bit of the trace; the rest (duration, counts,
// smallest rv) are a few monotone words. Folding is commutative and idempotent-free of order: any thread, any order,
// the same words. invert_match, not, and, drop are answered from the bits.
//
// Thread rule: PolicySet Immutable after compile(), but for StatefulPolicies, which are Confined to the tick thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "context/tracestate.hpp"
#include "entail/options.hpp"
#include "entail/result.hpp"
#include "wire/decode.hpp"

namespace entail::policy {

constexpr unsigned kBitWordsMax = 4;                     // at most 256 leaf conditions with a bit
constexpr unsigned kStatefulMax = 32;                    // rate_limiting and bytes_limiting leaves

using Bits = std::array<std::uint64_t, kBitWordsMax>;

// What one span, with its resource, says. Also what a whole trace says, when merged.
struct Facts {
  Bits bits{};
  std::uint64_t start_min_ns = ~std::uint64_t{0};
  std::uint64_t end_max_ns = 0;
  std::uint64_t spans = 0;
  std::uint64_t bytes = 0;                               // protobuf bytes of the spans' payloads
  std::uint64_t randomness_min = ~std::uint64_t{0};      // smallest ot=rv; all ones = none
  void merge(const Facts& other) noexcept;
};

// A trace's own answer (DESIGN 3.1, 3.2).
struct OwnVerdict {
  bool keep = false;                 // at least one policy says keep and no drop policy matches
  bool vetoed = false;               // a drop policy matches
  std::int32_t policy = -1;          // index of the first policy in configuration order that says keep (or drop, if vetoed)
  bool origin = false;               // a policy whose keep spreads says keep, and nothing vetoes
  bool by_chance = false;            // keep, and every policy that says keep rolls dice
  std::uint64_t threshold = 0;       // with probability: consistent: the smallest T among the probabilistic keeps, if by_chance
};

// The token buckets: Confined to tick. Answers are remembered per trace by the caller (asked once per trace).
struct StatefulAnswers {
  std::uint32_t asked = 0;
  std::uint32_t yes = 0;
};

class PolicySet {
 public:
  // Fails on what the configuration reader also refuses (bounds, unknown origin names, bad regexes): ConfigMessage says what.
  static std::unique_ptr<PolicySet> compile(const Options& options, std::vector<ConfigMessage>& errors);
  ~PolicySet();

  unsigned bit_words() const noexcept;
  bool has_stateful() const noexcept;
  bool has_drop() const noexcept;
  // Some policy can make an origin of a pending trace before its decision (DESIGN 3.2).
  bool has_early_origins() const noexcept;
  // Some policy whose keep spreads rolls dice: by_chance of origins matters for reach.
  bool origins_may_be_chance() const noexcept;
  std::string_view name(std::int32_t policy) const noexcept;
  std::size_t policy_count() const noexcept;

  // Bits that a resource sets by itself: its fields as received (wire::ResourceView ranges, concatenated or one by one).
  void match_resource(const wire::Decoded& decoded, const wire::ResourceView& resource, Bits& bits) const;
  // Facts of one span; resource_bits from match_resource().
  void match_span(const wire::Decoded& decoded, const wire::SpanView& span, const Bits& resource_bits, Facts& facts) const;

  // May any of these facts have made a pending trace an origin? Cheap pre-test for every touched trace.
  bool early_origin(const Facts& trace, TraceId id) const noexcept;
  // The whole answer. Stateful leaves are asked in configuration order, parts of `and` and `drop` in order and only as far as needed;
  // each at most once per trace (answers remembers). now_ns fills the buckets. ask_stateful = false: leaves not yet
  // asked answer no.
  OwnVerdict evaluate(const Facts& trace, TraceId id, StatefulAnswers& answers, std::int64_t now_ns, bool ask_stateful);
  // Would this single span, as a trace of its own, have been an origin? (late_origin; stateful leaves answer yes)
  bool would_be_origin(const Facts& span, TraceId id) const;

 private:
  struct Impl;
  explicit PolicySet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace entail::policy
