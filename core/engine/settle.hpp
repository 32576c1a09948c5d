// Step 3 of a tick: what becomes of the due traces and of the retained ones that a keep reached, or that rose by
// themselves (docs/design.md 3.6), within the budgets of 3.10. Thread rule: Confined (tick).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/life_cycle.hpp"
#include "engine/traces.hpp"

namespace entail::engine {

class Settle {
 public:
  Settle(Traces& traces, LifeCycle& life) noexcept;
  void settle_all();
  std::uint64_t bytes() const noexcept { return (candidates_.capacity() + waiting_.capacity()) * sizeof(RecordId); }

 private:
  void settle_due(RecordId id);
  void settle_touched(RecordId id);
  void settle_reached(const std::vector<RecordId>& reached);
  void add_waiting();
  void settle_candidates();
  propagate::PathId path_within_budgets(RecordId id);
  propagate::PathId path_with_room(RecordId id);
  bool within_byte_rate(RecordId id);
  void fill_tokens() noexcept;
  void refuse(RecordId id, base::Loss loss);

  Traces& traces_;
  LifeCycle& life_;
  std::vector<RecordId> candidates_;  // reached, kept if the budgets allow
  // Refused by the token bucket so far. A record may be forgotten and its number used again meanwhile: then the new one
  // lacks the flag waiting_for_bytes.
  std::vector<RecordId> waiting_;
  double tokens_ = 0;
  std::int64_t filled_at_ns_ = 0;
};

}  // namespace entail::engine
