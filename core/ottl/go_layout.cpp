#include "ottl/go_layout.hpp"

#include <algorithm>
#include <array>

namespace entail::ottl {

namespace {

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

bool is_lower(std::string_view text, std::size_t at) noexcept { return at < text.size() && text::is_lower(text[at]); }

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

}  // namespace

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

Layout::Layout(std::string text) : text_(std::move(text)) {
  std::string_view rest = text_;
  do {
    chunks_.push_back(next_chunk(rest));
    rest.remove_prefix(chunks_.back().before.size() + chunks_.back().text.size());
  } while (chunks_.back().row != nullptr);
}

std::string format_by_layout(const Layout& layout, const Value& time) {
  std::string out;
  const CivilTime civil = civil_time(instant_of(time), zone_offset(time));
  for (const Chunk& chunk : layout.chunks()) {
    out += chunk.before;
    if (chunk.row != nullptr) append_element(chunk, civil, time, out);
  }
  return out;
}

}  // namespace entail::ottl
