#include "ottl/conversion.hpp"

#include <cmath>
#include <string>

#include "base/bytes.hpp"
#include "ottl/go_json.hpp"
#include "ottl/go_number.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"

namespace entail::ottl {

namespace {

using Kind = Value::Kind;
using Form = Value::Form;

constexpr unsigned kDepthMax = 128;

using base::bytes_of;

bool is_plain(const Value& value) noexcept { return value.form == Form::plain || value.form == Form::wire; }

bool from_raw(const Value& value, unsigned depth, Arena& arena, Value& out);

// Each item on its own, as Value.FromRaw does it.
bool items_from_raw(const Value& container, unsigned depth, Arena& arena, Value& out) {
  const std::size_t width = container.kind == Kind::map ? 2 : 1;
  Value* const made = arena.values(width * container.count);
  if (made == nullptr && container.count != 0) return false;
  for (std::size_t i = 0; i < container.count; ++i) {
    if (width == 2) made[2 * i] = container.items[2 * i];
    const std::size_t at = width * i + width - 1;
    if (!from_raw(container.items[at], depth + 1, arena, made[at])) return false;
  }
  out = Value::of_items(container.kind, Form::plain, made, container.count);
  return true;
}

bool from_raw(const Value& value, unsigned depth, Arena& arena, Value& out) {
  switch (value.kind) {
    case Kind::nil:
    case Kind::boolean:
    case Kind::integer:
    case Kind::floating:
    case Kind::text:
    case Kind::bytes:
      out = value;
      return true;
    case Kind::native_int:
      out = Value::of_integer(value.integer);
      return true;
    case Kind::list:
    case Kind::map:
      return value.form == Form::raw && depth < kDepthMax && items_from_raw(value, depth, arena, out);
    default:
      return false;
  }
}

bool give(const std::string& text, Arena& arena, Value& out) {
  out = Value::of_text({});
  return arena.copy(text, out.text);
}

}  // namespace

bool to_argument(Take take, Arena& arena, Value& value) {
  switch (take) {
    case Take::text:
    case Take::written_text:
    case Take::written_text_list:
      return value.kind == Kind::text;
    case Take::written_boolean:
      return value.kind == Kind::boolean;
    case Take::integer:
      return value.kind == Kind::integer;
    case Take::time:
      return value.kind == Kind::time;
    case Take::duration:
      return value.kind == Kind::duration;
    case Take::list:
      return value.kind == Kind::list && to_plain(value, arena, value);
    case Take::map:
      return value.kind == Kind::map && to_plain(value, arena, value);
    case Take::text_like:
      return to_text_like(value, arena, value);
    case Take::integer_like:
      return to_integer_like(value, value);
    case Take::floating_like:
      return to_floating_like(value, value);
    case Take::boolean_like:
      return to_boolean_like(value, value);
    case Take::bytes_like:
      return to_bytes_like(value, arena, value);
    case Take::any:
    case Take::later:
    case Take::written_texts:
    case Take::written_list:
    case Take::list_of_texts:
    case Take::lambda:
      return true;
  }
  return false;
}

bool to_plain(const Value& value, Arena& arena, Value& out) {
  const Value from = value;
  if (from.is_container() && from.form != Form::raw) {
    out = from;
    if (from.form == Form::texts) out.form = Form::plain;
    return true;
  }
  return from_raw(from, 0, arena, out);
}

bool to_member(const Value& value, Arena& arena, Value& out) {
  const Value from = value;
  if (from.kind == Kind::map && is_plain(from)) {
    out = from;
    return true;
  }
  if (from.kind != Kind::list || from.form != Form::raw) return from_raw(from, 0, arena, out);
  Value* const made = arena.values(from.count);
  if (made == nullptr && from.count != 0) return false;
  for (std::size_t i = 0; i < from.count; ++i) {
    const Value& item = from.items[i];
    if (item.kind == Kind::map && is_plain(item))
      made[i] = item;
    else if (!from_raw(item, 1, arena, made[i]))
      return false;
  }
  out = Value::of_items(Kind::list, Form::plain, made, from.count);
  return true;
}

Value normalized(const Value& value) noexcept {
  Value out = value;
  if (out.kind == Kind::native_int) out.kind = Kind::integer;
  if (out.kind == Kind::list && out.form == Form::texts) out.form = Form::raw;
  return out;
}

bool to_text_like(const Value& value, Arena& arena, Value& out) {
  const Value from = value;
  out = from;
  if (from.kind == Kind::text || from.kind == Kind::nil) return true;
  if (from.kind == Kind::bytes) {
    char* const digits = arena.characters(2 * from.text.size());
    if (digits == nullptr) return false;
    text::write_hex(bytes_of(from.text), digits);
    out = Value::of_text({digits, 2 * from.text.size()});
    return true;
  }
  if (from.kind == Kind::boolean) {
    out = Value::of_text(from.integer != 0 ? "true" : "false");
    return true;
  }
  std::string text;
  return append_go_json(from, JsonStyle::ottl, text) && give(text, arena, out);
}

bool to_integer_like(const Value& value, Value& out) {
  switch (value.kind) {
    case Kind::nil:
    case Kind::integer:
      out = value;
      return true;
    case Kind::boolean:
      out = Value::of_integer(value.integer);
      return true;
    case Kind::floating:
      out = Value::of_integer(truncated(value.floating));
      return true;
    case Kind::text: {
      const std::optional<std::int64_t> number = parse_go_integer(value.text, 10);
      if (number) out = Value::of_integer(*number);
      return number.has_value();
    }
    default:
      return false;
  }
}

bool to_floating_like(const Value& value, Value& out) {
  switch (value.kind) {
    case Kind::nil:
    case Kind::floating:
      out = value;
      return true;
    case Kind::boolean:
    case Kind::integer:
      out = Value::of_floating(static_cast<double>(value.integer));
      return true;
    case Kind::text: {
      const std::optional<double> number = parse_go_double(value.text);
      if (number) out = Value::of_floating(*number);
      return number.has_value();
    }
    default:
      return false;
  }
}

bool to_boolean_like(const Value& value, Value& out) {
  switch (value.kind) {
    case Kind::nil:
    case Kind::boolean:
      out = value;
      return true;
    case Kind::integer:
    case Kind::native_int:
      out = Value::of_boolean(value.integer != 0);
      return true;
    case Kind::floating:
      out = Value::of_boolean(value.floating != 0);
      return true;
    case Kind::text: {
      const std::optional<bool> yes = parse_go_boolean(value.text);
      if (yes) out = Value::of_boolean(*yes);
      return yes.has_value();
    }
    default:
      return false;
  }
}

bool to_bytes_like(const Value& value, Arena& arena, Value& out) {
  const Value from = value;
  std::uint64_t word = 0;
  switch (from.kind) {
    case Kind::nil:
      out = from;
      return true;
    case Kind::text:
    case Kind::bytes:
      out = Value::of_text(from.text, Kind::bytes);
      return true;
    case Kind::boolean:
      out = Value::of_text(from.integer != 0 ? std::string_view("\x01", 1) : std::string_view("\x00", 1), Kind::bytes);
      return true;
    case Kind::integer:
      word = static_cast<std::uint64_t>(from.integer);
      break;
    case Kind::floating:
      std::memcpy(&word, &from.floating, sizeof word);
      break;
    default:
      return false;
  }
  char big_endian[8];
  for (int i = 0; i < 8; ++i) big_endian[i] = static_cast<char>(word >> (56 - 8 * i));
  out = Value::of_text({}, Kind::bytes);
  return arena.copy({big_endian, sizeof big_endian}, out.text);
}

bool element_text(const Value& element, Arena& arena, std::string_view& out) {
  std::string text;
  switch (element.kind) {
    case Kind::nil:
      out = {};
      return true;
    case Kind::text:
      out = element.text;
      return true;
    case Kind::bytes:
      text::append_base64(bytes_of(element.text), text);
      break;
    case Kind::floating:
      if (std::isfinite(element.floating)) {
        append_go_json_double(element.floating, ShortExponent::yes, text);
      } else {
        text = std::isnan(element.floating) ? "NaN" : element.floating < 0 ? "-Infinity" : "Infinity";
      }
      break;
    default:
      if (!append_go_json(element, JsonStyle::pdata, text)) text.clear();
  }
  return arena.copy(text, out);
}

}  // namespace entail::ottl
