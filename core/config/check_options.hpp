// Checks Options as a whole: every bound of the option tables, and what no single option can say for itself. Used by
// parse_options() on what it read, and by whoever opens an engine with Options filled in by hand.
// Regexes and OTTL conditions are compiled, to see whether they can be; the policy room keeps its own.
//
// Thread rule: Immutable (a free function). Cost: linear in the options; allocates.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "entail/options.hpp"

namespace entail::config {

struct Finding {
  std::string path;  // "links.origins", "tail_sampling.policies[2].latency.upper_threshold_ms"
  std::string text;  // begins with what it is about, ready to be printed
  bool is_error = true;
  std::optional<std::size_t> offset;  // in the text at path, where it is about one place there
};

std::vector<Finding> check_options(const Options& options);

}  // namespace entail::config
