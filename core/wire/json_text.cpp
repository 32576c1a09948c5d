#include "wire/json_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace entail::wire {
namespace {

constexpr std::uint8_t kNoDigit = 0xff;
constexpr std::array<std::uint8_t, 256> make_hex_digits() {
  std::array<std::uint8_t, 256> digits{};
  for (unsigned i = 0; i < 256; ++i) {
    const int digit = base::hex_digit(static_cast<char>(i));
    digits[i] = digit < 0 ? kNoDigit : static_cast<std::uint8_t>(digit);
  }
  return digits;
}
constexpr std::array<std::uint8_t, 256> kHexDigits = make_hex_digits();

constexpr std::uint32_t kNoCodeUnit = 0xffffffff;

// Four hex digits.
std::uint32_t read_code_unit(const char* digits) noexcept {
  std::uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = base::hex_digit(digits[i]);
    if (digit < 0) return kNoCodeUnit;
    unit = unit << 4 | static_cast<std::uint32_t>(digit);
  }
  return unit;
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Which characters append_json_string cannot copy as they are: 1 escaped, 2 not ASCII.
constexpr std::array<std::uint8_t, 256> make_print_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned i = 0; i < 256; ++i) classes[i] = i < 0x20 ? 1 : i >= 0x80 ? 2 : 0;
  for (const char c : {'"', '\\', '<', '>', '&'}) classes[static_cast<unsigned char>(c)] = 1;
  return classes;
}
constexpr std::array<std::uint8_t, 256> kPrintClasses = make_print_classes();

void append_escape(char c, std::string& out) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      base::append_hex(static_cast<std::uint64_t>(static_cast<unsigned char>(c)), 2, out);
  }
}

}  // namespace

std::uint8_t* write_utf8(std::uint32_t code_point, std::uint8_t* out) noexcept {
  if (code_point < 0x80) {
    *out++ = static_cast<std::uint8_t>(code_point);
  } else if (code_point < 0x800) {
    *out++ = static_cast<std::uint8_t>(0xc0 | code_point >> 6);
    *out++ = static_cast<std::uint8_t>(0x80 | (code_point & 63));
  } else if (code_point < 0x10000) {
    *out++ = static_cast<std::uint8_t>(0xe0 | code_point >> 12);
    *out++ = static_cast<std::uint8_t>(0x80 | (code_point >> 6 & 63));
    *out++ = static_cast<std::uint8_t>(0x80 | (code_point & 63));
  } else {
    *out++ = static_cast<std::uint8_t>(0xf0 | code_point >> 18);
    *out++ = static_cast<std::uint8_t>(0x80 | (code_point >> 12 & 63));
    *out++ = static_cast<std::uint8_t>(0x80 | (code_point >> 6 & 63));
    *out++ = static_cast<std::uint8_t>(0x80 | (code_point & 63));
  }
  return out;
}

char simple_escape(char c) noexcept {
  switch (c) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '/':
      return '/';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

TextFault detail::resolve_escape(const char*& raw, std::uint8_t*& out) noexcept {
  if (raw[1] != 'u') {
    const char c = simple_escape(raw[1]);
    if (c == 0) return TextFault::bad_escape;
    *out++ = static_cast<std::uint8_t>(c);
    raw += 2;
    return TextFault::none;
  }
  std::uint32_t code_point = read_code_unit(raw + 2);
  if (code_point == kNoCodeUnit) return TextFault::bad_escape;
  raw += 6;
  if (code_point >= 0xd800 && code_point < 0xe000) {
    if (code_point >= 0xdc00 || raw[0] != '\\' || raw[1] != 'u') return TextFault::lone_surrogate;
    const std::uint32_t low = read_code_unit(raw + 2);
    if (low == kNoCodeUnit) return TextFault::bad_escape;
    if (low < 0xdc00 || low >= 0xe000) return TextFault::lone_surrogate;
    raw += 6;
    code_point = 0x10000 + ((code_point - 0xd800) << 10) + (low - 0xdc00);
  }
  out = write_utf8(code_point, out);
  return TextFault::none;
}

std::string_view raw_json_string(const char* raw) noexcept {
  const char* end = raw;
  for (;;) {
    const std::uint64_t stops = detail::string_stops(end);
    if (stops == 0) {
      end += 8;
      continue;
    }
    end += std::countr_zero(stops) / 8;
    if (*end == '"') return {raw, static_cast<std::size_t>(end - raw)};
    end += 2;
  }
}

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

bool decode_hex(const char* digits, std::size_t digit_count, std::uint8_t* out) noexcept {
  if (digit_count % 2 != 0) return false;
  unsigned faults = 0;
  for (std::size_t i = 0; i < digit_count; i += 2) {
    const unsigned high = kHexDigits[static_cast<unsigned char>(digits[i])];
    const unsigned low = kHexDigits[static_cast<unsigned char>(digits[i + 1])];
    faults |= high | low;
    out[i / 2] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return (faults & 0xf0) == 0;
}

bool is_hex(std::string_view text) noexcept {
  for (const char c : text) {
    if (kHexDigits[static_cast<unsigned char>(c)] == kNoDigit) return false;
  }
  return true;
}

std::size_t utf8_character_size(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates and what lies beyond U+10FFFF are told by the second byte.
  const unsigned second = byte(1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0)) return 0;
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90)) return 0;
  return size;
}

std::size_t utf8_valid_size(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = utf8_character_size(text.substr(at));
    if (size == 0) break;
    at += size;
  }
  return at;
}

bool append_json_string(std::string_view text, std::string& out) {
  out.push_back('"');
  bool is_utf8 = true;
  std::size_t copied = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::uint8_t kind = kPrintClasses[static_cast<unsigned char>(text[at])];
    if (kind == 0) {
      ++at;
      continue;
    }
    const std::size_t size = kind == 2 ? utf8_character_size(text.substr(at)) : 0;
    if (size != 0) {
      at += size;
      continue;
    }
    out.append(text, copied, at - copied);
    if (kind == 1) {
      append_escape(text[at], out);
    } else {
      out += "\xef\xbf\xbd";
      is_utf8 = false;
    }
    copied = ++at;
  }
  out.append(text, copied, at - copied);
  out.push_back('"');
  return is_utf8;
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

}  // namespace entail::wire
