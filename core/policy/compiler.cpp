#include "policy/compiler.hpp"

#include <algorithm>

#include "option/nearest.hpp"
#include "text/utf8.hpp"

namespace entail::policy {

// One function in each file of core/policy/types (entail_parts() in cmake/rooms.cmake).
#define ENTAIL_PART(name) Type name##_type();
#include "policy/types.inc"
#undef ENTAIL_PART

std::span<const Type> types() {
  static const std::vector<Type> all = [] {
    std::vector<Type> list = {
#define ENTAIL_PART(name) name##_type(),
#include "policy/types.inc"
#undef ENTAIL_PART
    };
    std::ranges::sort(list, {}, &Type::name);
    return list;
  }();
  return all;
}

const Type* find_type(std::string_view name) noexcept {
  const auto found = std::ranges::lower_bound(types(), name, {}, &Type::name);
  return found != types().end() && found->name == name ? &*found : nullptr;
}

std::vector<std::string_view> type_names() {
  std::vector<std::string_view> names;
  for (const Type& type : types()) names.push_back(type.name);
  return names;
}

CompiledPolicies Compiler::run() {
  const std::vector<PolicyOptions>& policies = options_.tail_sampling.policies;
  if (policies.empty())
    findings_.error("tail_sampling.policies",
                    "tail_sampling.policies: at least one policy is required; without one nothing would be kept");
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const std::string path = "tail_sampling.policies[" + std::to_string(i) + "]";
    const std::string& name = policies[i].name;
    check_name(policies[i], i, path);
    const std::string where = "policy " + (name.empty() ? std::to_string(i + 1) : "'" + name + "'");
    out_.policies.push_back({name, add(policies[i], path, where, 0), false});
  }
  out_.compat = options_.compat == Compat::collector;
  out_.size_max = options_.tail_sampling.maximum_trace_size_bytes;
  out_.reads_sizes |= out_.size_max != 0;
  out_.first_match = options_.tail_sampling.sample_on_first_match;
  out_.bit_count = std::min(static_cast<unsigned>(bits_.size()), kBitsMax);
  choose_origins();
  if (options_.probability == Probability::consistent)
    for (CompiledPolicy& policy : out_.policies)
      if (!policy.compiled.traits.drops) choose_batch_limits(policy);
  out_.attributes.finish();
  out_.near_numbers.finish();
  return std::move(out_);
}

void Compiler::check_name(const PolicyOptions& policy, std::size_t index, const std::string& path) {
  const std::string number = "policy " + std::to_string(index + 1);
  if (policy.name.empty())
    findings_.error(path, number + ": it needs a name");
  else if (!names_.insert(policy.name).second)
    findings_.error(path + ".name", "policy '" + policy.name + "': another policy has this name");
  if (text::utf8_valid_size(policy.name) != policy.name.size())  // it goes into JSON and OTLP
    findings_.error(path + ".name", number + ": its name is not UTF-8");
}

Compiled Compiler::add(const PolicyOptions& policy, const std::string& path, const std::string& where,
                       std::size_t depth) {
  if (++policy_count_ > kPoliciesMax) {
    if (policy_count_ == kPoliciesMax + 1)
      findings_.error(path, where + ": more than " + std::to_string(kPoliciesMax) + " policies and parts");
    return {};
  }
  const Type* const type = find_type(policy.type);
  if (type == nullptr) {
    findings_.error(path,
                    where + ": unknown type '" + policy.type + "'" + option::suggestion(policy.type, type_names()));
    return {};
  }
  const bool rows_hold = check_rows(*type, policy, path, where);
  if (type->parts != Parts::none) check_parts(*type, policy, path + "." + std::string(type->name), where, depth);
  Scope scope(*this, *type, path, where, depth, rows_hold);
  return type->compile(policy, scope);
}

bool Compiler::check_rows(const Type& type, const PolicyOptions& policy, const std::string& path,
                          const std::string& where) {
  const std::size_t before = findings_.error_count();
  const std::string block = std::string(type.name) + ".";
  for (const option::Row<PolicyOptions>& row : type.rows) {
    const std::string key = block + std::string(row.key);
    if (row.has_value()) findings_.check_value(row, row.get(policy), path + "." + key, where + ": " + key);
  }
  findings_.check_settings<PolicyOptions>(policy, type.rows, path + "." + block, where + ": " + std::string(type.name));
  return findings_.error_count() == before;
}

