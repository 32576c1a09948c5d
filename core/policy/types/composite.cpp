#include <algorithm>
#include <set>
#include <span>

#include "option/nearest.hpp"
#include "policy/rows.hpp"

namespace entail::policy {

namespace {

using Names = std::vector<std::string_view>;

Names names_of(const std::vector<PolicyOptions>& parts) {
  Names names;
  for (const PolicyOptions& part : parts)
    if (!part.name.empty()) names.push_back(part.name);
  return names;
}

bool has(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::size_t index_of(const PolicyOptions& policy, std::string_view name) {
  const auto found =
      std::find_if(policy.parts.begin(), policy.parts.end(), [&](const auto& part) { return part.name == name; });
  return static_cast<std::size_t>(found - policy.parts.begin());
}

// policy_order first, then the rest in the order of the list. compat: that order alone, as in the Collector.
std::vector<std::size_t> order_of(const PolicyOptions& policy, Scope& scope) {
  const Names names = names_of(policy.parts);
  std::vector<std::size_t> order;
  if (scope.is_compat() && !policy.policy_order.empty())
    scope.warning("policy_order",
                  "ignored with compat: collector, as in the Collector: parts are evaluated in the order of the list");
  const std::size_t count = scope.is_compat() ? 0 : std::min(policy.policy_order.size(), kPoliciesMax);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& name = policy.policy_order[i];
    const std::size_t index = index_of(policy, name);
    if (!has(names, name))
      scope.error("policy_order", i, "no part is named '" + name + "'" + option::suggestion(name, names));
    else if (std::find(order.begin(), order.end(), index) != order.end())
      scope.error("policy_order", i, "'" + name + "' is listed twice");
    else
      order.push_back(index);
  }
  for (std::size_t index = 0; index < policy.parts.size(); ++index)
    if (std::find(order.begin(), order.end(), index) == order.end()) order.push_back(index);
  return order;
}

void check_allocations(const PolicyOptions& policy, Scope& scope) {
  const Names names = names_of(policy.parts);
  const bool compat = scope.is_compat();
  std::set<std::string_view> allocated;
  if (policy.rate_allocation.size() > kPoliciesMax)
    scope.error("rate_allocation", "expected at most " + std::to_string(kPoliciesMax) + " shares");
  for (std::size_t i = 0; i < std::min(policy.rate_allocation.size(), kPoliciesMax); ++i) {
    const RateAllocation& share = policy.rate_allocation[i];
    if (!has(names, share.policy))
      scope.error("rate_allocation", i,
                  "no part is named '" + share.policy + "'" + option::suggestion(share.policy, names));
    else if (!allocated.insert(share.policy).second)
      scope.error("rate_allocation", i, "'" + share.policy + "' is listed twice");
    if (!compat && (share.percent < 0 || share.percent > 100))
      scope.error("rate_allocation", i, "percent: expected a whole number from 0 to 100");
    else if (!compat && share.percent == 0)
      scope.warning("rate_allocation", i,
                    "percent: 0 means no share; in the Collector, and with compat: collector, an equal share");
  }
}

// Spans a second of each part, in this order. A part without an allocation has an equal share of the total.
std::vector<std::uint64_t> allocations_of(const PolicyOptions& policy, const std::vector<std::size_t>& order,
                                          bool compat) {
  const auto total = static_cast<double>(policy.max_total_spans_per_second);
  const auto whole = [](double spans) { return static_cast<std::uint64_t>(std::clamp(spans, 0.0, 9.0e18)); };
  const double equal = total / static_cast<double>(std::max<std::size_t>(policy.parts.size(), 1));
  const std::size_t count = std::min(policy.rate_allocation.size(), kPoliciesMax);
  std::vector<std::uint64_t> by_part(policy.parts.size(), whole(equal));
  for (const RateAllocation& allocation : std::span(policy.rate_allocation).first(count)) {
    const std::size_t index = index_of(policy, allocation.policy);
    if (index == by_part.size()) continue;
    double share = static_cast<double>(allocation.percent) / 100 * total;
    if (allocation.percent <= 0) share = compat ? equal : 0;
    by_part[index] = whole(share);
  }
  std::vector<std::uint64_t> allocations;
  for (const std::size_t index : order) allocations.push_back(by_part[index]);
  return allocations;
}

// The first part that keeps a trace decides, so a failed trace that a part before the error part keeps is not an
// origin.
void warn_of_late_error_part(const PolicyOptions& policy, const std::vector<std::size_t>& order,
                             const std::vector<Compiled>& parts, Scope& scope) {
  if (scope.options().links.propagate.mode == PropagateMode::none || scope.options().links.origins) return;
  const auto error = std::ranges::find_if(parts, [](const Compiled& part) { return part.traits.matches_error; });
  if (error == parts.begin() || error == parts.end()) return;
  const std::string& first = policy.parts[order.front()].name;
  const std::string& by_error = policy.parts[order[static_cast<std::size_t>(error - parts.begin())]].name;
  scope.warning("composite_sub_policy", "links of a failed trace are not followed if '" + first +
                                            "' keeps it before '" + by_error + "' does; move '" + by_error +
                                            "' to the front");
}

// Further spans can revoke its keep: a part before the one that keeps the trace now may match then.
Compiled compile(const PolicyOptions& policy, Scope& scope) {
  const std::vector<std::size_t> order = order_of(policy, scope);
  check_allocations(policy, scope);
  const std::vector<Compiled> parts = scope.add_parts(policy, order);
  warn_of_late_error_part(policy, order, parts, scope);
  const auto total = static_cast<std::uint64_t>(std::max<std::int64_t>(policy.max_total_spans_per_second, 0));
  return {scope.add_composite(SecondBudget(total, allocations_of(policy, order, scope.is_compat()), !scope.is_compat()),
                              parts),
          {.matches_error = std::ranges::any_of(parts, [](const Compiled& part) { return part.traits.matches_error; }),
           .is_probabilistic = true}};
}

}  // namespace

Type composite_type() {
  Row allocation;
  allocation.key = "rate_allocation";
  allocation.kind = option::Kind::allocations;
  allocation.help =
      "Shares of the total, by name of the part. A part without one has the total divided by the number of parts.";
  allocation.unset = "equal shares";
  return {
      .name = "composite",
      .help =
          "Keeps traces up to a number of spans per second: the first part that matches decides, if its share and "
          "the total for this second are not used up. Evaluated once per trace, when a part matches for the first "
          "time.",
      .rows = {option::row<PolicyOptions, [](auto& p) -> auto& { return p.max_total_spans_per_second; }>(
                   expected(whole("max_total_spans_per_second", "Spans per second that all parts together can keep."))),
               option::row<PolicyOptions, [](auto& p) -> auto& { return p.policy_order; }>(
                   {.key = "policy_order",
                    .kind = option::Kind::texts,
                    .bounds = {0, kPoliciesMax},
                    .help = "Names of parts in the order of evaluation; the rest follow in the order of the list."}),
               allocation},
      .parts = Parts::list,
      .parts_key = "composite_sub_policy",
      .is_top_level = true,
      .compile = compile};
}

}  // namespace entail::policy
