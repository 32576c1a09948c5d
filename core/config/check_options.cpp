#include "config/check_options.hpp"

#include <cmath>
#include <set>

#include "config/nearest.hpp"
#include "config/option_table.hpp"
#include "config/value_reader.hpp"

namespace entail::config {

namespace {

class Checker {
 public:
  explicit Checker(const Options& options) : options_(options) {}

  std::vector<Finding> run() {
    for (const Option<Options>& row : option_table())
      if (row.get != nullptr) check_value(row, row.get(options_), std::string(row.key), std::string(row.key));
    check_embedder_options();
    check_links();
    check_times_and_sizes();
    const std::vector<PolicyOptions>& policies = options_.tail_sampling.policies;
    if (policies.empty())
      error("tail_sampling.policies",
            "tail_sampling.policies: at least one policy is required; without one nothing would be kept");
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < policies.size(); ++i) {
      const std::string path = "tail_sampling.policies[" + std::to_string(i) + "]";
      const std::string& name = policies[i].name;
      if (name.empty())
        error(path, "policy " + std::to_string(i + 1) + ": it needs a name");
      else if (!names.insert(name).second)
        error(path + ".name", "policy '" + name + "': another policy has this name");
      check_policy(policies[i], path, name.empty() ? "policy " + std::to_string(i + 1) : "policy '" + name + "'", 0);
    }
    check_origins();
    return std::move(findings_);
  }

 private:
  void error(std::string path, std::string text) { findings_.push_back({std::move(path), std::move(text), true}); }
  void warning(std::string path, std::string text) { findings_.push_back({std::move(path), std::move(text), false}); }

  void check_value(const OptionShape& shape, const OptionValue& value, const std::string& path,
                   const std::string& where) {
    bool ok = true;
    bool missing = false;
    if (const auto* number = std::get_if<std::uint64_t>(&value)) {
      if (shape.kind == OptionKind::choice)
        ok = *number < shape.choices.size() - shape.aliases;
      else if (shape.kind == OptionKind::choices)
        ok = *number >> shape.choices.size() == 0;
      else
        ok = shape.bounds.contains(*number);
      missing = shape.kind == OptionKind::choices && *number == 0;
    } else if (const auto* share = std::get_if<double>(&value)) {
      ok = std::isfinite(*share) && *share >= 0 && *share <= 100;
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      missing = text->empty();
    } else if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
      ok = list->size() <= shape.bounds.max;
    }
    if (!ok)
      error(path, where + ": expected " + expectation(shape));
    else if (missing && shape.presence == Presence::required)
      error(path, where + " is required: " + expectation(shape));
  }

  void check_embedder_options() {
    if (options_.ingest_lanes_max < 1 || options_.ingest_lanes_max > kIngestLanesMax)
      error("ingest_lanes_max",
            "ingest_lanes_max: expected a whole number from 1 to " + std::to_string(kIngestLanesMax));
    if (options_.output_batch_bytes_max < 1)
      error("output_batch_bytes_max", "output_batch_bytes_max: expected at least 1");
  }

  void check_links() {
    const PropagateOptions& propagate = options_.links.propagate;
    if (propagate.mode == PropagateMode::component && propagate.origin_links == OriginLinks::error_spans)
      error("links.propagate.origin_links",
            "links.propagate.origin_links: error_spans cannot be combined with mode: component, where links have no "
            "direction");
    for (const std::string& key : propagate.type_keys)
      if (key.empty()) error("links.propagate.type_keys", "links.propagate.type_keys: an attribute name is empty");
    if (propagate.type_keys.empty() && !propagate.types.empty())
      warning("links.propagate.types", "links.propagate.types: no link has a type, since type_keys is empty");
    for (const auto& [name, rule] : propagate.types) {
      const std::string where = "links.propagate.types." + name;
      if (name.empty() || name.size() > kTypeNameBytesMax)
        error(where, where + ": the name of a type has 1 to " + std::to_string(kTypeNameBytesMax) + " bytes");
      if (name.find('-') != std::string::npos) error(where, where + ": '-' must be written as '_'");
      if (!rule.linked && !rule.linking) error(where, where + ": expected linked, linking or both");
      for (const std::optional<std::uint32_t>& hops : {rule.linked, rule.linking})
        if (hops && *hops > kHopsMax)
          error(where, where + ": expected whole numbers from 0 to " + std::to_string(kHopsMax));
    }
  }

  void check_times_and_sizes() {
    const TailSamplingOptions& tail = options_.tail_sampling;
    if (tail.decision_wait_after_root_received_ns != 0 &&
        tail.decision_wait_after_root_received_ns >= tail.decision_wait_ns)
      warning(
          "tail_sampling.decision_wait_after_root_received",
          "tail_sampling.decision_wait_after_root_received: without effect, as it is not shorter than decision_wait");
    if (options_.retain.max_bytes && *options_.retain.max_bytes > options_.memory_limit_bytes)
      warning("retain.max_bytes", "retain.max_bytes: without effect, as it is larger than memory_limit");
  }

