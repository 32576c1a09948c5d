#include "propagate/path.hpp"

#include "base/check.hpp"

namespace entail::propagate {

PathId PathPool::origin(TraceId trace_id) {
  const PathId id = steps_.add();
  steps_[id].trace_id = trace_id;
  steps_[id].origin = id;
  steps_[id].references = 1;
  steps_[id].directions = 3;
  return id;
}

PathId PathPool::step(PathId back, TraceId trace_id, std::uint8_t directions) {
  const PathId id = steps_.add();
  Step& step = steps_[id];
  step.trace_id = trace_id;
  step.back = back;
  step.origin = steps_[back].origin;
  step.references = 1;
  step.hops = static_cast<std::uint16_t>(steps_[back].hops + 1);
  step.directions = directions;
  ++steps_[back].references;
  return id;
}

void PathPool::drop_reference(PathId path) noexcept {
  // Iterative: a path may be as long as the hop limit, and dropping one end may free all of it.
  while (path != 0) {
    Step& step = steps_[path];
    ENTAIL_DCHECK(step.references > 0);
    if (--step.references != 0) return;
    const PathId back = step.back;
    steps_.remove(path);
    path = back;
  }
}

Direction PathPool::direction(PathId path) const noexcept {
  std::uint8_t directions = 3;
  for (PathId at = path; steps_[at].back != 0; at = steps_[at].back) directions &= steps_[at].directions;
  if ((directions & 1) != 0) return Direction::linked;
  if ((directions & 2) != 0) return Direction::linking;
  return Direction::mixed;
}

std::vector<TraceId> PathPool::trace_ids(PathId path) const {
  std::vector<TraceId> ids(steps_[path].hops + 1);
  for (std::size_t i = ids.size(); i-- > 0; path = steps_[path].back) ids[i] = steps_[path].trace_id;
  return ids;
}

}  // namespace entail::propagate
