// Functions of plain values, as the Collector's: what a function cannot take is an error, but conversions of texts that
// are no numbers give nil.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/bytes.hpp"
#include "ottl/evaluation.hpp"
#include "text/hex.hpp"

namespace entail::ottl {

namespace {

using Kind = Value::Kind;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr double kTwoTo63 = 9223372036854775808.0;

bool to_int(const Value& from, Value& out) noexcept {
  out = {};
  switch (from.kind) {
    case Kind::nil:
      return true;
    case Kind::integer:
    case Kind::boolean:
      out = Value::of_integer(from.integer);
      return true;
    case Kind::floating:
      if (!(from.floating >= -kTwoTo63 && from.floating < kTwoTo63)) return false;
      out = Value::of_integer(static_cast<std::int64_t>(from.floating));
      return true;
    case Kind::text: {
      std::string_view text = from.text;
      if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
      std::int64_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error == std::errc() && end == text.data() + text.size()) out = Value::of_integer(number);
      return true;
    }
    default:
      return false;
  }
}

bool to_double(const Value& from, Value& out) noexcept {
  out = {};
  switch (from.kind) {
    case Kind::nil:
      return true;
    case Kind::floating:
      out = from;
      return true;
    case Kind::integer:
    case Kind::boolean:
      out = Value::of_floating(static_cast<double>(from.integer));
      return true;
    case Kind::text: {
      std::string_view text = from.text;
      if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
      double number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error == std::errc() && end == text.data() + text.size()) out = Value::of_floating(number);
      return true;
    }
    default:
      return false;
  }
}

bool to_bool(const Value& from, Value& out) noexcept {
  switch (from.kind) {
    case Kind::boolean:
    case Kind::integer:
      out = Value::of_boolean(from.integer != 0);
      return true;
    case Kind::floating:
      out = Value::of_boolean(from.floating != 0);
      return true;
    case Kind::text:
      for (const std::string_view word :
           {"1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"})
        if (from.text == word) {
          out = Value::of_boolean(word[0] == '1' || word[0] == 't' || word[0] == 'T');
          return true;
        }
      return false;
    default:
      return false;
  }
}

bool substring(const Value* arguments, Value& out) noexcept {
  const std::int64_t start = arguments[1].integer;
  const std::int64_t length = arguments[2].integer;
  if (arguments[0].kind != Kind::text || arguments[1].kind != Kind::integer || arguments[2].kind != Kind::integer)
    return false;
  const auto size = static_cast<std::int64_t>(arguments[0].text.size());
  if (start < 0 || length <= 0 || start > size || length > size - start) return false;
  out = Value::of_text(arguments[0].text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(length)));
  return true;
}

bool length_of(const Value& from, Value& out) noexcept {
  if (from.kind == Kind::text || from.kind == Kind::bytes)
    out = Value::of_integer(static_cast<std::int64_t>(from.text.size()));
  else if (from.kind == Kind::list || from.kind == Kind::map)
    out = Value::of_integer(count_of(from));
  else
    return false;
  return true;
}

// A duration in whole units, or in units with their fraction.
bool whole_units(const Value& from, std::int64_t unit_ns, Value& out) noexcept {
  out = Value::of_integer(from.integer / unit_ns);
  return from.kind == Kind::duration;
}
bool in_units(const Value& from, std::int64_t unit_ns, Value& out) noexcept {
  const auto whole = static_cast<double>(from.integer / unit_ns);
  out = Value::of_floating(whole + static_cast<double>(from.integer % unit_ns) / static_cast<double>(unit_ns));
  return from.kind == Kind::duration;
}

// Times before 1970 round down.
bool unix_units(const Value& from, std::int64_t unit_ns, Value& out) noexcept {
  const std::int64_t units = from.integer / unit_ns - (from.integer % unit_ns < 0 ? 1 : 0);
  out = Value::of_integer(units);
  return from.kind == Kind::time;
}

// Functions of one duration or time.
bool call_on_time(Function function, const Value& first, Value& out) noexcept {
  switch (function) {
    case Function::hours:
      return in_units(first, 3600 * kSecond, out);
    case Function::minutes:
      return in_units(first, 60 * kSecond, out);
    case Function::seconds:
      return in_units(first, kSecond, out);
    case Function::milliseconds:
      return whole_units(first, kSecond / 1000, out);
    case Function::microseconds:
      return whole_units(first, 1000, out);
    case Function::nanoseconds:
      return whole_units(first, 1, out);
    case Function::unix_seconds:
      return unix_units(first, kSecond, out);
    case Function::unix_milli:
      return unix_units(first, kSecond / 1000, out);
    case Function::unix_micro:
      return unix_units(first, 1000, out);
    case Function::unix_nano:
      return unix_units(first, 1, out);
    default:
      return false;
  }
}

