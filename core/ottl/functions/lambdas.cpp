// Converters that take a lambda. The Collector has them behind the gate ottl.functions.enableLambda.
#include "ottl/conversion.hpp"
#include "ottl/evaluation.hpp"
#include "ottl/member_list.hpp"

namespace entail::ottl::functions {

namespace {

using Kind = Value::Kind;
using Form = Value::Form;

// Walks a list or a map and calls visit(key or index, item), which says whether to go on; false if the source is
// neither, or if visit failed.
enum class Step : std::uint8_t { next, stop, fail };

template <class Visit>
bool walk(Call& call, Value& source, const Visit& visit) {
  if (!call[0].is_container() || !to_plain(call[0], call.arena(), source)) return false;
  ItemCursor cursor(source);
  std::string_view key;
  Value item;
  for (std::int64_t i = 0; cursor.next(key, item); ++i) {
    const Step step = visit(source.kind == Kind::map ? Value::of_text(key) : Value::of_integer(i), item);
    if (step == Step::fail) return false;
    if (step == Step::stop) return true;
  }
  return true;
}

// The lambda's answer; nil is an error, as in the Collector.
bool answer_of(Call& call, std::size_t lambda, std::span<const Value> arguments, Value& out) {
  return call.apply(lambda, arguments, out) && out.kind != Kind::nil;
}

bool asks(Call& call, std::size_t lambda, const Value& key, const Value& item, bool& yes) {
  const Value arguments[] = {key, item};
  Value answer;
  if (!call.apply(lambda, arguments, answer) || answer.kind != Kind::boolean) return false;
  yes = answer.integer != 0;
  return true;
}

// Whether the lambda is `wanted` of some item.
bool some_item(Call& call, bool wanted, bool& found) {
  Value source;
  found = false;
  return walk(call, source, [&](const Value& key, const Value& item) {
    bool yes = false;
    if (!asks(call, 1, key, item, yes)) return Step::fail;
    found = yes == wanted;
    return found ? Step::stop : Step::next;
  });
}

bool any(Call& call, Value& out) {
  bool found = false;
  if (!some_item(call, true, found)) return false;
  out = Value::of_boolean(found);
  return true;
}

bool all(Call& call, Value& out) {
  bool found = false;
  if (!some_item(call, false, found)) return false;
  out = Value::of_boolean(!found);
  return true;
}

bool filter(Call& call, Value& out) {
  Value source;
  std::vector<Value> kept;
  const bool walked = walk(call, source, [&](const Value& key, const Value& item) {
    bool yes = false;
    if (!asks(call, 1, key, item, yes)) return Step::fail;
    if (yes && source.kind == Kind::map) kept.push_back(key);
    if (yes) kept.push_back(item);
    return Step::next;
  });
  return walked && call.give(source.kind, Form::plain, kept, out);
}

bool find(Call& call, Value& out) {
  Value source;
  out = {};
  return walk(call, source, [&](const Value& key, const Value& item) {
    bool yes = false;
    if (!asks(call, 1, key, item, yes)) return Step::fail;
    if (!yes) return Step::next;
    out = item;
    if (!call.has(2)) return Step::stop;
    const Value arguments[] = {key, item};
    if (!answer_of(call, 2, arguments, out)) return Step::fail;
    out = normalized(out);
    return Step::stop;
  });
}

bool map_each(Call& call, Value& out) {
  Value source;
  std::vector<Value> made;
  const bool walked = walk(call, source, [&](const Value& key, const Value& item) {
    const Value arguments[] = {key, item};
    Value result;
    if (!answer_of(call, 1, arguments, result) || !to_plain(result, call.arena(), result)) return Step::fail;
    if (source.kind == Kind::map) made.push_back(key);
    made.push_back(result);
    return Step::next;
  });
  return walked && call.give(source.kind, Form::plain, made, out);
}

bool map_keys(Call& call, Value& out) {
  Value source;
  MemberList members;
  const bool walked = walk(call, source, [&](const Value& key, const Value& item) {
    const Value arguments[] = {key, item};
    Value name;
    if (!call.apply(1, arguments, name) || name.kind != Kind::text) return Step::fail;
    members.put(name.text, item);
    return Step::next;
  });
  return walked && call.give(Kind::map, Form::plain, members.pairs(), out);
}

bool reduce(Call& call, Value& out) {
  Value source;
  out = call[1];
  return walk(call, source, [&](const Value& key, const Value& item) {
    const Value arguments[] = {out, key, item};
    return answer_of(call, 2, arguments, out) ? Step::next : Step::fail;
  });
}

bool when(Call& call, Value& out) {
  Value answer;
  if (!call.apply(0, {}, answer) || answer.kind != Kind::boolean) return false;
  return call.read_later(answer.integer != 0 ? 1 : 2, out);
}

constexpr Parameter kSource = {"Source", Take::any};
constexpr Parameter kPredicate = {"Predicate", Take::lambda, false, 2};
constexpr Parameter kMapper = {"Mapper", Take::lambda, false, 2};

constexpr FunctionRow kRows[] = {
    {.name = "Any", .parameters = {{kSource, kPredicate}}, .evaluate = any},
    {.name = "All", .parameters = {{kSource, kPredicate}}, .evaluate = all},
    {.name = "Filter", .parameters = {{kSource, kPredicate}}, .evaluate = filter},
    {.name = "Find", .parameters = {{kSource, kPredicate, {"Mapper", Take::lambda, true, 2}}}, .evaluate = find},
    {.name = "MapEach", .parameters = {{kSource, kMapper}}, .evaluate = map_each},
    {.name = "MapKeys",
     .parameters = {{{"Source", Take::map}, {"KeyMapper", Take::lambda, false, 2}}},
     .evaluate = map_keys},
    {.name = "Reduce",
     .parameters = {{kSource, {"Seed", Take::any}, {"Accumulator", Take::lambda, false, 3}}},
     .evaluate = reduce},
    {.name = "When",
     .parameters = {{{"Condition", Take::lambda, false, 0}, {"TrueValue", Take::later}, {"FalseValue", Take::later}}},
     .evaluate = when},
};

}  // namespace

std::span<const FunctionRow> lambdas_rows() { return kRows; }

}  // namespace entail::ottl::functions
