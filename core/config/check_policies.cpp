#include "config/check_policies.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "config/value_reader.hpp"
#include "option/nearest.hpp"
#include "ottl/string_matcher.hpp"
#include "policy/ottl_conditions.hpp"
#include "text/utf8.hpp"

namespace entail::config {

namespace {

class PolicyChecker {
 public:
  PolicyChecker(const Options& options, option::Findings& findings) : options_(options), findings_(findings) {}

  void run() {
    const std::vector<PolicyOptions>& policies = options_.tail_sampling.policies;
    if (policies.empty())
      findings_.error("tail_sampling.policies",
                      "tail_sampling.policies: at least one policy is required; without one nothing would be kept");
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < policies.size(); ++i) {
      const std::string path = "tail_sampling.policies[" + std::to_string(i) + "]";
      const std::string& name = policies[i].name;
      if (name.empty())
        findings_.error(path, "policy " + std::to_string(i + 1) + ": it needs a name");
      else if (!names.insert(name).second)
        findings_.error(path + ".name", "policy '" + name + "': another policy has this name");
      if (text::utf8_valid_size(name) != name.size())  // it goes into JSON and OTLP
        findings_.error(path + ".name", "policy " + std::to_string(i + 1) + ": its name is not UTF-8");
      check_policy(policies[i], path, name.empty() ? "policy " + std::to_string(i + 1) : "policy '" + name + "'", 0);
    }
  }

 private:
  void check_policy(const PolicyOptions& policy, const std::string& path, const std::string& where, std::size_t depth) {
    if (++policy_count_ > kPoliciesMax) {
      if (policy_count_ == kPoliciesMax + 1)
        findings_.error(path, where + ": more than " + std::to_string(kPoliciesMax) + " policies and parts");
      return;
    }
    const PolicyShape* const found = find_shape(policy.type);
    if (found == nullptr) {
      std::vector<std::string_view> types;
      for (const PolicyShape& known : policy_table()) types.push_back(known.name);
      findings_.error(path, where + ": unknown type '" + policy.type + "'" + option::suggestion(policy.type, types));
      return;
    }
    const PolicyShape& shape = *found;
    const std::string block = std::string(shape.name) + ".";
    for (const option::Row<PolicyOptions>& row : shape.fields) {
      const std::string key = block + std::string(row.key);
      if (row.has_value()) findings_.check_value(row, row.get(policy), path + "." + key, where + ": " + key);
    }
    findings_.check_settings(policy, shape.fields, path + "." + block, where);
    check_ranges(policy, path + "." + block, where + ": " + block);
    check_texts(policy, path + "." + block, where + ": " + block);
    if (policy.type == PolicyType::composite) check_composite(policy, path + "." + block, where + ": " + block);
    if (!shape.parts_key.empty()) check_parts(policy, shape, path + "." + block, where, depth);
  }

  // What is legal, but matches nothing or not what the Collector would match.
  void check_ranges(const PolicyOptions& policy, const std::string& path, const std::string& where) {
    if (policy.type == PolicyType::latency && policy.upper_threshold_ms != 0 &&
        policy.upper_threshold_ms <= policy.threshold_ms)
      findings_.warning(path + "upper_threshold_ms",
                        where + "upper_threshold_ms: nothing matches, as it is not above threshold_ms");
    if (policy.type == PolicyType::span_count && policy.max_spans != 0 && policy.max_spans < policy.min_spans)
      findings_.warning(path + "max_spans", where + "max_spans: nothing matches, as it is below min_spans");
    if (policy.type == PolicyType::link_count && policy.max_links != 0 && policy.max_links < policy.min_links)
      findings_.warning(path + "max_links", where + "max_links: nothing matches, as it is below min_links");
    if (policy.type == PolicyType::link_type && options_.links.propagate.type_keys.empty())
      findings_.warning(path + "values", where + "values: no link has a type, since type_keys is empty");
    if (policy.type != PolicyType::numeric_attribute) return;
    const bool zero_is_none = options_.compat == Compat::collector;
    if (policy.min_value && policy.max_value && *policy.min_value > *policy.max_value &&
        !(zero_is_none && (*policy.min_value == 0 || *policy.max_value == 0)))
      findings_.warning(path + "max_value", where + "max_value: nothing matches, as it is below min_value");
    for (const auto& [value, name] :
         {std::pair(policy.min_value, "min_value"), std::pair(policy.max_value, "max_value")})
      if (value && *value == 0 && !zero_is_none)
        findings_.warning(
            path + name,
            where + name + ": 0 is a bound here; the Collector takes it for none (compat: collector does, too)");
  }

