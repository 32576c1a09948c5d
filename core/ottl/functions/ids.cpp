// Converters that make IDs, and IsRootSpan.
#include "base/hash.hpp"
#include "ottl/evaluation.hpp"
#include "text/hex.hpp"

namespace entail::ottl::functions {

namespace {

using Kind = Value::Kind;

// Of its bytes, or of twice as many hexadecimal digits.
bool to_id(std::size_t size, std::string_view bytes, std::string& out) {
  if (bytes.size() == size) {
    out = bytes;
    return true;
  }
  out.resize(size);
  return bytes.size() == 2 * size &&
         text::decode_hex(bytes.data(), bytes.size(), reinterpret_cast<std::uint8_t*>(out.data()));
}

template <Kind kind, std::size_t size>
bool id(Call& call, Value& out) {
  std::string bytes;
  if (!to_id(size, call[0].text, bytes)) return false;
  out = Value::of_text({}, kind);
  return call.arena().copy(bytes, out.text);
}

template <Kind kind, std::size_t size>
std::unique_ptr<Prepared> check_id(const Literals& literals, BadArgument& bad) {
  const Value* const literal = literals.values[0];
  std::string bytes;
  if (literal == nullptr) return nullptr;
  const bool is_bytes = literal->kind == Kind::text || literal->kind == Kind::bytes;
  // Numbers have 8 bytes, nil none.
  if (is_bytes ? !to_id(size, literal->text, bytes) : !literal->is_number() || size != 8)
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
     .prepare = check_id<Kind::trace_id, 16>},
    {.name = "SpanID",
     .parameters = {{kTarget}},
     .evaluate = id<Kind::span_id, 8>,
     .prepare = check_id<Kind::span_id, 8>},
    {.name = "ProfileID",
     .parameters = {{kTarget}},
     .evaluate = id<Kind::profile_id, 16>,
     .prepare = check_id<Kind::profile_id, 16>},
    {.name = "IsRootSpan", .evaluate = is_root_span, .only_on_spans = true},
    {.name = "UUID", .evaluate = uuid},
    {.name = "UUIDv7", .evaluate = uuid_v7},
};

}  // namespace

std::span<const FunctionRow> ids_rows() { return kRows; }

}  // namespace entail::ottl::functions
