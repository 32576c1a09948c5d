// The elements of Go's layouts, for those who write and read by them (go_layout.hpp). Thread rule: Immutable.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "text/ascii.hpp"

namespace entail::ottl {

enum class Element : std::uint8_t {
  none,
  long_month,
  month_name,
  month,
  zero_month,
  long_weekday,
  weekday,
  day,
  under_day,
  zero_day,
  hour,
  hour12,
  zero_hour12,
  minute,
  zero_minute,
  second,
  zero_second,
  long_year,
  year,
  upper_half,  // PM
  lower_half,
  zone_name,
  offset,
  fraction,
};

struct ElementRow {
  std::string_view text;
  Element element = Element::none;
  bool with_z = false;  // offsets: Z means 0
  char separator = '\0';
  unsigned parts = 1;
  bool not_before_lower_case = false;
};

struct Chunk {
  std::string_view before;  // literal text
  std::string_view text;    // the element
  const ElementRow* row = nullptr;
};

// The first element of the layout; row is null if there is none.
Chunk next_chunk(std::string_view layout) noexcept;

inline constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                          "Thursday", "Friday", "Saturday"};
inline constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                             "May",       "June",     "July",     "August",
                                                             "September", "October",  "November", "December"};

inline bool is_digit(std::string_view text, std::size_t at) noexcept {
  return at < text.size() && text::is_digit(text[at]);
}

}  // namespace entail::ottl
