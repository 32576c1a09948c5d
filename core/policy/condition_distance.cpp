// How close the conditions of a policy came: the shape of the tree, around the distances of its leaves.
#include "policy/condition_tree.hpp"

namespace entail::policy {

namespace {

// A limit whose tokens the trace would have taken.
Distance limit_distance(const Bucket& bucket, const Facts& trace) {
  const std::uint64_t amount = trace.*bucket.amount;
  const std::string_view unit = bucket.amount == &Facts::spans ? "span" : "byte";
  const std::uint64_t rate = bucket.tokens.per_second();
  return {static_cast<double>(amount), static_cast<double>(rate),
          "exhausted: " + count_text(amount, unit) + " did not fit into " + std::to_string(rate) + " per second"};
}

Distance budget_distance(const SecondBudget& budget, const Facts& trace) {
  return {static_cast<double>(trace.spans), static_cast<double>(budget.total()),
          "exhausted: " + count_text(trace.spans, "span") + " did not fit into its share of " +
              std::to_string(budget.total()) + " per second"};
}

bool was_refused(const Condition& condition, const StatefulAnswers& answers) noexcept {
  const std::uint32_t mask = std::uint32_t{1} << condition.evaluated_bit;
  return (answers.evaluated & mask) != 0 && (answers.yes & mask) == 0;
}

}  // namespace

// How many parts hold, and what the first other one lacks.
std::optional<Distance> ConditionTree::distance_of_all(const Condition& condition, const Question& question) const {
  Distance distance{0, static_cast<double>(condition.count), {}};
  std::optional<Distance> lacking;
  for (std::uint32_t part = 0; part < condition.count; ++part) {
    const std::uint32_t child = children[condition.index + part];
    if (answer(child, question) == Answer::yes)
      ++distance.value;
    else if (!lacking)
      lacking = distance_of_missed(child, question);
  }
  distance.why =
      std::to_string(static_cast<std::uint32_t>(distance.value)) + " of " + count_text(condition.count, "condition");
  if (lacking) distance.why += "; " + lacking->why;
  return distance;
}

std::optional<Distance> ConditionTree::distance(std::uint32_t condition_index, const Question& question) const {
  if (answer(condition_index, question) == Answer::yes) return std::nullopt;
  return distance_of_missed(condition_index, question);
}

std::optional<Distance> ConditionTree::distance_of_missed(std::uint32_t condition_index,
                                                          const Question& question) const {
  const Condition& condition = conditions[condition_index];
  switch (condition.kind) {
    case Condition::Kind::all:
      return distance_of_all(condition, question);
    case Condition::Kind::bucket:
      if (was_refused(condition, question.answers))
        return limit_distance(question.buckets[condition.index], question.trace);
      return std::nullopt;
    case Condition::Kind::composite:
      if (was_refused(condition, question.answers))
        return budget_distance(question.budgets[condition.budget], question.trace);
      return std::nullopt;
    default:
      break;
  }
  if (condition_index >= distances.size() || !distances[condition_index]) return std::nullopt;
  return distances[condition_index]({question.trace, question.id, question.near_numbers});
}

}  // namespace entail::policy
