// ExtractGrokPatterns.
#include "ottl/grok.hpp"
#include "ottl/evaluation.hpp"
#include "ottl/go_number.hpp"
#include "ottl/go_regex.hpp"

namespace entail::ottl::functions {

namespace {

using Kind = Value::Kind;
using Form = Value::Form;

struct CompiledGrok {
  struct Group {
    std::size_t index = 0;  // in the pattern
    std::string key;
    std::string type;  // empty: a text
  };
  std::unique_ptr<GoRegex> regex;
  std::vector<Group> groups;  // those with a name
};

struct GrokCall final : Prepared {
  GrokDefinitions definitions;
  bool named_only = false;
  std::unique_ptr<CompiledGrok> literal;  // null: the pattern is compiled each time
};

std::unique_ptr<CompiledGrok> compile_grok(std::string_view pattern, const GrokCall& call, std::string& error) {
  auto out = std::make_unique<CompiledGrok>();
  GrokPattern expanded;
  if (!expand_grok(pattern, call.definitions, call.named_only, expanded, error)) return nullptr;
  out->regex = GoRegex::compile(expanded.regex, error);
  if (out->regex == nullptr) return nullptr;
  const std::vector<std::string>& names = out->regex->group_names();
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (names[i].empty()) continue;
    const auto type = expanded.types.find(names[i]);
    out->groups.push_back({i, grok_key(names[i]), type == expanded.types.end() ? std::string() : type->second});
  }
  if (call.named_only && out->groups.empty()) {
    error = "the pattern names nothing: %{NAME:key}";
    return nullptr;
  }
  return out;
}

std::unique_ptr<Prepared> prepare_grok(const Literals& literals, BadArgument& bad) {
  auto out = std::make_unique<GrokCall>();
  out->named_only = literals.values[2] != nullptr && literals.values[2]->integer != 0;
  const Value* const definitions = literals.values[3];
  for (std::size_t i = 0; definitions != nullptr && i < definitions->count; ++i) {
    const std::string_view text = definitions->items[i].text;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || text.substr(0, equals).find(':') != std::string_view::npos) {
      bad = {3, "a definition is written NAME=pattern"};
      return nullptr;
    }
    out->definitions[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  if (literals.values[1] == nullptr) return out;
  std::string error;
  out->literal = compile_grok(literals.text(1, {}), *out, error);
  if (out->literal == nullptr) bad = {1, error};
  return out;
}

// The text as the type that the pattern names.
bool typed(std::string_view text, std::string_view type, Value& out) {
  if (type == "int" || type == "long") {
    const auto number = parse_go_integer(text, 10);
    if (number) out = Value::of_integer(*number);
    return number.has_value();
  }
  if (type == "float" || type == "double") {
    const auto number = parse_go_double(text);
    if (number) out = Value::of_floating(*number);
    return number.has_value();
  }
  if (type == "bool" || type == "boolean") {
    const auto yes = parse_go_boolean(text);
    if (yes) out = Value::of_boolean(*yes);
    return yes.has_value();
  }
  out = Value::of_text(text);
  return type.empty() || type == "string";
}

bool extract_grok(Call& call, Value& out) {
  const GrokCall& prepared = *call.prepared<GrokCall>();
  std::unique_ptr<CompiledGrok> compiled;
  std::string error;
  if (prepared.literal == nullptr) compiled = compile_grok(call[1].text, prepared, error);
  const CompiledGrok* const grok = prepared.literal != nullptr ? prepared.literal.get() : compiled.get();
  if (grok == nullptr) return false;
  std::vector<Value> pairs;
  const auto captures = grok->regex->captures(call[0].text);
  if (!captures) return call.give(Kind::map, Form::plain, pairs, out);
  for (const CompiledGrok::Group& group : grok->groups) {
    const std::string_view text = (*captures)[group.index];
    if (text.empty()) continue;
    Value key = Value::of_text(group.key);
    Value value;
    if (compiled != nullptr && !call.give(group.key, key)) return false;  // the pattern lasts no longer than this call
    if (!typed(text, group.type, value)) return false;
    pairs.push_back(key);
    pairs.push_back(value);
  }
  return call.give(Kind::map, Form::plain, pairs, out);
}

constexpr FunctionRow kRows[] = {
    {.name = "ExtractGrokPatterns",
     .parameters = {{{"Target", Take::text},
                     {"Pattern", Take::text},
                     {"NamedCapturesOnly", Take::written_boolean, true},
                     {"PatternDefinitions", Take::written_texts, true}}},
     .evaluate = extract_grok,
     .prepare = prepare_grok},
};

}  // namespace

std::span<const FunctionRow> grok_rows() { return kRows; }

}  // namespace entail::ottl::functions
