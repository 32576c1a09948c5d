// Classes of ASCII characters, whatever the locale.
// Thread rule: Immutable (free functions only).
#pragma once

namespace entail::text {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace entail::text
