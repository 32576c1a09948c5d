#include "config/options_reader.hpp"

#include <algorithm>
#include <array>

#include "config/check_options.hpp"
#include "config/kubernetes_resource.hpp"
#include "option/nearest.hpp"
#include "option/value_text.hpp"

namespace entail::config {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kBlock = "tail_sampling";
constexpr std::array kCollectorSections = {"receivers"sv,  "processors"sv, "exporters"sv,
                                           "extensions"sv, "connectors"sv, "service"sv};

bool is_collector_section(std::string_view key) {
  return std::find(kCollectorSections.begin(), kCollectorSections.end(), key) != kCollectorSections.end();
}

// The Collector's components whose block is ours: Entail's own processor and receiver, and the processor that these
// take the place of.
constexpr std::string_view kOwnComponent = "entail";
constexpr std::array kOwnComponentKeys = {
    "debug_page"sv, "decision_log"sv,    "decision_log_max_bytes"sv, "decision_log_max_files"sv,
    "protocols"sv,  "shutdown_timeout"sv};  // beside what the engine reads
constexpr std::array kComponentSections = {"processors"sv, "receivers"sv};

bool is_named(std::string_view key, std::string_view type) {
  return key == type || (key.starts_with(type) && key[type.size()] == '/');
}
bool is_component(std::string_view section, std::string_view key) {
  return is_named(key, kOwnComponent) || (section == "processors" && is_named(key, kBlock));
}

std::string joined_path(const std::string& prefix, std::string_view key) {
  return prefix.empty() ? std::string(key) : prefix + "." + std::string(key);
}

// The keys that are valid directly below a section, in the order of the table; prefix empty: at the top.
std::vector<std::string_view> keys_below(const std::string& prefix) {
  std::vector<std::string_view> keys;
  for (const option::Row<Options>& row : option_table()) {
    std::string_view rest = row.key;
    if (!prefix.empty()) {
      if (!rest.starts_with(prefix) || rest.size() <= prefix.size() || rest[prefix.size()] != '.') continue;
      rest.remove_prefix(prefix.size() + 1);
    }
    const std::string_view key = rest.substr(0, rest.find('.'));
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  }
  return keys;
}

const option::Row<Options>* find_option(std::string_view path) {
  for (const option::Row<Options>& row : option_table())
    if (row.key == path) return &row;
  return nullptr;
}

// The section in which a misplaced key is valid; nothing if there is none.
std::optional<std::string> home_of(std::string_view key) {
  for (const option::Row<Options>& row : option_table()) {
    for (std::size_t end = row.key.find('.'); end != std::string_view::npos; end = row.key.find('.', end + 1)) {
      const std::string_view rest = row.key.substr(end + 1);
      if (rest.substr(0, rest.find('.')) == key) return std::string(row.key.substr(0, end));
    }
    if (row.key.substr(0, row.key.find('.')) == key) return std::string();
  }
  return std::nullopt;
}

// The path of what is around: "a.b[2]" of "a.b[2].c", "a.b" of "a.b[2]".
void cut_last_step(std::string& path) {
  const std::size_t cut = path.find_last_of(".[");
  path.resize(cut == std::string::npos ? 0 : cut);
}

constexpr std::string_view kShards = "tail_sampling.num_shards";
constexpr std::string_view kStorage = "tail_sampling.tail_storage";
constexpr std::string_view kStrategy = "tail_sampling.sampling_strategy";
constexpr std::int64_t kSpanIngest = 1;  // index of its choice

// As the Collector's evaluators say of themselves.
bool is_stateful(const PolicyOptions& policy) {
  return policy.type == PolicyType::rate_limiting || policy.type == PolicyType::bytes_limiting ||
         (policy.type == PolicyType::latency && policy.upper_threshold_ms > 0) ||
         (policy.type == PolicyType::span_count && policy.max_spans > 0) ||
         std::any_of(policy.parts.begin(), policy.parts.end(), is_stateful);
}

}  // namespace

ConfigResult OptionsReader::run(std::string_view text) {
  if (document_.load(text, &messages_.errors) && enter_resource(document_, messages_.errors)) {
    const YamlNode& root = document_.root();
    if (root.kind == YamlNode::Kind::null)
      messages_.error({1, 1}, "the configuration is empty: tail_sampling.policies is required");
    else if (root.kind != YamlNode::Kind::map)
      messages_.error(root.position, "expected a map with the key tail_sampling; found " + found_text(root));
    else
      read_root(root);
  }
  messages_.finish();
  ConfigResult result;
  if (messages_.errors.empty()) result.options = std::move(options_);
  result.errors = std::move(messages_.errors);
  result.warnings = std::move(messages_.warnings);
  result.no_origins = std::move(no_origins_);
  return result;
}

