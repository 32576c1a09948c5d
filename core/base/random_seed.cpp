#include "base/random_seed.hpp"

#include <sys/random.h>

#include "base/hash.hpp"

namespace entail::base {

std::uint64_t random_seed() noexcept {
  std::uint64_t seed = 0;
  // GRND_NONBLOCK: an engine that opens early at boot must not wait for the generator.
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == static_cast<ssize_t>(sizeof seed)) return seed;
  const auto code = reinterpret_cast<std::uintptr_t>(&random_seed);
  const auto stack = reinterpret_cast<std::uintptr_t>(&seed);
  return sampling_hash({code, stack}, SpanId{}, 0);
}

}  // namespace entail::base
