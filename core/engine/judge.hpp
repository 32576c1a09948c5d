// Step 1 of a tick: own verdicts of the due traces, and second looks at others that got spans (docs/design.md 3.1, 3.2,
// 3.9). Thread rule: Confined (tick). Cost: some 50 ns a trace.
#pragma once

#include <vector>

#include "engine/life_cycle.hpp"
#include "engine/traces.hpp"

namespace entail::engine {

class Judge {
 public:
  Judge(Traces& traces, LifeCycle& life) noexcept : traces_(traces), life_(life) {}
  void judge_all();

 private:
  void share_limits(const std::vector<RecordId>& judged);
  void judge_due(RecordId id);
  void judge_touched(RecordId id);
  void prefetch(RecordId id) const noexcept;
  bool is_due(const Record& record) const noexcept {
    return record.phase == Phase::pending && (life_.draining() || record.deadline_ns <= life_.now_ns());
  }

  Traces& traces_;
  LifeCycle& life_;
};

}  // namespace entail::engine
