#include "config/reference.hpp"

#include "config/option_table.hpp"
#include "config/value_reader.hpp"
#include "config/yaml_document.hpp"
#include "option/format.hpp"
#include "option/nearest.hpp"
#include "ottl/functions.hpp"
#include "ottl/names.hpp"
#include "policy/compiled.hpp"
#include "policy/condition_tree.hpp"
#include "policy/type.hpp"

namespace entail::config {

namespace {

constexpr std::size_t kColumnsMax = 110;

// Text as comment lines with this indent.
void append_comment(std::string& out, std::size_t indent, std::string_view text) {
  const std::string margin = std::string(indent, ' ') + "#";
  std::string line = margin;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (line.size() + 1 + end > kColumnsMax && line.size() > margin.size()) {
      out += line + "\n";
      line = margin;
    }
    line += " " + std::string(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out += line + "\n";
}

std::string default_text(const option::Shape& shape, const OptionValue& value) {
  const std::string text = option::format_value(shape, value);
  return text.empty() && shape.kind != option::Kind::text ? std::string(shape.unset) : text;
}

void append_policy_example(std::string& out, std::size_t indent) {
  const std::string margin(indent, ' ');
  out += margin + "policies:\n";
  out += margin + "  - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}\n";
}

// Opens the sections of path that are not open yet; returns the depth of its last key.
std::size_t append_sections(std::string& out, const std::string& path, const std::string& previous) {
  std::size_t depth = 0;
  for (std::size_t end = path.find('.'); end != std::string::npos; end = path.find('.', end + 1), ++depth) {
    const std::string section = path.substr(0, end);
    if (previous.starts_with(section + ".")) continue;
    if (depth == 0) out += "\n";
    if (!section_help(section).empty()) append_comment(out, 2 * depth, section_help(section));
    const std::size_t start = section.rfind('.');
    out += std::string(2 * depth, ' ') + section.substr(start == std::string::npos ? 0 : start + 1) + ":\n";
  }
  if (depth == 0) out += "\n";
  return depth;
}

void append_option(std::string& out, const option::Row<Options>& row, const Options& defaults, std::size_t indent) {
  append_comment(out, indent, row.help);
  const std::string key(row.key.substr(row.key.rfind('.') + 1));  // rfind of nothing + 1 is 0
  if (row.key == "tail_sampling.policies") return append_policy_example(out, indent);
  if (row.key == "links.propagate.types") {
    append_comment(out, indent, "For example {retry_of: {linked: 8}, batch_member: {linking: 0}}.");
    out += std::string(indent, ' ') + key + ": {}\n";
    return;
  }
  append_comment(out, indent, "Expected: " + option::expectation(row) + ".");
  const OptionValue value = row.get(defaults);
  if (std::holds_alternative<std::monostate>(value)) {
    append_comment(out, indent, "Default: " + std::string(row.unset) + ".");
    out += std::string(indent, ' ') + "# " + key + ":\n";
  } else {
    out += std::string(indent, ' ') + key + ": " + option::format_value(row, value) + "\n";
  }
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string listed(const std::vector<std::string_view>& names) {
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "`" : ", `") + std::string(name) + "`";
  return out;
}

void append_option_table(std::string& out) {
  const Options defaults;
  out += "| option | expected | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const option::Row<Options>& row : option_table()) {
    if (!row.instead.empty()) continue;
    std::string value = row.has_value() ? default_text(row, row.get(defaults)) : "";
    if (row.key == "tail_sampling.policies") value = "none, required";
    if (row.key == "links.propagate.types") value = "{}";
    const std::string expected = row.has_value() ? option::expectation(row)
                                 : row.key == "tail_sampling.policies"
                                     ? "a list of policies, see below"
                                     : "a map from types to `{linked: n, linking: m}`";
    out +=
        "| `" + std::string(row.key) + "` | " + cell(expected) + " | " + cell(value) + " | " + cell(row.help) + " |\n";
  }
}

void append_policy_tables(std::string& out) {
  const PolicyOptions defaults;
  for (const policy::Type& type : policy::types()) {
    out += "\n### `" + std::string(type.name) + "`\n\n" + std::string(type.help) + "\n";
    if (!type.parts_key.empty())
      out += type.parts == policy::Parts::one
                 ? "\n`not_sub_policy` holds the part: one policy, whose name is optional.\n"
                 : "\n`" + std::string(type.parts_key) + "` lists the parts: policies whose names are optional.\n";
    if (type.rows.empty()) {
      if (type.parts_key.empty()) out += "\nIt has no options.\n";
      continue;
    }
    out += "\n| key | expected | default | meaning |\n| --- | --- | --- | --- |\n";
    for (const option::Row<PolicyOptions>& row : type.rows) {
      if (!row.instead.empty()) {
        out += "| `" + std::string(row.key) + "` | " + cell(option::expectation(row)) +
               " | | Not used: " + std::string(row.instead) + ". |\n";
        continue;
      }
      const std::string value = row.presence == option::Presence::required ? "none, required"
                                : !row.has_value()                         ? std::string(row.unset)
                                                                           : default_text(row, row.get(defaults));
      out += "| `" + std::string(row.key) + "` | " + cell(option::expectation(row)) + " | " + cell(value) + " | " +
             cell(row.help) + " |\n";
    }
  }
}

void append_collector_keys(std::string& out) {
  out += "| key of `tail_sampling` | instead |\n| --- | --- |\n";
  for (const option::Row<Options>& row : option_table()) {
    if (row.instead.empty()) continue;
    constexpr std::string_view kPrefix = "tail_sampling.";
    out += "| `" + std::string(row.key.substr(kPrefix.size())) + "` | " + std::string(row.instead);
    out += " |\n";
  }
}

static_assert(kTextBytesMax == 1 << 20 && policy::kPartsDepthMax == 16 && policy::kBitsMax == 256);
constexpr std::string_view kIntroduction =
    "# Configuration\n\n"
    "This page is generated from the rows of options in `core`; a test compares the two. After a change there,\n"
    "regenerate it: `build/dev/bin/configuration_page > docs/configuration.md`.\n\n"
    "A configuration is one YAML file. The key `tail_sampling` takes the configuration of the OpenTelemetry "
    "Collector's\n"
    "processor of that name, unchanged. The file can be\n\n"
    "- a file of its own: `tail_sampling` at the top, with the other options of this page beside it;\n"
    "- a whole Collector configuration with `processors: tail_sampling:` (or `tail_sampling/NAME:`, or `entail:` "
    "for\n"
    "  [Entail's own processor and receiver](collector.md)). The other options go at the top or inside that "
    "block; or\n"
    "- the Kubernetes resource `OpenTelemetryCollector`, with such a configuration in `spec.config`.\n\n"
    "`entail config check FILE` reports every error with its line and column; `entail config defaults` prints every "
    "option\n"
    "with its default. An unknown key, a value of the wrong type, and a value out of range are errors.\n\n"
    "- Durations are written as in Go: `10s`, `1m30s`, `500ms`. Sizes are bytes, or have a unit: `256MiB` (2^20), "
    "`512MB` (10^6).\n"
    "- Numbers may have underscores: `100_000`.\n"
    "- `$$` means `$`. `${env:NAME}`, `${NAME}` and `${env:NAME:-DEFAULT}` stand for values that `--env` and "
    "`--env-file` of the\n"
    "  command give; without them they are errors, since the environment is not read.\n"
    "- Anchors, aliases and merge keys (`<<`) work; a duplicate key is an error.\n"
    "- The text may have 1 MiB, the parts of a policy 16 levels, and all policies together 256 different conditions "
    "on\n"
    "  spans; equal ones count once. The error names the policy that is too much.\n\n"
    "The terms used below (origin, hop, linked, linking, loss, ...) are in the [glossary](glossary.md).\n\n"
    "## Where to start\n\n"
    "Set the policies and `memory_limit`, and leave the rest at its defaults.\n\n"
    "- **Memory.** As a rule of thumb, the engine needs 1.25 times the OTLP bytes that arrive during `decision_wait` "
    "plus\n"
    "  `retain.window`, and about 250 bytes for each trace that arrives during `retain.records`. If the loss "
    "`evicted` "
    "or\n"
    "  `records_forgotten` rises, raise `memory_limit` or shorten these times.\n"
    "- **How long ago.** `retain.window` must be longer than the time between a cause and its failed consequence. If "
    "the loss\n"
    "  `keep_after_seal` rises, it is too short.\n"
    "- **How far.** `entail links FILE` shows the delays, the fan-out and the group sizes of your links, from which "
    "you can choose\n"
    "  `retain.window`, `max_links_followed` and `max_traces_per_origin`. [patterns.md](patterns.md) has examples of "
    "rules for\n"
    "  single types of links.\n\n"
    "## Options\n\n";

// One policy of the type: each option with its help, its values, and its default where it has one.
std::string policy_yaml(const policy::Type& type) {
  const PolicyOptions defaults;
  std::string out;
  append_comment(out, 0, type.help);
  out += "- name: example\n  type: " + std::string(type.name) + "\n";
  if (!type.rows.empty() || !type.parts_key.empty()) out += "  " + std::string(type.name) + ":\n";
  for (const option::Row<PolicyOptions>& row : type.rows) {
    if (!row.instead.empty()) continue;
    append_comment(out, 4, row.help);
    append_comment(out, 4, "Expected: " + option::expectation(row) + ".");
    const bool is_required = row.presence == option::Presence::required;
    const std::string value = is_required || !row.has_value() ? "" : option::format_value(row, row.get(defaults));
    if (is_required) append_comment(out, 4, "Required.");
    if (!is_required && value.empty() && !row.unset.empty())
      append_comment(out, 4, "Default: " + std::string(row.unset) + ".");
    out += std::string(value.empty() ? "    # " : "    ") + std::string(row.key) + ":" +
           (value.empty() ? "" : " " + value) + "\n";
  }
  if (type.parts_key.empty()) return out;
  append_comment(out, 4,
                 type.parts == policy::Parts::one ? "The part: one policy, whose name is optional."
                                                  : "The parts: policies whose names are optional.");
  out += "    # " + std::string(type.parts_key) + ":\n";
  return out;
}

}  // namespace

std::string configuration_page() {
  std::string out(kIntroduction);
  append_option_table(out);
  out +=
      "\n## Policies\n\n"
      "Each policy of `tail_sampling.policies` has a unique `name`, a `type`, and a block named after the type with "
      "its "
      "options:\n"
      "`{name: slow, type: latency, latency: {threshold_ms: 5000}}`. A policy is a condition on the whole trace: in an "
      "`and`,\n"
      "different spans may match different parts. Where the Collector's results depend on the order of spans, or treat "
      "0 as \"not\n"
      "set\", Entail does not; `compat: collector` restores the Collector's behaviour. [migration.md](migration.md) "
      "has "
      "the details.\n";
  append_policy_tables(out);
  const std::vector<std::string> written = ottl::function_usages();
  const std::vector<std::string_view> usages(written.begin(), written.end());
  out +=
      "\nPolicies from Collector extensions are not supported: they are Go code that only a Collector can run.\n\n"
      "## OTTL\n\n"
      "Conditions are those of the Collector's `ottl_condition` (`pkg/ottl` v0.161.0). What is not supported is an "
      "error "
      "that\n"
      "points at the place; [migration.md](migration.md#ottl) lists it.\n\n"
      "- Operators: `==` `!=` `<` `<=` `>` `>=` `and` `or` `not` `+` `-` `*` `/`, parentheses. Values of "
      "different\n"
      "  types do not compare (integers and doubles do): then `!=` is true and every other operator false.\n"
      "- Values: `\"text\"`, `10`, `-0.5`, `0x0aff`, `true`, `false`, `nil`, `[1, \"a\"]`, `{\"key\": 1}`, " +
      listed(ottl::enum_names()) +
      ".\n"
      "- Paths of a span, optionally prefixed with `span.`: " +
      listed(ottl::path_names(ottl::Context::span)) +
      ".\n"
      "- Paths of an event, optionally prefixed with `spanevent.`: " +
      listed(ottl::path_names(ottl::Context::spanevent)) +
      "; the paths of its span, prefixed with `span.`.\n"
      "- Keys and indexes: `attributes[\"key\"]`, `attributes[\"list\"][0]`, `attributes[name]`, "
      "`Split(name, \"/\")[1]`. A missing\n"
      "  attribute or member is `nil`; a missing part of what a function gives, or an index beyond the end, is an "
      "error.\n"
      "- Functions, with optional arguments in brackets; arguments can be named, as in `Trim(target=name)`: " +
      listed(usages) +
      ".\n"
      "- Functions of lists and maps take lambdas, such as `Any(attributes[\"ids\"], (index, value) => value > 3)`. "
      "The "
      "Collector\n"
      "  needs the feature gate `ottl.functions.enableLambda` for them.\n"
      "- Regexes are unanchored, as in Go. `Now` is the engine's time; `UUID` and `UUIDv7` depend on the span and\n"
      "  `links.propagate.rank_seed`, so a run can be repeated.\n\n"
      "## Collector keys that are not needed\n\n"
      "These keys are accepted with a warning and have no effect.\n\n";
  append_collector_keys(out);
  out += "\n## All options with their defaults\n\n```yaml\n" + default_options_yaml() + "```\n";
  return out;
}

}  // namespace entail::config

namespace entail {
inline namespace v1 {

std::string default_options_yaml() {
  const Options defaults;
  std::string out = "# Every option with its default. The policy is an example: at least one is required.\n";
  std::string previous;
  for (const option::Row<Options>& row : config::option_table()) {
    if (!row.instead.empty()) continue;
    const std::string path(row.key);
    const std::size_t depth = config::append_sections(out, path, previous);
    config::append_option(out, row, defaults, 2 * depth);
    previous = path;
  }
  return out;
}

std::vector<PolicyTypeText> policy_type_texts() {
  std::vector<PolicyTypeText> texts;
  for (const policy::Type& type : policy::types())
    texts.push_back({std::string(type.name), std::string(type.help), config::policy_yaml(type)});
  return texts;
}

}  // namespace v1
}  // namespace entail
