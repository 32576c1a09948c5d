// Base64 in its four variants as Go reads and writes it, and texts in the few encodings that Decode knows.
// Thread rule: Immutable (free functions only).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entail::ottl {

struct Base64 {
  bool is_url = false;  // - and _ for + and /
  bool has_padding = true;
};
// "base64", "base64-raw", "base64-url", "base64-raw-url".
std::optional<Base64> base64_named(std::string_view name) noexcept;
std::string to_base64(std::string_view bytes, Base64 variant);
// Line ends are ignored. False for any other character that is not a digit, and for wrong padding.
bool from_base64(std::string_view text, Base64 variant, std::string& out);

enum class Encoding : std::uint8_t { utf8, utf16_little, utf16_big, latin1, windows1252, none };
std::optional<Encoding> encoding_named(std::string_view name);
// To UTF-8; what is not in the encoding becomes U+FFFD.
bool decode_text(std::string_view bytes, Encoding encoding, std::string& out);

}  // namespace entail::ottl
