#include <algorithm>
#include <numeric>

#include "policy/compiler.hpp"

namespace entail::policy {

// and, drop: all parts; not: its one part.
std::uint32_t Compiler::add_parts(const PolicyOptions& policy, unsigned depth, PolicyTraits& traits) {
  const bool negation = policy.type == PolicyType::not_policy;
  if (policy.type == PolicyType::drop_policy && depth > 0) fault("a drop policy cannot be part of another one");
  if (depth >= kPartsDepthMax) {
    fault("its parts are nested deeper than " + std::to_string(kPartsDepthMax));
    return push({});
  }
  if (policy.parts.empty() || (negation && policy.parts.size() != 1))
    fault(negation ? "not needs exactly one part" : "it needs at least one part");

  std::vector<std::size_t> order(policy.parts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<PolicyTraits> parts;
  const std::vector<std::uint32_t> children = add_children(policy, order, depth, parts);
  join_traits(policy.type, parts, traits);
  return push_children({.kind = negation ? Condition::Kind::negation : Condition::Kind::all}, children);
}

// The conditions of the parts, in this order; traits in that of the configuration.
std::vector<std::uint32_t> Compiler::add_children(const PolicyOptions& policy, const std::vector<std::size_t>& order,
                                                  unsigned depth, std::vector<PolicyTraits>& traits) {
  const std::string outer = where_;
  std::vector<std::uint32_t> children;
  for (const std::size_t index : order) {
    const PolicyOptions& part = policy.parts[index];
    where_ = outer + ", part " + std::to_string(index + 1);
    if (!part.name.empty()) where_ += " '" + part.name + "'";
    children.push_back(add_condition(part, depth + 1, traits.emplace_back()));
  }
  where_ = outer;
  return children;
}

std::uint32_t Compiler::push_children(Condition condition, const std::vector<std::uint32_t>& children) {
  condition.index = static_cast<std::uint32_t>(out_.tree.children.size());
  condition.count = static_cast<std::uint32_t>(children.size());
  out_.tree.children.insert(out_.tree.children.end(), children.begin(), children.end());
  return push(condition);
}

// A composite names no ERROR, since docs/design.md 3.2 looks into `and` alone, and further spans can unmake its keep.
std::uint32_t Compiler::add_composite(const PolicyOptions& policy, PolicyTraits& traits) {
  traits.is_probabilistic = true;
  if (policy.parts.empty()) fault("it needs at least one part");
  if (policy.max_total_spans_per_second < 0) fault("max_total_spans_per_second must not be negative");
  const std::vector<std::size_t> order = composite_order(policy);
  std::vector<PolicyTraits> parts;
  const std::vector<std::uint32_t> children = add_children(policy, order, 0, parts);
  const auto total = static_cast<std::uint64_t>(std::max<std::int64_t>(policy.max_total_spans_per_second, 0));
  out_.budgets.emplace_back(total, composite_allocations(policy, order), options_.compat != Compat::collector);
  return push_children(
      {.kind = Condition::Kind::composite, .evaluated_bit = stateful_count_++, .salt = out_.budgets.size() - 1},
      children);
}

// policy_order first, then the rest as they stand. compat: as they stand; the Collector does not read policy_order.
std::vector<std::size_t> Compiler::composite_order(const PolicyOptions& policy) {
  std::vector<std::size_t> order;
  if (options_.compat != Compat::collector) {
    for (const std::string& name : policy.policy_order) {
      const auto found = std::find_if(policy.parts.begin(), policy.parts.end(),
                                      [&](const PolicyOptions& part) { return part.name == name; });
      const auto index = static_cast<std::size_t>(found - policy.parts.begin());
      if (found == policy.parts.end())
        fault("policy_order: no part is named '" + name + "'");
      else if (std::find(order.begin(), order.end(), index) != order.end())
        fault("policy_order names '" + name + "' twice");
      else
        order.push_back(index);
    }
  }
  for (std::size_t index = 0; index < policy.parts.size(); ++index)
    if (std::find(order.begin(), order.end(), index) == order.end()) order.push_back(index);
  return order;
}

// Spans a second of each part, in this order. A part without an allocation has what is left of the total; compat: none.
std::vector<std::uint64_t> Compiler::composite_allocations(const PolicyOptions& policy,
                                                           const std::vector<std::size_t>& order) {
  const bool compat = options_.compat == Compat::collector;
  const auto total = static_cast<double>(policy.max_total_spans_per_second);
  std::vector<std::uint64_t> by_part(policy.parts.size(), compat ? 0 : SecondBudget::kNoLimit);
  for (const RateAllocation& allocation : policy.rate_allocation) {
    const auto found = std::find_if(policy.parts.begin(), policy.parts.end(),
                                    [&](const PolicyOptions& part) { return part.name == allocation.policy; });
    if (found == policy.parts.end() && !compat) fault("rate_allocation: no part is named '" + allocation.policy + "'");
    if (found == policy.parts.end()) continue;
    double share = static_cast<double>(allocation.percent) / 100 * total;
    if (allocation.percent <= 0) share = compat ? total / static_cast<double>(policy.parts.size()) : 0;
    by_part[static_cast<std::size_t>(found - policy.parts.begin())] =
        static_cast<std::uint64_t>(std::clamp(share, 0.0, 9.0e18));
  }
  std::vector<std::uint64_t> allocations;
  for (const std::size_t index : order) allocations.push_back(by_part[index]);
  return allocations;
}

void Compiler::join_traits(std::string_view type, const std::vector<PolicyTraits>& parts, PolicyTraits& traits) {
  const bool conjunction = type == PolicyType::and_policy;
  traits.monotone = conjunction;
  bool only_thresholds = conjunction;
  for (const PolicyTraits& part : parts) {
    traits.matches_error |= conjunction && part.matches_error;
    traits.monotone &= part.monotone;
    traits.is_probabilistic |= part.is_probabilistic;
    only_thresholds &= !part.is_probabilistic || part.threshold.has_value();
    if (part.threshold) traits.threshold = std::max(traits.threshold.value_or(0), *part.threshold);
  }
  if (!only_thresholds) traits.threshold.reset();
}

// docs/design.md 3.2: the policies that links.origins names, else those that name ERROR.
void Compiler::choose_origins() {
  if (!options_.links.origins) {
    for (CompiledPolicy& policy : out_.policies) policy.propagates = !policy.drops && policy.traits.matches_error;
    return;
  }
  for (const std::string& name : *options_.links.origins) {
    where_ = "links.origins";
    const auto found = std::find_if(out_.policies.begin(), out_.policies.end(),
                                    [&](const CompiledPolicy& policy) { return policy.name == name; });
    if (found == out_.policies.end())
      fault("no policy is named '" + name + "'");
    else if (found->drops)
      fault("'" + name + "' is a drop policy: it keeps nothing that could spread");
    else
      found->propagates = true;
  }
}

void Compiler::check_limits() {
  where_ = "tail_sampling.policies";
  out_.bit_count = std::min(static_cast<unsigned>(bits_.size()), kBitsMax);
  if (bits_.size() > kBitsMax)
    fault("they ask " + std::to_string(bits_.size()) + " different questions about spans; at most " +
          std::to_string(kBitsMax) + " are possible");
  if (stateful_count_ > kStatefulMax)
    fault("they hold " + std::to_string(stateful_count_) +
          " rate_limiting, bytes_limiting and composite policies; at most " + std::to_string(kStatefulMax) +
          " are possible");
}

}  // namespace entail::policy
