#include "context/tracestate.hpp"
#include "policy/rows.hpp"

namespace entail::policy {

namespace {

TraceTest hash_test(const PolicyOptions& policy) {
  const std::string_view salt = policy.hash_salt.empty() ? std::string_view("default-hash-seed") : policy.hash_salt;
  return [state = salt_state(salt), threshold = collector_threshold(policy.sampling_percentage)](
             const Facts&, TraceId id) { return collector_hash(state, id) <= threshold; };
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
  if (!scope.is_compat()) return {scope.add_test(by_randomness), traits};
  // The Collector hashes the ID of a trace without rv and th, and still writes the threshold.
  return {scope.add_test([by_randomness, by_hash = hash_test(policy), bit = sampling_info_bit(scope)](
                             const Facts& trace, TraceId id) {
            return has_bit(trace.bits, bit) ? by_randomness(trace, id) : by_hash(trace, id);
          }),
          traits};
}

Compiled compile(const PolicyOptions& policy, Scope& scope) {
  if (!scope.rows_hold()) return {scope.add({}), {}};  // a percentage out of bounds has no threshold
  if (scope.options().probability == Probability::consistent) return compile_consistent(policy, scope);
  return {scope.add_test(hash_test(policy)), {.monotone = true, .is_probabilistic = true}};
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
