// Policies: compiled once from the options, folded span by span into a few words of the trace, answered at decision
// time from those words alone (docs/design.md 3.1, 3.2, 3.11).
//
// A leaf condition that asks "does any span (or resource) ..." is one bit of the trace; the rest (duration, counts,
// smallest rv) are a few monotone words. Folding is commutative: any thread, any order, the same words. Counts add up,
// so a span is folded once. invert_match, not, and, drop are answered from the bits.
// Exceptions: with compat: collector a latency range is tested after each span, and an OTTL policy
// with error_mode: propagate stops at the first span that matches or fails, as in the Collector; both depend on the
// order of spans.
//
// Thread rule: PolicySet Immutable after compile(), but for the budgets, which are Confined to the tick thread:
// evaluate() is for that thread alone.
// Cost: match_span 8 ns without attribute conditions (attributes are not walked then), some 20 ns with one, over ten
// attributes whose bytes are near, and a cache miss more where they are not; an OTTL condition 25 ns, or 100 ns with an
// attribute; fold 5 ns; evaluate 10 to 50 ns. No allocation after compile(), but for what RE2 does.
// Memory: proportional to the configuration; a trace takes TraceFold::bytes_for(shape()).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "entail/options.hpp"
#include "entail/result.hpp"
#include "option/findings.hpp"
#include "otlp/decode.hpp"
#include "ottl/source.hpp"
#include "policy/batch_limits.hpp"
#include "policy/condition_tree.hpp"
#include "policy/facts.hpp"
#include "policy/near_numbers.hpp"
#include "policy/trace_fold.hpp"

namespace entail::policy {

// A trace's own answer (docs/design.md 3.1, 3.2).
struct OwnVerdict {
  bool keep = false;            // at least one policy says keep and no drop policy matches
  bool vetoed = false;          // a drop policy matches, or the trace is too large
  std::int32_t policy = -1;     // the first policy in configuration order that says keep (or drop, if vetoed); -1, and
                                // vetoed: too large
  bool origin = false;          // a policy whose keep propagates says keep, and nothing vetoes
  bool by_chance = false;       // keep, and every policy that says keep is probabilistic
  std::uint64_t threshold = 0;  // probability: consistent, by_chance: the smallest T among the probabilistic keeps
  // by_chance, and every policy that says keep is a threshold on R (probabilistic, or `and` with no other dice): the
  // trace was kept with probability (2^56 - threshold) / 2^56. False with by_chance: the probability is not known.
  bool threshold_known = false;
};

class PolicySet {
 public:
  // The check of tail_sampling.policies and links.origins: bounds, names, parts, regexes, conditions, and how many
  // questions they ask together. Null if it reported an error.
  static std::unique_ptr<PolicySet> compile(const Options& options, option::Findings& findings);
  ~PolicySet();

  FoldShape shape() const noexcept;
  // Facts::size is read, so ingest must set it.
  bool reads_sizes() const noexcept { return shape().has_size; }
  // maximum_trace_size_bytes: this trace is dropped at once.
  bool is_too_large(const Facts& trace) const noexcept;
  bool has_stateful() const noexcept;
  // Some policy can make an origin of a pending trace before its decision (docs/design.md 3.2).
  bool has_early_origins() const noexcept;
  std::string_view name(std::int32_t policy) const noexcept;
  std::size_t policy_count() const noexcept;
  // A drop policy: it keeps no trace.
  bool drops(std::size_t policy) const noexcept;

  // Bits that a resource sets by itself: its fields as received (otlp::ResourceView ranges). Overwrites bits.
  void match_resource(const otlp::Decoded& decoded, const otlp::ResourceView& resource, Bits& bits) const;
  // Some policy reads how many links there are, or their types: the code that reads the links fills LinkFacts.
  bool reads_links() const noexcept;
  bool reads_link_types() const noexcept;
  // Joins a type of a link, with '-' written as '_'.
  void match_link_type(std::string_view type, Bits& bits) const;
  // All links of one span at once, for callers that do not already read them.
  void match_links(const otlp::Decoded& decoded, const otlp::SpanView& span, LinkFacts& facts) const;
  // Facts of one span without its links; resource_bits from match_resource(). Overwrites facts. moment: what conditions
  // know of time and chance.
  void match_span(const otlp::Decoded& decoded, const otlp::SpanView& span, const Bits& resource_bits, Facts& facts,
                  ottl::Moment moment = {}) const;
  // Joins the facts of one span into its trace, any number of threads at once. In compat mode facts merged from
  // several spans of a trace count as one span.
  void fold(TraceFold& trace, const Facts& span) const noexcept;

  // May any of these facts have made a pending trace an origin? Cheap pre-test for every touched trace.
  bool early_origin(const Facts& trace, TraceId id) const noexcept;
  // The whole answer. Drop policies come first; if one matches, no other policy is evaluated. Stateful leaves are
  // evaluated in configuration order, parts of `and` and `drop` in order and only as far as needed; each at most
  // once per trace (answers remembers). now_ns fills the buckets. evaluate_stateful = false: no further leaf is
  // evaluated, and a policy that depends on one (under a `not` too) neither keeps nor drops.
  OwnVerdict evaluate(const Facts& trace, TraceId id, StatefulAnswers& answers, std::int64_t now_ns,
                      bool evaluate_stateful);
  // probability: consistent: some policy chooses among the traces of a tick. share_limits() is then called with all
  // that a tick will evaluate for the first time, before it evaluates them.
  bool has_batch_limits() const noexcept;
  void share_limits(const std::vector<BatchItem>& items, std::int64_t now_ns);
  // How close each policy came to keeping this trace, for those that did not say keep and have a distance: the first
  // kDistancesMax in configuration order. answers: of the stateful conditions, as evaluate() left them. none_holds: no
  // policy said keep, so none is evaluated again. REQUIRES the tick thread. Allocates.
  static constexpr std::size_t kDistancesMax = 16;
  struct PolicyDistance {
    std::int32_t policy;
    Distance distance;
  };
  void distances(const Missed& missed, const StatefulAnswers& answers, bool none_holds,
                 std::vector<PolicyDistance>& out) const;
  // The numbers that distances() reads.
  const NearNumbers& near_numbers() const noexcept;
  // Would this single span, as a trace of its own, have been an origin? (late_origin; stateful leaves answer yes)
  bool would_be_origin(const Facts& span, TraceId id) const;

 private:
  struct Impl;
  explicit PolicySet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace entail::policy
