// What is held and for how long: eviction (DESIGN 3.8), retention and sealing (3.7), late spans of sealed traces (3.9),
// and the windows of the graph, whose oldest goes when its records have outlived retain.records or memory_limit needs
// the room.
#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/prefetch.hpp"
#include "engine/impl.hpp"
#include "sync/sync_point.hpp"

namespace entail {
inline namespace v1 {

using graph::NodeId;
using propagate::Record;

namespace {
constexpr std::uint64_t kHeadroomShare = 16;  // eviction frees this share of memory_limit more than it must
constexpr unsigned kWindowsPerRecordTime = 4;
constexpr std::uint64_t kCapacityShare = 4;  // a window is full, and the next one larger, before this share is left
constexpr std::size_t kSealedTogether = 32;

unsigned slot_of(NodeId node) noexcept { return node >> graph::kOffsetBits; }
}  // namespace

// Step 0. Marks traces until enough span bytes would be free: retained first, then pending, oldest first. They are
// decided in this tick with what is known (settle_all seals those that are not kept). Bytes become free a generation at
// a time, when the last of its traces, and of all before it, has let go.
void Engine::Impl::evict() {
  while (!arrived.empty() && ledger[arrived.front()].phase != Phase::pending) arrived.pop_front();
  const std::uint64_t held = held_bytes();
  if (held < options.memory_limit_bytes) return;
  // What records take beyond their half is not made up for by spans: rotate_windows() forgets the oldest.
  const std::uint64_t records = graph_and_records_bytes.load(std::memory_order_relaxed);
  const std::uint64_t records_excess =
      records > options.memory_limit_bytes / 2 ? records - options.memory_limit_bytes / 2 : 0;
  std::uint64_t excess = held - options.memory_limit_bytes + options.memory_limit_bytes / kHeadroomShare;
  excess -= std::min(excess, records_excess);
  const std::map<std::uint32_t, std::uint64_t> bytes = store.bytes_by_generation();
  std::map<std::uint32_t, std::uint64_t> open = open_generations;
  auto next = bytes.begin();
  std::uint64_t freed = 0;
  const auto mark = [&](RecordId id) {
    if (ledger[id].evicting) return;  // a number that was reused can stand in a list twice
    ledger[id].evicting = true;
    evicted.push_back(id);
    if (auto generation_of = open.find(ledger[id].generation); --generation_of->second == 0) open.erase(generation_of);
    for (; next != bytes.end() && (open.empty() || next->first < open.begin()->first); ++next) freed += next->second;
  };
  for (std::size_t i = 0; i < retained.size() && freed < excess; ++i) {
    const auto [id, deadline] = retained[i];
    if (ledger[id].phase == Phase::retained && ledger[id].deadline_ns == deadline) mark(id);
  }
  for (std::size_t i = 0; i < arrived.size() && freed < excess; ++i) {
    Record& record = ledger[arrived[i]];
    if (record.phase != Phase::pending) continue;
    if (record.deadline_ns > now_ns) {
      record.deadline_ns = now_ns;
      due_at[now_ns].push_back(arrived[i]);
    }
    mark(arrived[i]);
  }
}

// retain.max_bytes: first dropped, first out.
void Engine::Impl::bound_retention() {
  while (retained_bytes > retain_bytes_max && !retained.empty()) {
    const auto [id, deadline] = retained.front();
    retained.pop_front();
    if (ledger[id].phase != Phase::retained || ledger[id].deadline_ns != deadline) continue;
    note_loss(id, Loss::evicted);
    seal(id);
  }
}

// Step 5. At the end of the input everything that was dropped is sealed: no keep can come any more.
void Engine::Impl::seal_expired(bool drain) {
  std::array<RecordId, kSealedTogether> expired;
  const auto has_expired = [&] { return !retained.empty() && (drain || retained.front().deadline_ns <= now_ns); };
  while (has_expired()) {
    std::size_t count = 0;
    for (; count < expired.size() && has_expired(); retained.pop_front()) {
      const auto [id, deadline] = retained.front();
      if (ledger[id].phase == Phase::retained && ledger[id].deadline_ns == deadline) expired[count++] = id;
    }
    for (std::size_t i = 0; i < count; ++i)
      if (!ledger[expired[i]].has_one_incarnation) graph.prefetch(ledger[expired[i]].node);
    for (std::size_t i = 0; i < count; ++i) base::prefetch(&payload(ledger[expired[i]].node));
    for (std::size_t i = 0; i < count; ++i)
      if (ledger[expired[i]].phase == Phase::retained) seal(expired[i]);
  }
  for (const RecordId id : touched)
    if (ledger[id].phase == Phase::sealed) drop_late_spans(id);
}

void Engine::Impl::seal(RecordId id) {
  Record& record = ledger[id];
  retained_bytes -= record.bytes;
  record.phase = Phase::sealed;
  ENTAIL_SYNC_POINT("seal:after_mark");
  release_spans(id);
  ENTAIL_SYNC_POINT("seal:after_release");
  close_generation(id);
}

// The trace no longer holds span bytes, so its generation may be freed when all of its traces have let go.
void Engine::Impl::close_generation(RecordId id) {
  const auto open = open_generations.find(ledger[id].generation);
  if (--open->second == 0) open_generations.erase(open);
}

// Lets go of the spans that the trace holds, as dropped. They lie apart, and cold: they are looked at only for links.
void Engine::Impl::release_spans(RecordId id) {
  Record& record = ledger[id];
  std::uint64_t spans = 0;
  std::uint64_t links = 0;
  for (NodeId node = record.node; node != 0; node = older(record, node)) {
    const auto taken = payload(node).spans.take();
    if (!taken.has_links && taken.is_counted()) {
      spans += taken.count;
      continue;
    }
    for (const store::SpanEntry* entry = taken.first; entry != nullptr; entry = entry->next) {
      ++spans;
      links += entry->link_count();
    }
  }
  spans_dropped += spans;
  links_dropped += links;
}

// Late spans of a sealed trace are dropped; one that would have made an origin by itself is a loss. Its links are
// edges.
void Engine::Impl::drop_late_spans(RecordId id) {
  Record& record = ledger[id];
  for (NodeId node = record.node; node != 0; node = graph.older(node)) {
    for (const store::SpanEntry* entry = payload(node).spans.take().first; entry != nullptr; entry = entry->next) {
      links_dropped += entry->link_count();
      if (!record.vetoed && would_be_origin(*entry, trace_id(id))) {
        count(Loss::late_origin);
        ++late_origin_spans;
      } else {
        ++spans_dropped;
      }
    }
  }
}

// Judges one stored span by itself: puts it back into a request of its own and asks the policies.
bool Engine::Impl::would_be_origin(const store::SpanEntry& entry, TraceId id) {
  emit::BatchWriter single(0);
  const store::Envelope& scope = *entry.scope;
  single.add({scope.resource->bytes(), scope.resource->digest, scope.bytes(), scope.digest, entry.payload(), nullptr});
  wire::Decoded decoded;
  if (!wire::decode(single.take(), nullptr, decoded).ok() || decoded.spans.size() != 1) return false;
  policy::Bits resource_bits{};
  policies->match_resource(decoded, decoded.resources[0], resource_bits);
  policy::Facts known;
  policies->match_span(decoded, decoded.spans[0], resource_bits, known);
  if (policies->reads_links()) {
    policy::LinkFacts links;
    if (entry.cut() != nullptr)
      links = entry.cut()->link_facts;
    else
      policies->match_links(decoded, decoded.spans[0], links);
    known.join(links);
  }
  return policies->would_be_origin(known, id);
}

// PROTOCOL window_drop W1 (impl.hpp).
void Engine::Impl::note_frozen_windows() noexcept {
  for (const graph::WindowInfo& window : graph.windows())
    if (window.frozen && window_adopted_ns[window.slot] == engine::kNever) window_adopted_ns[window.slot] = now_ns;
}

// Starts a new window when the current one is old, nearly full or was too small, and drops those past their time.
void Engine::Impl::rotate_windows() {
  const std::int64_t window_time_ns =
      std::max<std::int64_t>(options.retain.records_ns / kWindowsPerRecordTime, kNanosPerSecond);
  const graph::WindowList windows = graph.windows();
  const graph::WindowInfo& current = windows.items[windows.count - 1];
  const graph::Need wanted = graph.wanted();
  const bool too_small = wanted.nodes != 0 || wanted.links != 0;
  const bool nearly_full = current.node_count > current.capacity - current.capacity / kCapacityShare;
  const bool old = now_ns - window_started_ns >= window_time_ns && current.node_count != 0;
  if (too_small || nearly_full || old) {
    const std::uint64_t largest = engine::window_nodes_max(options.memory_limit_bytes);
    // A window that was only old was large enough: with four times what came, the next one is, too.
    const std::uint64_t enough =
        std::max(kCapacityShare * current.node_count, engine::window_nodes_first(options.memory_limit_bytes));
    const std::uint64_t next = too_small || nearly_full ? current.capacity * 2 : std::min(enough, current.capacity);
    if (!rotate(std::max(std::min(next, largest), wanted.nodes + wanted.nodes / 4)))
      drop_oldest_window(true);  // every slot is taken: the next tick finds one
    return;
  }
  if (graph.bytes() + ledger.live_bytes() > options.memory_limit_bytes / 2) {
    drop_oldest_window(true);
    return;
  }
  // A window's records are as old as its last batch; those touched since live on in a later one.
  const graph::WindowInfo& oldest = windows.items[0];
  const std::int64_t adopted_ns = window_adopted_ns[oldest.slot];
  if (adopted_ns != engine::kNever && now_ns - adopted_ns >= options.retain.records_ns) drop_window(oldest, false);
}

bool Engine::Impl::rotate(std::uint64_t capacity) {
  if (!graph.rotate(capacity)) return false;
  window_adopted_ns[graph.current_window().slot] = engine::kNever;
  window_started_ns = now_ns;
  return true;
}

// Makes room in the graph before the time of its records is over. The current window must be closed first.
void Engine::Impl::drop_oldest_window(bool forced) {
  const graph::WindowList windows = graph.windows();
  if (windows.count == 1) {
    rotate(windows.items[0].capacity);
  } else if (window_adopted_ns[windows.items[0].slot] != engine::kNever) {
    drop_window(windows.items[0], forced);
  }
}

// Does anyone need what a window that goes has of this trace? Who holds spans does, and who was touched less than
// retain.records ago: then its edges move to the current window, where they become those of one more incarnation. A
// forced drop takes that only from traces without a later incarnation, which it forgets.
bool Engine::Impl::is_needed(NodeId node, RecordId id, bool forced) const noexcept {
  const Record& record = ledger[id];
  if (record.phase == Phase::pending || record.phase == Phase::retained) return true;
  return now_ns - record.touched_ns < options.retain.records_ns && (!forced || record.node != node);
}

// Carries over what is still needed of a window to the current one, forgets the rest, and gives the window back.
// PROTOCOL window_drop W3: REQUIRES window_adopted_ns of its slot.
void Engine::Impl::drop_window(const graph::WindowInfo& window, bool forced) {
  std::vector<NodeId> moving;  // nodes of this window whose traces live on
  std::uint64_t links = 0;
  for (std::uint32_t offset = 1; offset < window.offset_end; ++offset) {
    const NodeId node = (window.slot << graph::kOffsetBits) | offset;
    if (graph.key(node).is_zero()) continue;
    const RecordId id = graph.record(graph.newest(node));
    if (id == 0) continue;  // never came; whoever is linked with it and needed moves the edge
    if (is_needed(node, id, forced)) {
      moving.push_back(node);
      graph.for_each_out(node, [&](graph::EdgeCell, SpanId) { ++links; });
      graph.for_each_in(node, [&](graph::EdgeCell) { ++links; });
    } else if (ledger[id].node == node) {
      if (forced) count(Loss::records_forgotten);
      forget(id);
    } else {
      carrier.tell_paths(id);  // the edges that it has here go
    }
  }
  graph::Writer& writer = graph.tick_writer();
  if (!writer.try_begin(moving.size() + links, 2 * links)) return;  // no room now: the next tick has a larger window
  for (const NodeId node : moving) move_payload(node, home(node, writer), writer);
  for (const NodeId node : moving) move_edges(node, window.slot, writer);
  writer.end();
  graph.drop(window.slot);
}

// The trace's node in the current window, made there if its newest one is older.
NodeId Engine::Impl::home(NodeId node, graph::Writer& writer) {
  const NodeId newest = graph.newest(node);
  if (graph.is_current(newest)) return newest;
  const TraceId key = graph.key(newest);
  NodeId target = 0;
  writer.find_or_insert({&key, 1}, &target);
  carrier.move_to(target, newest);
  return target;
}

void Engine::Impl::move_payload(NodeId from, NodeId to, graph::Writer& writer) {
  engine::TracePayload& source = payload(from);
  const policy::Facts facts = source.fold().facts(bit_words);
  if (facts.spans == 0 && facts.bytes == 0) return;  // no span ever
  writer.mark_payload(to);
  engine::TracePayload& target = payload(to);
  target.dropped_upstream.fetch_add(source.dropped_upstream.load(std::memory_order_relaxed), std::memory_order_relaxed);
  target.fold().fold(facts, bit_words);
  for (store::SpanEntry* entry = source.spans.take().first; entry != nullptr;) {
    store::SpanEntry* next = entry->next;
    target.spans.put_back(entry, entry->link_count() != 0);
    entry = next;
  }
}

// Writes the edges of `from` again at its trace's home, both ends. Edges between two traces that move are written once,
// from their linking side; edges to what is forgotten go.
void Engine::Impl::move_edges(NodeId from, unsigned slot, graph::Writer& writer) {
  const NodeId to = home(from, writer);
  const auto lives = [&](NodeId far) { return far != 0 && slot_of(graph.newest(far)) != slot; };
  std::vector<graph::EdgeCell> cells;
  std::vector<SpanId> spans;
  graph.for_each_out(from, [&](graph::EdgeCell cell, SpanId span) {
    const NodeId far = graph.node_of(cell);
    if (!lives(far)) return;
    const NodeId far_home = home(far, writer);
    cells.push_back(graph.cell_of(far_home, cell));
    spans.push_back(span);
    writer.append_in(far_home, graph.cell_of(to, cell));
  });
  if (!cells.empty()) writer.append_out(to, cells, spans);
  graph.for_each_in(from, [&](graph::EdgeCell cell) {
    const NodeId far = graph.node_of(cell);
    if (!lives(far) || slot_of(far) == slot) return;  // of this window: written from its own side
    const NodeId far_home = home(far, writer);
    const graph::EdgeCell out = graph.cell_of(to, cell);
    const SpanId unknown{};
    writer.append_out(far_home, {&out, 1}, {&unknown, 1});
    writer.append_in(to, graph.cell_of(far_home, cell));
  });
}

void Engine::Impl::forget(RecordId id) {
  carrier.forget(id);
  printed_links.erase(id);
  for (NodeId node = ledger[id].node; node != 0; node = graph.older(node)) graph.set_record(node, 0);
  ledger.remove(id);
}

}  // namespace v1
}  // namespace entail
