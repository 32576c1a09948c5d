// IDs, tracestate and OpenTelemetry randomness for the oracle, written from the specification as plainly as possible.
// Not for production: it allocates freely. Thread rule: Immutable (functions).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "entail/types.hpp"
#include "tests/workload/otlp_plain.hpp"

namespace entail::oracle {

constexpr std::uint64_t kRandomnessEnd = std::uint64_t{1} << 56;

// docs/design.md 4.5: empty when the context is good, else the first reason that applies.
std::string bad_reason(const std::string& trace_id, const std::string& span_id);

// docs/design.md 4.5: an ID of another length than `size` is emitted empty; any other is emitted unchanged.
std::string emitted_id(const std::string& id, std::size_t size);

// REQUIRES 16 (8) bytes.
TraceId trace_id_of(const std::string& bytes);
SpanId span_id_of(const std::string& bytes);
std::string bytes_of(TraceId id);

// The members of a W3C tracestate (Level 2), in order; nothing if it does not parse.
using Members = std::vector<std::pair<std::string, std::string>>;
std::optional<Members> parse_trace_state(const std::string& text);
// The key:value entries of an `ot` member; nothing if it does not parse.
std::optional<Members> parse_ot(const std::string& value);
// True if it parses, including its first `ot` member.
bool is_sound(const std::string& trace_state);
// rv, if the tracestate has a valid one.
std::optional<std::uint64_t> randomness_in(const std::string& trace_state);

// The tracestate without `th` (docs/design.md 3.11); unchanged if it does not parse or has none.
std::string without_threshold(const std::string& trace_state);

// H (docs/design.md 4.1).
std::uint64_t sampling_hash(TraceId trace_id, SpanId span_id, std::uint64_t seed);

}  // namespace entail::oracle
