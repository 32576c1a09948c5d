#include "base/bytes.hpp"

namespace entail {
namespace base {

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

}  // namespace base

inline namespace v1 {

std::string to_hex(TraceId id) {
  std::string text;
  text.reserve(32);
  base::append_hex(id.hi, 16, text);
  base::append_hex(id.lo, 16, text);
  return text;
}

std::string to_hex(SpanId id) {
  std::string text;
  base::append_hex(id.value, 16, text);
  return text;
}

bool from_hex(std::string_view text, TraceId& id) noexcept {
  if (text.size() != 32) return false;
  TraceId parsed;
  for (std::size_t i = 0; i < 32; ++i) {
    const int digit = base::hex_digit(text[i]);
    if (digit < 0) return false;
    std::uint64_t& half = i < 16 ? parsed.hi : parsed.lo;
    half = (half << 4) | static_cast<std::uint64_t>(digit);
  }
  id = parsed;
  return true;
}

}  // namespace v1
}  // namespace entail
