#include <algorithm>

#include "ottl/go_layout.hpp"
#include "text/ascii.hpp"

namespace entail::ottl {

namespace {

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

template <std::size_t Count>
bool read_name(std::string_view& text, const std::array<std::string_view, Count>& names, bool short_form,
               std::size_t& index) noexcept {
  for (index = 0; index < Count; ++index) {
    const std::string_view name = short_form ? names[index].substr(0, 3) : names[index];
    if (text.size() < name.size()) continue;
    if (!std::equal(name.begin(), name.end(), text.begin(),
                    [](char a, char b) { return text::to_lower(a) == text::to_lower(b); }))
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
  while (upper < 6 && upper < text.size() && text::is_upper(text[upper])) ++upper;
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
    out = {local, 0, std::string(reading.zone)};
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
