// What a story expects, written down: as JSON for programs, and the roles as a table for readers. Thread rule:
// Confined.
#pragma once

#include <string>

#include "stories/story.hpp"

namespace entail::cli {

// The scenario, its flags, its configuration and everything expected of `sample`.
std::string expectation_json(std::string_view scenario, std::uint64_t seed, const Flags& flags,
                             const StoryConfig& config, const Expectation& expectation);

// A line for each named trace: its role, its ID, and what becomes of it.
std::string expectation_table(const Expectation& expectation);

}  // namespace entail::cli
