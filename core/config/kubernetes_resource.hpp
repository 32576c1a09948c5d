// The Kubernetes resource OpenTelemetryCollector, which the Collector's operator reads: the Collector's configuration
// is its spec.config, a map (v1beta1) or a string (v1alpha1).
// Thread rule: Immutable (a free function).
#pragma once

#include <vector>

#include "config/yaml_document.hpp"

namespace entail::config {

// If the document is such a resource, makes the configuration inside its root; any other document stays as it is.
// Positions stay those of the file. False: there is no usable configuration inside; errors says why.
bool enter_resource(YamlDocument& document, std::vector<ConfigMessage>& errors);

}  // namespace entail::config
