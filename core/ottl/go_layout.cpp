#include "ottl/go_layout.hpp"

#include <algorithm>
#include <array>

namespace entail::ottl {

namespace {

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
  bool with_z = false;  // offsets: Z stands for 0
  char separator = '\0';
  unsigned parts = 1;
  bool not_before_lower_case = false;
};

// In the order in which they are tried.
constexpr std::array kElements = {
    ElementRow{"January", Element::long_month},
    ElementRow{"Jan", Element::month_name, false, '\0', 1, true},
    ElementRow{"Monday", Element::long_weekday},
    ElementRow{"Mon", Element::weekday, false, '\0', 1, true},
    ElementRow{"MST", Element::zone_name},
    ElementRow{"01", Element::zero_month},
    ElementRow{"02", Element::zero_day},
    ElementRow{"03", Element::zero_hour12},
    ElementRow{"04", Element::zero_minute},
    ElementRow{"05", Element::zero_second},
    ElementRow{"06", Element::year},
    ElementRow{"15", Element::hour},
    ElementRow{"1", Element::month},
    ElementRow{"2006", Element::long_year},
    ElementRow{"2", Element::day},
    ElementRow{"_2", Element::under_day},
    ElementRow{"3", Element::hour12},
    ElementRow{"4", Element::minute},
    ElementRow{"5", Element::second},
    ElementRow{"PM", Element::upper_half},
    ElementRow{"pm", Element::lower_half},
    ElementRow{"-070000", Element::offset, false, '\0', 3},
    ElementRow{"-07:00:00", Element::offset, false, ':', 3},
    ElementRow{"-0700", Element::offset, false, '\0', 2},
    ElementRow{"-07:00", Element::offset, false, ':', 2},
    ElementRow{"-07", Element::offset, false, '\0', 1},
    ElementRow{"Z070000", Element::offset, true, '\0', 3},
    ElementRow{"Z07:00:00", Element::offset, true, ':', 3},
    ElementRow{"Z0700", Element::offset, true, '\0', 2},
    ElementRow{"Z07:00", Element::offset, true, ':', 2},
    ElementRow{"Z07", Element::offset, true, '\0', 1},
};
constexpr ElementRow kFraction = {"", Element::fraction};

constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"January", "February", "March",     "April",   "May",      "June",
                                                      "July",    "August",   "September", "October", "November", "December"};

bool is_digit(std::string_view text, std::size_t at) noexcept {
  return at < text.size() && text[at] >= '0' && text[at] <= '9';
}
bool is_lower(std::string_view text, std::size_t at) noexcept {
  return at < text.size() && text[at] >= 'a' && text[at] <= 'z';
}

struct Chunk {
  std::string_view before;  // literal text
  std::string_view text;    // the element
  const ElementRow* row = nullptr;
};

// The first element of the layout; row is null if there is none.
Chunk next_chunk(std::string_view layout) noexcept {
  for (std::size_t at = 0; at < layout.size(); ++at) {
    const std::string_view rest = layout.substr(at);
    if ((rest[0] == '.' || rest[0] == ',') && rest.size() > 1 && rest[1] == '9') {
      std::size_t size = 1;
      while (size < rest.size() && rest[size] == '9') ++size;
      if (!is_digit(rest, size)) return {layout.substr(0, at), rest.substr(0, size), &kFraction};
    }
    if (rest.starts_with("_2006")) return {layout.substr(0, at + 1), rest.substr(1, 4), &kElements[13]};
    for (const ElementRow& row : kElements)
      if (rest.starts_with(row.text) && !(row.not_before_lower_case && is_lower(rest, row.text.size())))
        return {layout.substr(0, at), rest.substr(0, row.text.size()), &row};
  }
  return {layout, {}, nullptr};
}

void append_fraction(std::string_view element, std::int64_t nanosecond, std::string& out) {
  std::string digits;
  append_padded(nanosecond, 9, digits);
  digits.resize(std::min<std::size_t>(element.size() - 1, 9));
  digits.erase(digits.find_last_not_of('0') + 1);
  if (!digits.empty()) out += element[0] + digits;
}

void append_zone_name(const Value& time, std::string& out) {
  if (!time.text.empty()) {
    out += time.text;
  } else if (zone_offset(time) == 0) {
    out += "UTC";
  } else {
    append_offset(zone_offset(time), false, '\0', zone_offset(time) / 60 % 60 == 0 ? 1 : 2, out);
  }
}

