// The part of OptionsReader that reads tail_sampling.policies.
#include <algorithm>
#include <array>
#include <limits>

#include "config/options_reader.hpp"
#include "option/format.hpp"
#include "option/nearest.hpp"

namespace entail::config {

namespace {

std::vector<std::string_view> field_names(const policy::Type& type) {
  std::vector<std::string_view> names;
  for (const option::Row<PolicyOptions>& row : type.rows) names.push_back(row.key);
  if (!type.parts_key.empty()) names.push_back(type.parts_key);
  return names;
}

}  // namespace

void OptionsReader::read_policies(const YamlNode& node, const std::string& path) {
  if (node.kind != YamlNode::Kind::sequence) {
    if (node.kind == YamlNode::Kind::null) return;  // the check says that one is required
    messages_.error(node.position, path + ": expected a list of policies; found " + found_text(node));
    failed_.insert(path);
    return;
  }
  for (std::size_t i = 0; i < node.items.size() && policy_count_ <= policy::kPoliciesMax; ++i) {
    const std::string place = path + "[" + std::to_string(i) + "]";
    PolicyOptions policy;
    if (!read_policy(document_.node(node.items[i]), place, "policy " + std::to_string(i + 1), 0, policy))
      failed_.insert(place);
    options_.tail_sampling.policies.push_back(std::move(policy));
  }
}

// False if an error was reported; the policy then holds what could be read.
bool OptionsReader::read_policy(const YamlNode& node, const std::string& path, const std::string& fallback_name,
                                std::size_t depth, PolicyOptions& policy) {
  positions_[path] = node.position;
  if (++policy_count_ > policy::kPoliciesMax) {
    if (policy_count_ == policy::kPoliciesMax + 1)
      messages_.error(node.position,
                      fallback_name + ": more than " + std::to_string(policy::kPoliciesMax) + " policies and parts");
    return false;
  }
  if (node.kind != YamlNode::Kind::map) {
    messages_.error(
        node.position,
        fallback_name + ": expected a map with name, type and a block named after the type; found " + found_text(node));
    return false;
  }
  bool ok = true;
  std::string where = fallback_name;
  if (const YamlNode::Entry* name = find_entry(node, "name")) {
    positions_[path + ".name"] = name->position;
    if (const auto text = values_.read_text(document_.node(name->node), fallback_name + ": name"))
      policy.name = *text;
    else
      ok = false;
    if (!policy.name.empty()) {
      const std::size_t word = fallback_name.rfind(' ');
      where = fallback_name.substr(0, word + 1) + "'" + policy.name + "'";
    }
  }
  const policy::Type* type = read_policy_type(node, where);
  if (type == nullptr) return false;
  policy.type = type->name;
  return read_policy_keys(node, *type, path, where, depth, policy) && ok;
}

const policy::Type* OptionsReader::read_policy_type(const YamlNode& node, const std::string& where) {
  const YamlNode::Entry* entry = find_entry(node, "type");
  if (entry == nullptr) {
    messages_.error(node.position,
                    where + ": it needs a type; expected one of: " + option::joined(policy::type_names()));
    return nullptr;
  }
  const YamlNode& value = document_.node(entry->node);
  const std::optional<std::string> type = values_.read_text(value, where + ": type");
  if (!type) return nullptr;
  if (const policy::Type* const known = policy::find_type(*type)) return known;
  // The Collector hands such a policy, and the block of that name, to the extension with this ID.
  const bool named_block = find_entry(node, *type) != nullptr && option::nearest(*type, policy::type_names()).empty();
  if (extensions_.contains(*type) || named_block)
    messages_.error(value.position, where + ": the type '" + *type +
                                        "' is a policy of a Collector extension: code in Go that only a Collector can "
                                        "run; use one of: " +
                                        option::joined(policy::type_names()));
  else
    messages_.error(value.position,
                    where + ": unknown type " + found_text(value) + option::suggestion(*type, policy::type_names()));
  return nullptr;
}

bool OptionsReader::read_policy_keys(const YamlNode& node, const policy::Type& type, const std::string& path,
                                     const std::string& where, std::size_t depth, PolicyOptions& policy) {
  bool ok = true;
  const YamlNode* block = nullptr;
  const std::vector<std::string_view> types = policy::type_names();
  const std::vector<std::string_view> fields = field_names(type);
  const std::string name(type.name);
  for (const YamlNode::Entry& entry : node.entries) {
    if (entry.key == "name" || entry.key == "type") continue;
    if (entry.key == name) {
      block = &document_.node(entry.node);
      positions_[path + "." + name] = entry.position;
      continue;
    }
    ok = false;
    if (std::find(types.begin(), types.end(), entry.key) != types.end()) {
      messages_.error(entry.position,
                      where + ": the block '" + entry.key + "' does not belong to the type '" + name + "'");
    } else if (std::find(fields.begin(), fields.end(), entry.key) != fields.end()) {
      messages_.error(entry.position,
                      where + ": unknown key '" + entry.key + "'; it belongs in the block '" + name + "'");
    } else {
      const std::array<std::string_view, 3> valid = {"name", "type", type.name};
      messages_.error(entry.position,
                      where + ": unknown key '" + entry.key + "'" + option::suggestion(entry.key, valid));
    }
  }
  if (block != nullptr && block->kind == YamlNode::Kind::null) block = nullptr;
  if (block != nullptr && block->kind != YamlNode::Kind::map) {
    messages_.error(block->position, where + ": " + name + ": expected a map" +
                                         (fields.empty() ? "" : " with " + option::joined(fields)) + "; found " +
                                         found_text(*block));
    return false;
  }
  ok &= read_block(block, type, path, where, depth, policy);
  warn_of_missing(block, type, where, node.position, policy);
  return ok;
}

bool OptionsReader::read_block(const YamlNode* block, const policy::Type& type, const std::string& path,
                               const std::string& where, std::size_t depth, PolicyOptions& policy) {
  bool ok = true;
  const std::string name(type.name);
  static const YamlNode kNoBlock;
  for (const YamlNode::Entry& entry : (block != nullptr ? *block : kNoBlock).entries) {
    const std::string place = path + "." + name + "." + entry.key;
    const auto row = std::find_if(type.rows.begin(), type.rows.end(),
                                  [&](const option::Row<PolicyOptions>& field) { return field.key == entry.key; });
    if (!type.parts_key.empty() && entry.key == type.parts_key) {
      ok &= read_parts(entry, type, place, where, depth, policy);
    } else if (row != type.rows.end()) {
      ok &= read_field(*row, entry, place, where + ": " + name + "." + entry.key, policy);
    } else {
      const std::vector<std::string_view> fields = field_names(type);
      messages_.error(entry.position,
                      where + ": unknown key '" + entry.key + "' in " + name +
                          (fields.empty() ? "; this type has no options" : option::suggestion(entry.key, fields)));
      ok = false;
    }
  }
  return ok;
}

bool OptionsReader::read_field(const option::Row<PolicyOptions>& row, const YamlNode::Entry& entry,
                               const std::string& path, const std::string& where, PolicyOptions& policy) {
  positions_[path] = entry.position;
  const YamlNode& node = document_.node(entry.node);
  if (row.kind == option::Kind::allocations) return read_allocations(node, path, where, policy);
  const auto value = values_.read(row, node, where);
  if (!value) return false;
  if (row.has_value())
    row.set(policy, *value);
  else
    messages_.warning(entry.position, where + " is not used: " + std::string(row.instead));
  note_items(path, node);
  return true;
}

void OptionsReader::warn_of_missing(const YamlNode* block, const policy::Type& type, const std::string& where,
                                    Position position, const PolicyOptions& policy) {
  for (const option::Row<PolicyOptions>& row : type.rows) {
    if (row.presence != option::Presence::expected || (block != nullptr && find_entry(*block, row.key) != nullptr))
      continue;
    messages_.warning(block != nullptr ? block->position : position,
                      where + ": " + std::string(type.name) + "." + std::string(row.key) +
                          " is not set, and taken for " + option::format_value(row, row.get(policy)));
  }
}

// [{policy: a, percent: 50}, ...]
bool OptionsReader::read_allocations(const YamlNode& node, const std::string& path, const std::string& where,
                                     PolicyOptions& policy) {
  constexpr std::array<std::string_view, 2> kKeys = {"policy", "percent"};
  const option::Shape percent = {.key = "percent",
                                 .kind = option::Kind::whole,
                                 .bounds = {std::numeric_limits<std::int64_t>::min(),
                                            static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())}};
  if (node.kind == YamlNode::Kind::null) return true;
  if (node.kind != YamlNode::Kind::sequence) {
    messages_.error(node.position,
                    where + ": expected a list of shares such as {policy: a, percent: 50}; found " + found_text(node));
    return false;
  }
  if (node.items.size() > policy::kPoliciesMax) {
    messages_.error(node.position, where + ": expected at most " + std::to_string(policy::kPoliciesMax) +
                                       " shares; found " + std::to_string(node.items.size()));
    return false;
  }
  bool ok = true;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = document_.node(node.items[i]);
    const std::string place = path + "[" + std::to_string(i) + "]";
    const std::string here = where + "[" + std::to_string(i) + "]";
    positions_[place] = item.position;
    if (item.kind != YamlNode::Kind::map) {
      messages_.error(item.position, here + ": expected a map with policy and percent; found " + found_text(item));
      ok = false;
      continue;
    }
    RateAllocation& allocation = policy.rate_allocation.emplace_back();
    for (const YamlNode::Entry& entry : item.entries) {
      const YamlNode& value = document_.node(entry.node);
      if (entry.key == "policy") {
        const auto name = values_.read_text(value, here + ".policy");
        ok &= name.has_value();
        allocation.policy = name.value_or("");
      } else if (entry.key == "percent") {
        const auto share = values_.read(percent, value, here + ".percent");
        ok &= share.has_value();
        if (share) option::detail::assign(allocation.percent, *share);
      } else {
        messages_.error(entry.position,
                        here + ": unknown key '" + entry.key + "'" + option::suggestion(entry.key, kKeys));
        ok = false;
      }
    }
  }
  return ok;
}

