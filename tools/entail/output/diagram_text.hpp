// Text from outside in the diagrams of Graphviz and Mermaid. Thread rule: Immutable (functions).
#pragma once

#include <string>
#include <string_view>

namespace entail::cli {

// For the inside of a quoted label: nothing ends the label, or is read as anything but text.
std::string dot_escaped(std::string_view text);
std::string mermaid_escaped(std::string_view text);

// With the quotes.
std::string dot_quoted(std::string_view text);
std::string mermaid_quoted(std::string_view text);

}  // namespace entail::cli
