#include "engine/room.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/prefetch.hpp"
#include "engine/memory_shares.hpp"
#include "engine/truncated_span.hpp"
#include "engine/window_sizes.hpp"
#include "sync/fetch_max.hpp"

namespace entail::engine {

using graph::Compaction;
using graph::NodeId;
using graph::WindowInfo;

namespace {

// Slots that stay free for the windows that a busy tick opens, while older ones are being closed.
constexpr unsigned kSlotsFree = 2;
constexpr unsigned kRotationsMax = 4;  // for the sake of what one tick moves
// What a tick does ahead of need, and in proportion to the nodes that were made since the last one, so that it keeps
// up: steps of closing a window (Compaction::advance), and evictions.
constexpr std::uint64_t kStepsPerTick = 1 << 15;
constexpr std::uint64_t kStepsPerNode = 4;
constexpr std::uint64_t kEvictionsPerTick = 1 << 12;
constexpr std::uint64_t kUnbounded = ~std::uint64_t{0};
// Of a link that is copied: a cell at either end, the span ID, and its part of a chunk's header.
constexpr std::uint64_t kMovedLinkBytes = 2 * sizeof(graph::EdgeCell) + sizeof(SpanId) + 1;
constexpr std::uint64_t kCellsSampled = 11;  // one cell of so many is followed, blocks have other lengths

// Each counted at both its ends.
constexpr std::uint64_t moved_links_max(std::uint64_t limit_bytes) noexcept {
  return 2 * (limit_bytes / kMovedShare) / kMovedLinkBytes;
}

}  // namespace

Room::Room(Traces& traces, LifeCycle& life, LatePins& late_pins, Intake& intake, const retention::Retention& retention)
    : traces_(traces),
      graph_(traces.graph),
      life_(life),
      late_pins_(late_pins),
      intake_(intake),
      retention_(retention),
      compaction_(traces.graph),
      limit_bytes_(traces.options.memory_limit_bytes) {
  adopted_ns_.fill(kNever);
}

std::uint64_t Room::records_bytes() const noexcept {
  return traces_.ledger.bytes() + traces_.propagator.bytes() + life_.bytes() + late_pins_.bytes() +
         traces_.spans.account_bytes() + traces_.details.bytes();
}

bool Room::is_short() const noexcept {
  return intake_.admission().is_wanted() || retention_.bytes_to_release(intake_.admission().held_bytes(), 0) != 0;
}

void Room::publish() noexcept {
  intake_.admission().set_ticked(records_bytes() + graph_.forwarding_bytes() + intake_.scratch_bytes() + other_bytes_,
                                 std::exchange(adopted_bytes_, 0));
}

void Room::note_frozen() {
  adopted_bytes_ = intake_.admission().logged_bytes();
  graph_.reclaim(intake_.admission().held_bytes() < limit_bytes_ / 2);
  for (const WindowInfo& window : graph_.windows())
    if (window.frozen && adopted_ns_[window.slot] == kNever) adopted_ns_[window.slot] = life_.now_ns();
  graph_.filter_frozen();
}

WindowLoad Room::load_of(const WindowInfo& window) const noexcept {
  const propagate::Ledger::InWindow& traces = traces_.ledger.in_window(window.slot);
  return {window.node_count, traces.holding, traces.records, window.bytes};
}

// What is released without an eviction: windows worth closing, and generations that no trace holds.
ReleasePlan Room::make_plan(std::uint64_t needed, bool urgent) {
  ReleasePlan plan(needed, urgent);
  for (const WindowInfo& window : graph_.windows())
    if ((window.is_current && urgent) || is_closable(window)) plan.add_window(window.slot, load_of(window));
  plan.set_generations(traces_.spans.bytes_by_generation(intake_.open_generation()), traces_.spans.holders());
  return plan;
}

void Room::evict() {
  wanted_nodes_ = intake_.admission().take_wanted_nodes();
  wanted_bytes_ = intake_.admission().take_wanted_bytes() + wanted_nodes_ * kIndexBytes;
  const std::uint64_t held = intake_.admission().held_bytes();
  const std::uint64_t needed = retention_.bytes_to_release(held, wanted_bytes_);
  current_must_go_ = false;
  move_fits_.fill(false);
  if (needed != 0) {
    ReleasePlan plan = make_plan(needed, true);
    evict_until_enough(plan, kUnbounded);
    if (unmet_bytes_ != 0) evict_for_unmet();
    bound_moves(plan, needed);
    current_must_go_ = plan.closes(graph_.current_window().slot);
  } else if (const std::uint64_t ahead = retention_.bytes_ahead(held); ahead != 0) {
    ReleasePlan plan = make_plan(ahead, false);
    evict_until_enough(plan, kEvictionsPerTick + nodes_created_ + nodes_created_ / 4);
    if (!compaction_.is_closing()) bound_moves(plan, 1);  // of the next window
  }
}

void Room::evict_until_enough(ReleasePlan& plan, std::uint64_t evictions_max) {
  if (plan.is_enough()) return;
  life_.for_each_holding([&](RecordId id) {
    if (life_.mark_evicted(id)) plan.evict(graph::slot_of(traces_.ledger[id].node), traces_.ledger[id].generation);
    return !plan.is_enough() && --evictions_max != 0;
  });
}

// Traces that get spans again have nodes in several windows: closing one moves what a plan counted as released, since
// it counts a trace where its newest node is. Then traces go by their average size, twice as many with each tick that
// falls short.
void Room::evict_for_unmet() {
  const std::uint64_t traces = std::max<std::uint64_t>(traces_.ledger.count(), 1);
  const std::uint64_t bytes_a_trace = std::max<std::uint64_t>(intake_.admission().held_bytes() / traces, 1);
  std::uint64_t left = ((unmet_bytes_ / bytes_a_trace) << std::min(unmet_ticks_, 16u)) + 1;
  life_.for_each_holding([&](RecordId id) {
    left -= life_.mark_evicted(id);
    return left != 0;
  });
}

// Of the windows that this tick will close, the oldest first, as far as they are needed.
void Room::bound_moves(const ReleasePlan& plan, std::uint64_t needed) {
  for (const WindowInfo& window : graph_.windows()) {
    if (needed == 0) return;
    if (!is_closable(window) || !plan.closes(window.slot)) continue;
    evict_until_move_fits(window);
    move_fits_[window.slot] = true;
    needed -= std::min(needed, ReleasePlan::released_by(load_of(window)));
  }
}

void Room::evict_until_move_fits(const WindowInfo& window) {
  const std::uint64_t links_max = moved_links_max(limit_bytes_);
  std::uint64_t links = count_moving_links(window);
  if (links <= links_max) return;
  life_.for_each_holding([&](RecordId id) {
    const Record& record = traces_.ledger[id];
    if (record.evicting) return true;
    MovingLinks own;
    for (NodeId node = record.node; node != 0; node = graph_.older(node))
      if (graph::slot_of(node) == window.slot) count_links(node, own);
    // Where the window has its only node, the other ends of its links go, too.
    const std::uint64_t gone = own.all + (graph::slot_of(record.node) == window.slot ? own.to_staying : 0);
    if (own.all != 0 && life_.mark_evicted(id)) links -= std::min(links, gone);
    return links > links_max;
  });
}

// Would the trace still hold spans after this tick?
bool Room::stays(NodeId newest) const noexcept {
  const RecordId id = graph_.record(newest);
  return id != 0 && propagate::holds_spans(traces_.ledger[id].phase) && !traces_.ledger[id].evicting;
}

// About how many links the node has, in and out, whose far end is not forgotten when its window closes: because the
// trace stays, or has a node elsewhere.
void Room::count_links(NodeId node, MovingLinks& links) {
  const auto look = [&](graph::EdgeCell cell) {
    if (cells_seen_++ % kCellsSampled != 0) return;
    const NodeId far = graph_.node_of(cell);
    if (far == 0) return;
    const NodeId newest = graph_.newest(far);
    const bool far_stays = stays(newest);
    if (far_stays || graph::slot_of(newest) != graph::slot_of(node)) links.all += kCellsSampled;
    if (far_stays) links.to_staying += kCellsSampled;
  };
  graph_.for_each_out(node, [&](graph::EdgeCell cell, SpanId) { look(cell); });
  graph_.for_each_in(node, look);
}

// Each link at both its ends. 0 of a window so small that its edges cannot be too much: most need no look at them.
std::uint64_t Room::count_moving_links(const WindowInfo& window) {
  const std::uint64_t node_bytes = window.offset_end * std::uint64_t{graph::kNodeBytes};
  if (window.bytes <= limit_bytes_ / kMovedShare + node_bytes) return 0;
  MovingLinks links;
  const std::uint32_t first = compaction_.is_closing() && compaction_.slot() == window.slot ? compaction_.next() : 1;
  for (std::uint32_t offset = first; offset < window.offset_end; ++offset) {
    const NodeId node = window.slot << graph::kOffsetBits | offset;
    if (!graph_.key(node).is_zero() && stays(graph_.newest(node))) count_links(node, links);
  }
  return links.all;
}

void Room::release(std::uint64_t lanes_generation, std::uint64_t other_bytes) {
  other_bytes_ = other_bytes;
  if (wanted_bytes_ != 0) {  // a request found no room: free scratch memory as well
    life_.free_scratch(0);
    traces_.propagator.free_scratch(0);
  }
  traces_.spans.reclaim(lanes_generation);
  intake_.note_generation_begun();
  publish();
  close_windows();
  open_window_if_due();  // last, so that what a closed window moved does not take a request's place
  publish();
}

// A new window begins when the current one is old, nearly full, too small for a request, or needed for room.
void Room::open_window_if_due() {
  const WindowInfo current = graph_.current_window();
  const bool too_small = wanted_nodes_ > current.capacity - std::min(current.capacity, current.node_count);
  const bool is_spent = graph_.wanted().links != 0;  // no address space for the edges of a request, or of a move
  const bool nearly_full = current.node_count > current.capacity - current.capacity / kCapacityShare ||
                           current.bytes > limit_bytes_ / kWindowBytesShare;
  const bool old = life_.now_ns() - window_started_ns_ >= window_time_ns(retention_.records_ns());
  if (too_small || is_spent || (current.node_count != 0 && (nearly_full || old || current_must_go_)))
    rotate(wanted_nodes_);
}

bool Room::rotate(std::uint64_t wanted_nodes) {
  const WindowInfo current = graph_.current_window();
  const std::uint64_t largest = window_nodes_max(limit_bytes_, graph_.window_count());
  const std::uint64_t full_count = current.capacity - current.capacity / kCapacityShare;
  const bool was_full = wanted_nodes > current.capacity || current.node_count > full_count;
  // A window that was only old was large enough: with four times its load, the next one is, too.
  const std::uint64_t enough = std::max(kCapacityShare * current.node_count, window_nodes_first(limit_bytes_));
  const std::uint64_t next = was_full ? current.capacity * 2 : std::min(enough, current.capacity);
  if (!graph_.rotate(std::max(std::min(next, largest), wanted_nodes + wanted_nodes / 4))) return false;
  adopted_ns_[graph_.current_window().slot] = kNever;
  window_started_ns_ = life_.now_ns();
  return true;
}

void Room::close_windows() {
  const std::uint64_t held = intake_.admission().held_bytes();
  const std::uint64_t needed = retention_.bytes_to_release(held, wanted_bytes_);
  if (needed != 0) {
    close_early_until(held - needed);
    return;
  }
  const bool slots_short = graph_.window_count() > graph::kWindowSlots - kSlotsFree;
  const std::uint64_t steps_max = slots_short ? kUnbounded : kStepsPerTick + kStepsPerNode * nodes_created_;
  if (compaction_.is_closing() || begin_expired() || (slots_short && begin_early(Early::slots)) ||
      (retention_.bytes_ahead(held) != 0 && begin_early(Early::ahead))) {
    advance(steps_max);
    graph_.reclaim(!early_);
  }
}

void Room::close_early_until(std::uint64_t target_bytes) {
  const std::uint64_t before = intake_.admission().held_bytes();
  planned_bytes_ = 0;
  while (intake_.admission().held_bytes() > target_bytes && close_one_early()) publish();
  const std::uint64_t after = intake_.admission().held_bytes();
  const bool unmet = after > target_bytes && before - std::min(before, after) < planned_bytes_ / 2;
  unmet_bytes_ = unmet ? after - target_bytes : 0;
  unmet_ticks_ = unmet ? unmet_ticks_ + 1 : 0;
}

// Closes the oldest window that is worth it before its time. False: there is none, or no room for what must be moved.
bool Room::close_one_early() {
  if (!compaction_.is_closing() && !begin_early(Early::urgent)) return false;
  early_ = true;
  if (!advance(kUnbounded)) return false;
  graph_.reclaim(false);
  return true;
}

bool Room::begin_early(Early why) {
  for (const WindowInfo& window : graph_.windows()) {
    if (!is_closable(window)) continue;
    const WindowLoad load = load_of(window);
    if (why != Early::slots && !is_worth_closing(load, why == Early::urgent)) continue;
    if (why == Early::ahead && !move_fits_[window.slot]) continue;
    if (why == Early::urgent && !move_fits_[window.slot] && count_moving_links(window) > moved_links_max(limit_bytes_))
      continue;
    planned_bytes_ += ReleasePlan::released_by(load);
    compaction_.begin(window.slot);
    early_ = true;
    return true;
  }
  return false;
}

// A window's records are as old as its last batch; those touched since live on in a later one. What a tick spends on it
// is bounded by the load, so that a large window does not cost one tick much.
bool Room::begin_expired() {
  const graph::WindowList windows = graph_.windows();
  const auto over = std::find_if(windows.begin(), windows.end(), [&](const WindowInfo& window) {
    return is_closable(window) && life_.now_ns() - adopted_ns_[window.slot] >= retention_.records_ns();
  });
  if (over == windows.end()) return false;
  early_ = false;
  compaction_.begin(over->slot);
  return true;
}

// False: there is no room for the nodes that have to move; a later tick continues closing the window.
bool Room::advance(std::uint64_t steps_max) {
  const unsigned slot = compaction_.slot();
  for (unsigned rotations = 0;;) {
    switch (compaction_.advance(*this, steps_max)) {
      case Compaction::Step::more:
        return true;
      case Compaction::Step::no_room:
        if (rotations++ == kRotationsMax || !rotate(graph_.wanted().nodes)) return false;
        break;
      case Compaction::Step::closed:
        adopted_ns_[slot] = kNever;
        return true;
    }
  }
}

Compaction::Fate Room::fate(NodeId node) {
  const NodeId newest = graph_.newest(node);
  const RecordId id = graph_.record(newest);
  if (needs_edges(newest)) return Compaction::Fate::move;
  if (!is_over(newest)) life_.count(base::Loss::records_forgotten);
  if (newest != node) {
    traces_.propagator.materialize_paths(id);  // its edges in this window are dropped
    return Compaction::Fate::merge;
  }
  late_pins_.forget(id);
  life_.forget(id);
  return Compaction::Fate::forget;
}

bool Room::needs_edges(NodeId newest) const noexcept {
  const Record& record = traces_.ledger[graph_.record(newest)];
  if (propagate::holds_spans(record.phase)) return true;
  return !early_ && !is_over(newest);
}

// The window may be closed early, but so late that it has waited retain.records: no loss.
void Room::on_forgotten_absent() noexcept {
  const std::int64_t adopted_ns = adopted_ns_[compaction_.slot()];
  if (life_.now_ns() - adopted_ns < retention_.records_ns()) life_.count(base::Loss::records_forgotten);
}

// Has the trace not been seen for retain.records?
bool Room::is_over(NodeId newest) const noexcept {
  const Record& record = traces_.ledger[graph_.record(newest)];
  // An edge to a node that is there already touches no record. It may have been added as long as the newest node's
  // window was written to, that is, until the window was frozen, and no longer than a window's time after the touch
  // that made the node.
  const std::int64_t records_ns = retention_.records_ns();
  const std::int64_t frozen_ns = adopted_ns_[graph::slot_of(newest)];
  const std::int64_t last_edge_ns = std::min(frozen_ns, after(record.touched_ns, window_time_ns(records_ns)));
  return life_.now_ns() - std::max(record.touched_ns, last_edge_ns) >= records_ns;
}

void Room::continue_at(NodeId node, NodeId newest) { traces_.propagator.move_to(node, newest); }

void Room::move_payload(NodeId from, NodeId to) {
  TracePayload& source = traces_.payload(from);
  const policy::Facts facts = source.fold().facts(traces_.shape.fold);
  if (facts.spans == 0 && facts.bytes == 0) return;  // no span ever
  graph_.mark_payload(to);
  TracePayload& target = traces_.payload(to);
  target.dropped_upstream.fetch_add(source.dropped_upstream.load(std::memory_order_relaxed), std::memory_order_relaxed);
  target.fold().fold(facts, traces_.shape.fold);
  if (traces_.shape.has_notes) target.notes(traces_.shape).take_over(source.notes(traces_.shape));
  for (unsigned i = 0; i < traces_.shape.near_number_count; ++i)
    sync::fetch_max(target.near_number(traces_.shape, i),
                    source.near_number(traces_.shape, i).load(std::memory_order_relaxed));
  traces_.spans.move(source.spans, target.spans, [this](store::TruncatedSpan& truncated) {
    // Its cells are not part of the graph's lists: they get the names that are good now.
    for (graph::EdgeCell& cell : truncated.cells)
      if (const NodeId far = cell.word == 0 ? 0 : graph_.node_of(cell); far != 0) cell = graph_.cell_of(far, cell);
  });
}

void Room::prefetch(NodeId node) const noexcept {
  if (const RecordId id = graph_.record(node); id != 0) traces_.ledger.prefetch(id);
}

}  // namespace entail::engine
