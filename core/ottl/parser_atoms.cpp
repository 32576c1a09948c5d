#include <algorithm>
#include <charconv>
#include <cmath>

#include "ottl/parser.hpp"
#include "text/duration.hpp"

namespace entail::ottl {

namespace {

using Kind = Value::Kind;

constexpr std::size_t kArgumentsMax = 64;  // of a list

bool fits(Argument argument, std::optional<Kind> kind, bool is_list) noexcept {
  if (is_list) return argument == Argument::list;
  if (!kind) return argument != Argument::pattern && argument != Argument::duration_text;
  switch (argument) {
    case Argument::any:
      return true;
    case Argument::text:
    case Argument::pattern:
    case Argument::duration_text:
      return *kind == Kind::text;
    case Argument::whole:
      return *kind == Kind::integer;
    case Argument::list:
      return *kind == Kind::list;
    case Argument::duration:
      return *kind == Kind::duration;
    case Argument::time:
      return *kind == Kind::time;
  }
  return false;
}

std::string_view wanted(Argument argument) noexcept {
  switch (argument) {
    case Argument::any:
      return "a value";
    case Argument::text:
      return "a text";
    case Argument::whole:
      return "a whole number";
    case Argument::list:
      return "a list";
    case Argument::duration:
      return "a duration";
    case Argument::time:
      return "a time";
    case Argument::pattern:
      return "a regex in double quotes";
    case Argument::duration_text:
      return "a duration in double quotes, such as \"500ms\"";
  }
  return {};
}

}  // namespace

Parser::MaybePart Parser::atom() {
  const Token token = here();
  switch (token.kind) {
    case Token::Kind::end:
      return fail(token.offset, "the condition ends where a value is missing");
    case Token::Kind::name:
      return name();
    case Token::Kind::text:
      ++at_;
      return add_constant(token.offset, {.kind = Kind::text, .text = {}}, token.value);
    case Token::Kind::bytes:
      ++at_;
      return add_constant(token.offset, {.kind = Kind::bytes, .text = {}}, token.value);
    case Token::Kind::whole:
    case Token::Kind::floating:
      return number(false);
    case Token::Kind::symbol:
      break;
  }
  if (take("(")) {
    MaybePart part = disjunction();
    if (!part) return part;
    if (!take(")")) return fail(here().offset, "expected ')'");
    part->offset = token.offset;
    return part;
  }
  if (is("[")) return list();
  if (is("-") || is("+")) {
    const Token& next = ahead();
    if (next.kind == Token::Kind::whole || next.kind == Token::Kind::floating)
      return number(tokens_[at_++].value == "-");
    return fail(token.offset, "a sign stands only before a number");
  }
  return fail(token.offset, "expected a value, found '" + token.value + "'");
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
  if (token.value == "true" || token.value == "false") {
    MaybePart part = add_constant(token.offset, Value::of_boolean(token.value == "true"));
    if (part) part->is_condition = true;
    return part;
  }
  if (token.value == "nil") return add_constant(token.offset, {.kind = Kind::nil, .text = {}});
  if (token.value == "and" || token.value == "or" || token.value == "not")
    return fail(token.offset, "expected a value, found '" + token.value + "'");
  const bool capital = token.value[0] >= 'A' && token.value[0] <= 'Z';
  if (is("(")) {
    if (capital) return call(token);
    return fail(token.offset, "'" + token.value + "' is no function that a condition may call", token.value,
                function_names());
  }
  if (!capital) return path(token);
  if (const auto value = enum_value(token.value)) return add_constant(token.offset, Value::of_integer(*value));
  if (find_function(token.value) != nullptr)
    return fail(token.offset,
                "a function is called with parentheses: " + std::string(find_function(token.value)->usage));
  return fail(token.offset, "'" + token.value + "' is no name of a constant", token.value, enum_names());
}

Parser::MaybePart Parser::path(const Token& first) {
  std::vector<std::string> words = {first.value};
  std::string written = first.value;
  while (is(".") && ahead().kind == Token::Kind::name) {
    words.push_back(ahead().value);
    written += "." + ahead().value;
    at_ += 2;
  }
  Holder holder = context_ == Context::span ? Holder::span : Holder::event;
  std::string rest = written;
  if (const auto named = holder_of(words[0], context_)) {
    if (words.size() == 1) return fail(first.offset, "'" + written + "' alone says nothing; name a part of it", {}, {});
    holder = *named;
    rest = written.substr(words[0].size() + 1);
  }
  if (rest == "attributes") return attribute(holder, first, written);
  return field(holder, rest, first, written);
}

Parser::MaybePart Parser::attribute(Holder holder, const Token& first, const std::string& written) {
  if (!is("[")) {
    if (is(".") || here().kind == Token::Kind::name)
      return fail(here().offset, "an attribute is written " + written + "[\"key\"]");
    return fail(first.offset, "attributes need a key: " + written + "[\"key\"]");
  }
  AttributePath path;
  path.holder = holder;
  const std::size_t key_offset = ahead().offset;
  const Result<AttributePath::Step, Fault> first_step = index();
  if (!first_step) return first_step.error();
  if (!first_step->is_key) return fail(key_offset, "the key of an attribute is a text in double quotes");
  path.key = first_step->key;
  while (is("[")) {
    if (path.steps.size() == kStepsMax)
      return fail(here().offset, "at most " + std::to_string(kStepsMax) + " indexes can follow an attribute");
    const Result<AttributePath::Step, Fault> step = index();
    if (!step) return step.error();
    path.steps.push_back(*step);
  }
  if (is(".")) return fail(here().offset, "what is inside an attribute is written [\"key\"] or [0]");
  program_.attributes.push_back(std::move(path));
  return add({.kind = Node::Kind::attribute, .index = static_cast<std::uint16_t>(program_.attributes.size() - 1)},
             first.offset, {});
}

Parser::MaybePart Parser::field(Holder holder, const std::string& rest, const Token& first,
                                const std::string& written) {
  const auto rows = field_rows();
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const FieldRow& known) { return known.holder == holder && known.name == rest; });
  if (row == rows.end()) {
    if (context_ == Context::span && first.value == "spanevent")
      return fail(first.offset, "span events are asked in the list 'spanevent', not in 'span'");
    return fail(first.offset, "unknown path '" + written + "'", written, path_names(context_));
  }
  std::vector<Part> parts;
  if (is("[")) {
    if (row->field != Field::trace_state) return fail(here().offset, "'" + written + "' has no parts");
    const std::size_t offset = ahead().offset;
    const Result<AttributePath::Step, Fault> step = index();
    if (!step) return step.error();
    if (!step->is_key) return fail(offset, "the key of a tracestate entry is a text in double quotes");
    const MaybePart key = add_constant(offset, {.kind = Kind::text, .text = {}}, step->key);
    if (!key) return key;
    parts.push_back(*key);
  }
  MaybePart part =
      add({.kind = Node::Kind::field, .detail = static_cast<std::uint8_t>(row->field)}, first.offset, parts);
  if (part && parts.empty()) part->kind = row->kind;
  return part;
}

