// The loss late_pin (docs/design.md 4.3): links that were cut from an emitted span, and whose target became an origin
// only later. For that it remembers which links of truncated spans were emitted, by linking trace.
//
// Thread rule: Confined (tick). Cost of count(): linear in the in-edges of the new origins and in the cut links that
// their linking traces still hold, however many origins there are; of add_emitted() amortised n log n.
// Memory: bytes(); at most max_links_per_span entries of 24 bytes for each truncated span that was emitted, until its
// trace is forgotten, and kTracesMax for one trace: links of a trace with more linked traces are not counted as late.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/traces.hpp"

namespace entail::engine {

class LatePins {
 public:
  explicit LatePins(Traces& traces) noexcept : traces_(traces) {}

  // A truncated span of the trace was emitted with links to these traces, which may repeat.
  void add_emitted(RecordId id, std::vector<TraceId> linked);
  void forget(RecordId id) noexcept;
  // Links that lead to one of these traces, which have just become origins, and that were cut in earlier ticks.
  std::uint64_t count(const std::vector<RecordId>& origins);
  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  struct Pair {  // how many links of truncated spans lead from a trace to a new origin
    RecordId linking;
    RecordId origin;
    std::uint32_t links;
  };
  std::vector<Pair> collect(const std::vector<RecordId>& origins) const;
  struct Emitted {
    std::vector<std::pair<TraceId, std::uint32_t>> links;  // by trace, ascending, as far as `sorted_count`
    std::size_t sorted_count = 0;
    bool is_full = false;
  };
  static void sort(Emitted& emitted);
  void count_held(RecordId linking, std::unordered_map<RecordId, std::uint32_t>& known) const;

  static constexpr std::size_t kTracesMax = 1 << 16;
  static constexpr std::uint64_t kEntryBytes = 112;  // of the map, about
  Traces& traces_;
  std::unordered_map<RecordId, Emitted> emitted_;
  std::uint64_t bytes_ = 0;
};

}  // namespace entail::engine
