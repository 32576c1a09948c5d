#include "option/value_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "text/ascii.hpp"
#include "text/duration.hpp"

namespace entail::option {

namespace {

constexpr std::size_t kNumberCharsMax = 64;  // longer digit strings are not numbers that anybody means

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array kSizeUnits = {Unit{"TiB", 1ull << 40},
                                   Unit{"GiB", 1ull << 30},
                                   Unit{"MiB", 1ull << 20},
                                   Unit{"KiB", 1ull << 10},
                                   Unit{"TB", 1'000'000'000'000},
                                   Unit{"GB", 1'000'000'000},
                                   Unit{"MB", 1'000'000},
                                   Unit{"kB", 1'000},
                                   Unit{"KB", 1'000},
                                   Unit{"B", 1}};

using text::is_digit;

// Copies text without the underscores between digits. False if one is elsewhere or the text is too long.
bool strip_underscores(std::string_view text, std::array<char, kNumberCharsMax>& out, std::size_t& length) noexcept {
  length = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_') {
      const auto is_alnum = [](char c) { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); };
      if (i == 0 || i + 1 == text.size() || !is_alnum(text[i - 1]) || !is_alnum(text[i + 1])) return false;
      continue;
    }
    if (length == out.size()) return false;
    out[length++] = text[i];
  }
  return length > 0;
}

// whole.fraction * factor, exactly but for what is below one unit of the result.
Result<std::uint64_t, ValueError> scaled(std::uint64_t whole, std::string_view fraction,
                                         std::uint64_t factor) noexcept {
  std::uint64_t value = 0;
  if (__builtin_mul_overflow(whole, factor, &value)) return ValueError::too_large;
  long double part = 0;
  for (std::size_t i = fraction.size(); i-- > 0;) part = (part + (fraction[i] - '0')) / 10;
  const auto extra = static_cast<std::uint64_t>(part * static_cast<long double>(factor) + 0.5L);
  if (__builtin_add_overflow(value, extra, &value)) return ValueError::too_large;
  return value;
}

struct Decimal {
  std::uint64_t whole = 0;
  std::string_view fraction;
};

// Takes digits[.digits] off the front of text.
Result<Decimal, ValueError> take_decimal(std::string_view& text) noexcept {
  std::array<char, kNumberCharsMax> digits{};
  std::size_t end = 0;
  while (end < text.size() && (is_digit(text[end]) || text[end] == '_')) ++end;
  std::size_t length = 0;
  if (!strip_underscores(text.substr(0, end), digits, length)) return ValueError::malformed;
  Decimal decimal;
  const auto [stop, problem] = std::from_chars(digits.data(), digits.data() + length, decimal.whole);
  if (problem == std::errc::result_out_of_range) return ValueError::too_large;
  if (problem != std::errc() || stop != digits.data() + length) return ValueError::malformed;
  if (end < text.size() && text[end] == '.') {
    std::size_t last = end + 1;
    while (last < text.size() && is_digit(text[last])) ++last;
    decimal.fraction = text.substr(end + 1, last - end - 1);
    end = last;
  }
  text.remove_prefix(end);
  return decimal;
}

}  // namespace

Result<WholeNumber, ValueError> parse_whole(std::string_view text) noexcept {
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 2 && text[0] == '0') {
    base = text[1] == 'x' ? 16 : text[1] == 'o' ? 8 : text[1] == 'b' ? 2 : 10;
    if (base != 10) text.remove_prefix(2);
  }
  std::array<char, kNumberCharsMax> digits{};
  std::size_t length = 0;
  if (!strip_underscores(text, digits, length)) return ValueError::malformed;
  WholeNumber value;
  const auto [stop, problem] = std::from_chars(digits.data(), digits.data() + length, value.magnitude, base);
  if (stop != digits.data() + length || problem == std::errc::invalid_argument) return ValueError::malformed;
  if (problem != std::errc()) return ValueError::too_large;
  value.negative = negative && value.magnitude != 0;
  return value;
}

Result<double, ValueError> parse_number(std::string_view text) noexcept {
  std::array<char, kNumberCharsMax> digits{};
  std::size_t length = 0;
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  if (!strip_underscores(text, digits, length)) return ValueError::malformed;
  double value = 0;
  const auto [stop, problem] = std::from_chars(digits.data(), digits.data() + length, value);
  if (stop != digits.data() + length || problem == std::errc::invalid_argument) return ValueError::malformed;
  if (problem != std::errc()) return ValueError::too_large;
  if (!std::isfinite(value)) return ValueError::malformed;
  return value;
}

Result<bool, ValueError> parse_boolean(std::string_view text) noexcept {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return ValueError::malformed;
}

Result<std::int64_t, ValueError> parse_duration(std::string_view text) noexcept {
  std::array<char, kNumberCharsMax> written{};
  std::size_t length = 0;
  if (!strip_underscores(text, written, length)) return ValueError::malformed;
  const auto parsed = text::parse_duration({written.data(), length});
  switch (parsed.error()) {
    case text::DurationError::none:
      return parsed.value();
    case text::DurationError::malformed:
      return ValueError::malformed;
    case text::DurationError::too_large:
      return ValueError::too_large;
    case text::DurationError::no_unit:
      return ValueError::no_unit;
  }
  return ValueError::malformed;
}

Result<std::uint64_t, ValueError> parse_size(std::string_view text) noexcept {
  const Result<Decimal, ValueError> decimal = take_decimal(text);
  if (!decimal.ok()) return decimal.error();
  while (!text.empty() && text[0] == ' ') text.remove_prefix(1);
  std::uint64_t factor = 1;
  if (!text.empty()) {
    factor = 0;
    for (const Unit& unit : kSizeUnits)
      if (unit.name == text) factor = unit.factor;
    if (factor == 0) return ValueError::malformed;
  }
  if (factor == 1 && !decimal->fraction.empty()) return ValueError::malformed;  // half a byte
  return scaled(decimal->whole, decimal->fraction, factor);
}

std::string format_size(std::uint64_t bytes) {
  if (bytes == 0) return "0";
  Unit best = {"", 1};
  for (const Unit& unit : kSizeUnits)
    if (bytes % unit.factor == 0 && unit.factor > best.factor) best = unit;  // 512MB, not 500000KiB
  return std::to_string(bytes / best.factor) + std::string(best.name);
}

std::string format_number(double value) {
  std::array<char, 32> digits{};
  const auto [end, problem] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return problem == std::errc() ? std::string(digits.data(), end) : std::string();
}

Result<std::string, ValueError> expand_dollars(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '$' && next == '{') return ValueError::unresolved;
    out += text[i];
    if (text[i] == '$' && next == '$') ++i;
  }
  return out;
}

std::size_t offset_before_expansion(std::string_view text, std::size_t offset) noexcept {
  std::size_t at = 0;
  for (; offset > 0 && at < text.size(); --offset) at += text.substr(at).starts_with("$$") ? 2 : 1;
  return at;
}

}  // namespace entail::option
