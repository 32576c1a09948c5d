#include "ottl/program.hpp"

namespace entail::ottl {

namespace {

constexpr std::int64_t kUnset = 0;
constexpr std::int64_t kError = 2;

bool is_status_code(const Program& program, std::uint16_t node) noexcept {
  return program.nodes[node].kind == Node::Kind::field &&
         static_cast<Field>(program.nodes[node].detail) == Field::status_code;
}

// wanted: the comparison counts where it is true, or below a `not` where it is false.
bool compares_with_error(const Program& program, const Node& node, bool wanted) noexcept {
  const std::uint16_t left = program.operands[node.first];
  const std::uint16_t right = program.operands[node.first + 1];
  const bool reversed = is_status_code(program, right);
  const std::uint16_t other = reversed ? left : right;
  if (!reversed && !is_status_code(program, left)) return false;
  if (program.nodes[other].kind != Node::Kind::constant) return false;
  const Value& constant = program.constants[program.nodes[other].index];
  const auto relation = static_cast<Relation>(node.detail);
  const auto meets = [&](std::int64_t code) {
    const Value status = Value::of_integer(code);
    return (reversed ? holds(constant, relation, status) : holds(status, relation, constant)) == wanted;
  };
  return meets(kError) && !meets(kUnset);
}

bool tests_error(const Program& program, std::uint16_t index, bool wanted) noexcept {
  const Node& node = program.nodes[index];
  switch (node.kind) {
    case Node::Kind::comparison:
      return compares_with_error(program, node, wanted);
    case Node::Kind::negation:
      return tests_error(program, program.operands[node.first], !wanted);
    case Node::Kind::conjunction:
    case Node::Kind::disjunction:
      for (unsigned i = 0; i < node.count; ++i)
        if (tests_error(program, program.operands[node.first + i], wanted)) return true;
      return false;
    default:
      return false;
  }
}

}  // namespace

bool tests_error_status(const Program& program) noexcept { return tests_error(program, program.root, true); }

}  // namespace entail::ottl
