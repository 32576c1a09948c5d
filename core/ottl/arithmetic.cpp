#include "ottl/arithmetic.hpp"

#include <limits>

namespace entail::ottl {

namespace {

using Kind = Value::Kind;

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

std::int64_t wrapped(std::uint64_t value) noexcept { return static_cast<std::int64_t>(value); }

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

std::int64_t difference(const Value& left, const Value& right) noexcept {
  constexpr Value::Form kWide = Value::Form::wide;
  std::int64_t near = 0;
  if (left.form != kWide && right.form != kWide && !__builtin_sub_overflow(left.integer, right.integer, &near))
    return near;
  __extension__ using Wide = __int128;
  const Instant a = instant_of(left);
  const Instant b = instant_of(right);
  const Wide ns = (Wide{a.second} - b.second) * kNsPerSecond + (Wide{a.nanosecond} - b.nanosecond);
  if (ns > std::numeric_limits<std::int64_t>::max()) return std::numeric_limits<std::int64_t>::max();
  if (ns < std::numeric_limits<std::int64_t>::min()) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(ns);
}

bool time_arithmetic(Node::Kind kind, const Value& left, const Value& right, Value& out) noexcept {
  const bool minus = kind == Node::Kind::subtract;
  if (!minus && kind != Node::Kind::add) return false;
  const bool left_is_time = left.kind == Kind::time;
  if (left_is_time && right.kind == Kind::time) {
    if (minus) out = Value::of_duration(difference(left, right));
    return minus;
  }
  if (left_is_time && right.kind == Kind::duration) {
    out = shifted(left, minus ? wrapped(0 - static_cast<std::uint64_t>(right.integer)) : right.integer);
    return true;
  }
  if (left.kind != Kind::duration) return false;
  if (right.kind == Kind::time) {
    if (!minus) out = shifted(right, left.integer);
    return !minus;
  }
  if (right.kind != Kind::duration || !whole_arithmetic(kind, left.integer, right.integer, out)) return false;
  out.kind = Kind::duration;
  return true;
}

}  // namespace

Value shifted(const Value& time, std::int64_t ns) noexcept {
  Value near = time;
  if (time.form != Value::Form::wide && !__builtin_add_overflow(time.integer, ns, &near.integer)) return near;
  const Instant from = instant_of(time);
  const Instant moved = instant_after(from.second, ns);
  Value out = time_of(instant_after(moved.second, std::int64_t{moved.nanosecond} + from.nanosecond));
  if (out.form != Value::Form::wide) {
    out.count = static_cast<std::uint32_t>(zone_offset(time));
    out.text = time.text;
  }
  return out;
}

bool calculate(Node::Kind kind, const Value& left, const Value& right, Value& out) noexcept {
  if (left.kind == Kind::integer && right.kind == Kind::integer)
    return whole_arithmetic(kind, left.integer, right.integer, out);
  if (left.is_number() && right.is_number()) return floating_arithmetic(kind, left.as_double(), right.as_double(), out);
  return time_arithmetic(kind, left, right, out);
}

bool negate(Value& value) noexcept {
  if (value.kind == Kind::integer) {
    value.integer = wrapped(0 - static_cast<std::uint64_t>(value.integer));
    return true;
  }
  if (value.kind != Kind::floating) return false;
  value.floating = -value.floating;
  return true;
}

}  // namespace entail::ottl
