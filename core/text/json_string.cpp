#include "text/json_string.hpp"

#include <array>

#include "base/check.hpp"
#include "text/hex.hpp"
#include "text/utf8.hpp"

namespace entail::text {
namespace {

constexpr std::uint32_t kNoCodeUnit = 0xffffffff;

// Four hex digits.
std::uint32_t read_code_unit(const char* digits) noexcept {
  std::uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = text::hex_digit(digits[i]);
    if (digit < 0) return kNoCodeUnit;
    unit = unit << 4 | static_cast<std::uint32_t>(digit);
  }
  return unit;
}

enum class Print : std::uint8_t { copied, escaped, not_ascii };

constexpr std::array<Print, 256> make_print_classes(JsonEscapes escapes) {
  std::array<Print, 256> classes{};
  for (unsigned i = 0; i < 256; ++i)
    classes[i] = i < 0x20 ? Print::escaped : i >= 0x80 ? Print::not_ascii : Print::copied;
  for (const char c : std::string_view(escapes == JsonEscapes::html ? "\"\\<>&" : "\"\\"))
    classes[static_cast<unsigned char>(c)] = Print::escaped;
  return classes;
}
// By JsonEscapes.
constexpr std::array<Print, 256> kPrintClasses[] = {make_print_classes(JsonEscapes::required),
                                                    make_print_classes(JsonEscapes::html)};

void append_escape(char c, std::string& out) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      text::append_hex(static_cast<std::uint64_t>(static_cast<unsigned char>(c)), 2, out);
  }
}

}  // namespace

char simple_escape(char c) noexcept {
  switch (c) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '/':
      return '/';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

Result<void, StringError> detail::resolve_escape(const char*& raw, std::uint8_t*& out) noexcept {
  if (raw[1] != 'u') {
    const char c = simple_escape(raw[1]);
    if (c == 0) return StringError::bad_escape;
    *out++ = static_cast<std::uint8_t>(c);
    raw += 2;
    return {};
  }
  std::uint32_t code_point = read_code_unit(raw + 2);
  if (code_point == kNoCodeUnit) return StringError::bad_escape;
  raw += 6;
  if (code_point >= 0xd800 && code_point < 0xe000) {
    if (code_point >= 0xdc00 || raw[0] != '\\' || raw[1] != 'u') return StringError::lone_surrogate;
    const std::uint32_t low = read_code_unit(raw + 2);
    if (low == kNoCodeUnit) return StringError::bad_escape;
    if (low < 0xdc00 || low >= 0xe000) return StringError::lone_surrogate;
    raw += 6;
    code_point = 0x10000 + ((code_point - 0xd800) << 10) + (low - 0xdc00);
  }
  out = write_utf8(code_point, out);
  return {};
}

std::string_view raw_json_string(const char* raw) noexcept {
  const char* end = raw;
  for (;;) {
    const std::uint64_t stops = detail::string_stops(end);
    if (stops == 0) {
      end += 8;
      continue;
    }
    end += std::countr_zero(stops) / 8;
    if (*end == '"') return {raw, static_cast<std::size_t>(end - raw)};
    end += 2;
  }
}

namespace {

// Eight characters of ASCII that need no escape.
bool is_plain_word(const char* text) noexcept {
  const std::uint64_t word = base::load_le64(reinterpret_cast<const std::uint8_t*>(text));
  constexpr std::uint64_t kSpaces = detail::kOnes * 0x20;
  const std::uint64_t control_or_high = (word - kSpaces) | word;  // the high bit: below a space, or not ASCII
  return ((control_or_high & detail::kHighs) | detail::string_stops(text)) == 0;
}

}  // namespace

bool append_json_string(std::string_view text, std::string& out, JsonEscapes escapes) {
  const std::array<Print, 256>& classes = kPrintClasses[static_cast<std::size_t>(escapes)];
  out.push_back('"');
  bool is_utf8 = true;
  std::size_t copied = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (escapes == JsonEscapes::required && text.size() - at >= 8 && is_plain_word(text.data() + at)) {
      at += 8;
      continue;
    }
    const Print kind = classes[static_cast<unsigned char>(text[at])];
    if (kind == Print::copied) {
      ++at;
      continue;
    }
    const std::size_t size = kind == Print::not_ascii ? utf8_character_size(text.substr(at)) : 0;
    if (size != 0) {
      at += size;
      continue;
    }
    out.append(text, copied, at - copied);
    if (kind == Print::escaped) {
      append_escape(text[at], out);
    } else {
      out += kReplacement;
      is_utf8 = false;
    }
    copied = ++at;
  }
  out.append(text, copied, at - copied);
  out.push_back('"');
  return is_utf8;
}

void append_unescaped(std::string_view content, std::string& out) {
  const char* raw = content.data();
  const char* const end = raw + content.size();
  while (raw < end) {
    if (*raw != '\\') {
      const auto* const backslash =
          static_cast<const char*>(std::memchr(raw, '\\', static_cast<std::size_t>(end - raw)));
      const char* const plain_end = backslash == nullptr ? end : backslash;
      out.append(raw, plain_end);
      raw = plain_end;
      continue;
    }
    std::uint8_t character[4];
    std::uint8_t* character_end = character;
    const Result<void, StringError> resolved = detail::resolve_escape(raw, character_end);
    ENTAIL_CHECK(resolved.error() != StringError::bad_escape);
    if (resolved.ok()) {
      out.append(reinterpret_cast<const char*>(character), static_cast<std::size_t>(character_end - character));
    } else {
      out += kReplacement;
    }
  }
}

}  // namespace entail::text
