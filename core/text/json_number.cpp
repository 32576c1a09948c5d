#include "text/json_number.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace entail::text {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace

const char* scan_json_number(const char* text) noexcept {
  if (*text == '-') ++text;
  if (!is_digit(*text)) return nullptr;
  if (*text++ != '0') {
    while (is_digit(*text)) ++text;
  }
  if (*text == '.') {
    if (!is_digit(*++text)) return nullptr;
    while (is_digit(*text)) ++text;
  }
  if (*text == 'e' || *text == 'E') {
    ++text;
    if (*text == '+' || *text == '-') ++text;
    if (!is_digit(*text)) return nullptr;
    while (is_digit(*text)) ++text;
  }
  return text;
}

bool parse_integer(std::string_view text, DecimalInteger& integer) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  integer = {};
  if (at != end && *at == '-') {
    integer.negative = true;
    ++at;
  }
  const auto [plain_end, plain_fault] = std::from_chars(at, end, integer.magnitude);
  if (plain_end == end) return plain_fault == std::errc{};
  // Zeros are held back until a digit follows them, so that 3.000... needs no room, however many they are.
  std::uint64_t magnitude = 0;
  std::int64_t zeros = 0;
  std::int64_t exponent = 0;
  bool any_digit = false;
  bool in_fraction = false;
  const auto scale = [&magnitude](std::int64_t powers, std::uint64_t digit) {
    for (; powers > 0 && magnitude != 0; --powers) {
      if (__builtin_mul_overflow(magnitude, std::uint64_t{10}, &magnitude)) return false;
    }
    return !__builtin_add_overflow(magnitude, digit, &magnitude);
  };
  for (; at != end && (is_digit(*at) || (*at == '.' && !in_fraction)); ++at) {
    if (*at == '.') {
      in_fraction = true;
      continue;
    }
    any_digit = true;
    exponent -= in_fraction;
    ++zeros;
    if (*at == '0') continue;
    if (!scale(zeros, static_cast<std::uint64_t>(*at - '0'))) return false;
    zeros = 0;
  }
  if (!any_digit) return false;
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && *at == '+') ++at;
    std::int32_t written = 0;
    const auto [exponent_end, exponent_fault] = std::from_chars(at, end, written);
    if (exponent_fault != std::errc{}) return false;
    at = exponent_end;
    exponent += written;
  }
  exponent += zeros;
  if (at != end || (exponent < 0 && magnitude != 0) || !scale(exponent, 0)) return false;
  integer.magnitude = magnitude;
  return true;
}

bool parse_double(std::string_view text, double& value) noexcept {
  if (text == "NaN") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "Infinity") {
    value = std::numeric_limits<double>::infinity();
  } else if (text == "-Infinity") {
    value = -std::numeric_limits<double>::infinity();
  } else {
    // from_chars also takes its own spellings of the infinities, and hands back neither zero nor infinity at the ends.
    if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return false;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault == std::errc::invalid_argument || end != text.data() + text.size()) return false;
    if (fault == std::errc::result_out_of_range) {
      const std::size_t exponent = text.find_first_of("eE");
      if (exponent == std::string_view::npos || text.substr(exponent + 1).front() != '-') return false;
      value = text.front() == '-' ? -0.0 : 0.0;
    }
  }
  return true;
}

void append_json_double(double value, std::string& out) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
  } else if (std::isinf(value)) {
    out += value < 0 ? "\"-Infinity\"" : "\"Infinity\"";
  } else {
    char digits[32];
    const auto [end, fault] = std::to_chars(digits, digits + sizeof digits, value);
    out.append(digits, static_cast<std::size_t>(end - digits));
  }
}

}  // namespace entail::text
