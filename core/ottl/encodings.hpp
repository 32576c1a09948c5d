// What the encodings that Base64Encode and Decode name stand for, and how Go reads texts in them.
// Thread rule: Immutable (free functions only).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "text/base64.hpp"

namespace entail::ottl {

// "base64", "base64-raw", "base64-url", "base64-raw-url".
std::optional<text::Base64> base64_named(std::string_view name) noexcept;
// Line ends are ignored. False for any other character that is not a digit, and for wrong padding.
bool from_base64(std::string_view text, text::Base64 variant, std::string& out);

enum class Encoding : std::uint8_t { utf8, utf16_little, utf16_big, latin1, windows1252, none };
std::optional<Encoding> encoding_named(std::string_view name);
// To UTF-8; what is not in the encoding becomes U+FFFD.
bool decode_text(std::string_view bytes, Encoding encoding, std::string& out);

}  // namespace entail::ottl
