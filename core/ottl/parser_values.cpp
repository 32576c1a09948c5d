#include <charconv>
#include <cmath>

#include "ottl/conversion.hpp"
#include "ottl/parser.hpp"
#include "text/ascii.hpp"

namespace entail::ottl {

namespace {

using Kind = Value::Kind;
using Form = Value::Form;

constexpr std::size_t kItemsMax = 512;  // of a list or map that is written

}  // namespace

Parser::MaybePart Parser::atom() {
  const Token& token = here();
  switch (token.kind) {
    case Token::Kind::end:
      return fail(token.offset, "the condition ends where a value is missing");
    case Token::Kind::text:
      ++at_;
      return add_text(token.offset, token.value);
    case Token::Kind::bytes:
      ++at_;
      return add_text(token.offset, token.value, Kind::bytes);
    case Token::Kind::whole:
    case Token::Kind::floating:
      return number(false);
    case Token::Kind::name:
      return name();
    case Token::Kind::symbol:
      break;
  }
  if (is("[")) return list();
  if (is("{")) return map();
  if (is_lambda()) return fail(token.offset, "a lambda can only be an argument of a converter that takes one");
  if (!take("(")) return fail(token.offset, "expected a value, found '" + token.value + "'");
  const MaybePart inner = disjunction();
  if (!inner) return inner;
  if (!take(")")) return fail(here().offset, "expected ')'");
  return inner;
}

Parser::MaybePart Parser::number(bool negative) {
  const Token& token = tokens_[at_++];
  const std::string text = (negative ? "-" : "") + token.value;
  if (token.kind == Token::Kind::whole) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return fail(token.offset, "this number needs more than 64 bits");
    return add_constant(token.offset, Value::of_integer(value));
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return fail(token.offset, "this number is too large or too small");
  return add_constant(token.offset, Value::of_floating(value));
}

Parser::MaybePart Parser::name() {
  const Token token = tokens_[at_++];
  if (token.value == "true" || token.value == "false") return add_truth(token.offset, token.value == "true");
  if (token.value == "nil") return add_constant(token.offset, {});
  if (token.value == "and" || token.value == "or" || token.value == "not")
    return fail(token.offset, "expected a value, found '" + token.value + "'");
  if (const std::uint16_t* const index = local_of(token.value)) return local(token, *index);
  const bool capital = text::is_upper(token.value[0]);
  if (is("(")) {
    if (capital) return call(token);
    return fail(token.offset, "'" + token.value + "' is not a function that a condition may call", token.value,
                function_names());
  }
  if (!capital) return path(token);
  if (const auto value = enum_value(token.value)) return add_constant(token.offset, Value::of_integer(*value));
  if (const FunctionRow* const row = find_function(token.value))
    return fail(token.offset, "a function is called with parentheses: " + usage_of(*row));
  return fail(token.offset, "'" + token.value + "' is not the name of a constant", token.value, enum_names());
}

Parser::MaybePart Parser::list() {
  const std::size_t offset = here().offset;
  if (++nesting_ > kNodeDepthMax) return too_deep(offset);
  ++at_;
  Parts parts;
  while (!is("]")) {
    if (!parts.empty() && !take(",")) return fail(here().offset, "expected ',' or ']'");
    const MaybePart part = sum();
    if (!part) return part;
    if (!part->is_operand) return fail(part->offset, "a list holds values");
    if (parts.size() == kItemsMax)
      return fail(part->offset, "a list holds at most " + std::to_string(kItemsMax) + " values");
    parts.push_back(*part);
  }
  ++at_;
  --nesting_;
  return items(Node::Kind::list, offset, parts);
}

Parser::MaybePart Parser::map() {
  const std::size_t offset = here().offset;
  if (++nesting_ > kNodeDepthMax) return too_deep(offset);
  ++at_;
  Parts parts;
  while (!is("}")) {
    if (const Checked pair = map_pair(parts); !pair) return pair.error();
    if (parts.size() > kItemsMax)
      return fail(here().offset, "a map holds at most " + std::to_string(kItemsMax / 2) + " pairs");
    (void)take(",");
  }
  ++at_;
  --nesting_;
  return items(Node::Kind::map, offset, parts);
}

// If a key is repeated, its last value counts.
Parser::Checked Parser::map_pair(Parts& parts) {
  const Token& key = here();
  if (key.kind != Token::Kind::text) return fail(key.offset, "expected a key in double quotes, or '}'");
  ++at_;
  if (!take(":")) return fail(here().offset, "expected ':' behind the key");
  const MaybePart value = sum();
  if (!value) return value.error();
  if (!value->is_operand) return fail(value->offset, "a map holds values");
  for (std::size_t i = 0; i < parts.size(); i += 2) {
    if (literal_of(parts[i])->text != key.value) continue;
    parts[i + 1] = *value;
    return {};
  }
  const MaybePart name = add_text(key.offset, key.value);
  if (!name) return name.error();
  parts.push_back(*name);
  parts.push_back(*value);
  return {};
}

// Of literals alone, a literal.
Parser::MaybePart Parser::items(Node::Kind kind, std::size_t offset, const Parts& parts) {
  for (const Part& part : parts)
    if (literal_of(part) == nullptr) return add({.kind = kind}, offset, parts);
  return constant_items(kind, offset, parts);
}

Parser::MaybePart Parser::constant_items(Node::Kind kind, std::size_t offset, const Parts& parts) {
  Value* const kept = program_.memory->values(parts.size());
  if (kept == nullptr) return no_memory(offset);
  for (std::size_t i = 0; i < parts.size(); ++i) kept[i] = *literal_of(parts[i]);
  if (kind == Node::Kind::list) return add_constant(offset, Value::of_items(Kind::list, Form::raw, kept, parts.size()));
  for (std::size_t i = 1; i < parts.size(); i += 2)
    if (!to_member(kept[i], *program_.memory, kept[i])) return fail(parts[i].offset, "a map cannot hold this value");
  return add_constant(offset, Value::of_items(Kind::map, Form::plain, kept, parts.size() / 2));
}

bool Parser::is_lambda() const noexcept {
  if (!is("(")) return false;
  std::size_t at = at_ + 1;
  while (tokens_[at].kind == Token::Kind::name || (tokens_[at].kind == Token::Kind::symbol && tokens_[at].value == ","))
    ++at;
  return tokens_[at].value == ")" && at + 1 < tokens_.size() && tokens_[at + 1].kind == Token::Kind::symbol &&
         tokens_[at + 1].value == "=>";
}

// "(" names ")" "=>" a value or a condition. REQUIRES is_lambda().
Parser::MaybePart Parser::lambda() {
  const std::size_t offset = here().offset;
  if (++nesting_ > kNodeDepthMax) return too_deep(offset);
  ++at_;
  Lambda made;
  const std::size_t outer = locals_.size();
  while (!take(")")) {
    if (!made.parameters.empty() && !take(",")) return fail(here().offset, "expected ',' or ')'");
    const Token& parameter = here();
    if (parameter.kind != Token::Kind::name) return fail(parameter.offset, "expected the name of a parameter");
    ++at_;
    if (parameter.value == "_") {
      made.parameters.push_back(kNoNode);
      continue;
    }
    if (!text::is_lower(parameter.value[0])) return fail(parameter.offset, "a parameter is written in lower case");
    for (std::size_t i = outer; i < locals_.size(); ++i)
      if (locals_[i].first == parameter.value) return fail(parameter.offset, "this parameter is named twice");
    if (local_count_ == kLocalsMax)
      return fail(parameter.offset, "a condition has at most " + std::to_string(kLocalsMax) + " lambda parameters");
    made.parameters.push_back(local_count_);
    locals_.emplace_back(parameter.value, local_count_++);
  }
  ++at_;  // =>
  const MaybePart body = is_lambda() ? fail(here().offset, "a lambda cannot give another lambda") : disjunction();
  if (!body) return body;
  locals_.resize(outer);
  --nesting_;
  made.body = body->node;
  program_.lambdas.push_back(std::move(made));
  MaybePart whole = add({.kind = Node::Kind::lambda, .index = static_cast<std::uint16_t>(program_.lambdas.size() - 1)},
                        offset, {*body});
  if (whole) whole->is_operand = false;
  return whole;
}

const std::uint16_t* Parser::local_of(std::string_view name) const noexcept {
  for (std::size_t i = locals_.size(); i-- > 0;)
    if (locals_[i].first == name) return &locals_[i].second;
  return nullptr;
}

Parser::MaybePart Parser::local(const Token& name, std::uint16_t index) {
  const MaybePart part = add({.kind = Node::Kind::local, .index = index}, name.offset, {});
  if (is(".")) return fail(here().offset, "what is inside a parameter is written [\"key\"] or [0]");
  if (!part || !is("[")) return part;
  return indexed(*part);
}

}  // namespace entail::ottl
