// Base64Encode, Decode and Hex.
#include "ottl/encodings.hpp"
#include "base/bytes.hpp"
#include "ottl/evaluation.hpp"
#include "text/hex.hpp"

namespace entail::ottl::functions {

namespace {

using Kind = Value::Kind;

using base::bytes_of;

bool base64_encode(Call& call, Value& out) {
  const std::optional<text::Base64> variant = base64_named(call.text(1, "base64"));
  if (!variant) return false;
  std::string text;
  text::append_base64(bytes_of(call[0].text), text, *variant);
  return call.give(text, out);
}

bool hex(Call& call, Value& out) {
  std::string digits;
  text::append_hex(bytes_of(call[0].text), digits);
  return call.give(digits, out);
}

// How Decode reads a text.
struct Decoder final : Prepared {
  std::optional<text::Base64> base64;
  std::optional<Encoding> encoding;
};

bool find_decoder(std::string_view name, Decoder& out) {
  out.base64 = base64_named(name);
  if (!out.base64) out.encoding = encoding_named(name);
  return out.base64 || out.encoding;
}

bool decode(Call& call, Value& out) {
  const Value& value = call[0];
  if (value.kind != Kind::text && value.kind != Kind::bytes) return false;
  Decoder named;
  const auto* decoder = call.prepared<Decoder>();
  if (decoder == nullptr) {
    if (!find_decoder(call[1].text, named)) return false;
    decoder = &named;
  }
  std::string text;
  const bool decoded = decoder->base64 ? from_base64(value.text, *decoder->base64, text)
                                       : decode_text(value.text, *decoder->encoding, text);
  return decoded && call.give(text, out);
}

std::unique_ptr<Prepared> prepare_decode(const Literals& literals, BadArgument& bad) {
  if (literals.values[1] == nullptr) return nullptr;
  const std::string_view name = literals.text(1, {});
  auto out = std::make_unique<Decoder>();
  if (!find_decoder(name, *out))
    bad = {1, "the encoding '" + std::string(name) + "' is not supported; known are base64 and its variants, utf-8, " +
                  "utf-16, us-ascii, iso-8859-1 and windows-1252"};
  return out;
}

constexpr FunctionRow kRows[] = {
    {.name = "Base64Encode",
     .parameters = {{{"Target", Take::text}, {"Variant", Take::text, true}}},
     .evaluate = base64_encode},
    {.name = "Decode",
     .parameters = {{{"Target", Take::any}, {"Encoding", Take::text}}},
     .evaluate = decode,
     .prepare = prepare_decode},
    {.name = "Hex", .parameters = {{{"Target", Take::bytes_like}}}, .evaluate = hex},
};

}  // namespace

std::span<const FunctionRow> encodings_rows() { return kRows; }

}  // namespace entail::ottl::functions
