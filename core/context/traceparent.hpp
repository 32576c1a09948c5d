// W3C traceparent: parsing and printing (Level 2 by default, Level 1 by option).
//
// Strict where the specification is: lower-case hex only, no all-zero ID, version ff forbidden, exactly 55 characters
// in version 00. A higher version is read as far as version 00 goes, if its 56th character is a dash or absent.
// Optional whitespace around the value is accepted. Every rejection has a reason. No allocation; at most 56 characters
// of the value, and the whitespace around it, are looked at.
//
// Not here: that two traceparent headers restart the trace, and that header names are matched in any case; who reads
// headers does that.
// Thread rule: Immutable (free functions and plain data only).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "context/tracestate.hpp"
#include "entail/context.hpp"

namespace entail::context {

constexpr std::uint8_t kFlagSampled = kTraceFlagSampled;
constexpr std::uint8_t kFlagRandom = kTraceFlagRandom;  // unknown to Level 1

// The first reason that applies, from left to right.
enum class TraceparentError : std::uint8_t {
  none,
  too_short,          // fewer than 55 characters
  bad_version,        // not two lower-case hex digits
  forbidden_version,  // ff
  bad_trace_id,       // not 32 lower-case hex digits
  zero_trace_id,
  bad_parent_id,  // not 16 lower-case hex digits
  zero_parent_id,
  bad_flags,      // not two lower-case hex digits
  bad_separator,  // a field is not followed by a dash where one must be
  trailing_data,  // version 00 with more than 55 characters, or a higher one that goes on with something but a dash
};
const char* describe(TraceparentError error) noexcept;

struct Traceparent {
  TraceId trace_id;
  SpanId parent_id;
  std::uint8_t flags = 0;    // the bits that the level knows, others cleared
  std::uint8_t version = 0;  // as received; printed as 00
  constexpr bool operator==(const Traceparent&) const noexcept = default;
};

// Level 1 knows only the sampled flag. `parsed` is left alone on error.
TraceparentError parse_traceparent(std::string_view text, Traceparent& parsed,
                                   TracestateLevel level = TracestateLevel::two) noexcept;

// The 55 characters of version 00. Flags unknown to the level are printed as zero.
std::array<char, 55> format_traceparent(const Traceparent& traceparent,
                                        TracestateLevel level = TracestateLevel::two) noexcept;

}  // namespace entail::context
