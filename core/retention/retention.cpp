#include "retention/retention.hpp"

#include <algorithm>

namespace entail::retention {

// One function for each file in rules/.
#define ENTAIL_PART(name) RuleType name##_rule();
#include "retention/rules.inc"
#undef ENTAIL_PART

std::span<const RuleType> rule_types() {
  static const std::vector<RuleType> types = [] {
    std::vector<RuleType> all;
#define ENTAIL_PART(name) all.push_back(name##_rule());
#include "retention/rules.inc"
#undef ENTAIL_PART
    std::stable_sort(all.begin(), all.end(), [](const RuleType& a, const RuleType& b) { return a.place < b.place; });
    return all;
  }();
  return types;
}

Retention::Retention(const Options& options) {
  for (const RuleType& type : rule_types()) {
    rules_.push_back(type.make(options));
    records_ns_ = std::min(records_ns_, rules_.back()->records_ns());
  }
}

std::int64_t Retention::end_ns(const DroppedTrace& trace) const noexcept {
  std::int64_t end_ns = kNever;
  for (const auto& rule : rules_) end_ns = std::min(end_ns, rule->end_ns(trace));
  return end_ns;
}

base::Loss Retention::exceeded(const Retained& retained) const noexcept {
  for (const auto& rule : rules_)
    if (const base::Loss loss = rule->exceeded(retained); loss != base::Loss::none) return loss;
  return base::Loss::none;
}

std::uint64_t Retention::bytes_to_release(std::uint64_t held_bytes, std::uint64_t wanted_bytes) const noexcept {
  std::uint64_t bytes = 0;
  for (const auto& rule : rules_) bytes = std::max(bytes, rule->bytes_to_release(held_bytes, wanted_bytes));
  return bytes;
}

std::uint64_t Retention::bytes_ahead(std::uint64_t held_bytes) const noexcept {
  std::uint64_t bytes = 0;
  for (const auto& rule : rules_) bytes = std::max(bytes, rule->bytes_ahead(held_bytes));
  return bytes;
}

}  // namespace entail::retention
