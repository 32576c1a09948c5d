#include "policy/rows.hpp"

namespace entail::policy {

namespace {

// Whole milliseconds from the first start to the last end, cut toward zero; negative if the last end comes first.
std::int64_t duration_ms(const Facts& trace) noexcept {
  constexpr std::uint64_t kNanosPerMilli = 1'000'000;
  if (trace.end_max_ns >= trace.start_min_ns)
    return static_cast<std::int64_t>((trace.end_max_ns - trace.start_min_ns) / kNanosPerMilli);
  return -static_cast<std::int64_t>((trace.start_min_ns - trace.end_max_ns) / kNanosPerMilli);
}

Distance distance_of(const Facts& trace, std::int64_t low, std::int64_t high) {
  const std::int64_t duration = duration_ms(trace);
  if (duration <= low)
    return {static_cast<double>(duration), static_cast<double>(low),
            duration_text(duration) + " of " + duration_text(low)};
  return {static_cast<double>(duration), static_cast<double>(high),
          duration_text(duration) + ", above " + duration_text(high)};
}

Compiled compile(const PolicyOptions& policy, Scope& scope) {
  const std::int64_t low = policy.threshold_ms;
  const std::int64_t high = policy.upper_threshold_ms;
  const DistanceTest distance = [low, high](const Missed& missed) { return distance_of(missed.trace, low, high); };
  if (high == 0)
    return {scope.add_test([low](const Facts& trace, TraceId) { return trace.spans != 0 && duration_ms(trace) > low; },
                           distance),
            {.monotone = true}};
  if (high <= low) scope.warning("upper_threshold_ms", "nothing matches, as it is not above threshold_ms");
  const TraceTest in_range = [low, high](const Facts& trace, TraceId) {
    const std::int64_t duration = duration_ms(trace);
    return trace.spans != 0 && low < duration && duration <= high;
  };
  if (!scope.is_compat()) return {scope.add_test(in_range, distance), {}};
  // The Collector tests the range after every span: it holds if it held for the spans up to any of them.
  const NewBit bit = scope.bit_of(QuestionKey("latency").with(low).with(high));
  if (bit.is_new) scope.add_fold_test({in_range, bit.bit});
  return {
      scope.add_test([in_range, index = bit.bit](
                         const Facts& trace, TraceId id) { return has_bit(trace.bits, index) || in_range(trace, id); },
                     distance),
      {}};
}

}  // namespace

Type latency_type() {
  return {.name = "latency",
          .help = "Keeps slow traces.",
          .rows = {option::row<PolicyOptions, [](auto& p) -> auto& { return p.threshold_ms; }>(expected(whole(
                       "threshold_ms", "Matches above this many milliseconds from the first start to the last end."))),
                   option::row<PolicyOptions, [](auto& p) -> auto& { return p.upper_threshold_ms; }>(
                       whole("upper_threshold_ms", "Matches up to this many. 0 = no upper bound."))},
          .compile = compile};
}

}  // namespace entail::policy
