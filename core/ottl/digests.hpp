// MD5, SHA-1, SHA-2, MurmurHash3 and XXH3: conditions ask for them by name. A few pages, rather than a crypto library
// that the project would link for these alone; none of them protects anything here.
// Thread rule: Immutable (free functions only). Cost: one pass; nothing allocates but the result.
#pragma once

#include <string>
#include <string_view>

namespace entail::ottl {

// The digests as bytes.
std::string md5(std::string_view text);
std::string sha1(std::string_view text);
std::string sha256(std::string_view text);
std::string sha512(std::string_view text);
std::string murmur3_32(std::string_view text);   // x86, seed 0; the lowest byte first
std::string murmur3_128(std::string_view text);  // x64, seed 0; two words, the lowest byte of each first
std::string xxh3_64(std::string_view text);
std::string xxh3_128(std::string_view text);

}  // namespace entail::ottl
