// Values of OTTL conditions, and how two of them compare (the Collector's pkg/ottl): only like kinds compare, but whole
// and floating numbers as doubles, and nil equals nil alone; where two do not compare, != holds and nothing else does.
// Thread rule: Confined (plain values that borrow the span, the program or the evaluation).
#pragma once

#include <cstdint>
#include <string_view>

namespace entail::ottl {

struct Value {
  enum class Kind : std::uint8_t { nil, boolean, integer, floating, text, bytes, duration, time, list, map };
  Kind kind = Kind::nil;
  std::int64_t integer = 0;  // boolean: 0 or 1; duration: nanoseconds; time: nanoseconds since 1970
  double floating = 0;
  std::string_view text;  // text, bytes; list, map: the encoded ArrayValue or KeyValueList

  static Value of_boolean(bool value) noexcept { return {.kind = Kind::boolean, .integer = value ? 1 : 0, .text = {}}; }
  static Value of_integer(std::int64_t value) noexcept { return {.kind = Kind::integer, .integer = value, .text = {}}; }
  static Value of_floating(double value) noexcept { return {.kind = Kind::floating, .floating = value, .text = {}}; }
  static Value of_text(std::string_view value) noexcept { return {.kind = Kind::text, .text = value}; }
  static Value of_duration(std::int64_t ns) noexcept { return {.kind = Kind::duration, .integer = ns, .text = {}}; }
  static Value of_time(std::int64_t ns) noexcept { return {.kind = Kind::time, .integer = ns, .text = {}}; }
};

enum class Relation : std::uint8_t { equal, not_equal, less, less_or_equal, greater, greater_or_equal };

bool holds(const Value& left, Relation relation, const Value& right) noexcept;

// "a text", for messages.
std::string_view kind_name(Value::Kind kind) noexcept;

}  // namespace entail::ottl
