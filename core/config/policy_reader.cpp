// The part of OptionsReader that reads tail_sampling.policies.
#include <algorithm>
#include <array>

#include "config/nearest.hpp"
#include "config/options_reader.hpp"

namespace entail::config {

namespace {

std::vector<std::string_view> type_names() {
  std::vector<std::string_view> names;
  for (const PolicyShape& shape : policy_table()) names.push_back(shape.name);
  return names;
}

std::vector<std::string_view> field_names(const PolicyShape& shape) {
  std::vector<std::string_view> names;
  for (const Option<PolicyOptions>& row : shape.fields) names.push_back(row.key);
  if (!shape.parts_key.empty()) names.push_back(shape.parts_key);
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
  for (std::size_t i = 0; i < node.items.size() && policy_count_ <= kPoliciesMax; ++i) {
    const std::string place = path + "[" + std::to_string(i) + "]";
    PolicyOptions policy;
    if (!read_policy(document_.node(node.items[i]), place, "policy " + std::to_string(i + 1), 0, policy))
      failed_.insert(place);
    options_.tail_sampling.policies.push_back(std::move(policy));
  }
}

// False if an error was reported; what could be read is in the policy all the same.
bool OptionsReader::read_policy(const YamlNode& node, const std::string& path, const std::string& fallback_name,
                                std::size_t depth, PolicyOptions& policy) {
  positions_[path] = node.position;
  if (++policy_count_ > kPoliciesMax) {
    if (policy_count_ == kPoliciesMax + 1)
      messages_.error(node.position,
                      fallback_name + ": more than " + std::to_string(kPoliciesMax) + " policies and parts");
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
  const PolicyShape* shape = read_policy_type(node, where);
  if (shape == nullptr) return false;
  policy.type = shape->type;
  return read_policy_keys(node, *shape, path, where, depth, policy) && ok;
}

const PolicyShape* OptionsReader::read_policy_type(const YamlNode& node, const std::string& where) {
  const YamlNode::Entry* entry = find_entry(node, "type");
  if (entry == nullptr) {
    messages_.error(node.position, where + ": it needs a type; expected one of: " + joined(type_names()));
    return nullptr;
  }
  const YamlNode& value = document_.node(entry->node);
  const std::optional<std::string> type = values_.read_text(value, where + ": type");
  if (!type) return nullptr;
  for (const PolicyShape& shape : policy_table())
    if (shape.name == *type) return &shape;
  const auto unsupported = unsupported_policy_types();
  if (std::find(unsupported.begin(), unsupported.end(), *type) != unsupported.end())
    messages_.error(value.position,
                    where + ": the type '" + *type + "' is not supported yet; supported are " + joined(type_names()));
  else
    messages_.error(value.position, where + ": unknown type " + found_text(value) + suggestion(*type, type_names()));
  return nullptr;
}

bool OptionsReader::read_policy_keys(const YamlNode& node, const PolicyShape& shape, const std::string& path,
                                     const std::string& where, std::size_t depth, PolicyOptions& policy) {
  bool ok = true;
  const YamlNode* block = nullptr;
  const std::vector<std::string_view> types = type_names();
  const std::vector<std::string_view> fields = field_names(shape);
  const std::string name(shape.name);
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
      const std::array<std::string_view, 3> valid = {"name", "type", shape.name};
      messages_.error(entry.position, where + ": unknown key '" + entry.key + "'" + suggestion(entry.key, valid));
    }
  }
  if (block != nullptr && block->kind == YamlNode::Kind::null) block = nullptr;
  if (block != nullptr && block->kind != YamlNode::Kind::map) {
    messages_.error(block->position, where + ": " + name + ": expected a map" +
                                         (fields.empty() ? "" : " with " + joined(fields)) + "; found " +
                                         found_text(*block));
    return false;
  }
  if (!shape.parts_key.empty())
    return (block == nullptr || read_parts(*block, shape, path, where, depth, policy)) && ok;
  return read_fields(block, shape, path, where, node.position, policy) && ok;
}

bool OptionsReader::read_fields(const YamlNode* block, const PolicyShape& shape, const std::string& path,
                                const std::string& where, Position position, PolicyOptions& policy) {
  bool ok = true;
  const std::string prefix = std::string(shape.name) + ".";
  static const YamlNode kNoBlock;
  for (const YamlNode::Entry& entry : (block != nullptr ? *block : kNoBlock).entries) {
    const auto row = std::find_if(shape.fields.begin(), shape.fields.end(),
                                  [&](const Option<PolicyOptions>& field) { return field.key == entry.key; });
    if (row == shape.fields.end()) {
      const std::vector<std::string_view> fields = field_names(shape);
      messages_.error(entry.position,
                      where + ": unknown key '" + entry.key + "' in " + std::string(shape.name) +
                          (fields.empty() ? "; this type has no options" : suggestion(entry.key, fields)));
      ok = false;
      continue;
    }
    const std::string key = prefix + entry.key;
    positions_[path + "." + key] = entry.position;
    const auto value = values_.read(*row, document_.node(entry.node), where + ": " + key);
    if (!value)
      ok = false;
    else if (row->set != nullptr)
      row->set(policy, *value);
    else
      messages_.warning(entry.position, where + ": " + key + " is not used: " + std::string(row->instead));
  }
  for (const Option<PolicyOptions>& row : shape.fields) {
    if (row.presence != Presence::expected || (block != nullptr && find_entry(*block, row.key) != nullptr)) continue;
    messages_.warning(block != nullptr ? block->position : position, where + ": " + prefix + std::string(row.key) +
                                                                         " is not set, and taken for " +
                                                                         format_value(row, row.get(policy)));
  }
  return ok;
}

bool OptionsReader::read_parts(const YamlNode& block, const PolicyShape& shape, const std::string& path,
                               const std::string& where, std::size_t depth, PolicyOptions& policy) {
  bool ok = true;
  const std::string key(shape.parts_key);
  const std::string place = path + "." + std::string(shape.name) + "." + key;
  for (const YamlNode::Entry& entry : block.entries) {
    if (entry.key != key) {
      messages_.error(entry.position, where + ": unknown key '" + entry.key + "' in " + std::string(shape.name) +
                                          suggestion(entry.key, {&shape.parts_key, 1}));
      ok = false;
      continue;
    }
    positions_[place] = entry.position;
    const YamlNode& parts = document_.node(entry.node);
    const bool single = shape.type == PolicyType::not_policy;
    if (parts.kind == YamlNode::Kind::null) continue;
    if (parts.kind != (single ? YamlNode::Kind::map : YamlNode::Kind::sequence)) {
      messages_.error(parts.position, where + ": " + key + ": expected " +
                                          (single ? "one policy" : "a list of policies") + "; found " +
                                          found_text(parts));
      return false;
    }
    if (depth + 1 > kPartsDepthMax) {
      messages_.error(entry.position, where + ": its parts are nested deeper than " + std::to_string(kPartsDepthMax));
      return false;
    }
    const std::size_t count = single ? 1 : parts.items.size();
    for (std::size_t i = 0; i < count && policy_count_ <= kPoliciesMax; ++i) {
      const YamlNode& part = single ? parts : document_.node(parts.items[i]);
      ok &= read_policy(part, place + "[" + std::to_string(i) + "]", where + ", part " + std::to_string(i + 1),
                        depth + 1, policy.parts.emplace_back());
    }
  }
  return ok;
}

}  // namespace entail::config