void append_element(const Chunk& chunk, const CivilTime& civil, const Value& time, std::string& out) {
  const std::int64_t hour12 = civil.hour % 12 == 0 ? 12 : civil.hour % 12;
  switch (chunk.row->element) {
    case Element::long_month:
      out += kMonths[static_cast<std::size_t>(civil.month - 1)];
      return;
    case Element::month_name:
      out += kMonths[static_cast<std::size_t>(civil.month - 1)].substr(0, 3);
      return;
    case Element::month:
      return append_padded(civil.month, 0, out);
    case Element::zero_month:
      return append_padded(civil.month, 2, out);
    case Element::long_weekday:
      out += kDays[static_cast<std::size_t>(civil.weekday)];
      return;
    case Element::weekday:
      out += kDays[static_cast<std::size_t>(civil.weekday)].substr(0, 3);
      return;
    case Element::day:
      return append_padded(civil.day, 0, out);
    case Element::under_day:
      if (civil.day < 10) out += ' ';
      return append_padded(civil.day, 0, out);
    case Element::zero_day:
      return append_padded(civil.day, 2, out);
    case Element::hour:
      return append_padded(civil.hour, 2, out);
    case Element::hour12:
      return append_padded(hour12, 0, out);
    case Element::zero_hour12:
      return append_padded(hour12, 2, out);
    case Element::minute:
      return append_padded(civil.minute, 0, out);
    case Element::zero_minute:
      return append_padded(civil.minute, 2, out);
    case Element::second:
      return append_padded(civil.second, 0, out);
    case Element::zero_second:
      return append_padded(civil.second, 2, out);
    case Element::long_year:
      return append_padded(civil.year, 4, out);
    case Element::year:
      return append_padded(civil.year < 0 ? 0 : civil.year % 100, 2, out);
    case Element::upper_half:
      out += civil.hour >= 12 ? "PM" : "AM";
      return;
    case Element::lower_half:
      out += civil.hour >= 12 ? "pm" : "am";
      return;
    case Element::zone_name:
      return append_zone_name(time, out);
    case Element::offset:
      return append_offset(zone_offset(time), chunk.row->with_z, chunk.row->separator, chunk.row->parts, out);
    case Element::fraction:
      return append_fraction(chunk.text, civil.nanosecond, out);
    case Element::none:
      return;
  }
}

// What a text says so far.
struct Reading {
  CivilTime civil{.year = 0, .month = -1, .day = -1};
  bool is_am = false;
  bool is_pm = false;
  bool is_utc = false;
  std::optional<std::int32_t> offset;
  std::string_view zone;
};

// One or two digits, or two.
bool read_number(std::string_view& text, bool two, std::int64_t& out) noexcept {
  if (!is_digit(text, 0) || (two && !is_digit(text, 1))) return false;
  const std::size_t size = is_digit(text, 1) ? 2 : 1;
  out = 0;
  for (std::size_t i = 0; i < size; ++i) out = out * 10 + (text[i] - '0');
  text.remove_prefix(size);
  return true;
}