void OptionsReader::read_root(const YamlNode& root) {
  positions_[""] = root.position;
  if (const YamlNode::Entry* extensions = find_entry(root, "extensions"))
    for (const YamlNode::Entry& entry : document_.node(extensions->node).entries) extensions_.insert(entry.key);
  const YamlNode::Entry* block = find_entry(root, kBlock);
  const Components components = components_of(root);
  const YamlNode::Entry* component = choose_component(root, components);
  if (block != nullptr && component != nullptr)
    messages_.error(block->position, "tail_sampling is set here and in a component on line " +
                                         std::to_string(component->position.line) + "; remove one of them");
  if (component != nullptr && block == nullptr) {
    positions_[std::string(kBlock)] = component->position;
    is_own_component_ = is_named(component->key, kOwnComponent);
    read_section(document_.node(component->node), std::string(kBlock), component->position);
  }
  check_collector_sections(root, components, component);
  for (const YamlNode::Entry& entry : root.entries)
    if (!is_collector_section(entry.key)) read_key(entry, "");
  // If there were components but none could be chosen, or processors without a component of ours, an error says so
  // already; a second one about the missing block would only repeat it.
  const bool has_error = !components.empty() || find_entry(root, "processors") != nullptr;
  if (block != nullptr || component != nullptr || !has_error) check_whole();
}

OptionsReader::Components OptionsReader::components_of(const YamlNode& root) const {
  Components found;
  for (const std::string_view section : kComponentSections)
    if (const YamlNode::Entry* components = find_entry(root, section))
      for (const YamlNode::Entry& entry : document_.node(components->node).entries)
        if (is_component(section, entry.key)) found.push_back(&entry);
  return found;
}

// The component with the ID that the caller named, or with that name behind the slash.
const YamlNode::Entry* OptionsReader::choose_instance(const Components& found) {
  const YamlNode::Entry* chosen = nullptr;
  std::vector<std::string_view> ids;
  for (const YamlNode::Entry* entry : found) {
    ids.push_back(entry->key);
    const std::size_t slash = entry->key.find('/');
    if (entry->key != instance_ && (slash == std::string::npos || entry->key.substr(slash + 1) != instance_)) continue;
    if (chosen != nullptr) {
      messages_.error(entry->position, "both '" + chosen->key + "' and '" + entry->key + "' are instances named '" +
                                           instance_ + "'; write the whole ID");
      return nullptr;
    }
    chosen = entry;
  }
  if (chosen == nullptr) {
    const std::string there =
        ids.empty() ? "no component is tail_sampling or entail" : "there are: " + option::joined(ids);
    messages_.error(ids.empty() ? Position() : found[0]->position, "no instance '" + instance_ + "'; " + there);
  }
  return chosen;
}

// The component entail, or else tail_sampling, by its plain name; one with a name behind it if it is the only one.
const YamlNode::Entry* OptionsReader::choose_component(const YamlNode& root, const Components& found) {
  if (!instance_.empty()) return choose_instance(found);
  if (found.empty()) {
    if (const YamlNode::Entry* processors = find_entry(root, "processors"))
      messages_.error(processors->position, "none of the processors is tail_sampling or entail");
    return nullptr;
  }
  const YamlNode::Entry* chosen = found.size() == 1 ? found[0] : nullptr;
  for (const std::string_view type : {kOwnComponent, kBlock})
    for (const YamlNode::Entry* entry : found)
      if (chosen == nullptr && entry->key == type) chosen = entry;
  if (chosen == nullptr) {
    messages_.error(found[1]->position,
                    "there are '" + found[0]->key + "' and '" + found[1]->key + "'; which one is meant?");
    return nullptr;
  }
  for (const YamlNode::Entry* entry : found)
    if (entry != chosen)
      messages_.warning(entry->position, "'" + entry->key + "' is not used; " + chosen->key + " on line " +
                                             std::to_string(chosen->position.line) + " is");
  return chosen;
}

