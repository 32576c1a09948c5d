// Converters that ask for the type of a value, or change it.
#include "ottl/evaluation.hpp"

namespace entail::ottl::functions {

namespace {

using Kind = Value::Kind;

template <Kind kind>
bool is_kind(Call& call, Value& out) {
  out = Value::of_boolean(call[0].kind == kind);
  return true;
}

bool is_list(Call& call, Value& out) {
  const Kind kind = call[0].kind;
  out = Value::of_boolean(kind == Kind::list || kind == Kind::events || kind == Kind::links);
  return true;
}

bool is_empty(Call& call, Value& out) {
  const Value& value = call[0];
  bool empty = false;
  switch (value.kind) {
    case Kind::nil:
      empty = true;
      break;
    case Kind::boolean:
    case Kind::integer:
    case Kind::native_int:
    case Kind::duration:
      empty = value.integer == 0;
      break;
    case Kind::floating:
      empty = value.floating == 0;
      break;
    case Kind::text:
    case Kind::bytes:
      empty = value.text.empty();
      break;
    case Kind::list:
    case Kind::map:
      empty = count_of(value) == 0;
      break;
    case Kind::trace_id:
    case Kind::span_id:
    case Kind::profile_id:
      empty = value.text.find_first_not_of('\0') == std::string_view::npos;
      break;
    case Kind::time: {
      constexpr std::int64_t kYearOne = -62135596800;  // Go's zero time, in its own zone
      empty = instant_of(value) == Instant{kYearOne, 0} && zone_offset(value) == 0;
      break;
    }
    case Kind::events:
    case Kind::links:
    case Kind::status:
      break;
  }
  out = Value::of_boolean(empty);
  return true;
}

bool len(Call& call, Value& out) {
  const Value& value = call[0];
  std::size_t size = 0;
  switch (value.kind) {
    case Kind::text:
    case Kind::bytes:
      size = value.text.size();
      break;
    case Kind::list:
    case Kind::map:
      size = count_of(value);
      break;
    case Kind::events:
      size = call.source().event_count();
      break;
    case Kind::links:
      size = call.source().link_count();
      break;
    default:
      return false;
  }
  out = Value::of_integer(static_cast<std::int64_t>(size));
  return true;
}

// The argument has been converted already.
bool converted(Call& call, Value& out) {
  out = call[0];
  return true;
}

constexpr FunctionRow kRows[] = {
    {.name = "IsString", .parameters = {{{"Target", Take::any}}}, .evaluate = is_kind<Kind::text>},
    {.name = "IsInt", .parameters = {{{"Target", Take::any}}}, .evaluate = is_kind<Kind::integer>},
    {.name = "IsDouble", .parameters = {{{"Target", Take::any}}}, .evaluate = is_kind<Kind::floating>},
    {.name = "IsBool", .parameters = {{{"Target", Take::any}}}, .evaluate = is_kind<Kind::boolean>},
    {.name = "IsList", .parameters = {{{"Target", Take::any}}}, .evaluate = is_list},
    {.name = "IsMap", .parameters = {{{"Target", Take::any}}}, .evaluate = is_kind<Kind::map>},
    {.name = "IsEmpty", .parameters = {{{"Target", Take::any}}}, .evaluate = is_empty},
    {.name = "Len", .parameters = {{{"Target", Take::any}}}, .evaluate = len},
    {.name = "Int", .parameters = {{{"Target", Take::integer_like}}}, .evaluate = converted},
    {.name = "Double", .parameters = {{{"Target", Take::floating_like}}}, .evaluate = converted},
    {.name = "Bool", .parameters = {{{"Target", Take::boolean_like}}}, .evaluate = converted},
    {.name = "String", .parameters = {{{"Target", Take::text_like}}}, .evaluate = converted},
};

}  // namespace

std::span<const FunctionRow> types_rows() { return kRows; }

}  // namespace entail::ottl::functions
