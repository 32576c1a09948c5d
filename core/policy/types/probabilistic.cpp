#include "context/tracestate.hpp"
#include "policy/rows.hpp"

namespace entail::policy {

namespace {

// The OpenTelemetry randomness of the trace: the smallest ot=rv, else the low bits of its ID.
Compiled compile_consistent(std::uint64_t threshold, Scope& scope) {
  scope.read_randomness();
  return {scope.add_test([threshold](const Facts& trace, TraceId id) {
            const bool given = trace.randomness_min <= context::kRandomnessMask;
            return (given ? trace.randomness_min : id.lo & context::kRandomnessMask) >= threshold;
          }),
          {.monotone = true, .is_probabilistic = true, .threshold = threshold}};
}

Compiled compile(const PolicyOptions& policy, Scope& scope) {
  if (!scope.rows_hold()) return {scope.add({}), {}};  // a percentage out of bounds has no threshold
  if (scope.options().probability == Probability::consistent)
    return compile_consistent(context::threshold_of_percentage(policy.sampling_percentage), scope);
  const std::string_view salt = policy.hash_salt.empty() ? std::string_view("default-hash-seed") : policy.hash_salt;
  return {scope.add_test([state = salt_state(salt), threshold = collector_threshold(policy.sampling_percentage)](
                             const Facts&, TraceId id) { return collector_hash(state, id) <= threshold; }),
          {.monotone = true, .is_probabilistic = true}};
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
