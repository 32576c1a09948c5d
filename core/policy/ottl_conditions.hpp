// The conditions of all ottl_condition policies, evaluated on each span as it is folded: the lists of one policy give
// one bit of the trace, and with error_mode: propagate a second one.
//
// The conditions of the list `span` are evaluated in order, then those of `spanevent` on each event of the span, until
// one holds, or until one fails with error_mode: propagate. The answer does not depend on other spans.
// Thread rule: Immutable after the last add(). Cost: nothing when empty. Memory: proportional to the configuration.
#pragma once

#include <vector>

#include "entail/options.hpp"
#include "otlp/decode.hpp"
#include "ottl/source.hpp"
#include "policy/facts.hpp"

namespace entail::policy {

constexpr unsigned kNoErrorBit = ~0u;

// The conditions of one policy. error_bit: kNoErrorBit unless error_mode is propagate.
struct OttlList {
  std::vector<ottl::Program> of_span{};
  std::vector<ottl::Program> of_event{};
  unsigned bit = 0;
  unsigned error_bit = kNoErrorBit;
  OttlErrorMode mode = OttlErrorMode::ignore;
};

class OttlConditions {
 public:
  // False if the conditions of all lists together name more than ottl::kSlotsMax attributes; unusable then.
  [[nodiscard]] bool add(OttlList list);

  bool empty() const noexcept { return lists_.empty(); }
  // Sets bits and counts errors in the facts of this span.
  void match(const otlp::Decoded& decoded, const otlp::SpanView& span, ottl::Moment moment,
             Facts& facts) const noexcept;
  // compat: the Collector stops at the first span on which a condition holds or fails. Clears the bits of a span that
  // no longer count, given the bits of the trace so far.
  void stop_at_first(const Bits& trace, Bits& span) const noexcept;

 private:
  enum class Found : std::uint8_t { nothing, match, failure };

  static Found ask(const std::vector<ottl::Program>& programs, const OttlList& list, ottl::Source& source,
                   Facts& facts) noexcept;
  static Found ask_span_and_events(const OttlList& list, ottl::Source& source, Facts& facts) noexcept;

  std::vector<OttlList> lists_;
  std::vector<ottl::SlotKey> keys_;
};

}  // namespace entail::policy
