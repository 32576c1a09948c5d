#include "text/duration.hpp"

#include <array>
#include <limits>

#include "text/ascii.hpp"

namespace entail::text {
namespace {

__extension__ using Wide = unsigned __int128;
constexpr Wide kMax = static_cast<Wide>(std::numeric_limits<std::int64_t>::max());

struct Unit {
  std::string_view name;
  std::uint64_t ns;
};
// Larger units first: printing takes the first that divides.
constexpr std::array kUnits = {Unit{"h", 3'600'000'000'000},
                               Unit{"m", 60'000'000'000},
                               Unit{"s", 1'000'000'000},
                               Unit{"ms", 1'000'000},
                               Unit{"us", 1'000},
                               Unit{"\xc2\xb5s", 1'000},  // the micro sign
                               Unit{"\xce\xbcs", 1'000},  // the Greek letter mu
                               Unit{"ns", 1}};

// number / scale, as written: 1.50 is 150 / 100.
struct Decimal {
  Wide number = 0;
  std::uint64_t scale = 1;
};

// Takes digits[.digits] off the front of text.
DurationError take_decimal(std::string_view& text, Decimal& decimal) noexcept {
  constexpr std::uint64_t kScaleMax = 1'000'000'000'000'000;  // further digits are below a nanosecond of any unit
  std::size_t at = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    decimal.number = decimal.number * 10 + static_cast<unsigned>(text[at] - '0');
    if (decimal.number > kMax) return DurationError::too_large;
  }
  std::size_t digit_count = at;
  if (at < text.size() && text[at] == '.') {
    for (++at; at < text.size() && is_digit(text[at]); ++at, ++digit_count) {
      if (decimal.scale == kScaleMax) continue;
      decimal.number = decimal.number * 10 + static_cast<unsigned>(text[at] - '0');
      decimal.scale *= 10;
    }
  }
  text.remove_prefix(at);
  return digit_count == 0 ? DurationError::malformed : DurationError::none;
}

// Takes a unit off the front of text: all up to the next number. Null when it is not one.
const Unit* take_unit(std::string_view& text) noexcept {
  std::size_t size = 0;
  while (size < text.size() && !is_digit(text[size]) && text[size] != '.') ++size;
  const std::string_view name = text.substr(0, size);
  text.remove_prefix(size);
  for (const Unit& unit : kUnits)
    if (unit.name == name) return &unit;
  return nullptr;
}

}  // namespace

Result<std::int64_t, DurationError> parse_duration(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return std::int64_t{0};
  if (text.empty()) return DurationError::malformed;
  Wide total = 0;
  while (!text.empty()) {
    Decimal decimal;
    if (const DurationError error = take_decimal(text, decimal); error != DurationError::none) return error;
    if (text.empty()) return DurationError::no_unit;
    const Unit* const unit = take_unit(text);
    if (unit == nullptr) return DurationError::malformed;
    if (decimal.number / decimal.scale > kMax / unit->ns) return DurationError::too_large;
    total += decimal.number * unit->ns / decimal.scale;
    if (total > kMax) return DurationError::too_large;
  }
  return negative ? -static_cast<std::int64_t>(total) : static_cast<std::int64_t>(total);
}

std::string format_duration(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "0s";
  const auto bits = static_cast<std::uint64_t>(nanoseconds);
  const std::uint64_t magnitude = nanoseconds < 0 ? 0 - bits : bits;
  std::string text = nanoseconds < 0 ? "-" : "";
  for (const Unit& unit : kUnits) {
    if (unit.name == "m" || magnitude % unit.ns != 0) continue;
    return text + std::to_string(magnitude / unit.ns) + std::string(unit.name);
  }
  return text;
}

}  // namespace entail::text
