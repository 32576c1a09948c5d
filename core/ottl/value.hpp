// Values of OTTL conditions, and how two of them compare (the Collector's pkg/ottl): only like kinds compare, but whole
// and floating numbers as doubles, and nil equals nil alone; where two do not compare, != holds and nothing else does.
// Thread rule: Confined (plain values that borrow the span, the program or the evaluation).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace entail::ottl {

struct Value {
  enum class Kind : std::uint8_t {
    nil,
    boolean,
    integer,
    floating,
    text,
    bytes,
    duration,
    time,
    list,
    map,
    trace_id,
    span_id,
    profile_id,
    native_int,  // Go's int, which only URL and the bytes of 0x... give: it equals no integer
    events,      // of the span; opaque but for Len, IsList and IsEmpty
    links,
    status,
  };
  // How a list or a map is held. The Collector distinguishes these, too: what it compares and converts depends on them.
  enum class Form : std::uint8_t {
    plain,  // items; pcommon.Slice and pcommon.Map
    wire,   // the encoded ArrayValue or KeyValueList of an attribute; the same types as plain
    raw,    // items; []any and map[string]any
    texts,  // items, all texts; []string, which equals nothing
    wide,   // of a time beyond 64 bits of nanoseconds: integer holds the seconds, count the nanoseconds
  };
  Kind kind = Kind::nil;
  Form form = Form::plain;
  std::uint32_t count = 0;  // list: items; map: pairs of items, key and value; time: seconds east of UTC (signed)
  union {
    std::int64_t integer =
        0;  // boolean: 0 or 1; duration: nanoseconds; time: nanoseconds since 1970; nil: see is_absent
    double floating;
    const Value* items;
  };
  std::string_view text{};  // text, bytes, IDs; lists and maps of the form wire; time: the abbreviation of its zone

  static Value of_boolean(bool value) noexcept {
    Value out;
    out.kind = Kind::boolean;
    out.integer = value ? 1 : 0;
    return out;
  }
  static Value of_integer(std::int64_t value, Kind kind = Kind::integer) noexcept {
    Value out;
    out.kind = kind;
    out.integer = value;
    return out;
  }
  static Value of_floating(double value) noexcept {
    Value out;
    out.kind = Kind::floating;
    out.floating = value;
    return out;
  }
  static Value of_text(std::string_view value, Kind kind = Kind::text) noexcept {
    Value out;
    out.kind = kind;
    out.text = value;
    return out;
  }
  static Value of_duration(std::int64_t ns) noexcept { return of_integer(ns, Kind::duration); }
  static Value of_time(std::int64_t ns) noexcept { return of_integer(ns, Kind::time); }
  static Value of_items(Kind kind, Form form, const Value* items, std::size_t count) noexcept {
    Value out;
    out.kind = kind;
    out.form = form;
    out.count = static_cast<std::uint32_t>(count);
    out.items = items;
    return out;
  }
  bool is_number() const noexcept { return kind == Kind::integer || kind == Kind::floating; }
  bool is_container() const noexcept { return kind == Kind::list || kind == Kind::map; }
  double as_double() const noexcept { return kind == Kind::integer ? static_cast<double>(integer) : floating; }
};

// A point in time without the bounds of 64 bits of nanoseconds. 0 <= nanosecond < 1e9.
struct Instant {
  std::int64_t second = 0;
  std::uint32_t nanosecond = 0;
  auto operator<=>(const Instant&) const noexcept = default;
};
// Any number of nanoseconds after a second of 1970. Seconds wrap, as in Go.
Instant instant_after(std::int64_t second, std::int64_t ns) noexcept;
Instant instant_of(const Value& time) noexcept;
Value time_of(Instant instant) noexcept;
inline std::int32_t zone_offset(const Value& time) noexcept {
  return time.form == Value::Form::wide ? 0 : static_cast<std::int32_t>(time.count);
}

// nil because there is no such attribute, not because its value is empty.
inline bool is_absent(const Value& value) noexcept { return value.kind == Value::Kind::nil && value.integer == 0; }

// Items of a list, or pairs of a map.
std::size_t count_of(const Value& container) noexcept;
// The item of a list; false if there is none.
bool element_of(const Value& list, std::int64_t index, Value& out) noexcept;
// The first value of a map with this key; false if there is none.
bool member_of(const Value& map, std::string_view key, Value& out) noexcept;

// Walks the items of a list (key is empty then) or a map, of any form.
class ItemCursor {
 public:
  explicit ItemCursor(const Value& container) noexcept : container_(container) {}
  bool next(std::string_view& key, Value& item) noexcept;

 private:
  const Value& container_;
  std::uint32_t at_ = 0;  // in items, or an offset in text
};

enum class Relation : std::uint8_t { equal, not_equal, less, less_or_equal, greater, greater_or_equal };

bool holds(const Value& left, Relation relation, const Value& right);

// "a text", for messages.
std::string_view kind_name(Value::Kind kind) noexcept;

}  // namespace entail::ottl
