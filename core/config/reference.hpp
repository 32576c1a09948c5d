// The option tables as documents: the commented YAML of `entail config defaults` and the page docs/configuration.md.
// Thread rule: Immutable (free functions). Cost: allocates; not for hot paths.
#pragma once

#include <string>

namespace entail::config {

// docs/configuration.md, whole. A test compares the file with it.
std::string configuration_page();

}  // namespace entail::config
