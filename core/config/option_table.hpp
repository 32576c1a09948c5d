// The tables of every key that a configuration may hold (docs/formats.md "Configuration"), in the order in which they
// print. Thread rule: Immutable.
#pragma once

#include <span>

#include "entail/options.hpp"
#include "option/row.hpp"

namespace entail::config {

constexpr std::size_t kTypeNameBytesMax = 256;  // longer link types are not looked up
constexpr std::size_t kPoliciesMax = 4096;      // policies and their parts, counted together
constexpr std::size_t kPartsDepthMax = 16;      // and, not, drop, composite inside each other

// A policy type: its block holds the fields, and the parts under parts_key if it has any.
struct PolicyShape {
  std::string_view name;
  std::string_view help;
  std::span<const option::Row<PolicyOptions>> fields;
  std::string_view parts_key;
};

std::span<const option::Row<Options>> option_table();
std::span<const PolicyShape> policy_table();
// Null if no type has this name.
const PolicyShape* find_shape(std::string_view type) noexcept;

// What a section is for: "links.propagate"; empty if there is nothing to say.
std::string_view section_help(std::string_view path) noexcept;

}  // namespace entail::config
