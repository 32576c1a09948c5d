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
    bool is_condition = false;  // may stand alone, or beside and, or, not
    bool is_operand = true;     // may be compared
    unsigned depth = 1;
  };
  using MaybePart = Result<Part, Fault>;
  using Checked = Result<void, Fault>;
  using Parts = std::vector<Part>;

  // parser.cpp: operators
  MaybePart disjunction();
  MaybePart conjunction();
  MaybePart negation();
  MaybePart comparison();
  MaybePart sum();
  MaybePart product();
  MaybePart signed_atom();
  MaybePart joined(std::string_view word, Node::Kind kind, MaybePart (Parser::*operand)());
  MaybePart folded(Node::Kind kind, std::size_t offset, const Parts& parts);
  Checked check_condition(const Part& part);
  Checked check_comparison(const Part& left, const Part& right);
  MaybePart arithmetic(const Part& left, const Token& symbol, const Part& right);

  // parser_values.cpp: operands
  MaybePart atom();
  MaybePart number(bool negative);
  MaybePart name();
  MaybePart list();
  MaybePart map();
  Checked map_pair(Parts& parts);
  MaybePart items(Node::Kind kind, std::size_t offset, const Parts& parts);
  MaybePart constant_items(Node::Kind kind, std::size_t offset, const Parts& parts);
  bool is_lambda() const noexcept;
  MaybePart lambda();
  MaybePart local(const Token& name, std::uint16_t index);
  const std::uint16_t* local_of(std::string_view name) const noexcept;

  // parser_paths.cpp
  MaybePart path(const Token& first);
  MaybePart attribute(Holder holder, const Token& first);
  MaybePart field(Holder holder, const std::string& rest, const Token& first, const std::string& written);
  // The keys in brackets that follow, each a value.
  Result<Parts, Fault> keys();
  // A part with the keys that follow it.
  MaybePart indexed(const Part& part);

  // parser_calls.cpp
  MaybePart call(const Token& name);
  Checked arguments(const FunctionRow& row, std::array<std::optional<Part>, kParametersMax>& parts);
  Result<std::size_t, Fault> argument_name(const FunctionRow& row);
  MaybePart argument(const FunctionRow& row, std::size_t index);
  Checked check_argument(const FunctionRow& row, std::size_t index, const Part& part);
  Checked check_written_list(const FunctionRow& row, std::size_t index, const Part& part);
  MaybePart finished_call(const FunctionRow& row, const Token& name,
                          const std::array<std::optional<Part>, kParametersMax>& parts);

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
  const Value* literal_of(const Part& part) const noexcept {
    const Node& node = program_.nodes[part.node];
    return node.kind == Node::Kind::constant ? &program_.constants[node.index] : nullptr;
  }
  // The literal's truth, if the part is a literal condition.
  std::optional<bool> truth_of(const Part& part) const noexcept;
  static Fault fail(std::size_t offset, std::string text, std::string word = {},
                    std::vector<std::string_view> candidates = {}) {
    return {offset, std::move(text), std::move(word), std::move(candidates)};
  }
  // A node over parts; refuses what is nested too deep.
  MaybePart add(Node node, std::size_t offset, const Parts& parts);
  MaybePart add_constant(std::size_t offset, const Value& value);
  MaybePart add_text(std::size_t offset, std::string_view text, Value::Kind kind = Value::Kind::text);
  MaybePart add_truth(std::size_t offset, bool value);
  // The part as a condition that may not be compared.
  static MaybePart as_condition(MaybePart part);
  static Fault too_deep(std::size_t offset) { return fail(offset, "the condition is nested too deep"); }
  static Fault no_memory(std::size_t offset) { return fail(offset, "no memory is left for this condition"); }

  const std::vector<Token>& tokens_;
  const Context context_;
  Program program_;
  std::vector<std::pair<std::string, std::uint16_t>> locals_;  // in scope, innermost last
  std::uint16_t local_count_ = 0;
  std::size_t at_ = 0;
  unsigned nesting_ = 0;  // of parentheses, calls, lists, maps and keys
};

}  // namespace entail::ottl
