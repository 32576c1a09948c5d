#include "text/json_number.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "text/ascii.hpp"

namespace entail::text {

std::size_t json_number_size(std::string_view text) noexcept {
  std::size_t at = 0;
  const auto is_at = [&](char c) { return at < text.size() && text[at] == c; };
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at > begin;
  };
  at += is_at('-');
  if (is_at('0')) {
    ++at;
  } else if (!digits()) {
    return 0;
  }
  if (is_at('.')) {
    ++at;
    if (!digits()) return 0;
  }
  if (is_at('e') || is_at('E')) {
    ++at;
    at += is_at('+') || is_at('-');
    if (!digits()) return 0;
  }
  return at;
}

std::optional<DecimalInteger> parse_integer(std::string_view text) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  DecimalInteger integer;
  if (at != end && *at == '-') {
    integer.negative = true;
    ++at;
  }
  const auto [plain_end, plain_fault] = std::from_chars(at, end, integer.magnitude);
  if (plain_end == end) return plain_fault == std::errc{} ? std::optional(integer) : std::nullopt;
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
    if (!scale(zeros, static_cast<std::uint64_t>(*at - '0'))) return std::nullopt;
    zeros = 0;
  }
  if (!any_digit) return std::nullopt;
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && *at == '+') ++at;
    std::int32_t written = 0;
    const auto [exponent_end, exponent_fault] = std::from_chars(at, end, written);
    if (exponent_fault != std::errc{}) return std::nullopt;
    at = exponent_end;
    exponent += written;
  }
  exponent += zeros;
  if (at != end || (exponent < 0 && magnitude != 0) || !scale(exponent, 0)) return std::nullopt;
  integer.magnitude = magnitude;
  return integer;
}

std::optional<double> parse_double(std::string_view text) noexcept {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  // from_chars also takes its own spellings of the infinities, and gives neither zero nor infinity at the ends.
  if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault == std::errc::invalid_argument || end != text.data() + text.size()) return std::nullopt;
  if (fault != std::errc::result_out_of_range) return value;
  const std::size_t exponent = text.find_first_of("eE");
  if (exponent == std::string_view::npos || text.substr(exponent + 1).front() != '-') return std::nullopt;
  return text.front() == '-' ? -0.0 : 0.0;
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
