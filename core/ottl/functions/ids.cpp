// Converters that make IDs, and IsRootSpan.
#include "base/hash.hpp"
#include "ottl/conversion.hpp"
#include "ottl/evaluation.hpp"
#include "text/hex.hpp"

namespace entail::ottl::functions {

namespace {

using Kind = Value::Kind;

// Of its bytes, or of twice as many hexadecimal digits.
bool to_id(Kind kind, std::size_t size, std::string_view bytes, Arena& arena, Value& out) {
  out = Value::of_text(bytes, kind);
  if (bytes.size() == size) return true;
  char* const decoded = arena.characters(size);
  if (bytes.size() != 2 * size || decoded == nullptr) return false;
  out.text = {decoded, size};
  return text::decode_hex(bytes.data(), bytes.size(), reinterpret_cast<std::uint8_t*>(decoded)).ok();
}

template <Kind kind, std::size_t size>
bool id(Call& call, Value& out) {
  return to_id(kind, size, call[0].text, call.arena(), out);
}

template <Kind kind, std::size_t size>
std::optional<Value> folded_id(const Literals& literals, Arena& memory) {
  Value out;
  if (literals.values[0] == nullptr) return std::nullopt;
  Value bytes = *literals.values[0];
  if (!to_argument(Take::bytes_like, memory, bytes) || !to_id(kind, size, bytes.text, memory, out)) return std::nullopt;
  return out;
}

template <Kind kind, std::size_t size>
std::unique_ptr<Prepared> check_id(const Literals& literals, BadArgument& bad) {
  Arena memory;
  if (literals.values[0] != nullptr && !folded_id<kind, size>(literals, memory))
    bad = {0, "expected " + std::to_string(size) + " bytes, or " + std::to_string(2 * size) + " hexadecimal digits"};
  return nullptr;
}

bool is_root_span(Call& call, Value& out) {
  out = Value::of_boolean(call.source().is_root());
  return true;
}

// 16 bytes that depend on the seed, the span and the call alone, so that a run can be repeated.
std::array<std::uint8_t, 16> random_bytes(Call& call) {
  const std::uint64_t words[] = {call.source().identity(), call.number()};
  const XXH128_hash_t hash = XXH3_128bits_withSeed(words, sizeof words, call.source().moment().seed);
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), &hash, bytes.size());
  return bytes;
}

bool give_uuid(Call& call, std::array<std::uint8_t, 16> bytes, unsigned version, Value& out) {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | version << 4);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  std::string digits;
  text::append_hex(bytes, digits);
  for (const std::size_t at : {20, 16, 12, 8}) digits.insert(at, "-");
  return call.give(digits, out);
}

bool uuid(Call& call, Value& out) { return give_uuid(call, random_bytes(call), 4, out); }

bool uuid_v7(Call& call, Value& out) {
  std::array<std::uint8_t, 16> bytes = random_bytes(call);
  const auto milliseconds = static_cast<std::uint64_t>(call.source().moment().now_ns) / 1'000'000;
  for (unsigned i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(milliseconds >> (40 - 8 * i));
  return give_uuid(call, bytes, 7, out);
}

constexpr Parameter kTarget = {"Target", Take::bytes_like};

constexpr FunctionRow kRows[] = {
    {.name = "TraceID",
     .parameters = {{kTarget}},
     .evaluate = id<Kind::trace_id, 16>,
     .prepare = check_id<Kind::trace_id, 16>,
     .fold = folded_id<Kind::trace_id, 16>},
    {.name = "SpanID",
     .parameters = {{kTarget}},
     .evaluate = id<Kind::span_id, 8>,
     .prepare = check_id<Kind::span_id, 8>,
     .fold = folded_id<Kind::span_id, 8>},
    {.name = "ProfileID",
     .parameters = {{kTarget}},
     .evaluate = id<Kind::profile_id, 16>,
     .prepare = check_id<Kind::profile_id, 16>,
     .fold = folded_id<Kind::profile_id, 16>},
    {.name = "IsRootSpan", .evaluate = is_root_span, .only_on_spans = true},
    {.name = "UUID", .evaluate = uuid},
    {.name = "UUIDv7", .evaluate = uuid_v7},
};

}  // namespace

std::span<const FunctionRow> ids_rows() { return kRows; }

}  // namespace entail::ottl::functions
