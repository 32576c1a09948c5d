#include "text/base64.hpp"

#include <array>

namespace entail::text {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNoBase64Digit = 0xff;

using Digits = std::array<std::uint8_t, 256>;

constexpr Digits digits_of(std::string_view alphabet) {
  Digits digits{};
  digits.fill(kNoBase64Digit);
  for (std::uint8_t i = 0; i < 64; ++i) digits[static_cast<unsigned char>(alphabet[i])] = i;
  return digits;
}
constexpr Digits digits_of_both() {
  Digits digits = digits_of(kStandard);
  digits['-'] = 62;
  digits['_'] = 63;
  return digits;
}
constexpr Digits kStandardDigits = digits_of(kStandard);
constexpr Digits kUrlSafeDigits = digits_of(kUrlSafe);
constexpr Digits kAllDigits = digits_of_both();

// Text of whole groups loses its padding, which may stand nowhere else.
std::string_view without_padding(std::string_view text) noexcept {
  if (text.size() % 4 == 0 && text.ends_with('=')) text.remove_suffix(text.ends_with("==") ? 2 : 1);
  return text;
}

Result<std::uint8_t*, Base64Error> decode_digits(std::string_view text, const Digits& digits,
                                                 std::uint8_t* out) noexcept {
  if (text.size() % 4 == 1) return Base64Error::wrong_length;
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const char c : text) {
    const std::uint8_t digit = digits[static_cast<unsigned char>(c)];
    if (digit == kNoBase64Digit) return Base64Error::bad_digit;
    bits = (bits << 6) | digit;
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      *out++ = static_cast<std::uint8_t>(bits >> bit_count);
    }
  }
  return out;
}

}  // namespace

Result<std::uint8_t*, Base64Error> decode_base64(std::string_view text, std::uint8_t* out) noexcept {
  return decode_digits(without_padding(text), kAllDigits, out);
}

Result<std::uint8_t*, Base64Error> decode_base64(std::string_view text, Base64 variant, std::uint8_t* out) noexcept {
  if (variant.has_padding && text.size() % 4 != 0) return Base64Error::wrong_length;
  return decode_digits(variant.has_padding ? without_padding(text) : text,
                       variant.is_url_safe ? kUrlSafeDigits : kStandardDigits, out);
}

void append_base64(std::span<const std::uint8_t> bytes, std::string& out, Base64 variant) {
  const std::string_view alphabet = variant.is_url_safe ? kUrlSafe : kStandard;
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t bits = (std::uint32_t{bytes[i]} << 16) | (std::uint32_t{bytes[i + 1]} << 8) | bytes[i + 2];
    const char digits[] = {alphabet[bits >> 18], alphabet[(bits >> 12) & 63], alphabet[(bits >> 6) & 63],
                           alphabet[bits & 63]};
    out.append(digits, 4);
  }
  const std::size_t rest = bytes.size() - i;
  if (rest == 0) return;
  const std::uint32_t bits = (std::uint32_t{bytes[i]} << 16) | (rest == 2 ? std::uint32_t{bytes[i + 1]} << 8 : 0);
  const char digits[] = {alphabet[bits >> 18], alphabet[(bits >> 12) & 63], alphabet[(bits >> 6) & 63]};
  out.append(digits, rest + 1);
  if (variant.has_padding) out.append(3 - rest, '=');
}

}  // namespace entail::text