void Compiler::check_parts(const Type& type, const PolicyOptions& policy, const std::string& path,
                           const std::string& where, std::size_t depth) {
  const std::string key(type.parts_key);
  if (type.is_top_level && depth > 0)
    findings_.error(path + "." + key,
                    where + ": a " + std::string(type.name) + " policy cannot be a part of another policy");
  if (type.parts == Parts::one ? policy.parts.size() != 1 : policy.parts.empty())
    findings_.error(
        path + "." + key,
        where + ": " + key + (type.parts == Parts::one ? " must be one policy" : " must name at least one policy"));
  if (depth + 1 > kPartsDepthMax)
    findings_.error(path + "." + key, where + ": its parts are nested deeper than " + std::to_string(kPartsDepthMax));
}

// docs/design.md 3.2: the policies that links.origins names, else those that name ERROR.
void Compiler::choose_origins() {
  if (!options_.links.origins) {
    for (CompiledPolicy& policy : out_.policies) {
      policy.propagates = !policy.compiled.traits.drops && policy.compiled.traits.matches_error;
      policy.by_error_part =
          policy.propagates && out_.tree.conditions[policy.compiled.condition].kind == Condition::Kind::composite;
    }
    return warn_without_origins();
  }
  std::vector<std::string_view> names;
  for (const CompiledPolicy& policy : out_.policies) names.push_back(policy.name);
  for (std::size_t i = 0; i < options_.links.origins->size(); ++i) {
    const std::string& origin = (*options_.links.origins)[i];
    const std::string path = "links.origins[" + std::to_string(i) + "]";
    const auto found = std::ranges::find(out_.policies, origin, &CompiledPolicy::name);
    if (found == out_.policies.end())
      findings_.error(path, "links.origins: no policy is named '" + origin + "'" + option::suggestion(origin, names));
    else if (found->compiled.traits.drops)
      findings_.error(path, "links.origins: '" + origin + "' is a drop policy: it keeps nothing that could spread");
    else
      found->propagates = true;
  }
}

// The limits among the conditions that must all hold: the policy itself, or the parts of an `and`.
void Compiler::choose_batch_limits(CompiledPolicy& policy) {
  const ConditionTree& tree = out_.tree;
  std::vector<std::uint32_t> conjuncts = {policy.compiled.condition};
  for (std::size_t i = 0; i < conjuncts.size(); ++i) {
    const Condition& condition = tree.conditions[conjuncts[i]];
    if (condition.kind != Condition::Kind::all) continue;
    const auto first = tree.children.begin() + condition.index;
    conjuncts.insert(conjuncts.end(), first, first + condition.count);
  }
  for (const std::uint32_t index : conjuncts) {
    const Condition::Kind kind = tree.conditions[index].kind;
    if (kind == Condition::Kind::bucket)
      policy.limits.push_back(index);
    else if (kind != Condition::Kind::all)
      policy.limit_others.push_back(index);
  }
  for (const std::uint32_t index : policy.limits) out_.buckets[tree.conditions[index].index].by_randomness = true;
  out_.reads_randomness |= !policy.limits.empty();
}

void Compiler::warn_without_origins() {
  if (options_.links.propagate.mode == PropagateMode::none) return;
  if (findings_.error_count() != 0) return;
  std::string keeps;  // the name of the first policy that could be named
  for (const CompiledPolicy& policy : out_.policies) {
    if (policy.propagates) return;
    if (keeps.empty() && !policy.compiled.traits.drops) keeps = policy.name;
  }
  if (keeps.empty()) return;  // nothing is kept at all
  findings_.warning(std::string(kNoOriginsPath),
                    "links are not followed, since no policy tests for the status ERROR; to follow the links of the "
                    "traces that '" +
                        keeps + "' keeps, add 'links: {origins: [\"" + keeps +
                        "\"]}'; for no links and no warning, 'links: {propagate: {mode: none}}'");
}

}  // namespace entail::policy
