// The grammar of OTTL conditions, one method a level of precedence, into a Program. Inside the OTTL files only; others
// call compile(). Thread rule: Confined.
#pragma once

#include <optional>

#include "ottl/program.hpp"

namespace entail::ottl {

class Parser {
 public:
  Parser(const std::vector<Token>& tokens, Context context) : tokens_(tokens), context_(context) {}

  Result<Program, Fault> run();

 private:
  // What has been read: a node, and what is known of it.
  struct Part {
    std::uint16_t node = 0;
    std::size_t offset = 0;
    std::optional<Value::Kind> kind;  // where the text tells it
    bool is_condition = false;        // may stand alone, or beside and, or, not
    bool is_operand = true;           // may be compared
    unsigned depth = 1;
  };
  using MaybePart = Result<Part, Fault>;
  using Checked = Result<void, Fault>;

  // parser.cpp: operators
  MaybePart disjunction();
  MaybePart conjunction();
  MaybePart negation();
  MaybePart comparison();
  MaybePart sum();
  MaybePart product();
  MaybePart joined(std::string_view word, Node::Kind kind, MaybePart (Parser::*operand)());
  Checked check_condition(const Part& part);
  Checked check_comparison(const Part& left, const Part& right, const Token& symbol);
  MaybePart arithmetic(const Part& left, const Token& symbol, const Part& right);

  // parser_atoms.cpp: what stands between operators
  MaybePart atom();
  MaybePart number(bool negative);
  MaybePart name();
  MaybePart path(const Token& first);
  MaybePart attribute(Holder holder, const Token& first, const std::string& written);
  MaybePart field(Holder holder, const std::string& rest, const Token& first, const std::string& written);
  Result<AttributePath::Step, Fault> index();
  MaybePart call(const Token& name);
  MaybePart list();
  Result<std::vector<Part>, Fault> arguments(const FunctionRow& row);
  Checked check_argument(const FunctionRow& row, std::size_t position, const Part& part);
  MaybePart folded_call(const FunctionRow& row, const Token& name, const std::vector<Part>& parts);

  const Token& here() const noexcept { return tokens_[at_]; }
  const Token& ahead() const noexcept { return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_]; }
  bool is(std::string_view symbol) const noexcept {
    return here().kind == Token::Kind::symbol && here().value == symbol;
  }
  bool is_word(std::string_view word) const noexcept {
    return here().kind == Token::Kind::name && here().value == word;
  }
  bool take(std::string_view symbol) noexcept {
    if (!is(symbol)) return false;
    ++at_;
    return true;
  }
  const Constant* constant_of(const Part& part) const noexcept {
    const Node& node = program_.nodes[part.node];
    return node.kind == Node::Kind::constant ? &program_.constants[node.index] : nullptr;
  }
  static Fault fail(std::size_t offset, std::string text, std::string word = {},
                    std::vector<std::string_view> candidates = {}) {
    return {offset, std::move(text), std::move(word), std::move(candidates)};
  }
  // A node over parts; refuses what is nested too deep.
  MaybePart add(Node node, std::size_t offset, const std::vector<Part>& parts);
  MaybePart add_constant(std::size_t offset, Value value, std::string text = {});

  const std::vector<Token>& tokens_;
  const Context context_;
  Program program_;
  std::size_t at_ = 0;
  unsigned nesting_ = 0;  // of parentheses, calls and lists
};

}  // namespace entail::ottl
