// Base64 as OTLP/JSON uses it for bytesValue: printed in the standard alphabet with padding; read in either alphabet
// (standard or URL-safe), with or without padding.
// Thread rule: Immutable (free functions only).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "entail/result.hpp"

namespace entail::text {

constexpr std::size_t base64_decoded_size_max(std::size_t text_size) noexcept { return text_size / 4 * 3 + 3; }

enum class Base64Error : std::uint8_t { none, wrong_length, bad_digit };

// Writes the decoded bytes and returns their end. REQUIRES base64_decoded_size_max(text.size()) writable bytes.
Result<std::uint8_t*, Base64Error> decode_base64(std::string_view text, std::uint8_t* out) noexcept;

void append_base64(std::span<const std::uint8_t> bytes, std::string& out);

}  // namespace entail::text
