#include "engine/late_pins.hpp"

#include <algorithm>
#include <tuple>

#include "base/free_array.hpp"
#include "engine/truncated_span.hpp"

namespace entail::engine {

using graph::NodeId;

// Sorted when the new part has grown as large as the old one, so each link takes part in few sorts.
void LatePins::add_emitted(RecordId id, std::vector<TraceId> linked) {
  const auto [place, is_new] = emitted_.try_emplace(id);
  Emitted& emitted = place->second;
  bytes_ -= emitted.links.capacity() * sizeof(emitted.links[0]);
  for (const TraceId trace : linked) emitted.links.emplace_back(trace, 1);
  if (emitted.links.size() >= 2 * emitted.sorted_count) sort(emitted);
  emitted.is_full |= emitted.sorted_count > kTracesMax;
  if (emitted.is_full) base::free_array(emitted.links);
  bytes_ += emitted.links.capacity() * sizeof(emitted.links[0]) + (is_new ? kEntryBytes : 0);
  traces_.ledger[id].has_truncated_links = true;
}

void LatePins::sort(Emitted& emitted) {
  auto& links = emitted.links;
  std::sort(links.begin(), links.end());
  std::size_t count = 0;
  for (const auto& [trace, link_count] : links) {
    if (count != 0 && links[count - 1].first == trace)
      links[count - 1].second += link_count;
    else
      links[count++] = {trace, link_count};
  }
  links.resize(count);
  emitted.sorted_count = count;
}

void LatePins::forget(RecordId id) noexcept {
  if (!traces_.ledger[id].has_truncated_links) return;
  const auto place = emitted_.find(id);
  if (place == emitted_.end()) return;
  bytes_ -= place->second.links.capacity() * sizeof(place->second.links[0]) + kEntryBytes;
  emitted_.erase(place);
}

// Ascending by linking trace, each pair once.
std::vector<LatePins::Pair> LatePins::collect(const std::vector<RecordId>& origins) const {
  std::vector<Pair> pairs;
  for (const RecordId origin : origins) {
    traces_.for_each_node(origin, [&](NodeId node) {
      traces_.graph.for_each_in(node, [&](graph::EdgeCell cell) {
        if (!cell.on_truncated_span()) return;
        const NodeId far = traces_.graph.node_of(cell);
        if (far == 0) return;
        const RecordId linking = traces_.graph.record(traces_.graph.newest(far));
        if (linking != 0 && traces_.ledger[linking].has_truncated_links) pairs.push_back({linking, origin, 1});
      });
    });
  }
  const auto key = [](const Pair& pair) { return std::tie(pair.linking, pair.origin); };
  std::sort(pairs.begin(), pairs.end(), [&](const Pair& a, const Pair& b) { return key(a) < key(b); });
  std::size_t count = 0;
  for (const Pair& pair : pairs) {
    if (count != 0 && key(pairs[count - 1]) == key(pair))
      ++pairs[count - 1].links;
    else
      pairs[count++] = pair;
  }
  pairs.resize(count);
  return pairs;
}

// Adds the links of truncated spans that `linking` still holds: when those are emitted, the origins are known.
void LatePins::count_held(RecordId linking, std::unordered_map<RecordId, std::uint32_t>& known) const {
  traces_.for_each_node(linking, [&](NodeId node) {
    traces_.spans.visit_truncated(traces_.payload(node).spans, [&](const store::TruncatedSpan& truncated) {
      for (const graph::EdgeCell cell : truncated.cells) {
        const NodeId far = cell.word == 0 ? 0 : traces_.graph.node_of(cell);
        if (far == 0) continue;
        if (const auto place = known.find(traces_.graph.record(traces_.graph.newest(far))); place != known.end())
          ++place->second;
      }
    });
  });
}

std::uint64_t LatePins::count(const std::vector<RecordId>& origins) {
  if (emitted_.empty() || origins.empty()) return 0;
  const std::vector<Pair> pairs = collect(origins);
  std::uint64_t late = 0;
  std::unordered_map<RecordId, std::uint32_t> known;  // links to each origin that were emitted, or will be
  for (std::size_t first = 0, end = 0; first < pairs.size(); first = end) {
    const RecordId linking = pairs[first].linking;
    Emitted& emitted = emitted_.at(linking);
    if (emitted.sorted_count != emitted.links.size()) sort(emitted);
    known.clear();
    for (end = first; end < pairs.size() && pairs[end].linking == linking; ++end) {
      const TraceId trace = traces_.trace_id(pairs[end].origin);
      const std::pair lowest{trace, std::uint32_t{0}};
      const auto place = std::lower_bound(emitted.links.begin(), emitted.links.end(), lowest);
      known[pairs[end].origin] = place != emitted.links.end() && place->first == trace ? place->second : 0;
    }
    if (emitted.is_full) continue;
    count_held(linking, known);
    for (std::size_t i = first; i < end; ++i)
      if (pairs[i].links > known[pairs[i].origin]) late += pairs[i].links - known[pairs[i].origin];
  }
  return late;
}

}  // namespace entail::engine
