#include "ottl/civil_time.hpp"

#include "text/civil_date.hpp"

namespace entail::ottl {

namespace {

constexpr std::int64_t kSecondsPerDay = 86400;

std::int64_t floor_divided(std::int64_t a, std::int64_t b) noexcept { return a / b - (a % b < 0 ? 1 : 0); }

// Days since 1970-01-01 of the first day of March's year: the calendar by eras of 400 years that begin in March.
std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day) noexcept {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = floor_divided(y, 400);
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

}  // namespace

CivilTime civil_time(Instant instant, std::int32_t offset) noexcept {
  const std::int64_t local = instant.second + offset;
  const std::int64_t days = floor_divided(local, kSecondsPerDay);
  const std::int64_t second_of_day = local - days * kSecondsPerDay;
  const text::CivilDate date = text::civil_date(days);
  CivilTime out;
  out.year = date.year;
  out.month = date.month;
  out.day = date.day;
  out.hour = second_of_day / 3600;
  out.minute = second_of_day / 60 % 60;
  out.second = second_of_day % 60;
  out.nanosecond = instant.nanosecond;
  const std::int64_t weekday = (days + 4) % 7;
  out.weekday = weekday < 0 ? weekday + 7 : weekday;
  return out;
}

Instant instant_of(const CivilTime& civil, std::int32_t offset) noexcept {
  const std::int64_t months = civil.month - 1;
  const std::int64_t year = civil.year + floor_divided(months, 12);
  const std::int64_t month = months - floor_divided(months, 12) * 12 + 1;
  const std::int64_t days = days_of(year, month, 1) + civil.day - 1;
  return {days * kSecondsPerDay + civil.hour * 3600 + civil.minute * 60 + civil.second - offset,
          static_cast<std::uint32_t>(civil.nanosecond)};
}

std::int64_t days_in_month(std::int64_t year, std::int64_t month) noexcept {
  return days_of(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) - days_of(year, month, 1);
}

void append_padded(std::int64_t value, std::size_t width, std::string& out) {
  if (value < 0) out += '-';
  const std::string digits =
      std::to_string(value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value));
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

void append_offset(std::int32_t offset, bool with_z, char separator, unsigned parts, std::string& out) {
  if (with_z && offset == 0) {
    out += 'Z';
    return;
  }
  out += offset < 0 ? '-' : '+';
  const std::int32_t seconds = offset < 0 ? -offset : offset;
  append_padded(seconds / 3600, 2, out);
  for (unsigned part = 1; part < parts; ++part) {
    if (separator != '\0') out += separator;
    append_padded(part == 1 ? seconds / 60 % 60 : seconds % 60, 2, out);
  }
}

}  // namespace entail::ottl
