// The tables of every key that a configuration may hold (docs/formats.md "Configuration"), in the order in which they
// print. Thread rule: Immutable.
#pragma once

#include <span>

#include "entail/options.hpp"
#include "option/row.hpp"

namespace entail::config {

std::span<const option::Row<Options>> option_table();

// What a section is for: "links.propagate"; empty if there is nothing to say.
std::string_view section_help(std::string_view path) noexcept;

}  // namespace entail::config
