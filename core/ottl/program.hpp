// An OTTL condition, compiled once: a tree of nodes in one array, checked so far as the text alone allows. What it may
// name is in names.hpp; of the language it has comparisons, and, or, not, parentheses, + - * /, texts, numbers,
// bytes (0x...), true, false, nil, enums, paths with indexes, function calls, and lists as their arguments.
//
// Not accepted, each with a fault: editors (set, ...), other functions, named arguments, paths that are not listed, a
// path or a number alone as a condition, arguments of a kind that can never fit. Thread rule: Immutable once compiled.
// Limits: kConditionBytesMax, kNodeDepthMax. Memory: about 16 bytes a node.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ottl/lexer.hpp"
#include "ottl/names.hpp"
#include "ottl/string_matcher.hpp"
#include "ottl/value.hpp"

namespace entail::ottl {

constexpr std::size_t kConditionBytesMax = 8192;
constexpr unsigned kNodeDepthMax = 48;  // bounds the recursion of parser and evaluation
constexpr std::size_t kStepsMax = 8;    // indexes behind attributes["key"]

struct Node {
  enum class Kind : std::uint8_t {
    constant,   // constants[index]
    field,      // Field `detail`; with count 1, indexed by the text of its operand
    attribute,  // attributes[index]
    call,       // Function `detail` of its operands; IsMatch: patterns[index]
    list,       // only as an argument
    add,
    subtract,
    multiply,
    divide,
    comparison,   // Relation `detail` of two operands
    conjunction,  // of any number
    disjunction,
    negation,
  };
  Kind kind = Kind::constant;
  std::uint8_t detail = 0;
  std::uint16_t index = 0;
  std::uint16_t first = 0;  // operands: Program::operands[first, first + count)
  std::uint16_t count = 0;
};

// A constant. Its text is kept apart from the value, which may move.
struct Constant {
  Value value;
  std::string text;
  Value get() const noexcept {
    Value out = value;
    out.text = text;
    return out;
  }
};

struct AttributePath {
  struct Step {
    bool is_key = false;
    std::string key;
    std::uint32_t index = 0;
  };
  Holder holder = Holder::span;
  std::string key;
  std::vector<Step> steps;
  std::uint16_t slot = 0;  // of (holder, key) among those of all programs; set by ConditionLists
};

struct Program {
  std::vector<Node> nodes;
  std::vector<std::uint16_t> operands;
  std::vector<Constant> constants;
  std::vector<AttributePath> attributes;
  std::vector<StringMatcher> patterns;
  std::uint16_t root = 0;
};

// Fails for a text that is no condition in this context. Allocates.
Result<Program, Fault> compile(std::string_view condition, Context context);

}  // namespace entail::ottl
