#include "text/hex.hpp"

#include <array>

namespace entail {
namespace text {
namespace {

constexpr std::uint8_t kNoHexDigit = 0xff;
constexpr std::array<std::uint8_t, 256> make_hex_digits() {
  std::array<std::uint8_t, 256> digits{};
  for (unsigned i = 0; i < 256; ++i) {
    const int digit = hex_digit(static_cast<char>(i));
    digits[i] = digit < 0 ? kNoHexDigit : static_cast<std::uint8_t>(digit);
  }
  return digits;
}
constexpr std::array<std::uint8_t, 256> kHexDigits = make_hex_digits();

}  // namespace

Result<void, HexError> decode_hex(const char* digits, std::size_t digit_count, std::uint8_t* out) noexcept {
  if (digit_count % 2 != 0) return HexError::wrong_length;
  unsigned faults = 0;
  for (std::size_t i = 0; i < digit_count; i += 2) {
    const unsigned high = kHexDigits[static_cast<unsigned char>(digits[i])];
    const unsigned low = kHexDigits[static_cast<unsigned char>(digits[i + 1])];
    faults |= high | low;
    out[i / 2] = static_cast<std::uint8_t>(high << 4 | low);
  }
  if ((faults & 0xf0) != 0) return HexError::bad_digit;
  return {};
}

bool is_hex(std::string_view text) noexcept {
  for (const char c : text) {
    if (kHexDigits[static_cast<unsigned char>(c)] == kNoHexDigit) return false;
  }
  return true;
}

void append_hex(std::span<const std::uint8_t> bytes, std::string& out) {
  const std::size_t begin = out.size();
  out.resize(begin + 2 * bytes.size());
  write_hex(bytes, out.data() + begin);
}

void append_hex(std::uint64_t value, std::size_t digits, std::string& out) {
  const std::size_t begin = out.size();
  out.resize(begin + digits);
  write_hex(value, digits, out.data() + begin);
}

void append_hex(TraceId id, std::string& out) {
  append_hex(id.hi, 16, out);
  append_hex(id.lo, 16, out);
}

void append_hex(SpanId id, std::string& out) { append_hex(id.value, 16, out); }

}  // namespace text

inline namespace v1 {

std::string to_hex(TraceId id) {
  std::string text;
  text::append_hex(id, text);
  return text;
}

std::string to_hex(SpanId id) {
  std::string text;
  text::append_hex(id, text);
  return text;
}

Result<TraceId, HexError> from_hex(std::string_view text) noexcept {
  if (text.size() != 32) return HexError::wrong_length;
  return text::parse_trace_id(text, text::HexCase::either);
}

}  // namespace v1
}  // namespace entail
