// A policy type: its name, help and options, and the function that checks and compiles a policy of it. Each file in
// core/policy/types defines one; CMake collects them, so that a new file is a new type.
//
// Thread rule: Immutable. Cost: the list is made once.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "entail/options.hpp"
#include "option/row.hpp"
#include "policy/compiled.hpp"

namespace entail::policy {

class Scope;

// The path of the warning that no policy makes origins, so links are not followed.
constexpr std::string_view kNoOriginsPath = "tail_sampling.policies.origins";

constexpr std::size_t kPoliciesMax = 4096;  // policies and their parts, counted together

enum class Parts : std::uint8_t { none, one, list };

struct Type {
  std::string_view name;
  std::string_view help;
  std::vector<option::Row<PolicyOptions>> rows{};
  Parts parts = Parts::none;
  std::string_view parts_key{};  // the key of the parts inside the type's block
  bool is_top_level = false;     // cannot be a part of another policy
  // Reports to the scope what is wrong with the policy beyond its rows and the number of its parts. Whatever the fields
  // hold, it returns a condition.
  Compiled (*compile)(const PolicyOptions& policy, Scope& scope) = nullptr;
};

// Ascending by name.
std::span<const Type> types();
// Null if no type has this name.
const Type* find_type(std::string_view name) noexcept;
std::vector<std::string_view> type_names();

}  // namespace entail::policy
