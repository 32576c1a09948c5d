// The converters that a condition may call: one row each, in the file of its subject (functions/*.cpp). A row says what
// arguments the converter takes; compile() checks what is written, and an evaluation converts what it reads, before the
// function itself runs.
// Thread rule: Immutable. To add a converter, write its function and its row in one of these files.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottl/value.hpp"

namespace entail::ottl {

class Arena;
class Call;

// How an argument is read. Except for `any`, `*_like` and the lists, another kind is an error, also nil.
enum class Take : std::uint8_t {
  any,
  text,
  integer,
  map,   // converted to the plain form
  list,  // the same
  time,
  duration,
  text_like,     // what String() makes of it; nil stays nil
  integer_like,  // what Int() makes of it; nil stays nil
  floating_like,
  boolean_like,
  bytes_like,
  later,              // evaluated by the function, if at all
  written_text,       // a literal
  written_boolean,    // a literal
  written_texts,      // a list of literal texts
  written_list,       // a list in brackets, each item evaluated by the function
  written_text_list,  // the same; each must be a text
  list_of_texts,      // a list in brackets, or anything that gives a list; each converted as text_like
  lambda,
};

struct Parameter {
  std::string_view name{};  // as in the Go struct: "PairDelimiter" is pair_delimiter in a condition
  Take take = Take::any;
  bool is_optional = false;
  std::uint8_t lambda_arity = 0;
};
constexpr std::size_t kParametersMax = 6;

// The arguments of a call that are literals.
struct Literals {
  std::array<const Value*, kParametersMax> values{};  // null: absent, or no literal
  std::string_view text(std::size_t i, std::string_view otherwise) const noexcept {
    return values[i] != nullptr && values[i]->kind == Value::Kind::text ? values[i]->text : otherwise;
  }
};

// What a function makes of its literals once, for all calls.
struct Prepared {
  Prepared() = default;
  virtual ~Prepared() = default;
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
};

struct BadArgument {
  std::size_t index = 0;
  std::string text;  // empty: nothing is wrong
};

struct FunctionRow {
  // False: the condition cannot be evaluated.
  using Evaluate = bool (*)(Call& call, Value& out);
  // May give null, where nothing can be prepared.
  using Prepare = std::unique_ptr<Prepared> (*)(const Literals& literals, BadArgument& bad);

  std::string_view name{};
  std::array<Parameter, kParametersMax> parameters{};
  Evaluate evaluate = nullptr;
  Prepare prepare = nullptr;
  // What a call of literals alone gives, where that does not change, in the memory of the program; nothing: it is
  // evaluated each time.
  std::optional<Value> (*fold)(const Literals& literals, Arena& memory) = nullptr;
  std::string_view refused{};  // why a condition cannot call it
  bool only_on_spans = false;

  std::size_t parameter_count() const noexcept;
};

const FunctionRow* find_function(std::string_view name) noexcept;
std::vector<std::string_view> function_names();
// "Substring(target, start, length, [utf8_safe])"
std::string usage_of(const FunctionRow& row);
// Of all that a condition may call.
std::vector<std::string> function_usages();

}  // namespace entail::ottl
