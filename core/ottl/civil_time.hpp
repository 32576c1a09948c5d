// Points in time as years, months, days and so on of the proleptic Gregorian calendar.
// Thread rule: Immutable (free functions only).
#pragma once

#include <cstdint>
#include <string>

#include "ottl/value.hpp"

namespace entail::ottl {

struct CivilTime {
  std::int64_t year = 1970;
  std::int64_t month = 1;
  std::int64_t day = 1;
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  std::int64_t nanosecond = 0;
  std::int64_t weekday = 4;  // 0: Sunday
};

// offset: seconds east of UTC.
CivilTime civil_time(Instant instant, std::int32_t offset) noexcept;
// Values beyond their ranges carry over, as the 32nd of January is the 1st of February.
Instant instant_of(const CivilTime& civil, std::int32_t offset) noexcept;
std::int64_t days_in_month(std::int64_t year, std::int64_t month) noexcept;

// The decimal digits, with leading zeros; a minus before them.
void append_padded(std::int64_t value, std::size_t width, std::string& out);

// "+0700", "+07:00" (separator ':'), "+07" (one part), "+070000" (three parts); with_z: "Z" for 0.
void append_offset(std::int32_t offset, bool with_z, char separator, unsigned parts, std::string& out);

}  // namespace entail::ottl