bool read_in_range(std::string_view& text, bool two, std::int64_t min, std::int64_t max, std::int64_t& out) noexcept {
  return read_number(text, two, out) && out >= min && out <= max;
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

template <std::size_t Count>
bool read_name(std::string_view& text, const std::array<std::string_view, Count>& names, bool short_form,
               std::size_t& index) noexcept {
  for (index = 0; index < Count; ++index) {
    const std::string_view name = short_form ? names[index].substr(0, 3) : names[index];
    if (text.size() < name.size()) continue;
    if (!std::equal(name.begin(), name.end(), text.begin(), [](char a, char b) { return lower(a) == lower(b); }))
      continue;
    text.remove_prefix(name.size());
    return true;
  }
  return false;
}

// Digits behind a point or comma; more than nine are cut off.
void read_fraction(std::string_view& text, std::int64_t& nanosecond) noexcept {
  std::size_t size = 1;
  nanosecond = 0;
  for (; is_digit(text, size); ++size)
    if (size <= 9) nanosecond = nanosecond * 10 + (text[size] - '0');
  for (std::size_t i = size; i < 10; ++i) nanosecond *= 10;
  text.remove_prefix(size);
}
bool has_fraction(std::string_view text) noexcept {
  return text.size() >= 2 && (text[0] == '.' || text[0] == ',') && is_digit(text, 1);
}

bool read_offset(std::string_view& text, const ElementRow& row, Reading& reading) noexcept {
  if (row.with_z && text.starts_with('Z')) {
    text.remove_prefix(1);
    reading.is_utc = true;
    return true;
  }
  const std::size_t step = row.separator == '\0' ? 2 : 3;
  const std::size_t size = 3 + (row.parts - 1) * step;
  if (text.size() < size || (text[0] != '+' && text[0] != '-')) return false;
  std::int32_t seconds = 0;
  std::int32_t unit = 3600;
  for (unsigned part = 0; part < row.parts; ++part, unit /= 60) {
    const std::size_t at = part == 0 ? 1 : 3 + (part - 1) * step + (step - 2);
    if (part != 0 && row.separator != '\0' && text[at - 1] != row.separator) return false;
    if (!is_digit(text, at) || !is_digit(text, at + 1)) return false;
    const std::int32_t value = (text[at] - '0') * 10 + (text[at + 1] - '0');
    if (value > (part == 0 ? 24 : 60)) return false;
    seconds += value * unit;
  }
  reading.offset = text[0] == '-' ? -seconds : seconds;
  text.remove_prefix(size);
  return true;
}

// Bytes of a zone's abbreviation, or of GMT+3 or +03; 0 if there is none.
std::size_t zone_name_size(std::string_view text) noexcept {
  const auto signed_hours = [&](std::size_t at) -> std::size_t {
    if (at >= text.size() || (text[at] != '+' && text[at] != '-')) return 0;
    std::size_t end = at + 1;
    int hours = 0;
    for (; is_digit(text, end) && hours < 100; ++end) hours = hours * 10 + (text[end] - '0');
    return end == at + 1 || hours > 23 ? 0 : end - at;
  };
  if (text.size() < 3) return 0;
  if (text.starts_with("ChST") || text.starts_with("MeST")) return 4;
  if (text.starts_with("GMT")) return 3 + signed_hours(3);
  if (text[0] == '+' || text[0] == '-') return signed_hours(0);
  std::size_t upper = 0;
  while (upper < 6 && upper < text.size() && text[upper] >= 'A' && text[upper] <= 'Z') ++upper;
  if (upper == 5) return text[4] == 'T' ? 5 : 0;
  if (upper == 4) return text[3] == 'T' || text.starts_with("WITA") ? 4 : 0;
  return upper == 3 ? 3 : 0;
}

bool read_zone_name(std::string_view& text, Reading& reading) noexcept {
  if (text.starts_with("UTC")) {
    reading.is_utc = true;
    text.remove_prefix(3);
    return true;
  }
  const std::size_t size = zone_name_size(text);
  if (size == 0) return false;
  reading.zone = text.substr(0, size);
  text.remove_prefix(size);
  return true;
}

bool read_half(std::string_view& text, bool upper, Reading& reading) noexcept {
  reading.is_pm = text.starts_with(upper ? "PM" : "pm");
  reading.is_am = text.starts_with(upper ? "AM" : "am");
  if (!reading.is_pm && !reading.is_am) return false;
  text.remove_prefix(2);
  return true;
}

bool read_year(std::string_view& text, std::size_t size, std::int64_t& year) noexcept {
  year = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (!is_digit(text, i)) return false;
    year = year * 10 + (text[i] - '0');
  }
  if (size == 2) year += year >= 69 ? 1900 : 2000;
  text.remove_prefix(size);
  return true;
}

bool read_second(std::string_view& text, std::string_view layout, bool two, CivilTime& civil) noexcept {
  if (!read_in_range(text, two, 0, 59, civil.second)) return false;
  const Chunk next = next_chunk(layout);
  const bool layout_has_fraction = next.row != nullptr && next.row->element == Element::fraction;
  if (has_fraction(text) && !layout_has_fraction) read_fraction(text, civil.nanosecond);
  return true;
}

// layout: what follows the element.
bool read_element(const Chunk& chunk, std::string_view layout, std::string_view& text, Reading& reading) noexcept {
  CivilTime& civil = reading.civil;
  std::size_t index = 0;
  switch (chunk.row->element) {
    case Element::long_month:
    case Element::month_name:
      if (!read_name(text, kMonths, chunk.row->element == Element::month_name, index)) return false;
      civil.month = static_cast<std::int64_t>(index) + 1;
      return true;
    case Element::month:
    case Element::zero_month:
      return read_in_range(text, chunk.row->element == Element::zero_month, 1, 12, civil.month);
    case Element::long_weekday:
    case Element::weekday:
      return read_name(text, kDays, chunk.row->element == Element::weekday, index);
    case Element::under_day:
      if (text.starts_with(' ')) text.remove_prefix(1);
      return read_number(text, false, civil.day);
    case Element::day:
    case Element::zero_day:
      return read_number(text, chunk.row->element == Element::zero_day, civil.day);
    case Element::hour:
      return read_in_range(text, false, 0, 23, civil.hour);
    case Element::hour12:
    case Element::zero_hour12:
      return read_in_range(text, chunk.row->element == Element::zero_hour12, 0, 12, civil.hour);
    case Element::minute:
    case Element::zero_minute:
      return read_in_range(text, chunk.row->element == Element::zero_minute, 0, 59, civil.minute);
    case Element::second:
    case Element::zero_second:
      return read_second(text, layout, chunk.row->element == Element::zero_second, civil);
    case Element::long_year:
      return read_year(text, 4, civil.year);
    case Element::year:
      return read_year(text, 2, civil.year);
    case Element::upper_half:
    case Element::lower_half:
      return read_half(text, chunk.row->element == Element::upper_half, reading);
    case Element::zone_name:
      return read_zone_name(text, reading);
    case Element::offset:
      return read_offset(text, *chunk.row, reading);
    case Element::fraction:
      if (has_fraction(text)) read_fraction(text, civil.nanosecond);
      return true;
    case Element::none:
      return false;
  }
  return false;
}

