// Converters of lists and maps.
#include <algorithm>
#include <cmath>

#include "ottl/conversion.hpp"
#include "ottl/evaluation.hpp"
#include "ottl/member_list.hpp"

namespace entail::ottl::functions {

namespace {

using Kind = Value::Kind;
using Form = Value::Form;

bool contains_value(Call& call, Value& out) {
  ItemCursor cursor(call[0]);
  std::string_view key;
  Value item;
  out = Value::of_boolean(false);
  while (cursor.next(key, item))
    if (holds(item, Relation::equal, call[1])) out = Value::of_boolean(true);
  return true;
}

// Of a text in a text, or of a value in a list; -1 if it is not there.
bool index_of(Call& call, Value& out) {
  if (call[0].kind == Kind::text) {
    if (call[1].kind != Kind::text) return false;
    const std::size_t at = call[0].text.find(call[1].text);
    out = Value::of_integer(at == std::string_view::npos ? -1 : static_cast<std::int64_t>(at));
    return true;
  }
  Value list;
  if (call[0].kind != Kind::list || !to_plain(call[0], call.arena(), list)) return false;
  ItemCursor cursor(list);
  std::string_view key;
  Value item;
  for (std::int64_t i = 0; cursor.next(key, item); ++i) {
    if (!holds(item, Relation::equal, call[1])) continue;
    out = Value::of_integer(i);
    return true;
  }
  out = Value::of_integer(-1);
  return true;
}

bool coalesce(Call& call, Value& out) {
  for (std::size_t i = 0; i < call.item_count(0); ++i) {
    if (!call.read_item(0, i, out)) return false;
    if (out.kind != Kind::nil) return true;
  }
  out = {};
  return true;
}

std::unique_ptr<Prepared> check_coalesce(const Literals& literals, BadArgument& bad) {
  if (literals.values[0] != nullptr && literals.values[0]->count == 0) bad = {0, "Coalesce needs at least one value"};
  return nullptr;
}

bool keys(Call& call, Value& out) {
  ItemCursor cursor(call[0]);
  std::string_view key;
  std::vector<Value> found;
  for (Value item; cursor.next(key, item);) found.push_back(Value::of_text(key));
  return call.give(Kind::list, Form::plain, found, out);
}

bool values(Call& call, Value& out) {
  ItemCursor cursor(call[0]);
  std::string_view key;
  std::vector<Value> found;
  for (Value item; cursor.next(key, item);) found.push_back(item);
  return call.give(Kind::list, Form::plain, found, out);
}

bool extract(const Value& element, const Value& path, Value& out) {
  out = element;
  for (std::size_t i = 0; i < path.count; ++i) {
    const Value map = out;
    if (map.kind != Kind::map || !member_of(map, path.items[i].text, out)) return false;
  }
  return path.count != 0;
}

bool slice_to_map(Call& call, Value& out) {
  Value key_path;
  Value value_path;
  if (call.has(1) && !call.read_later(1, key_path)) return false;
  if (call.has(2) && !call.read_later(2, value_path)) return false;
  ItemCursor cursor(call[0]);
  std::string_view no_key;
  Value element;
  MemberList members;
  for (std::size_t i = 0; cursor.next(no_key, element); ++i) {
    if ((call.has(1) || call.has(2)) && element.kind != Kind::map) return false;
    Value key;
    Value value = element;
    if (call.has(1)) {
      if (!extract(element, key_path, key) || key.kind != Kind::text) return false;
    } else if (!call.give(std::to_string(i), key)) {
      return false;
    }
    if (call.has(2) && !extract(element, value_path, value)) return false;
    members.put(key.text, value);
  }
  return call.give(Kind::map, Form::plain, members.pairs(), out);
}

// As cmp.Compare: NaN is below all numbers.
template <class T>
int compared(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, double>) {
    if (std::isnan(a)) return std::isnan(b) ? 0 : -1;
    if (std::isnan(b)) return 1;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

template <class T>
void sort_by(std::vector<std::pair<T, Value>>& items, bool descending) {
  std::stable_sort(items.begin(), items.end(), [descending](const auto& a, const auto& b) {
    return descending ? compared(b.first, a.first) < 0 : compared(a.first, b.first) < 0;
  });
}

template <class T>
bool give_sorted(Call& call, std::vector<std::pair<T, Value>>& items, bool descending, Form form, Value& out) {
  sort_by(items, descending);
  std::vector<Value> sorted;
  for (const auto& item : items) sorted.push_back(item.second);
  return call.give(Kind::list, form, sorted, out);
}

// The type by which elements compare, as the Collector chooses it; nil: they stay as they are.
Kind common_kind(const std::vector<Value>& items) {
  const Kind first = items[0].kind;
  bool as_text = false;
  bool as_double = false;
  for (const Value& item : items) {
    if (item.kind == Kind::integer || item.kind == Kind::floating)
      as_double |= (first == Kind::integer || first == Kind::floating) && item.kind != first;
    else if (item.kind == Kind::text || item.kind == Kind::boolean || item.kind == Kind::nil)
      as_text = true;
    else
      return Kind::nil;
  }
  return as_text ? Kind::text : as_double ? Kind::floating : first;
}

bool sort_elements(Call& call, const Value& list, bool descending, Value& out) {
  std::vector<Value> items;
  ItemCursor cursor(list);
  std::string_view key;
  for (Value item; cursor.next(key, item);) items.push_back(item);
  out = list;
  if (items.empty()) return true;
  switch (common_kind(items)) {
    case Kind::integer: {
      std::vector<std::pair<std::int64_t, Value>> by;
      for (const Value& item : items) by.emplace_back(item.integer, item);
      return give_sorted(call, by, descending, Form::raw, out);
    }
    case Kind::floating: {
      std::vector<std::pair<double, Value>> by;
      for (const Value& item : items) by.emplace_back(item.as_double(), item);
      return give_sorted(call, by, descending, Form::raw, out);
    }
    case Kind::text: {
      std::vector<std::pair<std::string_view, Value>> by;
      for (const Value& item : items)
        if (!element_text(item, call.arena(), by.emplace_back(std::string_view(), item).first)) return false;
      return give_sorted(call, by, descending, Form::raw, out);
    }
    default:
      return true;
  }
}

bool sort(Call& call, Value& out) {
  const Value& list = call[0];
  const bool descending = call.text(1, "asc") == "desc";
  if (list.kind != Kind::list) return false;
  if (list.form == Form::texts) {
    std::vector<std::pair<std::string_view, Value>> by;
    for (std::size_t i = 0; i < list.count; ++i) by.emplace_back(list.items[i].text, list.items[i]);
    return give_sorted(call, by, descending, Form::texts, out);
  }
  Value plain;
  return to_plain(list, call.arena(), plain) && sort_elements(call, plain, descending, out);
}

std::unique_ptr<Prepared> check_sort(const Literals& literals, BadArgument& bad) {
  const std::string_view order = literals.text(1, "asc");
  if (order != "asc" && order != "desc") bad = {1, "expected \"asc\" or \"desc\""};
  return nullptr;
}

constexpr FunctionRow kRows[] = {
    {.name = "ContainsValue",
     .parameters = {{{"Target", Take::list}, {"Item", Take::any}}},
     .evaluate = contains_value},
    {.name = "Index", .parameters = {{{"Target", Take::any}, {"Value", Take::any}}}, .evaluate = index_of},
    {.name = "Coalesce",
     .parameters = {{{"Values", Take::written_list}}},
     .evaluate = coalesce,
     .prepare = check_coalesce},
    {.name = "Keys", .parameters = {{{"Target", Take::map}}}, .evaluate = keys},
    {.name = "Values", .parameters = {{{"Target", Take::map}}}, .evaluate = values},
    {.name = "SliceToMap",
     .parameters = {{{"Target", Take::list},
                     {"KeyPath", Take::written_texts, true},
                     {"ValuePath", Take::written_texts, true}}},
     .evaluate = slice_to_map},
    {.name = "Sort",
     .parameters = {{{"Target", Take::any}, {"Order", Take::written_text, true}}},
     .evaluate = sort,
     .prepare = check_sort},
};

}  // namespace

std::span<const FunctionRow> lists_rows() { return kRows; }

}  // namespace entail::ottl::functions
