#include "ottl/parser.hpp"

#include <algorithm>
#include <array>

namespace entail::ottl {

namespace {

using Kind = Value::Kind;

struct RelationRow {
  std::string_view symbol;
  Relation relation;
};
constexpr std::array kRelations = {RelationRow{"==", Relation::equal},  RelationRow{"!=", Relation::not_equal},
                                   RelationRow{"<", Relation::less},    RelationRow{"<=", Relation::less_or_equal},
                                   RelationRow{">", Relation::greater}, RelationRow{">=", Relation::greater_or_equal}};

const RelationRow* relation_of(const Token& token) noexcept {
  for (const RelationRow& row : kRelations)
    if (token.kind == Token::Kind::symbol && token.value == row.symbol) return &row;
  return nullptr;
}

}  // namespace

Result<Program, Fault> compile(std::string_view condition, Context context) {
  if (condition.size() > kConditionBytesMax)
    return Fault{0, "a condition has at most " + std::to_string(kConditionBytesMax) + " bytes", {}, {}};
  const Result<std::vector<Token>, Fault> tokens = lex(condition);
  if (!tokens) return tokens.error();
  return Parser(*tokens, context).run();
}

Result<Program, Fault> Parser::run() {
  if (here().kind == Token::Kind::end) return fail(0, "the condition is empty");
  const MaybePart whole = disjunction();
  if (!whole) return whole.error();
  if (const Checked checked = check_condition(*whole); !checked) return checked.error();
  if (is("=")) return fail(here().offset, "'=' is written '=='");
  if (here().kind != Token::Kind::end) return fail(here().offset, "expected and, or, a comparison, or the end");
  program_.root = whole->node;
  return std::move(program_);
}

Parser::MaybePart Parser::add(Node node, std::size_t offset, const Parts& parts) {
  Part out{.node = static_cast<std::uint16_t>(program_.nodes.size()), .offset = offset};
  node.first = static_cast<std::uint16_t>(program_.operands.size());
  node.count = static_cast<std::uint16_t>(parts.size());
  for (const Part& part : parts) {
    program_.operands.push_back(part.node);
    out.depth = std::max(out.depth, part.depth + 1);
  }
  if (out.depth > kNodeDepthMax) return too_deep(offset);
  program_.nodes.push_back(node);
  return out;
}

Parser::MaybePart Parser::add_constant(std::size_t offset, const Value& value) {
  program_.constants.push_back(value);
  return add({.kind = Node::Kind::constant, .index = static_cast<std::uint16_t>(program_.constants.size() - 1)}, offset,
             {});
}

Parser::MaybePart Parser::add_text(std::size_t offset, std::string_view text, Kind kind) {
  Value value = Value::of_text({}, kind);
  if (!program_.memory->copy(text, value.text)) return no_memory(offset);
  return add_constant(offset, value);
}

Parser::MaybePart Parser::add_truth(std::size_t offset, bool value) {
  MaybePart part = add_constant(offset, Value::of_boolean(value));
  if (part) part->is_condition = true;
  return part;
}

Parser::MaybePart Parser::as_condition(MaybePart part) {
  if (part) {
    part->is_condition = true;
    part->is_operand = false;
  }
  return part;
}

std::optional<bool> Parser::truth_of(const Part& part) const noexcept {
  const Value* const literal = literal_of(part);
  if (literal == nullptr || literal->kind != Kind::boolean) return std::nullopt;
  return literal->integer != 0;
}

Parser::Checked Parser::check_condition(const Part& part) {
  if (part.is_condition) return {};
  const Node& node = program_.nodes[part.node];
  if (node.kind == Node::Kind::list) return fail(part.offset, "a list is not a condition");
  if (const Value* const literal = literal_of(part))
    return fail(part.offset, "this is " + std::string(kind_name(literal->kind)) + ", not a condition; compare it");
  if (node.kind == Node::Kind::field)
    for (const FieldRow& row : field_rows())
      if (row.field == static_cast<Field>(node.detail))
        return fail(part.offset, "this is " + std::string(kind_name(row.kind)) + ", not a condition; compare it");
  return fail(part.offset, "a value alone is not a condition; compare it, as in: == true, or: != nil");
}

// Parts between `word`s: one as it is, several as one node.
Parser::MaybePart Parser::joined(std::string_view word, Node::Kind kind, MaybePart (Parser::*operand)()) {
  const MaybePart first = (this->*operand)();
  if (!first || !is_word(word)) return first;
  Parts parts = {*first};
  while (is_word(word)) {
    ++at_;
    const MaybePart next = (this->*operand)();
    if (!next) return next;
    parts.push_back(*next);
  }
  for (const Part& part : parts)
    if (const Checked checked = check_condition(part); !checked) return checked.error();
  return folded(kind, first->offset, parts);
}

// Literals decide as the Collector lets them: a literal false makes an `and` false, whatever fails beside it.
Parser::MaybePart Parser::folded(Node::Kind kind, std::size_t offset, const Parts& parts) {
  const bool deciding = kind == Node::Kind::disjunction;
  Parts rest;
  for (const Part& part : parts) {
    const std::optional<bool> truth = truth_of(part);
    if (!truth)
      rest.push_back(part);
    else if (*truth == deciding)
      return as_condition(add_truth(offset, deciding));
  }
  if (rest.size() == 1) return as_condition(rest[0]);
  return as_condition(rest.empty() ? add_truth(offset, !deciding) : add({.kind = kind}, offset, rest));
}

Parser::MaybePart Parser::disjunction() {
  if (++nesting_ > kNodeDepthMax) return too_deep(here().offset);
  MaybePart part = joined("or", Node::Kind::disjunction, &Parser::conjunction);
  --nesting_;
  return part;
}

Parser::MaybePart Parser::conjunction() { return joined("and", Node::Kind::conjunction, &Parser::negation); }

Parser::MaybePart Parser::negation() {
  const std::size_t offset = here().offset;
  if (!is_word("not")) return comparison();
  ++at_;
  if (is_word("not")) return fail(here().offset, "'not' appears twice");
  const MaybePart part = comparison();
  if (!part) return part;
  if (const Checked checked = check_condition(*part); !checked) return checked.error();
  const std::optional<bool> truth = truth_of(*part);
  return as_condition(truth ? add_truth(offset, !*truth) : add({.kind = Node::Kind::negation}, offset, {*part}));
}

Parser::MaybePart Parser::comparison() {
  const MaybePart left = sum();
  if (!left) return left;
  if (is("=")) return fail(here().offset, "'=' is written '=='");
  const RelationRow* relation = relation_of(here());
  if (relation == nullptr) return left;
  ++at_;
  const MaybePart right = sum();
  if (!right) return right;
  if (const Checked checked = check_comparison(*left, *right); !checked) return checked.error();
  if (relation_of(here()) != nullptr) return fail(here().offset, "comparisons cannot be chained; join two with 'and'");
  const Value* const left_literal = literal_of(*left);
  const Value* const right_literal = literal_of(*right);
  if (left_literal != nullptr && right_literal != nullptr)
    return as_condition(add_truth(left->offset, holds(*left_literal, relation->relation, *right_literal)));
  const Node node = {.kind = Node::Kind::comparison, .detail = static_cast<std::uint8_t>(relation->relation)};
  return as_condition(add(node, left->offset, {*left, *right}));
}

// Refuses what can only be a slip: conditions as operands, a path in quotes.
Parser::Checked Parser::check_comparison(const Part& left, const Part& right) {
  for (const Part* side : {&left, &right}) {
    if (!side->is_operand) return fail(side->offset, "a condition cannot be compared");
    const Part& other = side == &left ? right : left;
    const Value* const text = literal_of(*side);
    if (text == nullptr || text->kind != Kind::text || literal_of(other) == nullptr) continue;
    const std::vector<std::string_view> names = path_names(context_);
    if (std::find(names.begin(), names.end(), text->text) != names.end())
      return fail(side->offset, "'" + std::string(text->text) + "' in quotes is a text; without quotes it is the path");
  }
  return {};
}

Parser::MaybePart Parser::sum() {
  MaybePart left = product();
  while (left && (is("+") || is("-"))) {
    const Token& symbol = tokens_[at_++];
    const MaybePart right = product();
    if (!right) return right;
    left = arithmetic(*left, symbol, *right);
  }
  return left;
}

Parser::MaybePart Parser::product() {
  MaybePart left = signed_atom();
  while (left && (is("*") || is("/"))) {
    const Token& symbol = tokens_[at_++];
    const MaybePart right = signed_atom();
    if (!right) return right;
    left = arithmetic(*left, symbol, *right);
  }
  return left;
}

Parser::MaybePart Parser::signed_atom() {
  if (!is("+") && !is("-")) return atom();
  const bool negative = is("-");
  const std::size_t offset = here().offset;
  ++at_;
  if (here().kind == Token::Kind::whole || here().kind == Token::Kind::floating) return number(negative);
  const MaybePart part = atom();
  if (!part) return part;
  if (!part->is_operand) return fail(part->offset, "a condition has no sign");
  return negative ? add({.kind = Node::Kind::negative}, offset, {*part}) : part;
}

Parser::MaybePart Parser::arithmetic(const Part& left, const Token& symbol, const Part& right) {
  for (const Part* side : {&left, &right}) {
    const Value* const literal = literal_of(*side);
    if (!side->is_operand || (literal != nullptr && !literal->is_number()))
      return fail(side->offset, "'" + symbol.value + "' needs numbers, times or durations");
  }
  const char sign = symbol.value[0];
  const Node::Kind kind = sign == '+'   ? Node::Kind::add
                          : sign == '-' ? Node::Kind::subtract
                          : sign == '*' ? Node::Kind::multiply
                                        : Node::Kind::divide;
  return add({.kind = kind}, left.offset, {left, right});
}

}  // namespace entail::ottl
