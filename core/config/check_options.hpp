// Checks Options as a whole: every bound of the option tables, what no single option can say for itself, and the
// policies, which are compiled. Used by parse_options() on what it read, and by Engine::open().
//
// Thread rule: Immutable (a free function). Cost: linear in the options, and the compilation of every regex and OTTL
// condition; allocates.
#pragma once

#include <memory>
#include <vector>

#include "entail/options.hpp"
#include "option/findings.hpp"
#include "policy/policy_set.hpp"

namespace entail::config {

struct CheckedOptions {
  std::vector<option::Finding> findings;
  std::unique_ptr<policy::PolicySet> policies;  // null if a finding is an error
};

CheckedOptions check_options(const Options& options);

}  // namespace entail::config