// "[" a text or a whole number "]".
Result<AttributePath::Step, Fault> Parser::index() {
  AttributePath::Step step;
  ++at_;
  const Token& token = here();
  if (token.kind == Token::Kind::text) {
    step = {true, token.value, 0};
  } else if (token.kind == Token::Kind::whole) {
    const auto [end, error] = std::from_chars(token.value.data(), token.value.data() + token.value.size(), step.index);
    if (error != std::errc()) return fail(token.offset, "this index is too large");
  } else {
    return fail(token.offset, "expected a key in double quotes, or an index");
  }
  ++at_;
  if (!take("]")) return fail(here().offset, "expected ']'");
  return step;
}

Parser::MaybePart Parser::list() {
  const std::size_t offset = here().offset;
  if (++nesting_ > kNodeDepthMax) return fail(offset, "the condition is nested too deep");
  ++at_;
  std::vector<Part> parts;
  while (!is("]")) {
    if (!parts.empty() && !take(",")) return fail(here().offset, "expected ',' or ']'");
    const MaybePart part = sum();
    if (!part) return part;
    if (!part->is_operand) return fail(part->offset, "a list holds values");
    if (parts.size() == kArgumentsMax)
      return fail(part->offset, "a list holds at most " + std::to_string(kArgumentsMax) + " values");
    parts.push_back(*part);
  }
  ++at_;
  --nesting_;
  MaybePart whole = add({.kind = Node::Kind::list}, offset, parts);
  if (whole) whole->is_operand = false;
  return whole;
}

