#include "ottl/conversion.hpp"
#include "ottl/parser.hpp"
#include "ottl/strcase.hpp"

namespace entail::ottl {

namespace {

using Kind = Value::Kind;

std::string_view wanted(Take take) noexcept {
  switch (take) {
    case Take::text:
    case Take::written_text_list:
      return "a text";
    case Take::written_text:
      return "a text in double quotes";
    case Take::written_boolean:
      return "true or false";
    case Take::written_texts:
      return "a list of texts in double quotes";
    case Take::written_list:
      return "a list in brackets";
    case Take::integer:
      return "a whole number";
    case Take::map:
      return "a map";
    case Take::list:
      return "a list";
    case Take::time:
      return "a time";
    case Take::duration:
      return "a duration";
    case Take::lambda:
      return "a lambda, such as (key, value) => value > 1";
    default:
      return "another value";
  }
}

}  // namespace

Parser::MaybePart Parser::call(const Token& name) {
  const FunctionRow* const row = find_function(name.value);
  if (row == nullptr) return fail(name.offset, "unknown function '" + name.value + "'", name.value, function_names());
  if (!row->refused.empty()) return fail(name.offset, name.value + " is not supported: " + std::string(row->refused));
  if (row->only_on_spans && context_ == Context::spanevent)
    return fail(name.offset, name.value + "() works on spans, not on span events");
  if (++nesting_ > kNodeDepthMax) return too_deep(name.offset);
  std::array<std::optional<Part>, kParametersMax> parts;
  if (const Checked read = arguments(*row, parts); !read) return read.error();
  --nesting_;
  MaybePart whole = finished_call(*row, name, parts);
  if (whole && is("[")) whole = indexed(*whole);
  if (whole) whole->is_condition = true;  // what gives no boolean is an error of each evaluation
  return whole;
}

Parser::Checked Parser::arguments(const FunctionRow& row, std::array<std::optional<Part>, kParametersMax>& parts) {
  const std::string usage = usage_of(row);
  std::size_t count = 0;
  bool named = false;
  for (++at_; !is(")"); ++count) {
    if (count != 0 && !take(",")) return fail(here().offset, "expected ',' or ')'");
    if (count == row.parameter_count()) return fail(here().offset, "too many arguments: " + usage);
    std::size_t index = count;
    if (here().kind == Token::Kind::name && ahead().kind == Token::Kind::symbol && ahead().value == "=") {
      named = true;
      const Result<std::size_t, Fault> known = argument_name(row);
      if (!known) return known.error();
      index = *known;
    } else if (named) {
      return fail(here().offset, "an argument without a name follows one with a name");
    }
    if (parts[index]) return fail(here().offset, "this argument is given twice: " + usage);
    const MaybePart part = argument(row, index);
    if (!part) return part.error();
    parts[index] = *part;
  }
  for (std::size_t i = 0; i < row.parameter_count(); ++i)
    if (!parts[i] && !row.parameters[i].is_optional) return fail(here().offset, "an argument is missing: " + usage);
  ++at_;
  return {};
}

// Takes "name" and "=".
Result<std::size_t, Fault> Parser::argument_name(const FunctionRow& row) {
  const Token name = here();
  const std::string wanted_name = to_camel(name.value);
  for (std::size_t i = 0; i < row.parameter_count(); ++i) {
    if (row.parameters[i].name != wanted_name) continue;
    at_ += 2;
    return i;
  }
  return fail(name.offset, "no argument has this name: " + usage_of(row));
}

Parser::MaybePart Parser::argument(const FunctionRow& row, std::size_t index) {
  const bool wants_lambda = row.parameters[index].take == Take::lambda;
  const MaybePart part = wants_lambda && is_lambda() ? lambda() : sum();
  if (!part) return part;
  if (const Checked checked = check_argument(row, index, *part); !checked) return checked.error();
  return part;
}

Parser::Checked Parser::check_argument(const FunctionRow& row, std::size_t index, const Part& part) {
  const Parameter& parameter = row.parameters[index];
  const auto refuse = [&] {
    return fail(part.offset, "expected " + std::string(wanted(parameter.take)) + ": " + usage_of(row));
  };
  if (parameter.take == Take::lambda) {
    const Node& node = program_.nodes[part.node];
    if (node.kind != Node::Kind::lambda) return refuse();
    const std::size_t count = program_.lambdas[node.index].parameters.size();
    if (count != parameter.lambda_arity)
      return fail(part.offset, "this lambda takes " + std::to_string(parameter.lambda_arity) + " parameters");
    return {};
  }
  if (!part.is_operand) return fail(part.offset, "an argument is a value, not a condition");
  if (parameter.take == Take::written_list || parameter.take == Take::written_text_list ||
      parameter.take == Take::written_texts)
    return check_written_list(row, index, part);
  const Value* const literal = literal_of(part);
  const bool must_be_literal = parameter.take == Take::written_text || parameter.take == Take::written_boolean;
  if (literal == nullptr) {
    if (must_be_literal) return refuse();
    return {};
  }
  Arena arena;
  Value converted = *literal;
  if (!to_argument(parameter.take, arena, converted)) return refuse();
  return {};
}

Parser::Checked Parser::check_written_list(const FunctionRow& row, std::size_t index, const Part& part) {
  const Take take = row.parameters[index].take;
  const auto refuse = [&] { return fail(part.offset, "expected " + std::string(wanted(take)) + ": " + usage_of(row)); };
  const Node& node = program_.nodes[part.node];
  if (const Value* const literal = literal_of(part)) {
    if (literal->kind != Kind::list) return refuse();
    for (std::size_t i = 0; i < literal->count; ++i)
      if (take != Take::written_list && literal->items[i].kind != Kind::text) return refuse();
    return {};
  }
  if (node.kind != Node::Kind::list || take == Take::written_texts) return refuse();
  if (take == Take::written_list) return {};
  for (std::size_t i = 0; i < node.count; ++i) {
    const Node& item = program_.nodes[program_.operands[node.first + i]];
    if (item.kind == Node::Kind::constant && program_.constants[item.index].kind != Kind::text) return refuse();
  }
  return {};
}

Parser::MaybePart Parser::finished_call(const FunctionRow& row, const Token& name,
                                        const std::array<std::optional<Part>, kParametersMax>& parts) {
  CallSite site;
  site.row = &row;
  site.arguments.fill(kNoNode);
  Literals literals;
  Parts present;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i]) continue;
    present.push_back(*parts[i]);
    site.arguments[i] = parts[i]->node;
    literals.values[i] = literal_of(*parts[i]);
  }
  if (row.prepare != nullptr) {
    BadArgument bad;
    site.prepared = row.prepare(literals, bad);
    if (!bad.text.empty()) return fail(parts[bad.index] ? parts[bad.index]->offset : name.offset, bad.text);
  }
  if (row.fold != nullptr) {
    if (const std::optional<Value> value = row.fold(literals, *program_.memory)) {
      program_.constants.push_back(*value);
      return add({.kind = Node::Kind::folded, .index = static_cast<std::uint16_t>(program_.constants.size() - 1)},
                 name.offset, {});
    }
  }
  program_.calls.push_back(std::move(site));
  return add({.kind = Node::Kind::call, .index = static_cast<std::uint16_t>(program_.calls.size() - 1)}, name.offset,
             present);
}

}  // namespace entail::ottl
