// A Go duration in the text of a condition. Thread rule: Immutable. Cost: linear in the text.
#pragma once

#include <cstdint>
#include <string_view>

namespace entail::ottl {

// "1h30m", "1.5s", "-200ms", "0"; units h, m, s, ms, us, µs, ns. False for anything else, and beyond 64 bits.
bool parse_duration(std::string_view text, std::int64_t& ns) noexcept;

}  // namespace entail::ottl
