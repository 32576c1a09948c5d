// IsMatch and ExtractPatterns.
#include "ottl/evaluation.hpp"
#include "ottl/go_regex.hpp"
#include "ottl/string_matcher.hpp"

namespace entail::ottl::functions {

namespace {

using Kind = Value::Kind;
using Form = Value::Form;

struct MatchPattern final : Prepared {
  StringMatcher matcher;
};

std::unique_ptr<Prepared> prepare_is_match(const Literals& literals, BadArgument& bad) {
  if (literals.values[1] == nullptr) return nullptr;
  auto matcher = StringMatcher::regex({std::string(literals.text(1, {}))});
  if (!matcher) {
    bad = {1, matcher.error().front().text};
    return nullptr;
  }
  auto out = std::make_unique<MatchPattern>();
  out->matcher = std::move(matcher).value();
  return out;
}

// A pattern that is not a literal is compiled each time.
bool is_match(Call& call, Value& out) {
  const Value& target = call[0];
  if (const auto* const pattern = call.prepared<MatchPattern>()) {
    out = Value::of_boolean(target.kind != Kind::nil && pattern->matcher.matches(target.text));
    return true;
  }
  const auto matcher = StringMatcher::regex({std::string(call[1].text)});
  if (!matcher) return false;
  out = Value::of_boolean(target.kind != Kind::nil && matcher->matches(target.text));
  return true;
}

struct ExtractPattern final : Prepared {
  std::unique_ptr<GoRegex> regex;
};

std::unique_ptr<Prepared> prepare_extract(const Literals& literals, BadArgument& bad) {
  if (literals.values[1] == nullptr) return nullptr;
  auto out = std::make_unique<ExtractPattern>();
  std::string error;
  out->regex = GoRegex::compile(literals.text(1, {}), error);
  if (out->regex == nullptr) bad = {1, "bad regular expression '" + std::string(literals.text(1, {})) + "': " + error};
  return out;
}

// A map of the named groups.
bool extract_patterns(Call& call, Value& out) {
  const auto* const prepared = call.prepared<ExtractPattern>();
  std::unique_ptr<GoRegex> compiled;
  std::string error;
  if (prepared == nullptr) compiled = GoRegex::compile(call[1].text, error);
  const GoRegex* const regex = prepared != nullptr ? prepared->regex.get() : compiled.get();
  if (regex == nullptr || !regex->has_named_groups()) return false;
  std::vector<Value> pairs;
  const auto groups = regex->captures(call[0].text);
  for (std::size_t i = 1; groups && i < groups->size(); ++i) {
    if (regex->group_names()[i].empty()) continue;
    Value name = Value::of_text(regex->group_names()[i]);
    if (prepared == nullptr && !call.give(name.text, name)) return false;
    pairs.push_back(name);
    pairs.push_back(Value::of_text((*groups)[i]));
  }
  return call.give(Kind::map, Form::plain, pairs, out);
}

constexpr FunctionRow kRows[] = {
    {.name = "IsMatch",
     .parameters = {{{"Target", Take::text_like}, {"Pattern", Take::text}}},
     .evaluate = is_match,
     .prepare = prepare_is_match},
    {.name = "ExtractPatterns",
     .parameters = {{{"Target", Take::text}, {"Pattern", Take::text}}},
     .evaluate = extract_patterns,
     .prepare = prepare_extract},
};

}  // namespace

std::span<const FunctionRow> patterns_rows() { return kRows; }

}  // namespace entail::ottl::functions
