// Which links of a span with too many are emitted (docs/design.md 4), by sorting all of them.
// Thread rule: Immutable (a function).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "entail/types.hpp"
#include "tests/workload/otlp_plain.hpp"

namespace entail::oracle {

// State of a linked trace at emission. reached: kept, or pending and reached; open: undecided or absent.
enum class TargetState { origin, reached, open, closed };

struct Stratum {
  std::uint64_t received = 0;
  std::uint64_t emitted = 0;
};

struct TruncatedLinks {
  std::vector<std::size_t> emitted;      // ascending
  std::set<std::size_t> restored;        // of these, those written from the edge, whose bytes were dropped
  std::vector<std::size_t> not_emitted;  // good, no duplicates
  std::uint64_t received = 0;
  std::uint64_t malformed = 0;
  std::uint64_t duplicates = 0;
  Stratum pinned, open, closed;
  std::string threshold_uniform;  // formatted as in docs/formats.md "Truncation"; empty = absent
  std::string threshold_consistent;
};

TruncatedLinks truncate_links(const workload::Span& span, std::size_t budget, std::uint64_t seed,
                              const std::function<TargetState(TraceId)>& target_state);

}  // namespace entail::oracle
