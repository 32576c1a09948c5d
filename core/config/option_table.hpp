// The tables of every key that a configuration may hold (FORMATS "Configuration"), in the order in which they print.
// Thread rule: Immutable.
#pragma once

#include <span>

#include "config/option.hpp"
#include "entail/options.hpp"

namespace entail::config {

constexpr std::size_t kTypeNameBytesMax = 256;  // longer link types are not looked up
constexpr std::size_t kPoliciesMax = 4096;      // policies and their parts, counted together
constexpr std::size_t kPartsDepthMax = 16;      // and, not, drop inside each other

// A policy type: its block holds the fields, or the parts under parts_key.
struct PolicyShape {
  std::string_view name;
  PolicyType type = PolicyType::always_sample;
  std::string_view help;
  std::span<const Option<PolicyOptions>> fields;
  std::string_view parts_key;
};

std::span<const Option<Options>> option_table();
std::span<const PolicyShape> policy_table();
const PolicyShape& shape_of(PolicyType type) noexcept;

// What a section is for: "links.propagate"; empty if there is nothing to say.
std::string_view section_help(std::string_view path) noexcept;

// Types of the Collector that are not supported here yet.
std::span<const std::string_view> unsupported_policy_types() noexcept;

}  // namespace entail::config
