#include "text/hex.hpp"

#include <array>

#include "entail/types.hpp"

namespace entail {
namespace text {
namespace {

constexpr std::uint8_t kNoDigit = 0xff;
constexpr std::array<std::uint8_t, 256> make_hex_digits() {
  std::array<std::uint8_t, 256> digits{};
  for (unsigned i = 0; i < 256; ++i) {
    const int digit = hex_digit(static_cast<char>(i));
    digits[i] = digit < 0 ? kNoDigit : static_cast<std::uint8_t>(digit);
  }
  return digits;
}
constexpr std::array<std::uint8_t, 256> kHexDigits = make_hex_digits();

}  // namespace

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

}  // namespace text

inline namespace v1 {

std::string to_hex(TraceId id) {
  std::string text;
  text.reserve(32);
  text::append_hex(id.hi, 16, text);
  text::append_hex(id.lo, 16, text);
  return text;
}

std::string to_hex(SpanId id) {
  std::string text;
  text::append_hex(id.value, 16, text);
  return text;
}

bool from_hex(std::string_view text, TraceId& id) noexcept {
  if (text.size() != 32) return false;
  TraceId parsed;
  for (std::size_t i = 0; i < 32; ++i) {
    const int digit = text::hex_digit(text[i]);
    if (digit < 0) return false;
    std::uint64_t& half = i < 16 ? parsed.hi : parsed.lo;
    half = (half << 4) | static_cast<std::uint64_t>(digit);
  }
  id = parsed;
  return true;
}

}  // namespace v1
}  // namespace entail
