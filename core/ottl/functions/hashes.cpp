// Converters that hash a text.
#include "base/hash.hpp"
#include "ottl/digests.hpp"
#include "ottl/evaluation.hpp"
#include "text/hex.hpp"

namespace entail::ottl::functions {

namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

bool fnv(Call& call, Value& out) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a, 64 bits
  for (const std::uint8_t byte : bytes_of(call[0].text)) hash = (hash ^ byte) * 0x100000001b3ULL;
  out = Value::of_integer(static_cast<std::int64_t>(hash));
  return true;
}

template <std::string (*digest)(std::string_view)>
bool hex_digest(Call& call, Value& out) {
  const std::string bytes = digest(call[0].text);
  std::string digits;
  text::append_hex(bytes_of(bytes), digits);
  return call.give(digits, out);
}

// Words with their lowest byte first.
bool give_little_endian(Call& call, std::span<const std::uint64_t> words, std::size_t word_bytes, Value& out) {
  std::string digits;
  for (const std::uint64_t word : words)
    for (std::size_t byte = 0; byte < word_bytes; ++byte) text::append_hex(word >> (8 * byte) & 0xff, 2, digits);
  return call.give(digits, out);
}

bool murmur3_hash(Call& call, Value& out) {
  const std::uint64_t words[] = {murmur3_32(call[0].text)};
  return give_little_endian(call, words, 4, out);
}

bool murmur3_hash_128(Call& call, Value& out) {
  const auto words = murmur3_128(call[0].text);
  return give_little_endian(call, words, 8, out);
}

bool xxh3(Call& call, Value& out) {
  std::string digits;
  text::append_hex(XXH3_64bits(call[0].text.data(), call[0].text.size()), 16, digits);
  return call.give(digits, out);
}

bool xxh128(Call& call, Value& out) {
  const XXH128_hash_t hash = XXH3_128bits(call[0].text.data(), call[0].text.size());
  std::string digits;
  text::append_hex(hash.high64, 16, digits);
  text::append_hex(hash.low64, 16, digits);
  return call.give(digits, out);
}

constexpr Parameter kTarget = {"Target", Take::text};

constexpr FunctionRow kRows[] = {
    {.name = "FNV", .parameters = {{kTarget}}, .evaluate = fnv},
    {.name = "MD5", .parameters = {{kTarget}}, .evaluate = hex_digest<md5>},
    {.name = "SHA1", .parameters = {{kTarget}}, .evaluate = hex_digest<sha1>},
    {.name = "SHA256", .parameters = {{kTarget}}, .evaluate = hex_digest<sha256>},
    {.name = "SHA512", .parameters = {{kTarget}}, .evaluate = hex_digest<sha512>},
    {.name = "Murmur3Hash", .parameters = {{kTarget}}, .evaluate = murmur3_hash},
    {.name = "Murmur3Hash128", .parameters = {{kTarget}}, .evaluate = murmur3_hash_128},
    {.name = "XXH3", .parameters = {{kTarget}}, .evaluate = xxh3},
    {.name = "XXH128", .parameters = {{kTarget}}, .evaluate = xxh128},
};

}  // namespace

std::span<const FunctionRow> hashes_rows() { return kRows; }

}  // namespace entail::ottl::functions
