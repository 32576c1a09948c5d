#include "policy/condition_tree.hpp"

#include <algorithm>

namespace entail::policy {

namespace {

constexpr Answer answer_of(bool holds) noexcept { return holds ? Answer::yes : Answer::no; }

Answer evaluate_bucket(const Condition& condition, const Question& question) noexcept {
  const std::uint32_t mask = std::uint32_t{1} << condition.evaluated_bit;
  if ((question.answers.evaluated & mask) == 0) {
    if (!question.evaluate_stateful) return question.unevaluated;
    Bucket& bucket = question.buckets[condition.index];
    question.answers.evaluated |= mask;
    const std::uint64_t amount = question.trace.*bucket.amount;
    const bool passes = bucket.by_randomness ? amount <= bucket.tokens.burst() &&
                                                   question.trace.randomness(question.id) >= bucket.threshold
                                             : bucket.tokens.try_take(amount, question.now_ns);
    if (passes) question.answers.yes |= mask;
  }
  return answer_of((question.answers.yes & mask) != 0);
}

}  // namespace

Answer ConditionTree::all(const Condition& condition, const Question& question) const noexcept {
  Answer sum = Answer::yes;
  Question rest = question;
  for (std::uint32_t part = 0; part < condition.count && sum != Answer::no; ++part) {
    sum = std::min(sum, answer(children[condition.index + part], rest));
    if (sum == Answer::unknown) rest.evaluate_stateful = false;
  }
  return sum;
}

std::pair<std::uint32_t, Answer> ConditionTree::deciding_part(const Condition& condition,
                                                              const Question& question) const noexcept {
  for (std::uint32_t part = 0; part < condition.count; ++part)
    if (const Answer vote = answer(children[condition.index + part], question); vote != Answer::no) return {part, vote};
  return {condition.count, Answer::no};
}

bool ConditionTree::kept_by_error_part(std::uint32_t composite, const Question& question) const noexcept {
  const Condition& condition = conditions[composite];
  const std::uint32_t mask = std::uint32_t{1} << condition.evaluated_bit;
  if ((question.answers.evaluated & mask) != 0) return (question.answers.by_error_part & mask) != 0;
  const auto [part, vote] = deciding_part(condition, question);
  return vote == Answer::yes && error_parts[condition.budget][part];
}

// Evaluated when a part says yes for the first time: until then it says no and remembers nothing.
Answer ConditionTree::composite(const Condition& condition, const Question& question) const noexcept {
  const std::uint32_t mask = std::uint32_t{1} << condition.evaluated_bit;
  StatefulAnswers& answers = question.answers;
  if ((answers.evaluated & mask) != 0) return answer_of((answers.yes & mask) != 0);
  const auto [part, vote] = deciding_part(condition, question);
  if (vote != Answer::yes) return vote;
  if (!question.evaluate_stateful) return question.unevaluated;
  answers.evaluated |= mask;
  if (!question.budgets[condition.budget].try_take(part, question.trace.spans, question.now_ns)) return Answer::no;
  answers.yes |= mask;
  if (error_parts[condition.budget][part]) answers.by_error_part |= mask;
  return Answer::yes;
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
    case Condition::Kind::test:
      return answer_of(tests[condition.index](trace, question.id));
    case Condition::Kind::bucket:
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
