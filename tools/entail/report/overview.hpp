// The figures of a report over all traces: by time, policy, hops, reason, loss and service.
//
// Fed with decision records. A later revision of a trace takes back what the earlier one counted, so that every trace
// counts once, by its last record.
// Thread rule: Confined. Memory: at most kStepsMax steps of time and kServicesMax services; policies, hops and losses
// are few.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "entail/entail.hpp"
#include "report/name_table.hpp"

namespace entail::cli::report {

// What one trace counts as.
struct Contribution {
  std::int64_t time_ns = 0;
  std::uint64_t spans = 0, errors = 0, bytes = 0;
  NameId policy = 0, reason = 0, service = 0, loss = 0;
  Verdict verdict = Verdict::undecided;
  Direction direction = Direction::none;  // none: not kept over links
  std::uint32_t hops = 0;
  bool origin = false, revived = false;
};

struct TraceCounts {
  std::uint64_t traces = 0, spans = 0, bytes = 0;
  void add(const Contribution& trace, bool take_back) noexcept;
  void add(const TraceCounts& more) noexcept;
};

class Overview {
 public:
  static constexpr std::size_t kStepsMax = 300;
  static constexpr std::size_t kServicesMax = 2000;

  void add(const Contribution& trace) { count(trace, false); }
  void take_back(const Contribution& trace) { count(trace, true); }

  // Sets used[n] for each name that a figure has.
  void mark_names(std::vector<bool>& used) const;

  struct Step {
    TraceCounts kept, dropped;
  };
  struct Service {
    TraceCounts kept, dropped;
    std::uint64_t errors = 0;  // spans
  };
  // From the first step that has traces; the key is its number, from the epoch in units of step_ns().
  const std::map<std::int64_t, Step>& steps() const noexcept { return steps_; }
  std::int64_t step_ns() const noexcept;

  TraceCounts kept, dropped;
  std::uint64_t origins = 0, revived = 0, errors = 0;
  std::map<NameId, TraceCounts> by_policy;                             // kept by their own policy
  std::map<std::pair<Direction, std::uint32_t>, TraceCounts> by_hops;  // kept over links
  std::map<NameId, TraceCounts> by_reason;                             // dropped
  std::map<NameId, TraceCounts> by_loss;                               // traces whose record names a loss
  std::unordered_map<NameId, Service> services;                        // of the root; NameTable::kOther: the rest

 private:
  void count(const Contribution& trace, bool take_back);
  void coarsen();

  std::map<std::int64_t, Step> steps_;
  std::size_t scale_ = 0;
};

}  // namespace entail::cli::report
