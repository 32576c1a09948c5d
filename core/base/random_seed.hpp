// A seed that nobody outside this process knows, for hashes over data that others choose. Thread rule: any thread.
#pragma once

#include <cstdint>

namespace entail::base {

// From the system's generator (getrandom). Where that gives none, as in a sandbox that forbids the call, from where the
// loader put the process, which differs from run to run but is less hard to guess.
std::uint64_t random_seed() noexcept;

}  // namespace entail::base
