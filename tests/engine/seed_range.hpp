// The seeds that a randomised test runs: a range, or only the one in the environment variable ENTAIL_SEED.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

namespace entail::engine_test {

inline std::pair<std::uint64_t, std::uint64_t> seed_range(std::uint64_t first, std::uint64_t end) {
  const char* only = std::getenv("ENTAIL_SEED");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  end = first + (end - first) / 10;  // sanitizers make each workload ten times slower
#endif
  if (only == nullptr) return {first, end};
  const std::uint64_t seed = std::strtoull(only, nullptr, 10);
  return {seed, seed + 1};
}

inline std::string rerun_command(std::uint64_t seed, const std::string& program, const std::string& filter) {
  return "ENTAIL_SEED=" + std::to_string(seed) + " bin/" + program + " --gtest_filter=" + filter;
}

}  // namespace entail::engine_test
