// PROTOCOL keep_delivery (core/propagate/keep_propagator.hpp): late edges while the hop count falls, through the
// late log, which holds the edges themselves, as Writer::check_late and KeepPropagator::carry_late use it. Only the
// tick thread accesses hops and records.
#include <limits>
#include <optional>

#include "graph/in_list.hpp"
#include "graph/late_edge.hpp"
#include "graph/out_list.hpp"
#include "sync/spsc_log.hpp"
#include "tests/interleave/chunk_store.hpp"
#include "tests/interleave/protocol.hpp"

namespace {

using namespace entail::graph;
using namespace interleave;

template <class Base>
struct PublishAcqRel : Base {
  static constexpr auto publish = std::memory_order_acq_rel;
};
template <class Base>
struct CheckAcquire : Base {
  static constexpr auto check = std::memory_order_acquire;
};
template <class Base>
struct RaiseRelease : Base {
  static constexpr auto raise = std::memory_order_release;
};
template <class Base>
struct ObserveAcquire : Base {
  static constexpr auto observe = std::memory_order_acquire;
};

constexpr unsigned kNone = std::numeric_limits<unsigned>::max();
constexpr std::uint64_t kEdgeWord = 70;

// The tick thread's half, for either list of edges: every edge seen is offered one more hop.
template <unsigned kEdges>
struct Offered {
  unsigned hops[kEdges];
  Offered() { std::fill_n(hops, kEdges, kNone); }
  void offer(std::uint64_t word, unsigned here) {
    if (word >= kEdgeWord) hops[word - kEdgeWord] = std::min(hops[word - kEdgeWord], here + 1);
  }
  void expect_all(unsigned fewest) const {
    for (const unsigned at : hops) expect(at == fewest + 1, "every edge carries the fewest hops");
  }
};

// The reach word as the tick thread writes it: hops are noted when a keep arrives (D0), and are part of the raised word
// when it is propagated (D1).
template <class Race>
struct Noted {
  static void note(typename Race::Reach& reach, unsigned hops) {
    Race::note(reach, (reach.load(std::memory_order_relaxed) & kCarries) | hops << 1);
  }
  static void raise(typename Race::Reach& reach, unsigned hops) { Race::raise(reach, kCarries | hops << 1); }
};

// A note that brings kCarries itself: the raised value is there already, and is not stored again.
template <class Race>
struct CarelessNotes : Noted<Race> {
  static void note(typename Race::Reach& reach, unsigned hops) { Race::note(reach, kCarries | hops << 1); }
};

// D3: the edges in the log, with the current hops.
struct TakesLog {
  template <class Log, class Edges>
  static void take(Log& log, Edges& offered) {
    log.drain([&](std::uint64_t word) { offered.offer(word, 1); });
  }
};
struct LeavesLog {
  template <class Log, class Edges>
  static void take(Log&, Edges&) {}
};

// kWriters append an edge each; the keep arrives with 3 hops, then with 1; the late log is read in the next tick.
template <unsigned kWriters, class Orders, template <class> class Notes = Noted, class Late = TakesLog>
struct FallingHopsIn {
  static constexpr unsigned kThreads = kWriters + 1;
  using List = InList<1, 1, ModelSync, Orders>;
  using Race = LateEdge<ModelSync, Orders>;
  using Arena = ChunkArena<4, 1>;

  Arena arena;
  typename List::Cell first{};
  typename List::Head head{};
  typename Race::Reach reach{};
  entail::sync::SpscLog<std::uint64_t, ModelSync, entail::sync::SpscLogOrders, 1> late_logs[kWriters];
  Offered<kWriters> offered;