Parser::MaybePart Parser::call(const Token& name) {
  const FunctionRow* row = find_function(name.value);
  if (row == nullptr) return fail(name.offset, "unknown function '" + name.value + "'", name.value, function_names());
  if (row->function == Function::is_root_span && context_ == Context::spanevent)
    return fail(name.offset, "IsRootSpan() is asked of spans, not of span events");
  if (++nesting_ > kNodeDepthMax) return fail(name.offset, "the condition is nested too deep");
  const Result<std::vector<Part>, Fault> parts = arguments(*row);
  if (!parts) return parts.error();
  --nesting_;
  MaybePart whole = folded_call(*row, name, *parts);
  if (whole) {
    whole->kind = row->result;
    whole->is_condition = row->result == Kind::boolean;
  }
  return whole;
}

Result<std::vector<Parser::Part>, Fault> Parser::arguments(const FunctionRow& row) {
  std::vector<Part> parts;
  ++at_;
  while (!is(")")) {
    if (!parts.empty() && !take(",")) return fail(here().offset, "expected ',' or ')'");
    if (here().kind == Token::Kind::name && ahead().kind == Token::Kind::symbol && ahead().value == "=")
      return fail(here().offset, "arguments have no names here: " + std::string(row.usage));
    if (parts.size() == row.argument_count) return fail(here().offset, "too many arguments: " + std::string(row.usage));
    const MaybePart part = is("[") ? list() : sum();
    if (!part) return part.error();
    if (const Checked checked = check_argument(row, parts.size(), *part); !checked) return checked.error();
    parts.push_back(*part);
  }
  if (parts.size() < row.argument_count)
    return fail(here().offset, "an argument is missing: " + std::string(row.usage));
  ++at_;
  return parts;
}

Parser::Checked Parser::check_argument(const FunctionRow& row, std::size_t position, const Part& part) {
  const Argument argument = row.arguments[position];
  const bool is_list = program_.nodes[part.node].kind == Node::Kind::list;
  if (!part.is_operand && !is_list) return fail(part.offset, "an argument is a value, not a condition");
  const Constant* constant = constant_of(part);
  const bool must_be_written = argument == Argument::pattern || argument == Argument::duration_text;
  if (!fits(argument, part.kind, is_list) || (must_be_written && constant == nullptr))
    return fail(part.offset, "expected " + std::string(wanted(argument)) + ": " + std::string(row.usage));
  if (position == 0 && row.argument_count == 2 && constant != nullptr && constant->value.kind == Kind::text)
    return fail(part.offset, "'" + constant->text + "' in quotes is a text, always the same; a path has no quotes: " +
                                 std::string(row.usage));
  return {};
}

// Regexes and durations are compiled here.
Parser::MaybePart Parser::folded_call(const FunctionRow& row, const Token& name, const std::vector<Part>& parts) {
  Node node{.kind = Node::Kind::call, .detail = static_cast<std::uint8_t>(row.function)};
  if (row.function == Function::duration) {
    const auto duration = text::parse_duration(constant_of(parts[0])->text);
    if (!duration.ok()) return fail(parts[0].offset, "expected " + std::string(wanted(Argument::duration_text)));
    return add_constant(name.offset, Value::of_duration(duration.value()));
  }
  if (row.function == Function::is_match) {
    auto pattern = StringMatcher::regex({constant_of(parts[1])->text});
    if (!pattern) return fail(parts[1].offset, pattern.error().front().text);
    program_.patterns.push_back(std::move(pattern).value());
    node.index = static_cast<std::uint16_t>(program_.patterns.size() - 1);
    return add(node, name.offset, {parts[0]});
  }
  return add(node, name.offset, parts);
}

}  // namespace entail::ottl
