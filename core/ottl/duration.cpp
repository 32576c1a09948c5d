#include "ottl/duration.hpp"

#include <array>
#include <limits>

namespace entail::ottl {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t ns;
};
// Longer names first where one begins another.
constexpr std::array kUnits = {Unit{"ns", 1},
                               Unit{"us", 1000},
                               Unit{"\xc2\xb5s", 1000},
                               Unit{"ms", 1'000'000},
                               Unit{"s", 1'000'000'000},
                               Unit{"m", 60'000'000'000},
                               Unit{"h", 3'600'000'000'000}};

bool is_digit(std::string_view text, std::size_t at) noexcept {
  return at < text.size() && text[at] >= '0' && text[at] <= '9';
}

}  // namespace

bool parse_duration(std::string_view text, std::int64_t& ns) noexcept {
  __extension__ using Wide = unsigned __int128;
  constexpr Wide kMax = static_cast<Wide>(std::numeric_limits<std::int64_t>::max());
  const bool negative = text.starts_with('-');
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  ns = 0;
  if (text == "0") return true;
  if (text.empty()) return false;
  Wide total = 0;
  while (!text.empty()) {
    // The number in units of 1 / scale; further digits are less than a nanosecond of any unit.
    Wide number = 0;
    std::uint64_t scale = 1;
    std::size_t at = 0;
    for (; is_digit(text, at); ++at)
      if ((number = number * 10 + static_cast<unsigned>(text[at] - '0')) > kMax) return false;
    std::size_t digits = at;
    if (at < text.size() && text[at] == '.')
      for (++at; is_digit(text, at); ++at, ++digits)
        if (scale < 1'000'000'000'000'000) {
          number = number * 10 + static_cast<unsigned>(text[at] - '0');
          scale *= 10;
        }
    if (digits == 0) return false;
    text.remove_prefix(at);
    const Unit* unit = nullptr;
    for (const Unit& known : kUnits)
      if (unit == nullptr && text.starts_with(known.name)) unit = &known;
    if (unit == nullptr) return false;
    text.remove_prefix(unit->name.size());
    if (number / scale > kMax / unit->ns) return false;
    total += number * unit->ns / scale;
    if (total > kMax) return false;
  }
  ns = negative ? -static_cast<std::int64_t>(total) : static_cast<std::int64_t>(total);
  return true;
}

}  // namespace entail::ottl
