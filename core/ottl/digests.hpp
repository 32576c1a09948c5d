// MD5, SHA-1, SHA-2 and MurmurHash3: conditions ask for them by name. A few pages, rather than a crypto library that
// the project would link for these alone; none of them protects anything here.
// Thread rule: Immutable (free functions only). Cost: one pass; nothing allocates but the result.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace entail::ottl {

// The digests as bytes.
std::string md5(std::string_view text);
std::string sha1(std::string_view text);
std::string sha256(std::string_view text);
std::string sha512(std::string_view text);

std::uint32_t murmur3_32(std::string_view text) noexcept;                  // x86, seed 0
std::array<std::uint64_t, 2> murmur3_128(std::string_view text) noexcept;  // x64, seed 0

}  // namespace entail::ottl
