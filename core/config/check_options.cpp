#include "config/check_options.hpp"

#include <algorithm>

#include "config/option_table.hpp"
#include "policy/link_types.hpp"
#include "retention/retention.hpp"

namespace entail::config {

namespace {

class Checker {
 public:
  explicit Checker(const Options& options) : options_(options) {}

  CheckedOptions run() {
    for (const option::Row<Options>& row : option_table())
      if (row.has_value()) findings_.check_value(row, row.get(options_), std::string(row.key), std::string(row.key));
    findings_.check_settings(options_, option_table(), "", "settings");
    check_embedder_options();
    check_links();
    check_times_and_retention();
    std::unique_ptr<policy::PolicySet> policies = policy::PolicySet::compile(options_, findings_);
    if (findings_.error_count() != 0) policies.reset();
    return {std::move(findings_.list), std::move(policies)};
  }

 private:
  void check_embedder_options() {
    if (options_.ingest_lanes_max < 1 || options_.ingest_lanes_max > kIngestLanesMax)
      findings_.error("ingest_lanes_max",
                      "ingest_lanes_max: expected a whole number from 1 to " + std::to_string(kIngestLanesMax));
    if (options_.output_batch_bytes_max < 1)
      findings_.error("output_batch_bytes_max", "output_batch_bytes_max: expected at least 1");
  }

  void check_links() {
    const PropagateOptions& propagate = options_.links.propagate;
    if (propagate.mode == PropagateMode::component && propagate.origin_links == OriginLinks::error_spans)
      findings_.error(
          "links.propagate.origin_links",
          "links.propagate.origin_links: error_spans cannot be combined with mode: component, where links have no "
          "direction");
    for (const std::string& key : propagate.type_keys)
      if (key.empty())
        findings_.error("links.propagate.type_keys", "links.propagate.type_keys: an attribute name is empty");
    if (propagate.type_keys.empty() && !propagate.types.empty())
      findings_.warning("links.propagate.types", "links.propagate.types: no link has a type, since type_keys is empty");
    for (const auto& [name, rule] : propagate.types) {
      const std::string where = "links.propagate.types." + name;
      if (name.empty() || name.size() > policy::kLinkTypeBytesMax)
        findings_.error(
            where, where + ": the name of a type has 1 to " + std::to_string(policy::kLinkTypeBytesMax) + " bytes");
      if (name.find('-') != std::string::npos) findings_.error(where, where + ": '-' must be written as '_'");
      if (!rule.linked && !rule.linking) findings_.error(where, where + ": expected linked, linking or both");
      for (const std::optional<std::uint32_t>& hops : {rule.linked, rule.linking})
        if (hops && *hops > kHopsMax)
          findings_.error(where, where + ": expected whole numbers from 0 to " + std::to_string(kHopsMax));
    }
  }

  void check_times_and_retention() {
    const TailSamplingOptions& tail = options_.tail_sampling;
    if (tail.decision_wait_after_root_received_ns != 0 &&
        tail.decision_wait_after_root_received_ns >= tail.decision_wait_ns)
      findings_.warning(
          "tail_sampling.decision_wait_after_root_received",
          "tail_sampling.decision_wait_after_root_received: without effect, as it is not shorter than decision_wait");
    for (const retention::RuleType& rule : retention::rule_types())
      if (rule.check != nullptr) rule.check(options_, findings_);
  }

  const Options& options_;
  option::Findings findings_;
};

}  // namespace

CheckedOptions check_options(const Options& options) { return Checker(options).run(); }

}  // namespace entail::config