// As in JSON: 1, 0.5, 1e+21, 1e-7.
std::size_t write_double(double number, char* out, std::size_t size) noexcept {
  const double magnitude = std::fabs(number);
  const bool exponent = magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21);
  const auto [end, error] =
      std::to_chars(out, out + size, number, exponent ? std::chars_format::scientific : std::chars_format::fixed);
  if (error != std::errc()) return 0;
  std::size_t length = static_cast<std::size_t>(end - out);
  if (exponent && length >= 4 && out[length - 4] == 'e' && out[length - 3] == '-' && out[length - 2] == '0')
    out[length - 2] = out[length - 1], --length;
  return length;
}

}  // namespace

bool Evaluation::as_text(const Value& value, std::string_view& out) noexcept {
  constexpr std::size_t kNumberBytesMax = 32;
  if (value.kind == Kind::text) {
    out = value.text;
    return true;
  }
  if (value.kind == Kind::boolean) {
    out = value.integer != 0 ? "true" : "false";
    return true;
  }
  if (value.kind == Kind::bytes) {
    char* const digits = make(value.text.size() * 2);
    if (digits == nullptr) return false;
    text::write_hex({reinterpret_cast<const std::uint8_t*>(value.text.data()), value.text.size()}, digits);
    out = {digits, value.text.size() * 2};
    return true;
  }
  if (value.kind != Kind::integer && value.kind != Kind::floating) return false;
  char* const begin = make(kNumberBytesMax);
  if (begin == nullptr) return false;
  const std::size_t size =
      value.kind == Kind::floating
          ? write_double(value.floating, begin, kNumberBytesMax)
          : static_cast<std::size_t>(std::to_chars(begin, begin + kNumberBytesMax, value.integer).ptr - begin);
  out = {begin, size};
  return size != 0 && (value.kind == Kind::integer || std::isfinite(value.floating));
}

// ASCII letters; others stay as they are.
bool Evaluation::change_case(const Value& text, bool upper, Value& out) noexcept {
  if (text.kind != Kind::text) return false;
  char* const begin = make(text.text.size());
  if (begin == nullptr) return false;
  std::transform(text.text.begin(), text.text.end(), begin, [upper](char c) {
    if (upper) return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  out = Value::of_text({begin, text.text.size()});
  return true;
}

bool Evaluation::call_on(Function function, const Value* arguments, Value& out) noexcept {
  const Value& first = arguments[0];
  const Value& second = arguments[1];
  const auto answer = [&](bool yes) {
    out = Value::of_boolean(yes);
    return true;
  };
  const bool two_texts = first.kind == Kind::text && second.kind == Kind::text;
  switch (function) {
    case Function::has_prefix:
      return two_texts && answer(first.text.starts_with(second.text));
    case Function::has_suffix:
      return two_texts && answer(first.text.ends_with(second.text));
    case Function::len:
      return length_of(first, out);
    case Function::is_string:
      return answer(first.kind == Kind::text);
    case Function::is_int:
      return answer(first.kind == Kind::integer);
    case Function::is_double:
      return answer(first.kind == Kind::floating);
    case Function::is_bool:
      return answer(first.kind == Kind::boolean);
    case Function::is_list:
      return answer(first.kind == Kind::list);
    case Function::is_map:
      return answer(first.kind == Kind::map);
    case Function::to_int:
      return to_int(first, out);
    case Function::to_double:
      return to_double(first, out);
    case Function::to_bool:
      return to_bool(first, out);
    case Function::to_string: {
      std::string_view text;
      if (first.kind == Kind::nil) {
        out = {};
        return true;
      }
      if (!as_text(first, text)) return false;
      out = Value::of_text(text);
      return true;
    }
    case Function::substring:
      return substring(arguments, out);
    case Function::to_lower_case:
    case Function::to_upper_case:
      return change_case(first, function == Function::to_upper_case, out);
    case Function::hours:
    case Function::minutes:
    case Function::seconds:
    case Function::milliseconds:
    case Function::microseconds:
    case Function::nanoseconds:
    case Function::unix_seconds:
    case Function::unix_milli:
    case Function::unix_micro:
    case Function::unix_nano:
      return call_on_time(function, first, out);
    case Function::is_match:
    case Function::concat:
    case Function::is_root_span:
    case Function::contains_value:
    case Function::duration:
      return false;  // answered elsewhere
  }
  return false;
}

}  // namespace entail::ottl
