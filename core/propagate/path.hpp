// Paths of keeps: a shared tree of steps, each pointing one step back toward the origin. A step is immutable except for
// its reference count, the origin's counter and a direction added later. It outlives the records it names, so that a
// path can be reported after traces in its middle are forgotten (docs/design.md 3.12). Thread rule: Confined (tick).
#pragma once

#include <cstdint>
#include <vector>

#include "base/slab.hpp"
#include "entail/types.hpp"

namespace entail::propagate {

// Index into PathPool; 0 = no path.
using PathId = std::uint32_t;

class PathPool {
 public:
  // The path of an origin itself: no step. The caller holds one reference.
  PathId origin(TraceId trace_id);
  // One more step, from the trace at `back` to trace_id. directions: bit 0 along a link (linked), bit 1 against one.
  PathId step(PathId back, TraceId trace_id, std::uint8_t directions);
  void add_reference(PathId path) noexcept { ++steps_[path].references; }
  void drop_reference(PathId path) noexcept;

  PathId origin_of(PathId path) const noexcept { return steps_[path].origin; }
  std::uint32_t hops(PathId path) const noexcept { return steps_[path].hops; }
  void add_directions(PathId path, std::uint8_t directions) noexcept { steps_[path].directions |= directions; }
  // The number of traces whose reason names this origin. REQUIRES a path of origin().
  std::uint64_t& kept_count(PathId origin) noexcept { return kept_counts_[steps_[origin].back]; }
  // linked or linking if one direction leads along all of the path, else mixed.
  Direction direction(PathId path) const noexcept;
  // True if the trace is on the path.
  bool contains(PathId path, TraceId trace_id) const noexcept;
  // hops + 1 trace IDs, the origin first.
  std::vector<TraceId> trace_ids(PathId path) const;
  std::uint64_t bytes() const noexcept { return steps_.bytes() + kept_counts_.bytes(); }
  // Steps that something still refers to.
  std::size_t count() const noexcept { return steps_.live_count(); }

 private:
  struct Step {
    TraceId trace_id;
    std::uint32_t back = 0;  // the step before; of an origin (0 hops), which has none, the number of its counter
    PathId origin = 0;
    std::uint32_t references = 0;
    std::uint16_t hops = 0;
    std::uint8_t directions = 0;
  };
  PathId back(PathId path) const noexcept { return steps_[path].hops == 0 ? 0 : steps_[path].back; }
  base::Slab<Step> steps_;
  base::Slab<std::uint64_t> kept_counts_;
};

}  // namespace entail::propagate
