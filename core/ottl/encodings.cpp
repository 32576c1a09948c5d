#include "ottl/encodings.hpp"

#include <array>

#include "ottl/strcase.hpp"
#include "text/utf8.hpp"

namespace entail::ottl {

namespace {

constexpr char32_t kReplacement = 0xfffd;

struct EncodingName {
  std::string_view name;
  Encoding encoding;
};
constexpr std::array kNames = {
    EncodingName{"utf-8", Encoding::utf8},
    EncodingName{"utf8", Encoding::utf8},
    EncodingName{"ascii", Encoding::utf8},
    EncodingName{"us-ascii", Encoding::utf8},
    EncodingName{"", Encoding::utf8},
    EncodingName{"utf-8-raw", Encoding::none},
    EncodingName{"utf8-raw", Encoding::none},
    EncodingName{"nop", Encoding::none},
    EncodingName{"utf-16", Encoding::utf16_little},
    EncodingName{"utf16", Encoding::utf16_little},
    EncodingName{"utf-16le", Encoding::utf16_little},
    EncodingName{"utf-16be", Encoding::utf16_big},
    EncodingName{"iso-8859-1", Encoding::latin1},
    EncodingName{"iso_8859-1", Encoding::latin1},
    EncodingName{"latin1", Encoding::latin1},
    EncodingName{"l1", Encoding::latin1},
    EncodingName{"windows-1252", Encoding::windows1252},
};

// Of the bytes 0x80 to 0x9f.
constexpr std::array<char16_t, 32> kWindows1252 = {0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                                   0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
                                                   0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                                   0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178};

void decode_utf16(std::string_view bytes, bool big, std::string& out) {
  const auto unit = [&](std::size_t at) {
    const auto a = static_cast<unsigned char>(bytes[at]);
    const auto b = static_cast<unsigned char>(bytes[at + 1]);
    return static_cast<char32_t>(big ? a << 8 | b : b << 8 | a);
  };
  std::size_t at = 0;
  for (; at + 1 < bytes.size(); at += 2) {
    const char32_t first = unit(at);
    const bool is_pair = first >= 0xd800 && first < 0xdc00 && at + 3 < bytes.size();
    const char32_t second = is_pair ? unit(at + 2) : 0;
    if (second >= 0xdc00 && second < 0xe000) {
      append_character(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), out);
      at += 2;
    } else {
      append_character(first, out);
    }
  }
  if (at < bytes.size()) append_character(kReplacement, out);
}

}  // namespace

std::optional<text::Base64> base64_named(std::string_view name) noexcept {
  if (name == "base64") return text::Base64{false, true};
  if (name == "base64-raw") return text::Base64{false, false};
  if (name == "base64-url") return text::Base64{true, true};
  if (name == "base64-raw-url") return text::Base64{true, false};
  return std::nullopt;
}

bool from_base64(std::string_view text, text::Base64 variant, std::string& out) {
  std::string clean;
  for (const char c : text)
    if (c != '\n' && c != '\r') clean += c;
  out.resize(text::base64_decoded_size_max(clean.size()));
  auto* const begin = reinterpret_cast<std::uint8_t*>(out.data());
  const Result<std::uint8_t*, text::Base64Error> end = text::decode_base64(clean, variant, begin);
  if (!end.ok()) return false;
  out.resize(static_cast<std::size_t>(*end - begin));
  return true;
}

std::optional<Encoding> encoding_named(std::string_view name) {
  const std::string wanted = to_lower(name);
  for (const EncodingName& known : kNames)
    if (known.name == wanted) return known.encoding;
  return std::nullopt;
}

bool decode_text(std::string_view bytes, Encoding encoding, std::string& out) {
  switch (encoding) {
    case Encoding::none:
      out = bytes;
      return true;
    case Encoding::utf8:
      text::append_as_utf8(bytes, out);
      return true;
    case Encoding::utf16_little:
    case Encoding::utf16_big:
      decode_utf16(bytes, encoding == Encoding::utf16_big, out);
      return true;
    case Encoding::latin1:
    case Encoding::windows1252:
      for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_special = encoding == Encoding::windows1252 && byte >= 0x80 && byte < 0xa0;
        append_character(is_special ? kWindows1252[byte - 0x80u] : char32_t{byte}, out);
      }
      return true;
  }
  return false;
}

}  // namespace entail::ottl
