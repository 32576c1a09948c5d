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

bool can_add(std::optional<Kind> kind) noexcept {
  return !kind || *kind == Kind::integer || *kind == Kind::floating || *kind == Kind::duration || *kind == Kind::time;
}
bool can_multiply(std::optional<Kind> kind) noexcept {
  return !kind || *kind == Kind::integer || *kind == Kind::floating;
}

// The kind of a sum or difference, where both sides tell.
std::optional<Kind> kind_of_sum(std::optional<Kind> left, std::optional<Kind> right, bool minus) noexcept {
  if (!left || !right) return std::nullopt;
  if (*left == Kind::time) return minus && *right == Kind::time ? Kind::duration : Kind::time;
  if (*right == Kind::time) return Kind::time;
  if (*left == Kind::duration) return Kind::duration;
  return *left == Kind::floating || *right == Kind::floating ? Kind::floating : Kind::integer;
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
  if (here().kind != Token::Kind::end) return fail(here().offset, "expected and, or, a comparison, or the end");
  program_.root = whole->node;
  return std::move(program_);
}

Parser::MaybePart Parser::add(Node node, std::size_t offset, const std::vector<Part>& parts) {
  Part out{.node = static_cast<std::uint16_t>(program_.nodes.size()), .offset = offset, .kind = std::nullopt};
  node.first = static_cast<std::uint16_t>(program_.operands.size());
  node.count = static_cast<std::uint16_t>(parts.size());
  for (const Part& part : parts) {
    program_.operands.push_back(part.node);
    out.depth = std::max(out.depth, part.depth + 1);
  }
  if (out.depth > kNodeDepthMax) return fail(offset, "the condition is nested too deep");
  program_.nodes.push_back(node);
  return out;
}

Parser::MaybePart Parser::add_constant(std::size_t offset, Value value, std::string text) {
  program_.constants.push_back({value, std::move(text)});
  MaybePart part = add(
      {.kind = Node::Kind::constant, .index = static_cast<std::uint16_t>(program_.constants.size() - 1)}, offset, {});
  if (part) part->kind = value.kind;
  return part;
}

Parser::Checked Parser::check_condition(const Part& part) {
  if (part.is_condition) return {};
  if (!part.is_operand) return fail(part.offset, "a list is no condition");
  if (part.kind && *part.kind != Kind::boolean)
    return fail(part.offset, "this is " + std::string(kind_name(*part.kind)) + ", not a condition; compare it");
  return fail(part.offset, "a value alone is no condition; compare it, as in: == true, or: != nil");
}

// Parts between `word`s: one as it is, several as one node.
Parser::MaybePart Parser::joined(std::string_view word, Node::Kind kind, MaybePart (Parser::*operand)()) {
  const MaybePart first = (this->*operand)();
  if (!first || !is_word(word)) return first;
  std::vector<Part> parts = {*first};
  while (is_word(word)) {
    ++at_;
    const MaybePart next = (this->*operand)();
    if (!next) return next;
    parts.push_back(*next);
  }
  for (const Part& part : parts)
    if (const Checked checked = check_condition(part); !checked) return checked.error();
  MaybePart whole = add({.kind = kind}, first->offset, parts);
  if (whole) *whole = {whole->node, whole->offset, Kind::boolean, true, false, whole->depth};
  return whole;
}

Parser::MaybePart Parser::disjunction() {
  if (++nesting_ > kNodeDepthMax) return fail(here().offset, "the condition is nested too deep");
  MaybePart part = joined("or", Node::Kind::disjunction, &Parser::conjunction);
  --nesting_;
  return part;
}

Parser::MaybePart Parser::conjunction() { return joined("and", Node::Kind::conjunction, &Parser::negation); }

Parser::MaybePart Parser::negation() {
  const std::size_t offset = here().offset;
  if (!is_word("not")) return comparison();
  ++at_;
  if (is_word("not")) return fail(here().offset, "not stands twice");
  const MaybePart part = comparison();
  if (!part) return part;
  if (const Checked checked = check_condition(*part); !checked) return checked.error();
  MaybePart whole = add({.kind = Node::Kind::negation}, offset, {*part});
  if (whole) *whole = {whole->node, offset, Kind::boolean, true, false, whole->depth};
  return whole;
}

Parser::MaybePart Parser::comparison() {
  const MaybePart left = sum();
  if (!left) return left;
  const Token& symbol = here();
  const RelationRow* relation = relation_of(symbol);
  if (relation == nullptr) return left;
  ++at_;
  const MaybePart right = sum();
  if (!right) return right;
  if (const Checked checked = check_comparison(*left, *right, symbol); !checked) return checked.error();
  if (relation_of(here()) != nullptr) return fail(here().offset, "comparisons cannot be chained; join two with 'and'");
  MaybePart whole = add({.kind = Node::Kind::comparison, .detail = static_cast<std::uint8_t>(relation->relation)},
                        left->offset, {*left, *right});
  if (whole) *whole = {whole->node, left->offset, Kind::boolean, true, false, whole->depth};
  return whole;
}

// Refuses what can only be a slip: conditions as operands, a path in quotes, kinds that have no order.
Parser::Checked Parser::check_comparison(const Part& left, const Part& right, const Token& symbol) {
  for (const Part* side : {&left, &right}) {
    if (!side->is_operand) return fail(side->offset, "a condition or a list cannot be compared");
    const Part& other = side == &left ? right : left;
    const Constant* text = constant_of(*side);
    if (text == nullptr || text->value.kind != Kind::text || constant_of(other) == nullptr) continue;
    const std::vector<std::string_view> names = path_names(context_);
    if (std::find(names.begin(), names.end(), text->text) != names.end())
      return fail(side->offset, "'" + text->text + "' in quotes is a text; without quotes it is the path");
  }
  const bool ordered = symbol.value != "==" && symbol.value != "!=";
  if (ordered && (left.kind == Kind::nil || right.kind == Kind::nil))
    return fail(symbol.offset, "nil has no order; use == or !=");
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
  MaybePart left = atom();
  while (left && (is("*") || is("/"))) {
    const Token& symbol = tokens_[at_++];
    const MaybePart right = atom();
    if (!right) return right;
    left = arithmetic(*left, symbol, *right);
  }
  return left;
}

Parser::MaybePart Parser::arithmetic(const Part& left, const Token& symbol, const Part& right) {
  const char sign = symbol.value[0];
  const bool sum = sign == '+' || sign == '-';
  for (const Part* side : {&left, &right})
    if (!side->is_operand || !(sum ? can_add(side->kind) : can_multiply(side->kind)))
      return fail(side->offset, "'" + symbol.value + "' needs numbers" + (sum ? ", times or durations" : ""));
  const Node::Kind kind = sign == '+'   ? Node::Kind::add
                          : sign == '-' ? Node::Kind::subtract
                          : sign == '*' ? Node::Kind::multiply
                                        : Node::Kind::divide;
  MaybePart whole = add({.kind = kind}, left.offset, {left, right});
  if (whole) whole->kind = kind_of_sum(left.kind, right.kind, sign == '-');
  return whole;
}

}  // namespace entail::ottl
