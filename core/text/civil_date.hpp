// Days since 1970 as dates of the proleptic Gregorian calendar, counted in years that begin in March, so that the leap
// day is the last one (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days).
// Thread rule: Immutable (a free function).
#pragma once

#include <cstdint>

namespace entail::text {

struct CivilDate {
  std::int64_t year = 1970;
  unsigned month = 1;
  unsigned day = 1;
};

constexpr CivilDate civil_date(std::int64_t days_since_1970) noexcept {
  constexpr std::int64_t kDaysOfEra = 146'097;  // 400 years
  const std::int64_t days = days_since_1970 + 719'468;
  const std::int64_t era = days / kDaysOfEra - (days % kDaysOfEra < 0 ? 1 : 0);
  const auto day_of_era = static_cast<unsigned>(days - era * kDaysOfEra);
  const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned month_from_march = (5 * day_of_year + 2) / 153;
  const unsigned month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return {era * 400 + year_of_era + (month <= 2 ? 1 : 0), month, day_of_year - (153 * month_from_march + 2) / 5 + 1};
}
static_assert(civil_date(0).year == 1970 && civil_date(0).month == 1 && civil_date(0).day == 1);
static_assert(civil_date(19'782).month == 2 && civil_date(19'782).day == 29, "a leap day");
static_assert(civil_date(-1).year == 1969 && civil_date(-1).month == 12 && civil_date(-1).day == 31);

}  // namespace entail::text
