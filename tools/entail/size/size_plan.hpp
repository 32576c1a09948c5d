// What `entail size` computes: the memory for a load, and the limits to set. Thread rule: Immutable (functions).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "console.hpp"
#include "entail/entail.hpp"

namespace entail::cli {

// What is asked. One of spans_per_second and memory_limit at least.
struct SizeQuestion {
  Options options;
  ExpectedLoad load;
  bool has_rate = false;
  std::optional<std::uint64_t> memory_limit;
  std::uint64_t request_bytes_max = 20ull << 20;  // of the receiver's max_request_body_size, up to kRequestBytesMost
};
constexpr std::uint64_t kRequestBytesMost = 1ull << 40;

struct SizePlan {
  SizeQuestion question;    // with the rate or the memory_limit that was computed
  bool is_possible = true;  // false: no memory_limit is enough, or not even one span a second fits; no limits are set
  MemoryEstimate estimate;
  bool exceeds_request = false;  // requests that the receiver accepts are refused: over a quarter of memory_limit
  std::optional<std::uint64_t> memory_limit;
  std::optional<std::uint64_t> container_bytes;            // for the Collector with the receiver
  std::optional<std::uint64_t> container_bytes_processor;  // for the Collector with the processor
  std::optional<std::uint64_t> library_bytes;              // beside the embedding program's own
};

// Fails as estimate_memory().
Result<SizePlan> plan_size(SizeQuestion question, std::string* why);

std::string size_json(const SizePlan& plan);
std::string size_table(const SizePlan& plan, Paint paint);

}  // namespace entail::cli