  FallingHopsIn() {
    for (auto& log : late_logs) (void)log.reserve(1);
  }
  void carry_on(unsigned hops) {
    Notes<Race>::raise(reach, hops);
    List::for_each(first, head, arena, [&](std::uint64_t word) { offered.offer(word, hops); });
  }
  void thread(unsigned i) {
    if (i == kWriters) {
      Notes<Race>::note(reach, 3);
      carry_on(3);
      Notes<Race>::note(reach, 1);
      carry_on(1);
      return;
    }
    ChunkRoom<Arena> room{arena, 1 + 2 * i, 3 + 2 * i};
    List::append(first, head, kEdgeWord + i, room);
    if (Race::carries(reach)) late_logs[i].push(kEdgeWord + i);
  }
  void finish() {
    for (auto& log : late_logs) Late::take(log, offered);
    offered.expect_all(1);
  }
};

template <class Orders, template <class> class Notes = Noted, class Late = TakesLog>
struct FallingHopsOut {
  static constexpr unsigned kThreads = 2;
  using List = OutList<ModelSync, Orders>;
  using Race = LateEdge<ModelSync, Orders>;
  struct Block {
    typename List::Next next;
    ModelPlain<std::uint64_t> word;
  };
  Block blocks[2];
  typename List::Head head{};
  typename Race::Reach reach{};
  entail::sync::SpscLog<std::uint64_t, ModelSync, entail::sync::SpscLogOrders, 1> late_log;
  Offered<1> offered;

  FallingHopsOut() { (void)late_log.reserve(1); }
  void carry_on(unsigned hops) {
    Notes<Race>::raise(reach, hops);
    for (std::uint32_t at = List::newest(head); at != 0; at = blocks[at].next.get())
      offered.offer(blocks[at].word.get(), hops);
  }
  void thread(unsigned i) {
    if (i == 1) {
      Notes<Race>::note(reach, 3);
      carry_on(3);
      Notes<Race>::note(reach, 1);
      carry_on(1);
      return;
    }
    blocks[1].word.set(kEdgeWord);
    List::append(head, 1, blocks[1].next);
    if (Race::carries(reach)) late_log.push(kEdgeWord);
  }
  void finish() {
    Late::take(late_log, offered);
    offered.expect_all(1);
  }
};

TEST(KeepDelivery, DeliversTheFewestHops_OverAnInEdge) {
  constexpr const char* kFewest = "every edge carries the fewest hops";
  expect_proved<FallingHopsIn<1, InListOrders>>("hops fall during an in-edge");
  expect_proved<FallingHopsIn<2, InListOrders>>("hops fall during two in-edges");
  expect_refuted<FallingHopsIn<1, PublishAcqRel<InListOrders>>>("in-edge, publish acq_rel", kFewest);
  expect_refuted<FallingHopsIn<1, CheckAcquire<InListOrders>>>("in-edge, check acquire", kFewest);
  expect_refuted<FallingHopsIn<1, RaiseRelease<InListOrders>>>("in-edge, raise release", kFewest);
  expect_refuted<FallingHopsIn<1, ObserveAcquire<InListOrders>>>("in-edge, observe acquire", kFewest);
  expect_refuted<FallingHopsIn<1, InListOrders, CarelessNotes>>("in-edge, a note that carries", kFewest);
  expect_refuted<FallingHopsIn<1, InListOrders, Noted, LeavesLog>>("in-edge, no D3", kFewest);
}
TEST(KeepDelivery, DeliversTheFewestHops_OverAnOutEdge) {
  constexpr const char* kFewest = "every edge carries the fewest hops";
  expect_proved<FallingHopsOut<OutListOrders>>("hops fall during an out-edge");
  expect_refuted<FallingHopsOut<PublishAcqRel<OutListOrders>>>("out-edge, publish acq_rel", kFewest);
  expect_refuted<FallingHopsOut<CheckAcquire<OutListOrders>>>("out-edge, check acquire", kFewest);
  expect_refuted<FallingHopsOut<RaiseRelease<OutListOrders>>>("out-edge, raise release", kFewest);
  expect_refuted<FallingHopsOut<ObserveAcquire<OutListOrders>>>("out-edge, observe acquire", kFewest);
  expect_refuted<FallingHopsOut<OutListOrders, CarelessNotes>>("out-edge, a note that carries", kFewest);
  expect_refuted<FallingHopsOut<OutListOrders, Noted, LeavesLog>>("out-edge, no D3", kFewest);
}

}  // namespace
