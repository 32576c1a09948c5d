// Optional whitespace in header values (RFC 9110, OWS).
// Thread rule: Immutable (free functions only). Cost: one pass over the whitespace.
#pragma once

#include <string_view>

namespace entail::context {

constexpr bool is_ows(char c) noexcept { return c == ' ' || c == '\t'; }

// Removes optional whitespace at both ends.
inline std::string_view trim_ows(std::string_view text) noexcept {
  while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ows(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace entail::context
