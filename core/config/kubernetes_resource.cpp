#include "config/kubernetes_resource.hpp"

namespace entail::config {

bool enter_resource(YamlDocument& document, std::vector<ConfigMessage>& errors) {
  const YamlNode::Entry* const kind = find_entry(document.root(), "kind");
  if (kind == nullptr) return true;
  const std::string& name = document.node(kind->node).text;
  if (find_entry(document.root(), "items") != nullptr && name.ends_with("List")) {
    errors.push_back(
        {kind->position.line, kind->position.column,
         "this is a Kubernetes " + name + "; pass one of its items, as kubectl get otelcol NAME -o yaml prints it"});
    return false;
  }
  if (name != "OpenTelemetryCollector") return true;
  const YamlNode::Entry* const spec = find_entry(document.root(), "spec");
  const YamlNode::Entry* const config = spec == nullptr ? nullptr : find_entry(document.node(spec->node), "config");
  if (config == nullptr) {
    const Position position = spec == nullptr ? kind->position : spec->position;
    errors.push_back({position.line, position.column, "this OpenTelemetryCollector has no spec.config"});
    return false;
  }
  const YamlNode& inside = document.node(config->node);
  if (inside.kind != YamlNode::Kind::scalar) {
    document.set_root(config->node);
    return true;
  }
  return document.load_nested(config->node, &errors);
}

}  // namespace entail::config