  void check_policy(const PolicyOptions& policy, const std::string& path, const std::string& where, std::size_t depth) {
    if (++policy_count_ > kPoliciesMax) {
      if (policy_count_ == kPoliciesMax + 1)
        error(path, where + ": more than " + std::to_string(kPoliciesMax) + " policies and parts");
      return;
    }
    if (static_cast<std::size_t>(policy.type) >= policy_table().size()) {
      error(path, where + ": its type is unknown");
      return;
    }
    const PolicyShape& shape = shape_of(policy.type);
    const std::string block = std::string(shape.name) + ".";
    for (const Option<PolicyOptions>& row : shape.fields) {
      const std::string key = block + std::string(row.key);
      if (row.get != nullptr) check_value(row, row.get(policy), path + "." + key, where + ": " + key);
    }
    check_ranges(policy, path + "." + block, where + ": " + block);
    if (!shape.parts_key.empty()) check_parts(policy, shape, path + "." + block, where, depth);
  }

  // What is legal, but matches nothing or not what the Collector would match.
  void check_ranges(const PolicyOptions& policy, const std::string& path, const std::string& where) {
    if (policy.type == PolicyType::latency && policy.upper_threshold_ms != 0 &&
        policy.upper_threshold_ms <= policy.threshold_ms)
      warning(path + "upper_threshold_ms",
              where + "upper_threshold_ms: nothing matches, as it is not above threshold_ms");
    if (policy.type == PolicyType::span_count && policy.max_spans != 0 && policy.max_spans < policy.min_spans)
      warning(path + "max_spans", where + "max_spans: nothing matches, as it is below min_spans");
    if (policy.type != PolicyType::numeric_attribute) return;
    const bool zero_is_none = options_.compat == Compat::collector;
    if (policy.min_value && policy.max_value && *policy.min_value > *policy.max_value &&
        !(zero_is_none && (*policy.min_value == 0 || *policy.max_value == 0)))
      warning(path + "max_value", where + "max_value: nothing matches, as it is below min_value");
    for (const auto& [value, name] :
         {std::pair(policy.min_value, "min_value"), std::pair(policy.max_value, "max_value")})
      if (value && *value == 0 && !zero_is_none)
        warning(path + name,
                where + name + ": 0 is a bound here; the Collector takes it for none (compat: collector does, too)");
  }

  void check_parts(const PolicyOptions& policy, const PolicyShape& shape, const std::string& path,
                   const std::string& where, std::size_t depth) {
    const std::string key(shape.parts_key);
    if (policy.type == PolicyType::drop_policy && depth > 0)
      error(path + key, where + ": a drop policy cannot be a part of another policy");
    if (policy.type == PolicyType::not_policy ? policy.parts.size() != 1 : policy.parts.empty())
      error(path + key,
            where + ": " + key +
                (policy.type == PolicyType::not_policy ? " must be one policy" : " must name at least one policy"));
    if (depth + 1 > kPartsDepthMax) {
      error(path + key, where + ": its parts are nested deeper than " + std::to_string(kPartsDepthMax));
      return;
    }
    for (std::size_t i = 0; i < policy.parts.size(); ++i) {
      const PolicyOptions& part = policy.parts[i];
      const std::string name = part.name.empty() ? std::to_string(i + 1) : "'" + part.name + "'";
      check_policy(part, path + key + "[" + std::to_string(i) + "]", where + ", part " + name, depth + 1);
    }
  }

  void check_origins() {
    if (!options_.links.origins) return;
    std::vector<std::string_view> names;
    for (const PolicyOptions& policy : options_.tail_sampling.policies) names.push_back(policy.name);
    for (std::size_t i = 0; i < options_.links.origins->size(); ++i) {
      const std::string& origin = (*options_.links.origins)[i];
      const std::string path = "links.origins[" + std::to_string(i) + "]";
      const PolicyOptions* found = nullptr;
      for (const PolicyOptions& policy : options_.tail_sampling.policies)
        if (policy.name == origin) found = &policy;
      if (found == nullptr)
        error(path, "links.origins: no policy is named '" + origin + "'" + suggestion(origin, names));
      else if (found->type == PolicyType::drop_policy)
        error(path, "links.origins: '" + origin + "' is a drop policy: it keeps nothing that could spread");
    }
  }

  const Options& options_;
  std::vector<Finding> findings_;
  std::size_t policy_count_ = 0;
};

}  // namespace

std::vector<Finding> check_options(const Options& options) { return Checker(options).run(); }

}  // namespace entail::config
