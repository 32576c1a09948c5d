// Parses and formats W3C traceparent (Level 2 by default, Level 1 by option).
//
// As strict as the specification: lower-case hex only, no all-zero ID, no version ff, exactly 55 characters in version
// 00. Of a higher version only the fields of version 00 are read; the 56th character must be a dash or absent. Optional
// whitespace around the value is accepted. Every rejection has a reason. No allocation; reads at most 56 characters of
// the value and the whitespace around it.
//
// Callers that read headers match names in any case and restart the trace on two traceparent headers.
// Thread rule: Immutable (free functions and plain data only).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "context/tracestate.hpp"
#include "entail/context.hpp"
#include "entail/result.hpp"

namespace entail::context {

constexpr std::uint8_t kFlagSampled = kTraceFlagSampled;
constexpr std::uint8_t kFlagRandom = kTraceFlagRandom;  // unknown to Level 1

struct Traceparent {
  TraceId trace_id;
  SpanId parent_id;
  std::uint8_t flags = 0;    // bits unknown to the level are cleared
  std::uint8_t version = 0;  // as received; formatted as 00
  constexpr bool operator==(const Traceparent&) const noexcept = default;
};

// Level 1 knows only the sampled flag. Returns the first error from left to right: too_short, bad_version,
// forbidden_version, bad_separator, bad_trace_id, zero_trace_id, bad_span_id, zero_span_id (both about the parent ID,
// the span that the context names), bad_flags, trailing_data.
Result<Traceparent, ContextError> parse_traceparent(std::string_view text,
                                                    TracestateLevel level = TracestateLevel::two) noexcept;

// Formats version 00, 55 characters. Clears flags unknown to the level.
std::array<char, 55> format_traceparent(const Traceparent& traceparent,
                                        TracestateLevel level = TracestateLevel::two) noexcept;

}  // namespace entail::context
