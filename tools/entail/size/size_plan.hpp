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
  std::uint64_t request_bytes_max = 20ull << 20;  // of the receiver's max_request_body_size
};

struct SizePlan {
  SizeQuestion question;    // with the rate or the memory_limit that was computed
  bool is_possible = true;  // false: no memory_limit is enough, or not even one span a second fits
  MemoryEstimate estimate;
  std::uint64_t memory_limit = 0;
  std::uint64_t container_bytes = 0;            // for the Collector with the receiver
  std::uint64_t container_bytes_processor = 0;  // for the Collector with the processor
  std::uint64_t library_bytes = 0;              // beside the embedding program's own
};

// Fails as estimate_memory().
Result<SizePlan> plan_size(SizeQuestion question, std::string* why);

std::string size_json(const SizePlan& plan);
std::string size_table(const SizePlan& plan, Paint paint);

}  // namespace entail::cli
