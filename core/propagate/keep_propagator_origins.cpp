// KeepPropagator's search for another origin of a trace whose nearest origin has no room left (docs/design.md 3.10).
#include <algorithm>
#include <utility>

#include "propagate/keep_propagator.hpp"

namespace entail::propagate {

using graph::EdgeCell;
using graph::LateEdges;
using graph::NodeId;

// A breadth-first search backwards over the edges on which a keep would arrive. The hops on an edge depend on the
// origin, so each visit holds the total hops that the edges between it and the trace allow. The search passes only
// through traces that a keep reached. It is bounded for each trace and tick, because one origin may refuse many traces.
PathId KeepPropagator::path_with_room(RecordId id, std::uint64_t traces_max) {
  steps_left_ += kStepsASearch;
  search_steps_ = std::min(steps_left_, kSearchStepsMax);
  const std::uint64_t steps_given = search_steps_;
  visits_.clear();
  visited_.clear();
  std::vector<RecordId> tried;  // includes the nearest, which has no room
  for (unsigned layer = 0; layer < directions(); ++layer)
    visits_.push_back({id, layer, static_cast<std::uint8_t>(layer), 0, kHopsMax, 0});
  bool continues = true;
  PathId found = 0;
  for (std::uint32_t at = 0; at < visits_.size() && continues; ++at) {
    for (const Side side : {kOut, kIn}) {
      if (!component_ && visits_[at].layer != side) continue;
      if (continues) continues = search_from(at, side, traces_max, tried, found);
    }
  }
  steps_left_ -= steps_given - search_steps_;
  return found;
}

// Visits the neighbours whose `side` edges bring a keep to this visit. False: the search is over.
bool KeepPropagator::search_from(std::uint32_t at, Side side, std::uint64_t traces_max, std::vector<RecordId>& tried,
                                 PathId& found) {
  const Visit here = visits_[at];
  bool continues = true;
  const auto look = [&](EdgeCell cell) {
    if (search_steps_ == 0) continues = false;
    if (!continues) return;
    --search_steps_;
    const NodeId node = graph_.node_of(cell);
    const RecordId from = node == 0 ? 0 : graph_.record(graph_.newest(node));
    if (from == 0 || from == visits_.front().id || !follows(from, side, here.id)) return;
    const unsigned limit = side == kOut ? cell.limit_linked() : cell.limit_linking();
    const unsigned hops_here = here.depth + 1u;
    // After the hop over this edge, here.depth hops remain.
    const unsigned hops_max = limit == graph::kNoLimit ? max_hops(side) : limit;
    const unsigned most = std::min(unsigned{here.most}, hops_max + here.depth);
    if (most < hops_here) return;
    const std::uint32_t word = reach_of(from);
    const bool own_passes = side == kIn || options_.origin_links == OriginLinks::all || cell.on_error_span();
    if (is_origin(word, kLinked) && own_passes && std::find(tried.begin(), tried.end(), from) == tried.end()) {
      tried.push_back(from);
      if (ledger_.paths().kept_count(own_path(from)) < traces_max) found = path_along(from, at, side == kOut ? 1 : 2);
      continues = found == 0 && tried.size() <= kOriginsTried;
    }
    const unsigned hops = hops_in(word, here.layer);
    if (hops == 0 || hops + hops_here > most) return;
    std::uint8_t& known = visited_[std::uint64_t{from} * 2 + here.layer];
    if (known >= most) return;
    known = static_cast<std::uint8_t>(most);
    visits_.push_back({from, at, here.layer, static_cast<std::uint8_t>(hops_here), static_cast<std::uint8_t>(most),
                       static_cast<std::uint8_t>(side == kOut ? 1 : 2)});
  };
  for (NodeId node = ledger_[here.id].node; node != 0 && continues; node = graph_.older(node)) {
    graph_.for_each_part(node, [&](const LateEdges& part) {
      if (part.is_out() == (side == kIn)) graph_.for_each_late_edge(part, look);
      return continues;
    });
  }
  return continues;
}

PathId KeepPropagator::path_along(RecordId origin, std::uint32_t at, std::uint8_t directions) {
  PathPool& paths = ledger_.paths();
  PathId path = own_path(origin);
  paths.add_reference(path);
  for (;;) {
    const Visit& visit = visits_[at];
    const PathId next = paths.step(path, graph_.key(ledger_[visit.id].node), directions);
    paths.drop_reference(std::exchange(path, next));
    if (visit.next == at) return path;
    directions = visit.directions;
    at = visit.next;
  }
}

}  // namespace entail::propagate
