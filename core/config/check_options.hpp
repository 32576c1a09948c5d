// Checks Options as a whole: every bound of the option tables, and what no single option can say for itself. Used by
// parse_options() on what it read, and by whoever opens an engine with Options filled in by hand.
// Regexes and OTTL conditions are compiled, to see whether they can be; the policy room keeps its own.
//
// Thread rule: Immutable (a free function). Cost: linear in the options; allocates.
#pragma once

#include <vector>

#include "entail/options.hpp"
#include "option/findings.hpp"

namespace entail::config {

std::vector<option::Finding> check_options(const Options& options);

}  // namespace entail::config
