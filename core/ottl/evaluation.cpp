#include "ottl/evaluation.hpp"

#include <cstring>
#include <limits>

#include "otlp/decode.hpp"
#include "otlp/fields.hpp"
#include "wire/field_cursor.hpp"

namespace entail::ottl {

namespace {

using Kind = Value::Kind;

Bytes bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::int64_t wrapped(std::uint64_t value) noexcept { return static_cast<std::int64_t>(value); }

// Times and durations stop at the ends of 64 bits.
std::int64_t saturated(std::int64_t left, std::int64_t right, bool minus) noexcept {
  std::int64_t out = 0;
  const bool over = minus ? __builtin_sub_overflow(left, right, &out) : __builtin_add_overflow(left, right, &out);
  if (!over) return out;
  return left < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

bool whole_arithmetic(Node::Kind kind, std::int64_t left, std::int64_t right, Value& out) noexcept {
  const auto a = static_cast<std::uint64_t>(left);
  const auto b = static_cast<std::uint64_t>(right);
  switch (kind) {
    case Node::Kind::add:
      out = Value::of_integer(wrapped(a + b));
      return true;
    case Node::Kind::subtract:
      out = Value::of_integer(wrapped(a - b));
      return true;
    case Node::Kind::multiply:
      out = Value::of_integer(wrapped(a * b));
      return true;
    default:
      if (right == 0) return false;
      out = Value::of_integer(right == -1 ? wrapped(0 - a) : left / right);
      return true;
  }
}

bool floating_arithmetic(Node::Kind kind, double left, double right, Value& out) noexcept {
  if (kind == Node::Kind::divide && right == 0) return false;
  out = Value::of_floating(kind == Node::Kind::add        ? left + right
                           : kind == Node::Kind::subtract ? left - right
                           : kind == Node::Kind::multiply ? left * right
                                                          : left / right);
  return true;
}

bool time_arithmetic(Node::Kind kind, const Value& left, const Value& right, Value& out) noexcept {
  const bool minus = kind == Node::Kind::subtract;
  if (!minus && kind != Node::Kind::add) return false;
  const std::int64_t ns = saturated(left.integer, right.integer, minus);
  if (left.kind == Kind::time && right.kind == Kind::time) {
    out = Value::of_duration(ns);
    return minus;
  }
  if (left.kind == Kind::duration && right.kind == Kind::time) {
    out = Value::of_time(ns);
    return !minus;
  }
  if (right.kind != Kind::duration) return false;
  out = left.kind == Kind::time ? Value::of_time(ns) : Value::of_duration(ns);
  return left.kind == Kind::time || left.kind == Kind::duration;
}

bool is_number(const Value& value) noexcept { return value.kind == Kind::integer || value.kind == Kind::floating; }
bool is_time(const Value& value) noexcept { return value.kind == Kind::time || value.kind == Kind::duration; }
double as_double(const Value& value) noexcept {
  return value.kind == Kind::integer ? static_cast<double>(value.integer) : value.floating;
}

}  // namespace

bool element_of(const Value& list, std::uint32_t index, Value& out) noexcept {
  const Bytes bytes = bytes_of(list.text);
  wire::FieldCursor cursor(bytes);
  for (wire::FieldView field; cursor.next(field);) {
    if (!field.is(otlp::list_field::kValues) || index-- != 0) continue;
    out = value_of(bytes, otlp::read_value(bytes, field.payload));
    return true;
  }
  return false;
}

bool member_of(const Value& map, std::string_view key, Value& out) noexcept {
  const Bytes bytes = bytes_of(map.text);
  otlp::AttributeCursor cursor(bytes, 0, static_cast<std::uint32_t>(bytes.size()), otlp::list_field::kValues);
  for (otlp::AttributeView attribute; cursor.next(attribute);) {
    if (map.text.substr(attribute.key.offset, attribute.key.size) != key) continue;
    out = value_of(bytes, attribute);
    return true;
  }
  return false;
}

std::int64_t count_of(const Value& value) noexcept {
  const Bytes bytes = bytes_of(value.text);
  wire::FieldCursor cursor(bytes);
  std::int64_t count = 0;
  for (wire::FieldView field; cursor.next(field);) count += field.is(otlp::list_field::kValues);
  return count;
}

Outcome Evaluation::run() noexcept {
  bool yes = false;
  if (!condition(program_.root, yes)) return Outcome::error;
  return yes ? Outcome::yes : Outcome::no;
}

char* Evaluation::make(std::size_t size) noexcept {
  if (size > kMadeBytesMax - made_) return nullptr;
  char* const begin = made_bytes_ + made_;
  made_ += size;
  return begin;
}

bool Evaluation::condition(std::uint16_t index, bool& out) noexcept {
  const Node& node = program_.nodes[index];
  switch (node.kind) {
    case Node::Kind::conjunction:
    case Node::Kind::disjunction: {
      const bool any = node.kind == Node::Kind::disjunction;
      for (unsigned i = 0; i < node.count; ++i) {
        if (!condition(operand(node, i), out)) return false;
        if (out == any) return true;
      }
      return true;
    }
    case Node::Kind::negation:
      if (!condition(operand(node, 0), out)) return false;
      out = !out;
      return true;
    case Node::Kind::comparison: {
      Value left;
      Value right;
      if (!value(operand(node, 0), left) || !value(operand(node, 1), right)) return false;
      out = holds(left, static_cast<Relation>(node.detail), right);
      return true;
    }
    default: {
      Value result;
      if (!value(index, result) || result.kind != Kind::boolean) return false;
      out = result.integer != 0;
      return true;
    }
  }
}

bool Evaluation::value(std::uint16_t index, Value& out) noexcept {
  const Node& node = program_.nodes[index];
  switch (node.kind) {
    case Node::Kind::constant:
      out = program_.constants[node.index].get();
      return true;
    case Node::Kind::field:
      if (node.count == 0) {
        out = source_.field(static_cast<Field>(node.detail));
      } else {
        Value key;
        if (!value(operand(node, 0), key)) return false;
        out = source_.trace_state_entry(key.text);
      }
      return true;
    case Node::Kind::attribute:
      return attribute(program_.attributes[node.index], out);
    case Node::Kind::call:
      return call(node, out);
    case Node::Kind::add:
    case Node::Kind::subtract:
    case Node::Kind::multiply:
    case Node::Kind::divide:
      return arithmetic(node, out);
    case Node::Kind::list:
    case Node::Kind::comparison:
    case Node::Kind::conjunction:
    case Node::Kind::disjunction:
    case Node::Kind::negation:
      return false;  // the parser puts none of them where a value is asked for
  }
  return false;
}

// A missing member is nil; an index into something that has none, or beyond its end, is an error.
bool Evaluation::attribute(const AttributePath& path, Value& out) noexcept {
  out = source_.attribute(path.holder, path.slot);
  for (const AttributePath::Step& step : path.steps) {
    const Value holder = out;
    if (step.is_key) {
      if (holder.kind != Kind::map) return false;
      out = {};
      (void)member_of(holder, step.key, out);
    } else if (holder.kind != Kind::list || !element_of(holder, step.index, out)) {
      return false;
    }
  }
  return true;
}

bool Evaluation::arithmetic(const Node& node, Value& out) noexcept {
  Value left;
  Value right;
  if (!value(operand(node, 0), left) || !value(operand(node, 1), right)) return false;
  if (left.kind == Kind::integer && right.kind == Kind::integer)
    return whole_arithmetic(node.kind, left.integer, right.integer, out);
  if (is_number(left) && is_number(right))
    return floating_arithmetic(node.kind, as_double(left), as_double(right), out);
  return is_time(left) && is_time(right) && time_arithmetic(node.kind, left, right, out);
}

bool Evaluation::call(const Node& node, Value& out) noexcept {
  const auto function = static_cast<Function>(node.detail);
  if (function == Function::concat) return concat(node, out);
  if (function == Function::contains_value) return contains(node, out);
  if (function == Function::is_root_span) {
    out = Value::of_boolean(source_.is_root());
    return true;
  }
  Value arguments[3];
  for (unsigned i = 0; i < node.count; ++i)
    if (!value(operand(node, i), arguments[i])) return false;
  if (function != Function::is_match) return call_on(function, arguments, out);
  std::string_view text;
  out = Value::of_boolean(false);
  if (arguments[0].kind == Kind::nil) return true;
  if (!as_text(arguments[0], text)) return false;
  out = Value::of_boolean(program_.patterns[node.index].matches(text));
  return true;
}

template <class Visit>
bool Evaluation::for_each_element(std::uint16_t list, const Visit& visit) noexcept {
  const Node& node = program_.nodes[list];
  Value element;
  if (node.kind == Node::Kind::list) {
    for (unsigned i = 0; i < node.count; ++i)
      if (!value(operand(node, i), element) || !visit(element)) return false;
    return true;
  }
  Value holder;
  if (!value(list, holder) || holder.kind != Kind::list) return false;
  const Bytes bytes = bytes_of(holder.text);
  wire::FieldCursor cursor(bytes);
  for (wire::FieldView field; cursor.next(field);) {
    if (!field.is(otlp::list_field::kValues)) continue;
    if (!visit(value_of(bytes, otlp::read_value(bytes, field.payload)))) return false;
  }
  return true;
}

bool Evaluation::concat(const Node& node, Value& out) noexcept {
  Value delimiter;
  if (!value(operand(node, 1), delimiter) || delimiter.kind != Kind::text) return false;
  // The texts of all elements first (numbers make some), then one piece of room for the whole, grown at its end.
  char joined[kMadeBytesMax];
  std::size_t size = 0;
  bool first = true;
  const auto append = [&](std::string_view text) {
    if (text.size() > sizeof joined - size) return false;
    if (!text.empty()) std::memcpy(joined + size, text.data(), text.size());
    size += text.size();
    return true;
  };
  const bool fits = for_each_element(operand(node, 0), [&](const Value& element) {
    std::string_view text = "<nil>";
    if (element.kind != Kind::nil && !as_text(element, text)) return false;
    const bool separated = first || append(delimiter.text);
    first = false;
    return separated && append(text);
  });
  char* const begin = fits ? make(size) : nullptr;
  if (begin == nullptr) return false;
  std::memcpy(begin, joined, size);
  out = Value::of_text({begin, size});
  return true;
}

// Equal values of one kind; whole and floating numbers are two.
bool Evaluation::contains(const Node& node, Value& out) noexcept {
  Value item;
  if (!value(operand(node, 1), item)) return false;
  bool found = false;
  if (!for_each_element(operand(node, 0), [&](const Value& element) {
        found |= element.kind == item.kind && holds(element, Relation::equal, item);
        return true;
      }))
    return false;
  out = Value::of_boolean(found);
  return true;
}

}  // namespace entail::ottl
