// Options to CompiledPolicies: one walk over the policies, which checks the rows of each, lets its type compile it, and
// reports what is wrong. Inside the room policy only.
// Thread rule: Confined. Allocates.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "option/findings.hpp"
#include "policy/scope.hpp"

namespace entail::policy {

class Compiler {
 public:
  Compiler(const Options& options, option::Findings& findings) : options_(options), findings_(findings) {}

  // Usable iff no error was added to the findings.
  CompiledPolicies run();

 private:
  friend class Scope;

  Compiled add(const PolicyOptions& policy, const std::string& path, const std::string& where, std::size_t depth);
  bool check_rows(const Type& type, const PolicyOptions& policy, const std::string& path, const std::string& where);
  void check_parts(const Type& type, const PolicyOptions& policy, const std::string& path, const std::string& where,
                   std::size_t depth);
  void check_name(const PolicyOptions& policy, std::size_t index, const std::string& path);
  void choose_origins();
  void warn_without_origins();
  void choose_batch_limits(CompiledPolicy& policy);

  const Options& options_;
  option::Findings& findings_;
  CompiledPolicies out_;
  std::set<std::string_view> names_;      // of the policies
  std::map<std::string, unsigned> bits_;  // by QuestionKey
  std::uint32_t stateful_count_ = 0;
  std::size_t policy_count_ = 0;
};

}  // namespace entail::policy