// Sections that only the Collector reads.
void OptionsReader::check_collector_sections(const YamlNode& root, const Components& components,
                                             const YamlNode::Entry* component) {
  std::vector<std::string_view> left;
  const auto is_ours = [&](const YamlNode::Entry& entry) { return std::ranges::count(components, &entry) != 0; };
  for (const YamlNode::Entry& entry : root.entries) {
    if (!is_collector_section(entry.key)) continue;
    const std::vector<YamlNode::Entry>& inside = document_.node(entry.node).entries;
    if (entry.key != "processors" && std::ranges::none_of(inside, is_ours))
      left.push_back(entry.key);
    else
      for (const YamlNode::Entry& other : inside)
        if (!is_ours(other)) left.push_back(other.key);
    // If there were components but none could be chosen, an error says so already.
    if (components.empty() && entry.key != "processors")
      messages_.error(entry.position,
                      "'" + entry.key +
                          "' is a section of a Collector configuration, but no processor of this text is "
                          "tail_sampling or entail");
  }
  if (component != nullptr && !left.empty())
    messages_.warning(component->position,
                      "only '" + component->key + "' is used; left to the Collector: " + option::joined(left));
}

void OptionsReader::read_section(const YamlNode& node, const std::string& path, Position key_position) {
  if (node.kind == YamlNode::Kind::null) return;
  if (path == "links.propagate.max_hops" && node.kind == YamlNode::Kind::scalar) {
    read_both_hops(node, path, key_position);
    return;
  }
  if (node.kind != YamlNode::Kind::map) {
    messages_.error(node.position,
                    path + ": expected a map with " + option::joined(keys_below(path)) + "; found " + found_text(node));
    failed_.insert(path);
    return;
  }
  const std::vector<std::string_view> top = keys_below("");
  for (const YamlNode::Entry& entry : node.entries) {
    // Inside a Collector configuration the only place that is ours is the block, so all of Entail's keys are valid
    // there.
    const bool is_top =
        path == kBlock && entry.key != kBlock && std::find(top.begin(), top.end(), entry.key) != top.end();
    if (path == kBlock && is_own_component_ &&
        std::find(kOwnComponentKeys.begin(), kOwnComponentKeys.end(), entry.key) != kOwnComponentKeys.end()) {
      messages_.warning(entry.position, entry.key + " is read only by the Collector component");
      continue;
    }
    read_key(entry, is_top ? "" : path);
  }
}

void OptionsReader::read_both_hops(const YamlNode& node, const std::string& path, Position key_position) {
  const option::Row<Options>* linked = find_option(path + ".linked");
  const option::Row<Options>* linking = find_option(path + ".linking");
  positions_[path] = key_position;
  if (const auto value = values_.read(*linked, node, path)) {
    linked->set(options_, *value);
    linking->set(options_, *value);
  }
}

void OptionsReader::read_key(const YamlNode::Entry& entry, const std::string& prefix) {
  const std::string path = joined_path(prefix, entry.key);
  const YamlNode& node = document_.node(entry.node);
  const bool is_path = entry.key.find('.') != std::string::npos;  // one key a level: "retain.window:" is none
  const option::Row<Options>* row = is_path ? nullptr : find_option(path);
  if (row != nullptr) {
    read_option(*row, node, entry.position);
  } else if (!is_path && !keys_below(path).empty()) {
    positions_.try_emplace(path, entry.position);
    read_section(node, path, entry.position);
  } else {
    unknown_key(entry, prefix);
  }
}

void OptionsReader::read_option(const option::Row<Options>& row, const YamlNode& node, Position key_position) {
  const std::string path(row.key);
  if (const auto [first, fresh] = positions_.try_emplace(path, key_position); !fresh) {
    messages_.error(key_position, path + " is set twice, first on line " + std::to_string(first->second.line));
    return;
  }
  if (row.key == "tail_sampling.policies") return read_policies(node, path);
  if (row.key == "links.propagate.types") return read_types(node, path);
  const std::optional<OptionValue> value = values_.read(row, node, path);
  if (!value) {
    failed_.insert(path);
    return;
  }
  if (row.has_value())
    row.set(options_, *value);
  else
    messages_.warning(key_position, path + " is not used: " + std::string(row.instead));
  if (!row.has_value()) unused_[path] = *value;
  note_items(path, node);
}

void OptionsReader::note_items(const std::string& path, const YamlNode& node) {
  constexpr std::size_t kItemsNoted = 4096;  // errors in later ones name the place of the list
  for (std::size_t i = 0; i < std::min(node.items.size(), kItemsNoted); ++i) {
    const std::string place = path + "[" + std::to_string(i) + "]";
    positions_[place] = document_.node(node.items[i]).position;
    items_[place] = node.items[i];
  }
}

