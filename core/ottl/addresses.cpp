#include "ottl/addresses.hpp"

#include <algorithm>

#include "text/ascii.hpp"
#include "text/hex.hpp"

namespace entail::ottl {

namespace {

using text::is_digit;

// Four numbers without leading zeros.
bool parse_v4(std::string_view text, std::uint8_t* out) noexcept {
  for (int part = 0; part < 4; ++part) {
    if (part != 0) {
      if (text.empty() || text[0] != '.') return false;
      text.remove_prefix(1);
    }
    unsigned value = 0;
    std::size_t size = 0;
    while (size < text.size() && is_digit(text[size]) && size < 4) value = value * 10 + (text[size++] - '0');
    if (size == 0 || value > 255 || (size > 1 && text[0] == '0')) return false;
    out[part] = static_cast<std::uint8_t>(value);
    text.remove_prefix(size);
  }
  return text.empty();
}

bool parse_v6(std::string_view text, std::array<std::uint8_t, 16>& out) noexcept {
  std::size_t filled = 0;
  std::size_t gap = 16;  // where :: is; 16: nowhere
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
    if (text.empty()) return true;
  }
  while (filled < 16) {
    unsigned value = 0;
    std::size_t size = 0;
    while (size < text.size() && text::hex_digit(text[size]) >= 0) {
      value = value << 4 | static_cast<unsigned>(text::hex_digit(text[size++]));
      if (value > 0xffff || size > 4) return false;
    }
    if (size == 0) return false;
    if (size < text.size() && text[size] == '.') {
      if ((gap == 16 && filled != 12) || filled + 4 > 16 || !parse_v4(text, out.data() + filled)) return false;
      filled += 4;
      text = {};
      break;
    }
    out[filled++] = static_cast<std::uint8_t>(value >> 8);
    out[filled++] = static_cast<std::uint8_t>(value);
    text.remove_prefix(size);
    if (text.empty()) break;
    if (text[0] != ':' || text.size() == 1) return false;
    text.remove_prefix(1);
    if (text[0] != ':') continue;
    if (gap != 16) return false;
    gap = filled;
    text.remove_prefix(1);
    if (text.empty()) break;
  }
  if (!text.empty()) return false;
  if (filled == 16) return gap == 16;
  if (gap == 16) return false;
  std::move_backward(out.begin() + static_cast<std::ptrdiff_t>(gap), out.begin() + static_cast<std::ptrdiff_t>(filled),
                     out.end());
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(gap), out.end() - static_cast<std::ptrdiff_t>(filled - gap),
            std::uint8_t{0});
  return true;
}

}  // namespace

bool IpAddress::is_v4() const noexcept {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t byte) { return byte == 0; }) &&
         bytes[10] == 0xff && bytes[11] == 0xff;
}

std::optional<IpAddress> parse_address(std::string_view text) noexcept {
  IpAddress out;
  const std::size_t mark = text.find_first_of(".:");
  if (mark == std::string_view::npos) return std::nullopt;
  if (text[mark] == ':') {
    if (!parse_v6(text, out.bytes)) return std::nullopt;
    return out;
  }
  out.bytes[10] = out.bytes[11] = 0xff;
  if (!parse_v4(text, out.bytes.data() + 12)) return std::nullopt;
  return out;
}

std::optional<IpNetwork> parse_network(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse_address(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  if (!address || digits.empty() || digits.size() > 3) return std::nullopt;
  if (digits.size() > 1 && digits[0] == '0') return std::nullopt;
  IpNetwork out;
  for (const char c : digits) {
    if (!is_digit(c)) return std::nullopt;
    out.bits = out.bits * 10 + static_cast<unsigned>(c - '0');
  }
  out.address = *address;
  out.is_v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  if (out.bits > (out.is_v4 ? 32u : 128u)) return std::nullopt;
  return out;
}

bool IpNetwork::contains(const IpAddress& other) const noexcept {
  // A network of IPv6 that is written as mapped IPv4 counts as IPv4, as in Go.
  const bool both_v4 = address.is_v4() && other.is_v4();
  if (address.is_v4() != other.is_v4()) return false;
  unsigned first = both_v4 ? 96 : 0;
  unsigned count = bits;
  if (both_v4 && !is_v4) {
    first = 0;
    if (bits < 96) return false;
  }
  for (unsigned i = first; i < first + count; ++i) {
    const unsigned shift = 7 - i % 8;
    if (((address.bytes[i / 8] ^ other.bytes[i / 8]) >> shift & 1) != 0) return false;
  }
  return true;
}

}  // namespace entail::ottl
