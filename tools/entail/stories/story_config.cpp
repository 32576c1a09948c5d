#include "stories/story_config.hpp"

#include "output/json_text.hpp"

namespace entail::cli {
namespace {

std::string duration_text(std::uint64_t seconds) {
  if (seconds > 0 && seconds % 3600 == 0) return std::to_string(seconds / 3600) + "h";
  if (seconds > 60 && seconds % 60 == 0) return std::to_string(seconds / 60) + "m";
  return std::to_string(seconds) + "s";
}

void raise(std::optional<std::uint64_t>& limit, std::optional<std::uint64_t> to) {
  if (to) limit = std::max(limit.value_or(0), *to);
}

std::string hops_yaml(std::optional<std::uint64_t> linked, std::optional<std::uint64_t> linking) {
  std::string text = "{";
  if (linked) text += "linked: " + std::to_string(*linked);
  if (linking) text += (linked ? ", linking: " : "linking: ") + std::to_string(*linking);
  return text + "}";
}

void hops_json(JsonText& json, std::optional<std::uint64_t> linked, std::optional<std::uint64_t> linking) {
  json.begin_object();
  if (linked) json.field("linked", *linked);
  if (linking) json.field("linking", *linking);
  json.end_object();
}

void policies_json(JsonText& json, const StoryConfig& config) {
  json.begin_array().begin_object().field("name", "errors").field("type", "status_code");
  json.key("status_code").begin_object().key("status_codes").begin_array().value("ERROR").end_array().end_object();
  json.end_object();
  if (!config.dead_letter_queue.empty()) {
    json.begin_object().field("name", "dead-letters").field("type", "string_attribute");
    json.key("string_attribute").begin_object().field("key", "messaging.destination.name");
    json.key("values").begin_array().value(config.dead_letter_queue).end_array().end_object().end_object();
  }
  json.end_array();
}

}  // namespace

void StoryConfig::allow(std::string_view type, std::optional<std::uint64_t> linked,
                        std::optional<std::uint64_t> linking) {
  StoryTypeRule& rule = types[type];
  raise(rule.linked, linked);
  raise(rule.linking, linking);
}

std::uint64_t StoryConfig::linked_hops(std::initializer_list<std::string_view> types_of_link) const {
  std::optional<std::uint64_t> hops;
  for (const std::string_view type : types_of_link) {
    const auto rule = types.find(type);
    if (rule != types.end() && rule->second.linked) hops = std::min(hops.value_or(~0ull), *rule->second.linked);
  }
  return hops.value_or(max_hops_linked);
}

std::uint64_t StoryConfig::linking_hops(std::initializer_list<std::string_view> types_of_link) const {
  std::optional<std::uint64_t> hops;
  for (const std::string_view type : types_of_link) {
    const auto rule = types.find(type);
    if (rule != types.end() && rule->second.linking) hops = std::min(hops.value_or(~0ull), *rule->second.linking);
  }
  return hops.value_or(max_hops_linking);
}

std::string story_config_yaml(const StoryConfig& config) {
  const StoryConfig defaults;
  std::string text = "tail_sampling:\n  decision_wait: " + duration_text(kDecisionWaitSeconds) + "\n  policies:\n";
  text += "    - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}\n";
  if (!config.dead_letter_queue.empty()) {
    text += "    - name: dead-letters\n      type: string_attribute\n      string_attribute: ";
    text += "{key: messaging.destination.name, values: [" + std::string(config.dead_letter_queue) + "]}\n";
  }
  text += "links:\n";
  if (!config.dead_letter_queue.empty()) text += "  origins: [errors, dead-letters]\n";
  text += "  propagate:\n    mode: " + std::string(config.component ? "component" : "cone") + "\n";
  text += "    max_hops: " + hops_yaml(config.max_hops_linked, config.max_hops_linking) + "\n";
  if (config.max_links_followed != defaults.max_links_followed) {
    text += "    max_links_followed: " + std::to_string(config.max_links_followed) + "\n";
  }
  if (config.max_traces_per_origin != defaults.max_traces_per_origin) {
    text += "    max_traces_per_origin: " + std::to_string(config.max_traces_per_origin) + "\n";
  }
  if (config.error_spans_only) text += "    origin_links: error_spans\n";
  if (!config.types.empty()) text += "    types:\n";
  for (const auto& [type, rule] : config.types) {
    text += "      " + std::string(type) + ": " + hops_yaml(rule.linked, rule.linking) + "\n";
  }
  text += "retain:\n  window: " + duration_text(config.retain_seconds) + "\n";
  if (config.records_seconds != defaults.records_seconds) {
    text += "  records: " + duration_text(config.records_seconds) + "\n";
  }
  if (config.memory_limit_mib > 0) text += "memory_limit: " + std::to_string(config.memory_limit_mib) + "MiB\n";
  return text;
}

std::string story_config_json(const StoryConfig& config) {
  JsonText json;
  json.begin_object();
  json.key("tail_sampling").begin_object().field("decision_wait", duration_text(kDecisionWaitSeconds));
  policies_json(json.key("policies"), config);
  json.end_object().key("links").begin_object();
  if (!config.dead_letter_queue.empty()) {
    json.key("origins").begin_array().value("errors").value("dead-letters").end_array();
  }
  json.key("propagate").begin_object().field("mode", config.component ? "component" : "cone");
  hops_json(json.key("max_hops"), config.max_hops_linked, config.max_hops_linking);
  json.field("max_links_followed", config.max_links_followed);
  json.field("max_traces_per_origin", config.max_traces_per_origin);
  json.field("origin_links", config.error_spans_only ? "error_spans" : "all");
  json.key("types").begin_object();
  for (const auto& [type, rule] : config.types) hops_json(json.key(type), rule.linked, rule.linking);
  json.end_object().end_object().end_object();
  json.key("retain").begin_object().field("window", duration_text(config.retain_seconds));
  json.field("records", duration_text(config.records_seconds)).end_object();
  if (config.memory_limit_mib > 0) json.field("memory_limit", std::to_string(config.memory_limit_mib) + "MiB");
  json.end_object();
  return json.take();
}

}  // namespace entail::cli
