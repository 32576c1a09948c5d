#include "ottl/value.hpp"

namespace entail::ottl {

namespace {

using Kind = Value::Kind;

template <class T>
bool compare(const T& left, Relation relation, const T& right) noexcept {
  switch (relation) {
    case Relation::equal:
      return left == right;
    case Relation::not_equal:
      return left != right;
    case Relation::less:
      return left < right;
    case Relation::less_or_equal:
      return left <= right;
    case Relation::greater:
      return left > right;
    case Relation::greater_or_equal:
      return left >= right;
  }
  return false;
}

bool is_number(const Value& value) noexcept { return value.kind == Kind::integer || value.kind == Kind::floating; }

double as_double(const Value& value) noexcept {
  return value.kind == Kind::integer ? static_cast<double>(value.integer) : value.floating;
}

}  // namespace

bool holds(const Value& left, Relation relation, const Value& right) noexcept {
  if (left.kind != right.kind) {
    if (is_number(left) && is_number(right)) return compare(as_double(left), relation, as_double(right));
    return relation == Relation::not_equal;
  }
  switch (left.kind) {
    case Kind::nil:
      return compare(0, relation, 0);
    case Kind::floating:
      return compare(left.floating, relation, right.floating);
    case Kind::boolean:
    case Kind::integer:
    case Kind::duration:
    case Kind::time:
      return compare(left.integer, relation, right.integer);
    case Kind::text:
    case Kind::bytes:
      return compare(left.text, relation, right.text);
    case Kind::list:
    case Kind::map:
      return relation == Relation::not_equal;
  }
  return false;
}

std::string_view kind_name(Kind kind) noexcept {
  switch (kind) {
    case Kind::nil:
      return "nil";
    case Kind::boolean:
      return "a boolean";
    case Kind::integer:
    case Kind::floating:
      return "a number";
    case Kind::text:
      return "a text";
    case Kind::bytes:
      return "bytes";
    case Kind::duration:
      return "a duration";
    case Kind::time:
      return "a time";
    case Kind::list:
      return "a list";
    case Kind::map:
      return "a map";
  }
  return {};
}

}  // namespace entail::ottl
