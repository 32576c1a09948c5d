// An OTTL condition, compiled once: a tree of nodes in one array, checked as far as the text alone allows. It accepts
// the grammar of the Collector's pkg/ottl v0.161.0: comparisons, and, or, not, arithmetic, texts, numbers, bytes
// (0x...), true, false, nil, enums, lists, maps, paths and calls with indexes, named arguments, lambdas.
//
// Not accepted, each with a fault: editors (set, ...), paths and functions that are not listed, literals that can never
// fit. Thread rule: Immutable once compiled.
// Limits: kConditionBytesMax, kNodeDepthMax. Memory: about 16 bytes a node, and at least 2 KiB for literals.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ottl/arena.hpp"
#include "ottl/functions.hpp"
#include "ottl/lexer.hpp"
#include "ottl/names.hpp"
#include "ottl/value.hpp"

namespace entail::ottl {

constexpr std::size_t kConditionBytesMax = 8192;
constexpr unsigned kNodeDepthMax = 48;  // bounds the recursion of parser and evaluation
constexpr std::size_t kLocalsMax = 16;  // parameters of lambdas in one condition
constexpr std::uint16_t kNoNode = 0xffff;

struct Node {
  enum class Kind : std::uint8_t {
    constant,       // constants[index]: a literal
    folded,         // constants[index]: what a call of literals gives
    field,          // Field `detail`
    trace_state,    // one entry, named by its operand
    attribute,      // attributes[index], then the keys of its operands
    any_attribute,  // of Holder `detail`: the key is the first operand
    attributes,     // all of Holder `detail`
    call,           // calls[index]
    list,
    map,      // operands: key, value, key, value
    indexed,  // the first operand by the keys of the others
    local,    // a lambda's parameter: index
    lambda,   // only as an argument: lambdas[index]
    negative,
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

// An attribute whose key is a literal.
struct AttributePath {
  Holder holder = Holder::span;
  std::string key;
  std::uint16_t slot = 0;  // of (holder, key) among those of all programs; set by ConditionLists
};

struct CallSite {
  const FunctionRow* row = nullptr;
  std::array<std::uint16_t, kParametersMax> arguments{};  // nodes; kNoNode: absent
  std::unique_ptr<Prepared> prepared;
};

struct Lambda {
  std::vector<std::uint16_t> parameters;  // locals; kNoNode: not read
  std::uint16_t body = 0;
};

struct Program {
  Program() = default;
  Program(Program&&) noexcept = default;
  Program& operator=(Program&&) noexcept = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::vector<Node> nodes;
  std::vector<std::uint16_t> operands;
  std::vector<Value> constants;
  std::vector<AttributePath> attributes;
  std::vector<CallSite> calls;
  std::vector<Lambda> lambdas;
  std::unique_ptr<Arena> memory = std::make_unique<Arena>();  // of what the constants borrow
  std::uint16_t root = 0;
};

// Fails for a text that is not a condition in this context. Allocates.
Result<Program, Fault> compile(std::string_view condition, Context context);

// Some comparison in it holds of the status ERROR, but not of UNSET: status.code == STATUS_CODE_ERROR, 2 ==
// status.code, not (status.code != 2), status.code > 1 and so on, also beside others in `and` and `or`.
bool tests_error_status(const Program& program) noexcept;

}  // namespace entail::ottl
