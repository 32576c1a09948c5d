// The conditions of all policies as one flat tree, answered for a trace from its Facts alone.
//
// A condition is a bit of the trace, a test of its facts, a budget, or a combination of conditions.
// Thread rule: Immutable. The budgets that a Question brings along are Confined to the tick thread.
// Cost: a few ns a condition, about 20 ns for the Collector's hash. No allocation; recursion bounded by kPartsDepthMax.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "entail/types.hpp"
#include "policy/chance.hpp"
#include "policy/distance.hpp"
#include "policy/facts.hpp"

namespace entail::policy {

constexpr unsigned kStatefulMax = 32;    // rate_limiting and bytes_limiting leaves, and composite policies
constexpr unsigned kPartsDepthMax = 16;  // and, not, drop inside each other

// Answers of the stateful conditions for one trace, by evaluated_bit. The caller keeps them: each condition is
// evaluated at most once per trace.
struct StatefulAnswers {
  std::uint32_t evaluated = 0;
  std::uint32_t yes = 0;
  std::uint32_t by_error_part = 0;  // composite: yes, and the part that keeps it names ERROR
};

// unknown: it depends on a stateful condition that was not evaluated, or on an OTTL condition that failed. Such a
// policy neither keeps nor drops.
enum class Answer : std::uint8_t { no, unknown, yes };

// A test of what the trace's spans folded into.
using TraceTest = std::function<bool(const Facts& trace, TraceId id)>;

// Tokens, and which of the trace's counts takes them.
struct Bucket {
  TokenBucket tokens;
  std::uint64_t Facts::* amount = nullptr;
  // probability: consistent, at the top or in an `and`: the traces of a tick share the tokens by randomness
  // (batch_limits.hpp), and one passes if its randomness is at least the threshold.
  bool by_randomness = false;
  std::uint64_t threshold = 0;
};

struct Condition {
  enum class Kind : std::uint8_t {
    always,
    bit,          // bit `index`
    bit_missing,  // not bit `index` (invert_match)
    bit_unless,   // bit `index`; unknown if bit `count` is set (OTTL, error_mode: propagate)
    test,         // ConditionTree::tests[index]
    bucket,       // bucket `index` has the tokens
    all,          // every one of the children [index, index + count) of ConditionTree::children
    negation,     // not children[index]
    composite,    // the first of its children that says yes, if `budget` has a place for it there
  };
  Kind kind = Kind::always;
  std::uint32_t index = 0;
  std::uint32_t count = 0;
  std::uint32_t budget = 0;
  std::uint32_t evaluated_bit = 0;  // of stateful kinds, in StatefulAnswers
};

struct Question {
  const Facts& trace;
  TraceId id;
  StatefulAnswers& answers;
  // False: stateful conditions that have no answer yet are not evaluated and return `unevaluated`.
  bool evaluate_stateful = false;
  Answer unevaluated = Answer::unknown;
  Bucket* buckets = nullptr;
  SecondBudget* budgets = nullptr;
  std::int64_t now_ns = 0;                        // fills both
  std::span<const std::uint64_t> near_numbers{};  // for distance() alone
};

struct ConditionTree {
  std::vector<Condition> conditions;
  std::vector<std::uint32_t> children;
  std::vector<TraceTest> tests;
  std::vector<DistanceTest> distances;         // by condition; shorter, and empty where a condition has none
  std::vector<std::vector<bool>> error_parts;  // by Condition::budget: which parts of a composite name ERROR

  // The answer of one condition. Parts are evaluated in order until one says no; after an unknown part, no
  // stateful part is evaluated.
  Answer answer(std::uint32_t condition, const Question& question) const noexcept;
  // REQUIRES a composite that said yes. True if the part that keeps the trace names ERROR; not yet evaluated, the part
  // that would.
  bool kept_by_error_part(std::uint32_t composite, const Question& question) const noexcept;
  // How close the condition came; nothing if it holds, or has no distance. Evaluates no stateful condition.
  std::optional<Distance> distance(std::uint32_t condition, const Question& question) const;
  // The same of a condition that is known not to hold.
  std::optional<Distance> distance_of_missed(std::uint32_t condition, const Question& question) const;

 private:
  std::optional<Distance> distance_of_all(const Condition& condition, const Question& question) const;
  Answer all(const Condition& condition, const Question& question) const noexcept;
  Answer composite(const Condition& condition, const Question& question) const noexcept;
  // The first part of a composite that says yes, and its answer; else the answer no or unknown.
  std::pair<std::uint32_t, Answer> deciding_part(const Condition& condition, const Question& question) const noexcept;
};

}  // namespace entail::policy
