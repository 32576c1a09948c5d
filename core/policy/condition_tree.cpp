#include "policy/condition_tree.hpp"

#include <algorithm>

#include "context/tracestate.hpp"

namespace entail::policy {

namespace {

constexpr Answer answer_of(bool holds) noexcept { return holds ? Answer::yes : Answer::no; }

Answer in_bounds(std::uint64_t count, const Condition& condition) noexcept {
  return answer_of(static_cast<std::int64_t>(count) >= condition.low &&
                   static_cast<std::int64_t>(count) <= condition.high);
}

Answer evaluate_bucket(const Condition& condition, const Question& question) noexcept {
  const std::uint32_t mask = std::uint32_t{1} << condition.evaluated_bit;
  if ((question.answers.evaluated & mask) == 0) {
    if (!question.evaluate_stateful) return question.unevaluated;
    const std::uint64_t amount =
        condition.kind == Condition::Kind::span_bucket ? question.trace.spans : question.trace.bytes;
    question.answers.evaluated |= mask;
    if (question.buckets[condition.index].try_take(amount, question.now_ns)) question.answers.yes |= mask;
  }
  return answer_of((question.answers.yes & mask) != 0);
}

}  // namespace

std::int64_t duration_ms(const Facts& trace) noexcept {
  constexpr std::uint64_t kNanosPerMilli = 1'000'000;
  if (trace.end_max_ns >= trace.start_min_ns)
    return static_cast<std::int64_t>((trace.end_max_ns - trace.start_min_ns) / kNanosPerMilli);
  return -static_cast<std::int64_t>((trace.start_min_ns - trace.end_max_ns) / kNanosPerMilli);
}

bool in_duration_range(const Facts& trace, std::int64_t low_ms, std::int64_t high_ms) noexcept {
  const std::int64_t duration = duration_ms(trace);
  return trace.spans != 0 && low_ms < duration && duration <= high_ms;
}

Answer ConditionTree::all(const Condition& condition, const Question& question) const noexcept {
  Answer sum = Answer::yes;
  Question rest = question;
  for (std::uint32_t part = 0; part < condition.count && sum != Answer::no; ++part) {
    sum = std::min(sum, answer(children[condition.index + part], rest));
    if (sum == Answer::unknown) rest.evaluate_stateful = false;
  }
  return sum;
}

// Asked when a part says yes for the first time: until then it says no and remembers nothing.
Answer ConditionTree::composite(const Condition& condition, const Question& question) const noexcept {
  const std::uint32_t mask = std::uint32_t{1} << condition.evaluated_bit;
  StatefulAnswers& answers = question.answers;
  if ((answers.evaluated & mask) != 0) return answer_of((answers.yes & mask) != 0);
  for (std::uint32_t part = 0; part < condition.count; ++part) {
    const Answer vote = answer(children[condition.index + part], question);
    if (vote == Answer::no) continue;
    if (vote == Answer::unknown) return vote;
    if (!question.evaluate_stateful) return question.unevaluated;
    answers.evaluated |= mask;
    if (question.budgets[condition.salt].try_take(part, question.trace.spans, question.now_ns)) answers.yes |= mask;
    return answer_of((answers.yes & mask) != 0);
  }
  return Answer::no;
}

Answer ConditionTree::answer(std::uint32_t condition_index, const Question& question) const noexcept {
  const Condition& condition = conditions[condition_index];
  const Facts& trace = question.trace;
  switch (condition.kind) {
    case Condition::Kind::always:
      return Answer::yes;
    case Condition::Kind::bit:
      return answer_of(has_bit(trace.bits, condition.index));
    case Condition::Kind::bit_missing:
      return answer_of(!has_bit(trace.bits, condition.index));
    case Condition::Kind::bit_unless:
      return has_bit(trace.bits, condition.count) ? Answer::unknown : answer_of(has_bit(trace.bits, condition.index));
    case Condition::Kind::duration:
      return answer_of(trace.spans != 0 && duration_ms(trace) >= condition.low);
    case Condition::Kind::duration_range:
      return answer_of((condition.index != kNoBit && has_bit(trace.bits, condition.index)) ||
                       in_duration_range(trace, condition.low, condition.high));
    case Condition::Kind::span_count:
      return in_bounds(trace.spans, condition);
    case Condition::Kind::link_count:
      return in_bounds(trace.links, condition);
    case Condition::Kind::hash:
      return answer_of(collector_hash(condition.salt, question.id) <= condition.threshold);
    case Condition::Kind::randomness: {
      const bool given = trace.randomness_min <= context::kRandomnessMask;
      const std::uint64_t randomness = given ? trace.randomness_min : question.id.lo & context::kRandomnessMask;
      return answer_of(randomness >= condition.threshold);
    }
    case Condition::Kind::span_bucket:
    case Condition::Kind::byte_bucket:
      return evaluate_bucket(condition, question);
    case Condition::Kind::all:
      return all(condition, question);
    case Condition::Kind::composite:
      return composite(condition, question);
    case Condition::Kind::negation: {
      const Answer part = answer(children[condition.index], question);
      return part == Answer::unknown ? part : answer_of(part == Answer::no);
    }
  }
  return Answer::no;
}

}  // namespace entail::policy