bool OptionsReader::read_parts(const YamlNode::Entry& entry, const policy::Type& type, const std::string& place,
                               const std::string& where, std::size_t depth, PolicyOptions& policy) {
  positions_[place] = entry.position;
  const YamlNode& parts = document_.node(entry.node);
  const bool single = type.parts == policy::Parts::one;
  if (parts.kind == YamlNode::Kind::null) return true;
  if (parts.kind != (single ? YamlNode::Kind::map : YamlNode::Kind::sequence)) {
    messages_.error(parts.position, where + ": " + entry.key + ": expected " +
                                        (single ? "one policy" : "a list of policies") + "; found " +
                                        found_text(parts));
    return false;
  }
  if (depth + 1 > policy::kPartsDepthMax) {
    messages_.error(entry.position,
                    where + ": its parts are nested deeper than " + std::to_string(policy::kPartsDepthMax));
    return false;
  }
  bool ok = true;
  const std::size_t count = single ? 1 : parts.items.size();
  for (std::size_t i = 0; i < count && policy_count_ <= policy::kPoliciesMax; ++i) {
    const YamlNode& part = single ? parts : document_.node(parts.items[i]);
    ok &= read_policy(part, place + "[" + std::to_string(i) + "]", where + ", part " + std::to_string(i + 1), depth + 1,
                      policy.parts.emplace_back());
  }
  return ok;
}

}  // namespace entail::config
