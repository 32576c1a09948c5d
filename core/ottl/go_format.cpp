#include "ottl/go_format.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "base/bytes.hpp"
#include "ottl/civil_time.hpp"
#include "ottl/go_layout.hpp"
#include "ottl/go_number.hpp"
#include "ottl/strcase.hpp"
#include "text/ascii.hpp"
#include "text/hex.hpp"

namespace entail::ottl {

namespace {

using Kind = Value::Kind;
using Form = Value::Form;

constexpr unsigned kDepthMax = 64;
constexpr FormatVerb kDefaultVerb = [] {
  FormatVerb verb;
  verb.letter = 'v';
  return verb;
}();

std::size_t characters_of(std::string_view text) noexcept {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(first_character(text).size);
  return count;
}

// To the width, with zeros behind the sign if the part says so.
void append_padded_text(const FormatVerb& verb, std::string_view text, bool is_number, std::string& out) {
  const std::size_t size = characters_of(text);
  const auto width = static_cast<std::size_t>(verb.width.value_or(0));
  const std::size_t fill = width > size ? width - size : 0;
  if (verb.minus) {
    out += text;
    out.append(fill, ' ');
  } else if (verb.zero) {
    const bool has_sign = is_number && !text.empty() && (text[0] == '-' || text[0] == '+' || text[0] == ' ');
    if (has_sign) out += text[0];
    out.append(fill, '0');
    out += text.substr(has_sign ? 1 : 0);
  } else {
    out.append(fill, ' ');
    out += text;
  }
}

std::string_view sign_of(const FormatVerb& verb, bool negative) noexcept {
  return negative ? "-" : verb.plus ? "+" : verb.space ? " " : "";
}

std::string upper_case(std::string text) {
  for (char& c : text) c = text::to_upper(c);
  return text;
}

std::string integer_digits(std::int64_t value, int base) {
  std::array<char, 70> buffer;
  const std::uint64_t size = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), size, base).ptr;
  return {buffer.data(), end};
}

void append_integer(const FormatVerb& verb, std::int64_t value, int base, std::string& out) {
  std::string digits = integer_digits(value, base);
  FormatVerb padded = verb;
  if (verb.precision) {
    if (*verb.precision == 0 && value == 0) {
      padded.zero = false;
      return append_padded_text(padded, "", true, out);
    }
    const auto wanted = static_cast<std::size_t>(*verb.precision);
    if (digits.size() < wanted) digits.insert(0, wanted - digits.size(), '0');
    padded.zero = false;
  }
  if (verb.sharp && base == 16) digits = "0x" + digits;
  if (verb.sharp && base == 8 && digits[0] != '0') digits = "0" + digits;
  if (verb.sharp && base == 2) digits = "0b" + digits;
  if (verb.letter == 'X') digits = upper_case(digits);
  if (padded.minus) padded.zero = false;
  append_padded_text(padded, std::string(sign_of(verb, value < 0)) + digits, true, out);
}

std::string double_text(char letter, double value, std::optional<int> precision) {
  const bool is_scientific = letter == 'e' || letter == 'E';
  const bool is_fixed = letter == 'f' || letter == 'F';
  if (!is_scientific && !is_fixed && !precision) {
    std::string text;
    append_go_double(value, text);
    return text;
  }
  const auto format = is_scientific ? std::chars_format::scientific
                      : is_fixed    ? std::chars_format::fixed
                                    : std::chars_format::general;
  std::array<char, 1400> buffer;
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, precision.value_or(6));
  return {buffer.data(), written.ptr};
}

void append_floating(const FormatVerb& verb, double value, std::string& out) {
  FormatVerb padded = verb;
  std::string text;
  if (std::isnan(value)) {
    text = std::string(sign_of(verb, false)) + "NaN";
    padded.zero = false;
  } else if (std::isinf(value)) {
    text = value < 0 ? "-Inf" : verb.space && !verb.plus ? " Inf" : "+Inf";
    padded.zero = false;
  } else {
    text = double_text(verb.letter, std::fabs(value), verb.precision);
    text = std::string(sign_of(verb, std::signbit(value))) + text;
    if (verb.letter == 'E' || verb.letter == 'G') text = upper_case(text);  // but not NaN and Inf
  }
  if (padded.minus) padded.zero = false;
  append_padded_text(padded, text, true, out);
}

void append_quoted(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const Character next = first_character(text);
    constexpr std::string_view kPlain = "\a\b\f\n\r\t\v\\\"";
    constexpr std::string_view kWritten = "abfnrtv\\\"";
    const std::size_t known = next.code < 0x80 ? kPlain.find(static_cast<char>(next.code)) : std::string_view::npos;
    const bool is_bad = next.size == 1 && next.code == 0xfffd;
    if (known != std::string_view::npos) {
      out += '\\';
      out += kWritten[known];
    } else if (is_bad || next.code < 0x20 || next.code == 0x7f) {
      out += "\\x";
      text::append_hex(static_cast<unsigned char>(text[0]), 2, out);
    } else {
      out += text.substr(0, next.size);
    }
    text.remove_prefix(next.size);
  }
  out += '"';
}

