// Converters that hash a text.
#include "base/bytes.hpp"
#include "base/fnv.hpp"
#include "ottl/digests.hpp"
#include "ottl/evaluation.hpp"
#include "text/hex.hpp"

namespace entail::ottl::functions {

namespace {

using base::bytes_of;

bool fnv(Call& call, Value& out) {
  std::uint64_t hash = base::kFnvStart;
  for (const std::uint8_t byte : bytes_of(call[0].text)) hash = base::fnv_next(hash, byte);
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

constexpr Parameter kTarget = {"Target", Take::text};

constexpr FunctionRow kRows[] = {
    {.name = "FNV", .parameters = {{kTarget}}, .evaluate = fnv},
    {.name = "MD5", .parameters = {{kTarget}}, .evaluate = hex_digest<md5>},
    {.name = "SHA1", .parameters = {{kTarget}}, .evaluate = hex_digest<sha1>},
    {.name = "SHA256", .parameters = {{kTarget}}, .evaluate = hex_digest<sha256>},
    {.name = "SHA512", .parameters = {{kTarget}}, .evaluate = hex_digest<sha512>},
    {.name = "Murmur3Hash", .parameters = {{kTarget}}, .evaluate = hex_digest<murmur3_32>},
    {.name = "Murmur3Hash128", .parameters = {{kTarget}}, .evaluate = hex_digest<murmur3_128>},
    {.name = "XXH3", .parameters = {{kTarget}}, .evaluate = hex_digest<xxh3_64>},
    {.name = "XXH128", .parameters = {{kTarget}}, .evaluate = hex_digest<xxh3_128>},
};

}  // namespace

std::span<const FunctionRow> hashes_rows() { return kRows; }

}  // namespace entail::ottl::functions
