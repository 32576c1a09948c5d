#include "ottl/go_format.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "ottl/civil_time.hpp"
#include "ottl/go_layout.hpp"
#include "ottl/go_number.hpp"
#include "ottl/strcase.hpp"
#include "text/hex.hpp"

namespace entail::ottl {

namespace {

using Kind = Value::Kind;
using Form = Value::Form;

constexpr unsigned kDepthMax = 64;

std::size_t characters_of(std::string_view text) noexcept {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(first_character(text).size);
  return count;
}

// To the width, with zeros behind the sign if the part says so.
void append_padded_text(const FormatPart& part, std::string_view text, bool is_number, std::string& out) {
  const std::size_t size = characters_of(text);
  const auto width = static_cast<std::size_t>(part.width.value_or(0));
  const std::size_t fill = width > size ? width - size : 0;
  if (part.minus) {
    out += text;
    out.append(fill, ' ');
  } else if (part.zero) {
    const bool has_sign = is_number && !text.empty() && (text[0] == '-' || text[0] == '+' || text[0] == ' ');
    if (has_sign) out += text[0];
    out.append(fill, '0');
    out += text.substr(has_sign ? 1 : 0);
  } else {
    out.append(fill, ' ');
    out += text;
  }
}

std::string_view sign_of(const FormatPart& part, bool negative) noexcept {
  return negative ? "-" : part.plus ? "+" : part.space ? " " : "";
}

std::string upper_case(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return text;
}

std::string integer_digits(std::int64_t value, int base) {
  std::array<char, 70> buffer;
  const std::uint64_t size = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), size, base).ptr;
  return {buffer.data(), end};
}

void append_integer(const FormatPart& part, std::int64_t value, int base, std::string& out) {
  std::string digits = integer_digits(value, base);
  FormatPart padded = part;
  if (part.precision) {
    if (*part.precision == 0 && value == 0) {
      padded.zero = false;
      return append_padded_text(padded, "", true, out);
    }
    const auto wanted = static_cast<std::size_t>(*part.precision);
    if (digits.size() < wanted) digits.insert(0, wanted - digits.size(), '0');
    padded.zero = false;
  }
  if (part.sharp && base == 16) digits = "0x" + digits;
  if (part.sharp && base == 8 && digits[0] != '0') digits = "0" + digits;
  if (part.sharp && base == 2) digits = "0b" + digits;
  if (part.verb == 'X') digits = upper_case(digits);
  if (padded.minus) padded.zero = false;
  append_padded_text(padded, std::string(sign_of(part, value < 0)) + digits, true, out);
}

std::string double_text(char verb, double value, std::optional<int> precision) {
  if (verb == 'v') {
    if (!precision) {
      std::string text;
      append_go_double(value, text);
      return text;
    }
    verb = 'g';
  }
  const auto format = verb == 'e' || verb == 'E'   ? std::chars_format::scientific
                      : verb == 'f' || verb == 'F' ? std::chars_format::fixed
                                                   : std::chars_format::general;
  std::array<char, 1400> buffer;
  char* end = nullptr;
  if (format == std::chars_format::general && !precision) {
    std::string text;  // the shortest digits; %g has an exponent from 21 digits on, as %v has
    append_go_double(value, text);
    return text;
  }
  const int digits = precision.value_or(6);
  end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, digits).ptr;
  return {buffer.data(), end};
}

void append_floating(const FormatPart& part, double value, std::string& out) {
  FormatPart padded = part;
  std::string text;
  if (std::isnan(value)) {
    text = std::string(part.plus ? "+" : "") + "NaN";
    padded.zero = false;
  } else if (std::isinf(value)) {
    text = value < 0 ? "-Inf" : part.space && !part.plus ? " Inf" : "+Inf";
    padded.zero = false;
  } else {
    text = double_text(part.verb, std::fabs(value), part.precision);
    text = std::string(sign_of(part, std::signbit(value))) + text;
  }
  if (padded.minus) padded.zero = false;
  if (part.verb == 'E' || part.verb == 'G') text = upper_case(text);
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

void append_hex_text(const FormatPart& part, std::string_view bytes, std::string& out) {
  std::string digits;
  const std::size_t size =
      part.precision ? std::min<std::size_t>(bytes.size(), static_cast<std::size_t>(*part.precision)) : bytes.size();
  text::append_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), size}, digits);
  if (part.verb == 'X') digits = upper_case(digits);
  append_padded_text(part, digits, false, out);
}

void append_text(const FormatPart& part, std::string_view text, std::string& out) {
  if (part.precision) {  // characters
    std::string_view rest = text;
    for (int i = 0; i < *part.precision && !rest.empty(); ++i) rest.remove_prefix(first_character(rest).size);
    text = text.substr(0, text.size() - rest.size());
  }
  std::string written;
  if (part.verb == 'q')
    append_quoted(text, written);
  else
    written = text;
  append_padded_text(part, written, false, out);
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

std::string hex_of(std::string_view bytes) {
  std::string digits;
  text::append_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, digits);
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

bool append_value(const FormatPart& part, const Value& value, unsigned depth, std::string& out);

bool append_list(const FormatPart& part, const Value& list, unsigned depth, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < list.count; ++i) {
    if (i != 0) out += ' ';
    if (!append_value(part, list.items[i], depth + 1, out)) return false;
  }
  out += ']';
  return true;
}