void append_hex_text(const FormatVerb& verb, std::string_view bytes, std::string& out) {
  std::string digits;
  const std::size_t size =
      verb.precision ? std::min<std::size_t>(bytes.size(), static_cast<std::size_t>(*verb.precision)) : bytes.size();
  text::append_hex(base::bytes_of(bytes.substr(0, size)), digits);
  if (verb.letter == 'X') digits = upper_case(digits);
  append_padded_text(verb, digits, false, out);
}

void append_text(const FormatVerb& verb, std::string_view text, std::string& out) {
  if (verb.precision) {  // characters
    std::string_view rest = text;
    for (int i = 0; i < *verb.precision && !rest.empty(); ++i) rest.remove_prefix(first_character(rest).size);
    text = text.substr(0, text.size() - rest.size());
  }
  std::string written;
  if (verb.letter == 'q')
    append_quoted(text, written);
  else
    written = text;
  append_padded_text(verb, written, false, out);
}

// "1h2m3.5s", as time.Duration prints itself.
std::string duration_text(std::int64_t ns) {
  if (ns == 0) return "0s";
  const std::uint64_t size = ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  const auto fraction = [](std::uint64_t whole, std::uint64_t rest, std::size_t digits) {
    std::string text = std::to_string(whole);
    if (rest == 0) return text;
    std::string decimals;
    append_padded(static_cast<std::int64_t>(rest), digits, decimals);
    decimals.erase(decimals.find_last_not_of('0') + 1);
    return text + "." + decimals;
  };
  std::string out = ns < 0 ? "-" : "";
  if (size < 1000) return out + std::to_string(size) + "ns";
  if (size < 1'000'000) return out + fraction(size / 1000, size % 1000, 3) + "\xc2\xb5s";
  if (size < 1'000'000'000) return out + fraction(size / 1'000'000, size % 1'000'000, 6) + "ms";
  const std::uint64_t seconds = size / 1'000'000'000;
  if (seconds >= 3600) out += std::to_string(seconds / 3600) + "h";
  if (seconds >= 60) out += std::to_string(seconds / 60 % 60) + "m";
  return out + fraction(seconds % 60, size % 1'000'000'000, 9) + "s";
}

// time.Time prints itself.
const Layout& printed_layout() {
  static const Layout layout("2006-01-02 15:04:05.999999999 -0700 MST");
  return layout;
}

std::string hex_of(std::string_view bytes) {
  std::string digits;
  text::append_hex(base::bytes_of(bytes), digits);
  return digits;
}

std::string bytes_text(std::string_view bytes) {
  std::string out = "[";
  for (std::size_t i = 0; i < bytes.size(); ++i)
    out += (i == 0 ? "" : " ") + std::to_string(static_cast<unsigned char>(bytes[i]));
  return out + "]";
}

std::string_view go_type(const Value& value) noexcept {
  switch (value.kind) {
    case Kind::nil:
      return "<nil>";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int64";
    case Kind::native_int:
      return "int";
    case Kind::floating:
      return "float64";
    case Kind::text:
      return "string";
    case Kind::bytes:
      return "[]uint8";
    case Kind::duration:
      return "time.Duration";
    case Kind::time:
      return "time.Time";
    case Kind::list:
      return value.form == Form::raw ? "[]interface {}" : value.form == Form::texts ? "[]string" : "pcommon.Slice";
    case Kind::map:
      return value.form == Form::raw ? "map[string]interface {}" : "pcommon.Map";
    case Kind::trace_id:
      return "pcommon.TraceID";
    case Kind::span_id:
      return "pcommon.SpanID";
    case Kind::profile_id:
      return "pprofile.ProfileID";
    case Kind::events:
      return "ptrace.SpanEventSlice";
    case Kind::links:
      return "ptrace.SpanLinkSlice";
    case Kind::status:
      return "ptrace.Status";
  }
  return {};
}

bool append_value(const FormatVerb& verb, const Value& value, unsigned depth, std::string& out);

bool append_list(const FormatVerb& verb, const Value& list, unsigned depth, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < list.count; ++i) {
    if (i != 0) out += ' ';
    if (!append_value(verb, list.items[i], depth + 1, out)) return false;
  }
  out += ']';
  return true;
}

// "%!d(string=abc)": what Go writes for a verb that does not fit, the value with the verb's flags.
bool append_misfit(const FormatVerb& verb, const Value& value, std::string& out) {
  out += "%!";
  out += verb.letter;
  out += '(';
  if (value.kind == Kind::nil) {
    out += "<nil>";
  } else {
    out += go_type(value);
    out += '=';
    FormatVerb plain = verb;
    plain.letter = 'v';
    if (!append_value(plain, value, 1, out)) return false;
  }
  out += ')';
  return true;
}

bool append_whole(const FormatVerb& verb, const Value& value, std::string& out) {
  switch (verb.letter) {
    case 'v':
    case 'd':
      append_integer(verb, value.integer, 10, out);
      return true;
    case 'x':
    case 'X':
      append_integer(verb, value.integer, 16, out);
      return true;
    case 'o':
      append_integer(verb, value.integer, 8, out);
      return true;
    case 'b':
      append_integer(verb, value.integer, 2, out);
      return true;
    case 'c': {
      std::string character;
      const bool fits = value.integer >= 0 && value.integer <= 0x10ffff;
      append_character(fits ? static_cast<char32_t>(value.integer) : 0xfffd, character);
      append_padded_text(verb, character, false, out);
      return true;
    }
    default:
      return append_misfit(verb, value, out);
  }
}

// What prints itself: only as a text.
bool append_printed(const FormatVerb& verb, const Value& value, const std::string& text, std::string& out) {
  if (verb.letter == 'v' || verb.letter == 's' || verb.letter == 'q') {
    append_text(verb, text, out);
    return true;
  }
  if (verb.letter == 'x' || verb.letter == 'X') {
    append_hex_text(verb, text, out);
    return true;
  }
  return value.kind == Kind::duration && append_whole(verb, value, out);
}

bool append_value(const FormatVerb& verb, const Value& value, unsigned depth, std::string& out) {
  if (depth > kDepthMax) return false;
  if (verb.letter == 'T') {
    append_text(verb, go_type(value), out);
    return true;
  }
  switch (value.kind) {
    case Kind::nil:
      if (verb.letter != 'v') return append_misfit(verb, value, out);
      append_padded_text(verb, "<nil>", false, out);
      return true;
    case Kind::boolean:
      if (verb.letter != 'v' && verb.letter != 't') return append_misfit(verb, value, out);
      append_padded_text(verb, value.integer != 0 ? "true" : "false", false, out);
      return true;
    case Kind::integer:
    case Kind::native_int:
      return append_whole(verb, value, out);
    case Kind::floating:
      if (std::string_view("xXb").find(verb.letter) != std::string_view::npos) return false;
      if (std::string_view("veEfFgG").find(verb.letter) == std::string_view::npos)
        return append_misfit(verb, value, out);
      append_floating(verb, value.floating, out);
      return true;
    case Kind::text:
      if (verb.letter == 'x' || verb.letter == 'X') {
        append_hex_text(verb, value.text, out);
        return true;
      }
      if (std::string_view("vsq").find(verb.letter) == std::string_view::npos) return append_misfit(verb, value, out);
      append_text(verb, value.text, out);
      return true;
    case Kind::bytes:
      if (verb.letter == 'x' || verb.letter == 'X') {
        append_hex_text(verb, value.text, out);
        return true;
      }
      if (verb.letter == 's' || verb.letter == 'q') {
        append_text(verb, value.text, out);
        return true;
      }
      if (verb.letter != 'v' || verb.width || verb.precision) return false;
      out += bytes_text(value.text);
      return true;
    case Kind::duration:
      return append_printed(verb, value, duration_text(value.integer), out);
    case Kind::time:
      return append_printed(verb, value, format_by_layout(printed_layout(), value), out);
    case Kind::trace_id:
    case Kind::span_id:
    case Kind::profile_id:
      return append_printed(
          verb, value, value.text.find_first_not_of('\0') == std::string_view::npos ? "" : hex_of(value.text), out);
    case Kind::list:
      return (value.form == Form::raw || value.form == Form::texts) && append_list(verb, value, depth, out);
    case Kind::map:
    case Kind::events:
    case Kind::links:
    case Kind::status:
      return false;
  }
  return false;
}

}  // namespace

bool append_formatted(std::span<const FormatPart> parts, std::span<const Value> values, std::string& out) {
  std::size_t next = 0;
  for (const FormatPart& part : parts) {
    out += part.literal;
    if (part.verb.letter == '\0') break;
    if (next == values.size()) {
      out += "%!";
      out += part.verb.letter;
      out += "(MISSING)";
      continue;
    }
    if (!append_value(part.verb, values[next++], 0, out)) return false;
  }
  if (next == values.size()) return true;
  out += "%!(EXTRA ";
  for (std::size_t i = next; i < values.size(); ++i) {
    if (i != next) out += ", ";
    if (values[i].kind == Kind::nil) {
      out += "<nil>";
      continue;
    }
    out += go_type(values[i]);
    out += '=';
    if (!append_value(kDefaultVerb, values[i], 0, out)) return false;
  }
  out += ')';
  return true;
}

}  // namespace entail::ottl
