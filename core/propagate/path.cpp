#include "propagate/path.hpp"

#include "base/check.hpp"

namespace entail::propagate {

PathId PathPool::origin(TraceId trace_id) {
  const std::uint32_t counter = kept_counts_.add();
  const PathId id = steps_.add();
  Step& step = steps_[id];
  step.trace_id = trace_id;
  step.back = counter;
  step.origin = id;
  step.references = 1;
  step.directions = 3;
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
  // Iterative: a path can be as long as the hop limit, and dropping one end may free all of it.
  while (path != 0) {
    Step& step = steps_[path];
    ENTAIL_DCHECK(step.references > 0);
    if (--step.references != 0) return;
    const PathId before = back(path);
    if (before == 0) kept_counts_.remove(step.back);
    steps_.remove(path);
    path = before;
  }
}

Direction PathPool::direction(PathId path) const noexcept {
  std::uint8_t directions = 3;
  for (PathId at = path; back(at) != 0; at = back(at)) directions &= steps_[at].directions;
  if ((directions & 1) != 0) return Direction::linked;
  if ((directions & 2) != 0) return Direction::linking;
  return Direction::mixed;
}

bool PathPool::contains(PathId path, TraceId trace_id) const noexcept {
  for (; path != 0; path = back(path))
    if (steps_[path].trace_id == trace_id) return true;
  return false;
}

std::vector<TraceId> PathPool::trace_ids(PathId path) const {
  std::vector<TraceId> ids(steps_[path].hops + 1);
  for (std::size_t i = ids.size(); i-- > 0; path = back(path)) ids[i] = steps_[path].trace_id;
  return ids;
}

}  // namespace entail::propagate