// Literal text; runs of spaces are equal.
bool skip_literal(std::string_view& text, std::string_view literal) noexcept {
  const auto skip_spaces = [](std::string_view& from) {
    while (from.starts_with(' ')) from.remove_prefix(1);
  };
  while (!literal.empty()) {
    if (literal[0] == ' ') {
      if (!text.empty() && text[0] != ' ') return false;
      skip_spaces(literal);
      skip_spaces(text);
      continue;
    }
    if (text.empty() || text[0] != literal[0]) return false;
    literal.remove_prefix(1);
    text.remove_prefix(1);
  }
  return true;
}

// The time in a zone, by its local time.
Instant in_zone(const CivilTime& civil, const TimeZone& zone) noexcept {
  const Instant local = instant_of(civil, 0);
  const TimeZone::Period guess = zone.at(local.second);
  std::int32_t offset = guess.offset;
  const std::int64_t second = local.second - offset;
  if (offset != 0 && (second < guess.begin || second >= guess.end)) offset = zone.at(second).offset;
  return {local.second - offset, local.nanosecond};
}

LayoutTime resolved(const Reading& reading, const TimeZone& zone) {
  LayoutTime out;
  const auto take_zone = [&](Instant instant) {
    const TimeZone::Period period = zone.at(instant.second);
    out = {instant, period.offset, std::string(period.name)};
  };
  const Instant local = instant_of(reading.civil, 0);
  if (reading.is_utc) {
    out = {local, 0, "UTC"};
  } else if (reading.offset) {
    const Instant instant = {local.second - *reading.offset, local.nanosecond};
    const TimeZone::Period period = zone.at(instant.second);
    if (period.offset == *reading.offset && (reading.zone.empty() || reading.zone == period.name))
      take_zone(instant);
    else
      out = {instant, *reading.offset, std::string(reading.zone)};
  } else if (reading.zone.empty()) {
    take_zone(in_zone(reading.civil, zone));
  } else if (const auto offset = zone.offset_of(reading.zone, local.second)) {
    take_zone({local.second - *offset, local.nanosecond});
  } else {
    out = {local, 0, std::string(reading.zone), true};
    if (reading.zone.size() > 3 && reading.zone.starts_with("GMT")) {
      std::int64_t hours = 0;
      std::string_view digits = reading.zone.substr(4);
      (void)read_number(digits, false, hours);
      out.offset = static_cast<std::int32_t>(reading.zone[3] == '-' ? -hours * 3600 : hours * 3600);
    }
  }
  return out;
}

}  // namespace

std::string format_by_layout(std::string_view layout, const Value& time) {
  std::string out;
  const CivilTime civil = civil_time(instant_of(time), zone_offset(time));
  for (;;) {
    const Chunk chunk = next_chunk(layout);
    out += chunk.before;
    if (chunk.row == nullptr) return out;
    append_element(chunk, civil, time, out);
    layout.remove_prefix(chunk.before.size() + chunk.text.size());
  }
}

std::optional<LayoutTime> parse_by_layout(std::string_view layout, std::string_view text, const TimeZone& zone,
                                          LayoutFault& fault) {
  Reading reading;
  for (;;) {
    const Chunk chunk = next_chunk(layout);
    if (!skip_literal(text, chunk.before)) {
      fault = {chunk.before, text};
      return std::nullopt;
    }
    if (chunk.row == nullptr) break;
    layout.remove_prefix(chunk.before.size() + chunk.text.size());
    const std::string_view before = text;
    if (read_element(chunk, layout, text, reading)) continue;
    fault = {chunk.text, before};
    return std::nullopt;
  }
  CivilTime& civil = reading.civil;
  if (reading.is_pm && civil.hour < 12) civil.hour += 12;
  if (reading.is_am && civil.hour == 12) civil.hour = 0;
  if (civil.month < 0) civil.month = 1;
  if (civil.day < 0) civil.day = 1;
  fault = {{}, text};
  if (!text.empty() || civil.day < 1 || civil.day > days_in_month(civil.year, civil.month)) return std::nullopt;
  return resolved(reading, zone);
}

}  // namespace entail::ottl