// "%!d(string=abc)": what Go writes for a verb that does not fit.
bool append_misfit(const FormatPart& part, const Value& value, std::string& out) {
  out += "%!";
  out += part.verb;
  out += '(';
  FormatPart plain;
  plain.verb = 'v';
  if (value.kind == Kind::nil) {
    out += "<nil>";
  } else {
    out += go_type(value);
    out += '=';
    if (!append_value(plain, value, 1, out)) return false;
  }
  out += ')';
  return true;
}

bool append_whole(const FormatPart& part, const Value& value, std::string& out) {
  FormatPart decimal = part;
  switch (part.verb) {
    case 'v':
    case 'd':
      append_integer(decimal, value.integer, 10, out);
      return true;
    case 'x':
    case 'X':
      append_integer(part, value.integer, 16, out);
      return true;
    case 'o':
      append_integer(part, value.integer, 8, out);
      return true;
    case 'b':
      append_integer(part, value.integer, 2, out);
      return true;
    case 'c': {
      std::string character;
      const bool fits = value.integer >= 0 && value.integer <= 0x10ffff;
      append_character(fits ? static_cast<char32_t>(value.integer) : 0xfffd, character);
      append_padded_text(part, character, false, out);
      return true;
    }
    default:
      return append_misfit(part, value, out);
  }
}

// What prints itself: only as a text.
bool append_printed(const FormatPart& part, const Value& value, const std::string& text, std::string& out) {
  if (part.verb == 'v' || part.verb == 's' || part.verb == 'q') {
    append_text(part, text, out);
    return true;
  }
  if (part.verb == 'x' || part.verb == 'X') {
    append_hex_text(part, text, out);
    return true;
  }
  return value.kind == Kind::duration && append_whole(part, value, out);
}

bool append_value(const FormatPart& part, const Value& value, unsigned depth, std::string& out) {
  if (depth > kDepthMax) return false;
  if (part.verb == 'T') {
    append_text(part, go_type(value), out);
    return true;
  }
  switch (value.kind) {
    case Kind::nil:
      if (part.verb != 'v') return append_misfit(part, value, out);
      append_padded_text(part, "<nil>", false, out);
      return true;
    case Kind::boolean:
      if (part.verb != 'v' && part.verb != 't') return append_misfit(part, value, out);
      append_padded_text(part, value.integer != 0 ? "true" : "false", false, out);
      return true;
    case Kind::integer:
    case Kind::native_int:
      return append_whole(part, value, out);
    case Kind::floating:
      if (std::string_view("veEfFgG").find(part.verb) == std::string_view::npos) return append_misfit(part, value, out);
      append_floating(part, value.floating, out);
      return true;
    case Kind::text:
      if (part.verb == 'x' || part.verb == 'X') {
        append_hex_text(part, value.text, out);
        return true;
      }
      if (std::string_view("vsq").find(part.verb) == std::string_view::npos) return append_misfit(part, value, out);
      append_text(part, value.text, out);
      return true;
    case Kind::bytes:
      if (part.verb == 'x' || part.verb == 'X') {
        append_hex_text(part, value.text, out);
        return true;
      }
      if (part.verb == 's' || part.verb == 'q') {
        append_text(part, value.text, out);
        return true;
      }
      if (part.verb != 'v' || part.width || part.precision) return false;
      out += bytes_text(value.text);
      return true;
    case Kind::duration:
      return append_printed(part, value, duration_text(value.integer), out);
    case Kind::time:
      return append_printed(part, value, format_by_layout("2006-01-02 15:04:05.999999999 -0700 MST", value), out);
    case Kind::trace_id:
    case Kind::span_id:
    case Kind::profile_id:
      return append_printed(
          part, value, value.text.find_first_not_of('\0') == std::string_view::npos ? "" : hex_of(value.text), out);
    case Kind::list:
      return (value.form == Form::raw || value.form == Form::texts) && append_list(part, value, depth, out);
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
    if (part.verb == '\0') break;
    if (next == values.size()) {
      out += "%!";
      out += part.verb;
      out += "(MISSING)";
      continue;
    }
    if (!append_value(part, values[next++], 0, out)) return false;
  }
  if (next == values.size()) return true;
  out += "%!(EXTRA ";
  FormatPart plain;
  plain.verb = 'v';
  for (std::size_t i = next; i < values.size(); ++i) {
    if (i != next) out += ", ";
    if (values[i].kind == Kind::nil) {
      out += "<nil>";
      continue;
    }
    out += go_type(values[i]);
    out += '=';
    if (!append_value(plain, values[i], 0, out)) return false;
  }
  out += ')';
  return true;
}

}  // namespace entail::ottl
