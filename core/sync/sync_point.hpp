// Sync points: named places in the shipped code at which a test may hold a thread, to produce the interleavings it
// needs in the real engine rather than in a model of it.
//
//   ENTAIL_SYNC_POINT("ingest:after_fold");
//
// Without ENTAIL_DEBUG_CHECKS (release builds) a point compiles to nothing; its name is still checked against the table
// below. With ENTAIL_DEBUG_CHECKS, and no listener, a point costs one load.
//
// The names are stable: tests, and the commands that repeat their failures, use them.
//
// Thread rule: Protocol. One pointer, stored and loaded with release and acquire: what a test did before it installed
// its listener happens before every call. A test removes the listener only when no thread is inside the engine.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "sync/atomic.hpp"

namespace entail::sync {

constexpr std::array<std::string_view, 28> kSyncPoints = {
    // ingest, on the thread that called it; from `before_out_edges` to `before_log` once a span
    "ingest:after_admission",    // a lane is taken and the request fits; nothing of it can be seen yet
    "ingest:after_nodes",        // its traces have their nodes; no link is placed
    "ingest:after_in_edges",     // every link is at its target trace, none at its source
    "ingest:before_out_edges",   // the links of one span are about to be published at their own trace
    "ingest:after_out_edges",    // one span's links are at both ends; its bytes are not stored
    "ingest:before_publish",     // bytes stored, not yet counted in the trace's words
    "ingest:after_fold",         // the policies' words are folded; the span is in no list
    "ingest:after_push",         // the span is in its trace's list; whether to log it is not decided
    "ingest:before_log",         // it is to be logged, and no log says that the trace was touched
    "ingest:after_publish",      // everything is published; the lane is still held and its batch has not ended
    "writer:after_pin",          // the lane's epoch is set, the current window not yet loaded
    "writer:after_out_append",   // out-edges published, the late check (PROTOCOL late_edge I2) not made
    "writer:after_in_append",    // the same of an in-edge
    "writer:before_unpin",       // the batch is complete
    "writer:after_unpin",        // the lane protects no window any more
    "graph:after_window_store",  // the new window is current; the epoch has not advanced
    // tick, on the thread that called it
    "tick:after_freeze",       // frozen windows are noted; no log has been read
    "tick:after_adopt",        // the logs have been read
    "carry:after_raise",       // a trace's reach has kCarries (late_edge D1); its edges are not read
    "tick:before_settle",      // keeps are propagated, verdicts not taken
    "tick:before_seal",        // verdicts taken, kept spans emitted
    "seal:before_take",        // a trace is about to be sealed; it still holds its spans
    "seal:after_take",         // its spans are taken from it, and not yet dropped
    "seal:after_mark",         // it is sealed
    "tick:before_windows",     // windows are about to begin, to be closed and dropped
    "compact:before_forward",  // edges and payload are at the new node; the old name still leads here
    "compact:before_drop",     // all nodes of a closing window have moved or were forgotten
    "tick:after_windows",      // only the tick's statistics remain
};

// The index of a name in kSyncPoints; an unknown name does not compile.
consteval unsigned sync_point_index(std::string_view name) {
  for (unsigned point = 0; point < kSyncPoints.size(); ++point)
    if (kSyncPoints[point] == name) return point;
  return kSyncPoints.at(kSyncPoints.size()).empty() ? 0 : 0;  // no constant expression: the compiler says so
}

#ifdef ENTAIL_DEBUG_CHECKS
// What a test installs. Called on the thread that reaches a point: it may hold it, and may not call the engine.
class PointListener {
 public:
  virtual void reach(unsigned point) noexcept = 0;

 protected:
  ~PointListener() = default;
};

inline HardwareAtomic<PointListener*> sync_point_listener{};

inline void listen_to_sync_points(PointListener* listener) noexcept {
  sync_point_listener.store(listener, std::memory_order_release);  // pairs with reach_sync_point()
}
inline void reach_sync_point(unsigned point) noexcept {
  PointListener* const listener = sync_point_listener.load(std::memory_order_acquire);
  if (__builtin_expect(listener != nullptr, 0)) listener->reach(point);
}
#define ENTAIL_SYNC_POINT(name) ::entail::sync::reach_sync_point(::entail::sync::sync_point_index(name))
#else
#define ENTAIL_SYNC_POINT(name) static_assert(::entail::sync::sync_point_index(name) != ~0u)
#endif

}  // namespace entail::sync
