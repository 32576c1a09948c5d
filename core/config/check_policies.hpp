// The part of check_options() that is about policies. Thread rule: Confined. Inside the room config only.
#pragma once

#include "config/check_options.hpp"
#include "config/option_table.hpp"

namespace entail::config {

void check_policies(const Options& options, option::Findings& findings);

}  // namespace entail::config
