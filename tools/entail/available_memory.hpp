// How much memory this process may use: what the machine has, or less if a control group says so.
//
// Read from /proc/meminfo and the control groups of versions 1 and 2: a group's limit counts, and those of all groups
// around it. What is free at the moment does not count, so that a run gives the same answer on a busy machine.
// Thread rule: Immutable (free functions only).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace entail::cli {

// Nothing if neither could be read. `root` is put in front of /proc and /sys: "" but for tests.
std::optional<std::uint64_t> available_memory_bytes(const std::string& root = "");

// The memory_limit of `entail sample` where the configuration sets none: half of the available memory, within the
// bounds of the option; that of the library if nothing is known.
std::uint64_t default_memory_limit_bytes(std::optional<std::uint64_t> available_bytes);

}  // namespace entail::cli