  // Texts in a language of their own, each compiled to see whether it can be.
  void check_texts(const PolicyOptions& policy, const std::string& path, const std::string& where) {
    if (policy.type == PolicyType::string_attribute && policy.enabled_regex_matching)
      for (std::size_t i = 0; i < policy.values.size(); ++i) {
        std::vector<std::string> faults;
        (void)ottl::StringMatcher::regex({policy.values[i]}, faults);
        for (const std::string& fault : faults)
          findings_.error(path + "values[" + std::to_string(i) + "]", where + "values: " + fault);
      }
    if (policy.type == PolicyType::link_type)
      for (std::size_t i = 0; i < policy.values.size(); ++i)
        if (policy.values[i].empty() || policy.values[i].size() > kTypeNameBytesMax)
          findings_.error(path + "values[" + std::to_string(i) + "]",
                          where + "values: a type has 1 to " + std::to_string(kTypeNameBytesMax) + " bytes");
    if (policy.type != PolicyType::ottl_condition) return;
    if (policy.span_conditions.empty() && policy.spanevent_conditions.empty())
      findings_.error(path + "span", where + "span or spanevent must hold at least one condition");
    const bool spans_good =
        check_conditions(policy.span_conditions, ottl::Context::span, path + "span", where + "span");
    const bool events_good = check_conditions(policy.spanevent_conditions, ottl::Context::spanevent, path + "spanevent",
                                              where + "spanevent");
    std::string condition;
    ottl::Fault fault;
    if (spans_good && events_good && !conditions_.add(policy, 0, policy::kNoErrorBit, condition, fault))
      findings_.error(path + "span", where + "span: " + fault.text);
  }

  bool check_conditions(const std::vector<std::string>& conditions, ottl::Context context, const std::string& path,
                        const std::string& where) {
    bool good = true;
    for (std::size_t i = 0; i < conditions.size(); ++i) {
      ottl::Program program;
      ottl::Fault fault;
      if (ottl::compile(conditions[i], context, program, fault)) continue;
      good = false;
      const std::string hint = fault.candidates.empty() ? "" : option::suggestion(fault.word, fault.candidates);
      findings_.error(path + "[" + std::to_string(i) + "]",
                      where + ": " + fault.text + hint + "\n" + option::caret_lines(conditions[i], fault.offset));
      findings_.list.back().offset = fault.offset;
    }
    return good;
  }

  void check_composite(const PolicyOptions& policy, const std::string& path, const std::string& where) {
    const bool compat = options_.compat == Compat::collector;
    std::vector<std::string_view> names;
    for (const PolicyOptions& part : policy.parts)
      if (!part.name.empty()) names.push_back(part.name);
    const auto is_part = [&](const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (compat && !policy.policy_order.empty())
      findings_.warning(path + "policy_order", where +
                                                   "policy_order: the Collector does not read it, so neither does "
                                                   "compat: collector; parts are asked as they stand");
    for (std::size_t i = 0; i < policy.policy_order.size(); ++i) {
      const std::string& name = policy.policy_order[i];
      const std::string place = path + "policy_order[" + std::to_string(i) + "]";
      const auto end = policy.policy_order.begin() + static_cast<std::ptrdiff_t>(i);
      if (compat) continue;
      if (!is_part(name))
        findings_.error(place,
                        where + "policy_order: no part is named '" + name + "'" + option::suggestion(name, names));
      else if (std::find(policy.policy_order.begin(), end, name) != end)
        findings_.error(place, where + "policy_order: '" + name + "' stands twice");
    }
    std::set<std::string_view> shared;
    for (std::size_t i = 0; i < policy.rate_allocation.size(); ++i) {
      const RateAllocation& share = policy.rate_allocation[i];
      const std::string place = path + "rate_allocation[" + std::to_string(i) + "]";
      const std::string what = where + "rate_allocation: ";
      if (!is_part(share.policy))
        findings_.error(place,
                        what + "no part is named '" + share.policy + "'" + option::suggestion(share.policy, names));
      else if (!shared.insert(share.policy).second)
        findings_.error(place, what + "'" + share.policy + "' stands twice");
      if (!compat && (share.percent < 0 || share.percent > 100))
        findings_.error(place, what + "percent: expected a whole number from 0 to 100");
      else if (!compat && share.percent == 0)
        findings_.warning(place, what +
                                     "percent: 0 is none here; the Collector takes it for an equal share (compat: "
                                     "collector does, too)");
    }
    for (const std::string_view name : names)
      if (compat && !shared.contains(name))
        findings_.warning(path + "rate_allocation", where + "rate_allocation: '" + std::string(name) +
                                                        "' has none, and with compat: collector keeps nothing");
  }

  void check_parts(const PolicyOptions& policy, const PolicyShape& shape, const std::string& path,
                   const std::string& where, std::size_t depth) {
    const std::string key(shape.parts_key);
    if ((policy.type == PolicyType::drop_policy || policy.type == PolicyType::composite) && depth > 0)
      findings_.error(path + key,
                      where + ": a " + std::string(shape.name) + " policy cannot be a part of another policy");
    if (policy.type == PolicyType::not_policy ? policy.parts.size() != 1 : policy.parts.empty())
      findings_.error(path + key, where + ": " + key +
                                      (policy.type == PolicyType::not_policy ? " must be one policy"
                                                                             : " must name at least one policy"));
    if (depth + 1 > kPartsDepthMax) {
      findings_.error(path + key, where + ": its parts are nested deeper than " + std::to_string(kPartsDepthMax));
      return;
    }
    for (std::size_t i = 0; i < policy.parts.size(); ++i) {
      const PolicyOptions& part = policy.parts[i];
      const std::string name = part.name.empty() ? std::to_string(i + 1) : "'" + part.name + "'";
      check_policy(part, path + key + "[" + std::to_string(i) + "]", where + ", part " + name, depth + 1);
    }
  }

  const Options& options_;
  option::Findings& findings_;
  std::size_t policy_count_ = 0;
  policy::OttlConditions conditions_;  // of all policies: their attributes are counted together
};

}  // namespace

void check_policies(const Options& options, option::Findings& findings) { PolicyChecker(options, findings).run(); }

}  // namespace entail::config
