// Base64 (RFC 4648) in its four variants, and as OTLP/JSON reads it: either alphabet, with or without padding.
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

struct Base64 {
  bool is_url_safe = false;  // - and _ for + and /
  bool has_padding = true;
};

// Both write the decoded bytes and return their end. REQUIRES base64_decoded_size_max(text.size()) writable bytes.
// The first reads every variant, the second one alone.
Result<std::uint8_t*, Base64Error> decode_base64(std::string_view text, std::uint8_t* out) noexcept;
Result<std::uint8_t*, Base64Error> decode_base64(std::string_view text, Base64 variant, std::uint8_t* out) noexcept;

void append_base64(std::span<const std::uint8_t> bytes, std::string& out, Base64 variant = {});

}  // namespace entail::text