void OptionsReader::read_types(const YamlNode& node, const std::string& path) {
  const option::Shape hops = {.key = "", .kind = option::Kind::whole, .bounds = {0, kHopsMax}};
  if (node.kind == YamlNode::Kind::null) return;
  if (node.kind != YamlNode::Kind::map) {
    messages_.error(node.position,
                    path + ": expected a map from types to rules such as {linked: 8}; found " + found_text(node));
    return;
  }
  for (const YamlNode::Entry& entry : node.entries) {
    std::string name = entry.key;
    std::replace(name.begin(), name.end(), '-', '_');
    const std::string where = path + "." + name;
    const auto [rule, fresh] = options_.links.propagate.types.try_emplace(name);
    positions_[where] = entry.position;
    const YamlNode& map = document_.node(entry.node);
    if (!fresh) messages_.error(entry.position, where + ": this type already has a rule ('-' and '_' are the same)");
    if (map.kind != YamlNode::Kind::map) {
      messages_.error(map.kind == YamlNode::Kind::null ? entry.position : map.position,
                      where + ": expected a map with linked, linking or both; found " + found_text(map));
      failed_.insert(where);
      continue;
    }
    for (const YamlNode::Entry& side : map.entries) {
      if (side.key != "linked" && side.key != "linking") {
        constexpr std::array kSides = {"linked"sv, "linking"sv};
        messages_.error(side.position,
                        where + ": unknown key '" + side.key + "'" + option::suggestion(side.key, kSides));
        failed_.insert(where);
      } else if (const auto value = values_.read(hops, document_.node(side.node), where + "." + side.key)) {
        option::detail::assign(side.key == "linked" ? rule->second.linked : rule->second.linking, *value);
      } else {
        failed_.insert(where);
      }
    }
  }
}

void OptionsReader::unknown_key(const YamlNode::Entry& entry, const std::string& prefix) {
  const std::string place = prefix.empty() ? "at the top" : "in " + prefix;
  std::string hint;
  if (const std::optional<std::string> home = home_of(entry.key); home && *home != prefix)
    hint = home->empty() ? "; it belongs at the top" : "; it belongs in " + *home;
  else
    hint = option::suggestion(entry.key, keys_below(prefix));
  messages_.error(entry.position, "unknown key '" + entry.key + "' " + place + hint);
}

bool OptionsReader::has_failed(std::string path) const {
  while (!path.empty() && !failed_.contains(path)) cut_last_step(path);
  return !path.empty();
}

// The place of an option, else of the nearest thing around it.
Position OptionsReader::position_of(std::string path) const {
  while (!path.empty() && !positions_.contains(path)) cut_last_step(path);
  const auto found = positions_.find(path);
  return found == positions_.end() ? Position() : found->second;
}

// What the Collector refuses, although here it would have no effect.
void OptionsReader::check_collector_keys() {
  const auto number_of = [&](std::string_view key) {
    const auto found = unused_.find(key);
    return found == unused_.end() ? 0 : std::get<std::int64_t>(found->second);
  };
  if (number_of(kShards) > 1 && unused_.contains(kStorage))
    messages_.error(position_of(std::string(kShards)),
                    std::string(kShards) + ": more than 1 is not allowed together with tail_storage");
  if (number_of(kStrategy) != kSpanIngest) return;
  const std::vector<PolicyOptions>& policies = options_.tail_sampling.policies;
  for (std::size_t i = 0; i < policies.size(); ++i)
    if (is_stateful(policies[i]))
      messages_.error(position_of("tail_sampling.policies[" + std::to_string(i) + "]"),
                      "policy '" + policies[i].name + "': " + std::string(kStrategy) +
                          ": span-ingest is not allowed with it, since further spans or traces can change its answer");
}

void OptionsReader::check_whole() {
  check_collector_keys();
  for (option::Finding& finding : check_options(options_).findings) {
    if (has_failed(finding.path)) continue;
    Position position = position_of(finding.path);
    if (const auto item = items_.find(finding.path); finding.offset && item != items_.end()) {
      const YamlNode& text = document_.node(item->second);
      position = document_.inside(text, option::offset_before_expansion(text.text, *finding.offset));
    }
    if (!finding.is_error && finding.path == policy::kNoOriginsPath) no_origins_ = finding.text;
    if (finding.is_error)
      messages_.error(position, std::move(finding.text));
    else
      messages_.warning(position, std::move(finding.text));
  }
}

}  // namespace entail::config

namespace entail {
inline namespace v1 {

ConfigResult parse_options(std::string_view yaml, const Options& defaults, const ConfigContext& context) {
  return config::OptionsReader(defaults, context).run(yaml);
}

}  // namespace v1
}  // namespace entail
