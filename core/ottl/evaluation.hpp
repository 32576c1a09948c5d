// Evaluates one condition on one span, or on the current event of its Source.
// Thread rule: Confined. Cost: a few ns a node, and what Source reads. Comparisons of paths allocate nothing; what
// converters make is in an Arena.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "ottl/arena.hpp"
#include "ottl/source.hpp"

namespace entail::ottl {

// error: a converter was given what it cannot take, a division by zero, an index beyond the end.
enum class Outcome : std::uint8_t { no, yes, error };

class Evaluation {
 public:
  Evaluation(const Program& program, Source& source) noexcept : program_(program), source_(source) {}
  Outcome run() noexcept;

 private:
  friend class Call;

  // Each false: an error.
  bool condition(std::uint16_t node, bool& out);
  bool value(std::uint16_t node, Value& out);
  bool trace_state(const Node& node, Value& out);
  bool all_attributes(Holder holder, Value& out);
  bool any_attribute(const Node& node, Value& out);
  bool path_steps(const Node& node, unsigned first_key, Value& out);
  bool indexed(const Node& node, Value& out);
  bool items(const Node& node, Value& out);
  bool arithmetic(const Node& node, Value& out);
  bool call(const Node& node, Value& out);
  std::uint16_t operand(const Node& node, unsigned index) const noexcept {
    return program_.operands[node.first + index];
  }

  // False once the steps are used up. Only what a lambda does is counted: the rest is bounded by the condition's size.
  bool take_steps(std::uint64_t steps) noexcept {
    if (lambda_depth_ == 0) return true;
    steps_left_ -= std::min(steps, steps_left_);
    return steps_left_ != 0;
  }
  bool take_steps(const Value& read) noexcept {
    const std::uint64_t items = read.is_container() ? read.count : 0;
    return take_steps(1 + (read.text.size() + items) / kBytesPerStep);
  }

  static constexpr std::uint64_t kStepsMax = 1 << 24;  // a fraction of a second
  static constexpr std::uint64_t kStepsPerLambda = 16;
  static constexpr std::uint64_t kBytesPerStep = 16;

  const Program& program_;
  Source& source_;
  std::uint64_t steps_left_ = kStepsMax;
  unsigned lambda_depth_ = 0;
  Arena arena_;
  union {
    Value locals_[kLocalsMax];  // those that are bound
  };
};

// One call of a converter: its arguments, as its row wants them, and room for what it makes.
class Call {
 public:
  Call(Evaluation& evaluation, const CallSite& site) noexcept : evaluation_(evaluation), site_(site) {}

  bool has(std::size_t i) const noexcept { return site_.arguments[i] != kNoNode; }
  const Value& operator[](std::size_t i) const noexcept { return values_[i]; }
  std::string_view text(std::size_t i, std::string_view otherwise) const noexcept {
    return has(i) ? values_[i].text : otherwise;
  }
  bool boolean(std::size_t i, bool otherwise) const noexcept { return has(i) ? values_[i].integer != 0 : otherwise; }
  template <class T>
  const T* prepared() const noexcept {
    return static_cast<const T*>(site_.prepared.get());
  }

  // Reads the arguments that are not read by the function itself.
  bool read_arguments();
  bool read_later(std::size_t i, Value& out) { return evaluation_.value(site_.arguments[i], out); }
  // Take::written_list: how many items it has, and the value of one.
  std::size_t item_count(std::size_t i) const noexcept;
  bool read_item(std::size_t i, std::size_t item, Value& out);
  // Take::lambda
  bool apply(std::size_t i, std::span<const Value> arguments, Value& out);

  Arena& arena() noexcept { return evaluation_.arena_; }
  Source& source() noexcept { return evaluation_.source_; }
  // A number of this call in its program: calls of one span differ in it.
  std::size_t number() const noexcept { return static_cast<std::size_t>(&site_ - evaluation_.program_.calls.data()); }
  // Copies of what the function made; false if there is no room.
  bool give(std::string_view text, Value& out) {
    out = Value::of_text({});
    return arena().copy(text, out.text);
  }
  bool give(Value::Kind kind, Value::Form form, std::span<const Value> items, Value& out);

 private:
  bool list_texts(std::size_t i, Value& out);

  Evaluation& evaluation_;
  const CallSite& site_;
  union {
    Value values_[kParametersMax];  // those of the row's parameters, once they are read
  };
};

}  // namespace entail::ottl
