// Base64Encode, Decode and Hex.
#include "ottl/encodings.hpp"
#include "ottl/conversion.hpp"
#include "ottl/evaluation.hpp"
#include "text/hex.hpp"

namespace entail::ottl::functions {

namespace {

using Kind = Value::Kind;

bool base64_encode(Call& call, Value& out) {
  const std::optional<Base64> variant = base64_named(call.text(1, "base64"));
  return variant && call.give(to_base64(call[0].text, *variant), out);
}

bool hex(Call& call, Value& out) {
  std::string digits;
  const std::string_view bytes = call[0].text;
  text::append_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, digits);
  return call.give(digits, out);
}

bool decode(Call& call, Value& out) {
  const Value& value = call[0];
  if (value.kind != Kind::text && value.kind != Kind::bytes) return false;
  std::string text;
  if (const std::optional<Base64> variant = base64_named(call[1].text))
    return from_base64(value.text, *variant, text) && call.give(text, out);
  const std::optional<Encoding> encoding = encoding_named(call[1].text);
  return encoding && decode_text(value.text, *encoding, text) && call.give(text, out);
}

std::unique_ptr<Prepared> check_decode(const Literals& literals, BadArgument& bad) {
  if (literals.values[1] == nullptr) return nullptr;
  const std::string_view name = literals.text(1, {});
  if (!base64_named(name) && !encoding_named(name))
    bad = {1, "the encoding '" + std::string(name) + "' is not supported; known are base64 and its variants, utf-8, " +
                  "utf-16, us-ascii, iso-8859-1 and windows-1252"};
  return nullptr;
}

constexpr FunctionRow kRows[] = {
    {.name = "Base64Encode",
     .parameters = {{{"Target", Take::text}, {"Variant", Take::text, true}}},
     .evaluate = base64_encode},
    {.name = "Decode",
     .parameters = {{{"Target", Take::any}, {"Encoding", Take::text}}},
     .evaluate = decode,
     .prepare = check_decode},
    {.name = "Hex", .parameters = {{{"Target", Take::bytes_like}}}, .evaluate = hex},
};

}  // namespace

std::span<const FunctionRow> encodings_rows() { return kRows; }

}  // namespace entail::ottl::functions
