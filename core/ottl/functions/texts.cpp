// Converters of texts.
#include "ottl/csv.hpp"
#include "ottl/evaluation.hpp"
#include "ottl/strcase.hpp"
#include "text/utf8.hpp"

namespace entail::ottl::functions {

namespace {

using Kind = Value::Kind;
using Form = Value::Form;

bool has_prefix(Call& call, Value& out) {
  out = Value::of_boolean(call[0].text.starts_with(call[1].text));
  return true;
}

bool has_suffix(Call& call, Value& out) {
  out = Value::of_boolean(call[0].text.ends_with(call[1].text));
  return true;
}

bool concat(Call& call, Value& out) {
  const Value& list = call[0];
  const std::string_view delimiter = call[1].text;
  const auto text_of = [](const Value& item) { return item.kind == Kind::nil ? std::string_view("<nil>") : item.text; };
  std::size_t size = 0;
  for (std::size_t i = 0; i < list.count; ++i) size += text_of(list.items[i]).size() + (i == 0 ? 0 : delimiter.size());
  char* at = call.arena().characters(size);
  if (at == nullptr) return false;
  out = Value::of_text({at, size});
  const auto append = [&at](std::string_view text) {
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    at += text.size();
  };
  for (std::size_t i = 0; i < list.count; ++i) {
    if (i != 0) append(delimiter);
    append(text_of(list.items[i]));
  }
  return true;
}

bool substring(Call& call, Value& out) {
  const std::string_view text = call[0].text;
  const std::int64_t start = call[1].integer;
  const std::int64_t length = call[2].integer;
  const auto size = static_cast<std::int64_t>(text.size());
  if (start < 0 || length <= 0 || start > size || length > size - start) return false;
  auto begin = static_cast<std::size_t>(start);
  auto end = static_cast<std::size_t>(start + length);
  if (call.boolean(3, false)) {
    while (begin < text.size() && !text::starts_character(text[begin])) ++begin;
    while (begin < end && end < text.size() && !text::starts_character(text[end])) --end;
    if (end < begin) end = begin;
  }
  out = Value::of_text(text.substr(begin, end - begin));
  return true;
}

bool split(Call& call, Value& out) {
  std::vector<Value> parts;
  const bool fits = split_text(call[0].text, call[1].text, [&parts](std::string_view part) {
    if (parts.size() == kMadeBytesMax / sizeof(Value)) return false;
    parts.push_back(Value::of_text(part));
    return true;
  });
  return fits && call.give(Kind::list, Form::texts, parts, out);
}

// Of all characters in the set, at both ends.
bool trim(Call& call, Value& out) {
  const std::string_view set = call.text(1, " ");
  const auto is_trimmed = [set](char32_t code) {
    for (std::string_view rest = set; !rest.empty();) {
      const Character known = first_character(rest);
      if (known.code == code) return true;
      rest.remove_prefix(known.size);
    }
    return false;
  };
  out = Value::of_text(trimmed(call[0].text, is_trimmed));
  return true;
}

bool trim_prefix(Call& call, Value& out) {
  std::string_view text = call[0].text;
  if (text.starts_with(call[1].text)) text.remove_prefix(call[1].text.size());
  out = Value::of_text(text);
  return true;
}

bool trim_suffix(Call& call, Value& out) {
  std::string_view text = call[0].text;
  if (text.ends_with(call[1].text)) text.remove_suffix(call[1].text.size());
  out = Value::of_text(text);
  return true;
}

bool to_lower_case(Call& call, Value& out) { return call.give(to_lower(call[0].text), out); }
bool to_upper_case(Call& call, Value& out) { return call.give(to_upper(call[0].text), out); }
bool to_camel_case(Call& call, Value& out) { return call.give(to_camel(call[0].text), out); }
bool to_snake_case(Call& call, Value& out) { return call.give(to_snake(call[0].text), out); }

bool convert_case(Call& call, Value& out) {
  const std::string_view wanted = call[1].text;
  if (wanted == "lower") return to_lower_case(call, out);
  if (wanted == "upper") return to_upper_case(call, out);
  return wanted == "snake" ? to_snake_case(call, out) : to_camel_case(call, out);
}

std::unique_ptr<Prepared> check_case(const Literals& literals, BadArgument& bad) {
  const std::string_view wanted = literals.text(1, {});
  if (wanted != "lower" && wanted != "upper" && wanted != "snake" && wanted != "camel")
    bad = {1, "expected \"lower\", \"upper\", \"snake\" or \"camel\""};
  return nullptr;
}

constexpr Parameter kTarget = {"Target", Take::text};

constexpr FunctionRow kRows[] = {
    {.name = "HasPrefix", .parameters = {{kTarget, {"Prefix", Take::text}}}, .evaluate = has_prefix},
    {.name = "HasSuffix", .parameters = {{kTarget, {"Suffix", Take::text}}}, .evaluate = has_suffix},
    {.name = "Concat", .parameters = {{{"Vals", Take::list_of_texts}, {"Delimiter", Take::text}}}, .evaluate = concat},
    {.name = "Substring",
     .parameters =
         {{kTarget, {"Start", Take::integer}, {"Length", Take::integer}, {"Utf8Safe", Take::written_boolean, true}}},
     .evaluate = substring},
    {.name = "Split", .parameters = {{kTarget, {"Delimiter", Take::text}}}, .evaluate = split},
    {.name = "Trim", .parameters = {{kTarget, {"Replacement", Take::written_text, true}}}, .evaluate = trim},
    {.name = "TrimPrefix", .parameters = {{kTarget, {"Prefix", Take::text}}}, .evaluate = trim_prefix},
    {.name = "TrimSuffix", .parameters = {{kTarget, {"Suffix", Take::text}}}, .evaluate = trim_suffix},
    {.name = "ToLowerCase", .parameters = {{kTarget}}, .evaluate = to_lower_case},
    {.name = "ToUpperCase", .parameters = {{kTarget}}, .evaluate = to_upper_case},
    {.name = "ToCamelCase", .parameters = {{kTarget}}, .evaluate = to_camel_case},
    {.name = "ToSnakeCase", .parameters = {{kTarget}}, .evaluate = to_snake_case},
    {.name = "ConvertCase",
     .parameters = {{kTarget, {"ToCase", Take::written_text}}},
     .evaluate = convert_case,
     .prepare = check_case},
};

}  // namespace

std::span<const FunctionRow> texts_rows() { return kRows; }

}  // namespace entail::ottl::functions
