// Asks one condition of one span, or of the event at which its Source stands.
// Thread rule: Confined. Cost: a few ns a node, and what Source reads. No allocation, but for what RE2 does; texts that
// a condition makes share kMadeBytesMax bytes, and what does not fit is an error of that condition.
#pragma once

#include "ottl/source.hpp"

namespace entail::ottl {

constexpr std::size_t kMadeBytesMax = 2048;

// error: a function was given what it cannot take, a division by zero, an index that is not there.
enum class Outcome : std::uint8_t { no, yes, error };

class Evaluation {
 public:
  Evaluation(const Program& program, Source& source) noexcept : program_(program), source_(source) {}
  Outcome run() noexcept;

 private:
  // Each false: an error.
  bool condition(std::uint16_t node, bool& out) noexcept;
  bool value(std::uint16_t node, Value& out) noexcept;
  bool attribute(const AttributePath& path, Value& out) noexcept;
  bool arithmetic(const Node& node, Value& out) noexcept;
  bool call(const Node& node, Value& out) noexcept;
  bool concat(const Node& node, Value& out) noexcept;
  bool contains(const Node& node, Value& out) noexcept;
  template <class Visit>
  bool for_each_element(std::uint16_t list, const Visit& visit) noexcept;
  std::uint16_t operand(const Node& node, unsigned index) const noexcept {
    return program_.operands[node.first + index];
  }
  // Room for a text of this size; null if there is none left.
  char* make(std::size_t size) noexcept;
  // What a value reads as a text; nil gives false, as does what has none.
  bool as_text(const Value& value, std::string_view& out) noexcept;
  // Functions of plain values (functions.cpp).
  bool call_on(Function function, const Value* arguments, Value& out) noexcept;
  bool change_case(const Value& text, bool upper, Value& out) noexcept;

  const Program& program_;
  Source& source_;
  std::size_t made_ = 0;
  char made_bytes_[kMadeBytesMax];
};

// The element of a list, or the value of a map's key; false if it is not there.
bool element_of(const Value& list, std::uint32_t index, Value& out) noexcept;
bool member_of(const Value& map, std::string_view key, Value& out) noexcept;
// Elements of a list, or members of a map.
std::int64_t count_of(const Value& value) noexcept;

}  // namespace entail::ottl
