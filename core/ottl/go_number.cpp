#include "ottl/go_number.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "text/ascii.hpp"

namespace entail::ottl {

namespace {

int digit_of(char c) noexcept {
  if (text::is_digit(c)) return c - '0';
  const char letter = text::to_lower(c);
  return text::is_lower(letter) ? letter - 'a' + 10 : 99;
}

using text::to_lower;

// Underscores separate digits, or the prefix and a digit.
bool underscores_fit(std::string_view text) noexcept {
  char before = '^';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  bool is_hex = false;
  if (text.size() >= 2 && text[0] == '0' &&
      (to_lower(text[1]) == 'b' || to_lower(text[1]) == 'o' || to_lower(text[1]) == 'x')) {
    before = '0';
    is_hex = to_lower(text[1]) == 'x';
    text.remove_prefix(2);
  }
  for (const char c : text) {
    if (digit_of(c) < 10 || (is_hex && digit_of(c) < 16)) {
      before = '0';
    } else if (c == '_') {
      if (before != '0') return false;
      before = '_';
    } else {
      if (before == '_') return false;
      before = '!';
    }
  }
  return before != '_';
}

int base_of_prefix(std::string_view& digits) noexcept {
  if (digits.empty() || digits[0] != '0') return 10;
  if (digits.size() >= 3) {
    const char mark = to_lower(digits[1]);
    const int base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
    if (base != 0) {
      digits.remove_prefix(2);
      return base;
    }
  }
  digits.remove_prefix(1);
  return 8;
}

// The shortest digits that read as the value, with an exponent outside of [min, max).
void append_shortest(double value, double min, double max, std::string& out) {
  std::array<char, 400> buffer;
  const double size = std::fabs(value);
  const bool fixed = size == 0 || (size >= min && size < max);
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                     fixed ? std::chars_format::fixed : std::chars_format::scientific);
  out.append(buffer.data(), written.ptr);
}

}  // namespace

std::optional<std::int64_t> parse_go_integer(std::string_view text, std::int64_t base) noexcept {
  const std::string_view whole = text;
  if (text.empty() || base == 1 || base < 0 || base > 36) return std::nullopt;
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  const bool any_base = base == 0;
  const std::string_view unsigned_text = text;
  auto radix = static_cast<std::uint64_t>(base);
  if (any_base) radix = static_cast<std::uint64_t>(base_of_prefix(text));
  if (text.empty() && unsigned_text != "0") return std::nullopt;
  std::uint64_t value = 0;
  bool has_underscores = false;
  for (const char c : text) {
    if (c == '_' && any_base) {
      has_underscores = true;
      continue;
    }
    const auto digit = static_cast<std::uint64_t>(digit_of(c));
    if (digit >= radix || __builtin_mul_overflow(value, radix, &value) || __builtin_add_overflow(value, digit, &value))
      return std::nullopt;
  }
  if (has_underscores && !underscores_fit(whole)) return std::nullopt;
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;
  if (value > kLimit || (value == kLimit && !negative)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - value : value);
}

std::optional<double> parse_go_double(std::string_view text) {
  std::string plain;
  for (const char c : text) plain += to_lower(c);
  if (plain.find('_') != std::string::npos) {
    if (!underscores_fit(text)) return std::nullopt;
    std::erase(plain, '_');
  }
  std::string_view rest = plain;
  const bool negative = !rest.empty() && rest[0] == '-';
  if (negative || (!rest.empty() && rest[0] == '+')) rest.remove_prefix(1);
  if (rest == "inf" || rest == "infinity")
    return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  if (plain == "nan") return std::numeric_limits<double>::quiet_NaN();
  std::chars_format format = std::chars_format::general;
  if (rest.starts_with("0x")) {
    rest.remove_prefix(2);
    format = std::chars_format::hex;
    if (rest.find('p') == std::string_view::npos) return std::nullopt;  // the exponent is required
  }
  const int radix = format == std::chars_format::hex ? 16 : 10;
  if (rest.empty() || !(digit_of(rest[0]) < radix || rest[0] == '.')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value, format);
  if (error == std::errc::invalid_argument || end != rest.data() + rest.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // Too small reads as 0 in Go, too large is an error.
    const std::size_t exponent = rest.find(format == std::chars_format::hex ? 'p' : 'e');
    const bool tiny = exponent != std::string_view::npos ? rest.substr(exponent + 1).starts_with('-')
                                                         : rest.starts_with("0.") || rest.starts_with('.');
    if (!tiny) return std::nullopt;
    value = 0;
  }
  return negative ? -value : value;
}

std::optional<bool> parse_go_boolean(std::string_view text) noexcept {
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"})
    if (text == yes) return true;
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"})
    if (text == no) return false;
  return std::nullopt;
}

std::int64_t truncated(double value) noexcept {
  if (!(value >= -0x1p63 && value < 0x1p63)) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

void append_go_double(double value, std::string& out) {
  if (std::isnan(value))
    out += "NaN";
  else if (std::isinf(value))
    out += value < 0 ? "-Inf" : "+Inf";
  else
    append_shortest(value, 1e-4, 1e6, out);
}

void append_go_json_double(double value, ShortExponent short_exponent, std::string& out) {
  const std::size_t begin = out.size();
  append_shortest(value, 1e-6, 1e21, out);
  const std::string_view written = std::string_view(out).substr(begin);
  const bool has_zero = written.size() >= 4 && written.substr(written.size() - 4, 3) == "e-0";
  if (short_exponent == ShortExponent::yes && has_zero) out.erase(out.size() - 2, 1);
}

}  // namespace entail::ottl
