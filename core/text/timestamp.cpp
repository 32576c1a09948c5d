#include "text/timestamp.hpp"

#include <array>
#include <cstring>

namespace entail::text {

namespace {

constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (unsigned i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

// Two digits. REQUIRES number < 100.
inline void write_pair(unsigned number, char* out) noexcept { std::memcpy(out, &kPairs[2 * number], 2); }

struct Date {
  unsigned year;
  unsigned month;
  unsigned day;
};

// The proleptic Gregorian calendar counted in years that begin in March, so that the leap day is the last one
// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days).
constexpr Date date_of(std::uint64_t days_since_1970) noexcept {
  constexpr std::uint64_t kDaysOfEra = 146'097;  // 400 years
  const std::uint64_t days = days_since_1970 + 719'468;
  const auto day_of_era = static_cast<unsigned>(days % kDaysOfEra);
  const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned month_from_march = (5 * day_of_year + 2) / 153;
  const unsigned month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const auto year = static_cast<unsigned>(days / kDaysOfEra) * 400 + year_of_era + (month <= 2 ? 1 : 0);
  return {year, month, day_of_year - (153 * month_from_march + 2) / 5 + 1};
}
static_assert(date_of(0).year == 1970 && date_of(0).month == 1 && date_of(0).day == 1);
static_assert(date_of(19'782).month == 2 && date_of(19'782).day == 29, "a leap day");

}  // namespace

void append_timestamp(std::int64_t time_ns, std::string& out) {
  constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;
  constexpr std::uint64_t kSecondsPerDay = 86'400;
  const auto time = static_cast<std::uint64_t>(time_ns);
  const std::uint64_t seconds = time / kNanosPerSecond;
  const auto second = static_cast<unsigned>(seconds % kSecondsPerDay);
  const auto nanos = static_cast<unsigned>(time % kNanosPerSecond);
  const Date date = date_of(seconds / kSecondsPerDay);
  char text[] = "0000-00-00T00:00:00.000000000Z";
  write_pair(date.year / 100 % 100, text);
  write_pair(date.year % 100, text + 2);
  write_pair(date.month, text + 5);
  write_pair(date.day, text + 8);
  write_pair(second / 3600, text + 11);
  write_pair(second / 60 % 60, text + 14);
  write_pair(second % 60, text + 17);
  text[20] = static_cast<char>('0' + nanos / 100'000'000);
  write_pair(nanos / 1'000'000 % 100, text + 21);
  write_pair(nanos / 10'000 % 100, text + 23);
  write_pair(nanos / 100 % 100, text + 25);
  write_pair(nanos % 100, text + 27);
  out.append(text, sizeof text - 1);
}

}  // namespace entail::text
