// Sizes as users write them on the command line. Thread rule: Immutable (a free function).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace entail::cli {

// A whole number of bytes, or with a unit: 64MiB, 100 kB, 1GB (B, kB, KB, MB, GB, TB, KiB, MiB, GiB, TiB). Nothing:
// none of these, or beyond 63 bits.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace entail::cli
