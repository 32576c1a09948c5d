#include <cmath>

#include "context/tracestate.hpp"
#include "policy/rows.hpp"

namespace entail::policy {

namespace {

std::uint64_t state_of(const PolicyOptions& policy) {
  return salt_state(policy.hash_salt.empty() ? std::string_view("default-hash-seed") : policy.hash_salt);
}

TraceTest hash_test(const PolicyOptions& policy) {
  return [state = state_of(policy), threshold = collector_threshold(policy.sampling_percentage)](
             const Facts&, TraceId id) { return collector_hash(state, id) <= threshold; };
}

// The rank of the trace among all, in percent: those up to the percentage are kept.
DistanceTest hash_distance(const PolicyOptions& policy) {
  return [state = state_of(policy), percentage = policy.sampling_percentage](const Missed& missed) {
    return chance_distance(std::ldexp(static_cast<double>(collector_hash(state, missed.id)), -64) * 100, percentage);
  };
}
DistanceTest randomness_distance(const PolicyOptions& policy) {
  return [percentage = policy.sampling_percentage](const Missed& missed) {
    const std::uint64_t randomness = missed.trace.randomness(missed.id);
    return chance_distance(100 - std::ldexp(static_cast<double>(randomness), -56) * 100, percentage);
  };
}

// The bit of traces with an ot=rv or ot=th on any span.
unsigned sampling_info_bit(Scope& scope) {
  const NewBit bit = scope.bit_of(QuestionKey("sampling_info"));
  if (bit.is_new)
    scope.add_span_test({.holds =
                             [](const otlp::Decoded& decoded, const otlp::SpanView& span) {
                               const auto* bytes = reinterpret_cast<const char*>(decoded.bytes.data());
                               const auto ot =
                                   context::parse_tracestate({bytes + span.trace_state.offset, span.trace_state.size});
                               return ot.ok() && (ot->randomness || ot->threshold);
                             },
                         .bit = bit.bit});
  return bit.bit;
}

Compiled compile_consistent(const PolicyOptions& policy, Scope& scope) {
  const std::uint64_t threshold = context::threshold_of_percentage(policy.sampling_percentage);
  scope.read_randomness();
  const TraceTest by_randomness = [threshold](const Facts& trace, TraceId id) {
    return trace.randomness(id) >= threshold;
  };
  const PolicyTraits traits{.monotone = true, .is_probabilistic = true, .threshold = threshold};
  const DistanceTest near_randomness = randomness_distance(policy);
  if (!scope.is_compat()) return {scope.add_test(by_randomness, near_randomness), traits};
  // The Collector hashes the ID of a trace without rv and th, and still writes the threshold.
  const unsigned bit = sampling_info_bit(scope);
  const TraceTest by_either = [by_randomness, by_hash = hash_test(policy), bit](const Facts& trace, TraceId id) {
    return has_bit(trace.bits, bit) ? by_randomness(trace, id) : by_hash(trace, id);
  };
  const DistanceTest near_either = [near_randomness, near_hash = hash_distance(policy), bit](const Missed& missed) {
    return has_bit(missed.trace.bits, bit) ? near_randomness(missed) : near_hash(missed);
  };
  return {scope.add_test(by_either, near_either), traits};
}

Compiled compile(const PolicyOptions& policy, Scope& scope) {
  if (!scope.rows_hold()) return {scope.add({}), {}};  // a percentage out of bounds has no threshold
  if (scope.options().probability == Probability::consistent) return compile_consistent(policy, scope);
  return {scope.add_test(hash_test(policy), hash_distance(policy)), {.monotone = true, .is_probabilistic = true}};
}

}  // namespace

Type probabilistic_type() {
  return {.name = "probabilistic",
          .help = "Keeps a percentage of the traces.",
          .rows = {option::row<PolicyOptions, [](auto& p) -> auto& { return p.sampling_percentage; }>(
                       expected({.key = "sampling_percentage",
                                 .kind = option::Kind::percentage,
                                 .bounds = {0, 100},
                                 .help = "Percentage of traces to keep."})),
                   option::row<PolicyOptions, [](auto& p) -> auto& { return p.hash_salt; }>(
                       {.key = "hash_salt",
                        .kind = option::Kind::text,
                        .help = "Hashed before the trace ID; equal salts choose the same traces. No effect with "
                                "probability: consistent."})},
          .compile = compile};
}

}  // namespace entail::policy
