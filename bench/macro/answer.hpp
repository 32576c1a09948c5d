// Compares the output with what had to be kept, by trace and span, from the bytes themselves.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "workload/load.hpp"

namespace entail::bench {

// The contents of the kept bytes.
struct Answer {
  std::vector<TraceId> traces;  // ascending
  std::uint64_t spans = 0;
  std::uint64_t links = 0;
};

// Parses the batches again. False if one of them does not parse.
bool read_answer(std::span<const Buffer> batches, Answer& answer);

// Empty, or what is wrong. links_cut: of a span with more than 128 links, 128 are left.
std::string fault_in(const Answer& answer, const Load& load, bool links_cut);

}  // namespace entail::bench
