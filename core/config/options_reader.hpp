// The walk over a configuration: which section is which, which keys are known, and where everything stood, so that a
// finding about the whole can name its line. parse_options() is one run of it.
// Thread rule: Confined.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/messages.hpp"
#include "config/option_table.hpp"
#include "config/value_reader.hpp"
#include "config/yaml_document.hpp"
#include "policy/type.hpp"

namespace entail::config {

class OptionsReader {
 public:
  OptionsReader(const Options& defaults, const ConfigContext& context)
      : values_(document_, messages_, context), options_(defaults), instance_(context.instance) {
    options_.tail_sampling.policies.clear();
  }
  ConfigResult run(std::string_view text);

 private:
  // Which keys may stand where (options_reader.cpp).
  void read_root(const YamlNode& root);
  using Components = std::vector<const YamlNode::Entry*>;  // of a Collector, whose block is ours
  Components components_of(const YamlNode& root) const;
  const YamlNode::Entry* choose_component(const YamlNode& root, const Components& found);
  const YamlNode::Entry* choose_instance(const Components& found);
  void check_collector_sections(const YamlNode& root, const Components& components, const YamlNode::Entry* component);
  void read_section(const YamlNode& node, const std::string& path, Position key_position);
  void read_both_hops(const YamlNode& node, const std::string& path, Position key_position);
  void read_key(const YamlNode::Entry& entry, const std::string& prefix);
  void read_option(const option::Row<Options>& row, const YamlNode& node, Position key_position);
  void read_types(const YamlNode& node, const std::string& path);
  void unknown_key(const YamlNode::Entry& entry, const std::string& prefix);
  void check_whole();
  void check_collector_keys();
  void note_items(const std::string& path, const YamlNode& node);
  bool has_failed(std::string path) const;
  Position position_of(std::string path) const;

  // Policies (policy_reader.cpp).
  void read_policies(const YamlNode& node, const std::string& path);
  bool read_policy(const YamlNode& node, const std::string& path, const std::string& fallback_name, std::size_t depth,
                   PolicyOptions& policy);
  const policy::Type* read_policy_type(const YamlNode& node, const std::string& where);
  bool read_policy_keys(const YamlNode& node, const policy::Type& type, const std::string& path,
                        const std::string& where, std::size_t depth, PolicyOptions& policy);
  bool read_block(const YamlNode* block, const policy::Type& type, const std::string& path, const std::string& where,
                  std::size_t depth, PolicyOptions& policy);
  bool read_field(const option::Row<PolicyOptions>& row, const YamlNode::Entry& entry, const std::string& path,
                  const std::string& where, PolicyOptions& policy);
  void warn_of_missing(const YamlNode* block, const policy::Type& type, const std::string& where, Position position,
                       const PolicyOptions& policy);
  bool read_allocations(const YamlNode& node, const std::string& path, const std::string& where, PolicyOptions& policy);
  bool read_parts(const YamlNode::Entry& entry, const policy::Type& type, const std::string& place,
                  const std::string& where, std::size_t depth, PolicyOptions& policy);

  YamlDocument document_;
  Messages messages_;
  ValueReader values_;
  Options options_;
  std::string instance_;                        // which component to choose; empty: any
  std::map<std::string, Position> positions_;   // of the key of every option that is set
  std::map<std::string, std::uint32_t> items_;  // the node of every item of a list of texts
  std::set<std::string> extensions_;            // of the Collector, by ID
  std::set<std::string> failed_;                // options that could not be read: nothing more is said of them
  std::map<std::string, OptionValue, std::less<>> unused_;  // Collector keys without effect
  std::string no_origins_;                                  // ConfigResult::no_origins
  std::size_t policy_count_ = 0;
  bool is_own_component_ = false;  // the block is that of a component entail of the Collector
};

}  // namespace entail::config
