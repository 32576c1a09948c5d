// Durations as Go writes them, which the Collector's configuration and OTTL share.
// Thread rule: Immutable (free functions only). Cost: linear in the text; format_duration allocates.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "entail/result.hpp"

namespace entail::text {

enum class DurationError : std::uint8_t {
  none,
  malformed,
  too_large,  // beyond 63 bits of nanoseconds
  no_unit,    // a number alone, other than 0
};

// In nanoseconds: "10s", "1m30s", "1.5h", "-200ms", "0". Units h, m, s, ms, us (or µs), ns. What is below a nanosecond
// is cut off, as in Go.
Result<std::int64_t, DurationError> parse_duration(std::string_view text) noexcept;

// The shortest text in one unit that parses to the same value; "90s" rather than "1m30s".
std::string format_duration(std::int64_t nanoseconds);

}  // namespace entail::text
