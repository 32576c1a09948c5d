// A secret random seed, for hashes over untrusted data. Thread rule: any thread.
#pragma once

#include <cstdint>

namespace entail::base {

// From getrandom(). If that fails, as in a sandbox that forbids the call, from the load address of the process, which
// differs from run to run but is easier to guess.
std::uint64_t random_seed() noexcept;

}  // namespace entail::base
