// Options as text: what a row expects, and how a value is written in YAML.
// Thread rule: Immutable (free functions). Cost: allocates.
#pragma once

#include <string>

#include "option/row.hpp"

namespace entail::option {

// "a whole number from 0 to 62".
std::string expectation(const Shape& shape);

// A value as written in YAML: "30s", "[a, b]". Empty for no value.
std::string format_value(const Shape& shape, const OptionValue& value);

}  // namespace entail::option
