// PROTOCOL slot_publish (core/graph/slot_index.hpp): one node per key, complete when it is found.
#include "graph/slot_index.hpp"

#include "tests/interleave/protocol.hpp"

namespace {

using entail::TraceId;
using entail::graph::SlotOrders;
using namespace interleave;

struct PublishRelaxed : SlotOrders {
  static constexpr auto publish = std::memory_order_relaxed;
};
struct ObserveRelaxed : SlotOrders {
  static constexpr auto observe = std::memory_order_relaxed;
};
struct LostRelaxed : SlotOrders {
  static constexpr auto lost = std::memory_order_relaxed;
};

// A lane's run of offsets.
struct Run {
  std::uint32_t offset;
  unsigned made = 0;
  std::uint32_t next() const { return offset; }
  void taken() {
    ++offset;
    ++made;
  }
};

constexpr TraceId kKey{1, 1}, kOther{2, 2};
constexpr std::uint64_t kHash = 5;  // both keys: the same fingerprint and the same start, the worst case

template <class Orders>
struct Table {
  using Index = entail::graph::SlotIndex<ModelSync, Orders>;
  std::array<typename Index::Slot, 3> slots;
  std::array<typename Index::Key, 6> keys;
  Index index{slots.data(), slots.size(), keys.data()};
};

// Two inserters of the same key, and a finder.
template <class Orders>
struct SameKey : Table<Orders> {
  static constexpr unsigned kThreads = 3;
  Run runs[2] = {{1}, {3}};
  std::uint32_t offsets[2] = {};
  std::uint32_t found = 0;
  void thread(unsigned i) {
    if (i < 2) {
      offsets[i] = this->index.find_or_insert(kHash, kKey, runs[i]);
    } else {
      found = this->index.find(kHash, kKey);
    }
  }
  void finish() {
    expect(offsets[0] != 0 && offsets[0] == offsets[1], "both get the same node");
    expect(runs[0].made + runs[1].made == 1, "one of them made it");
    expect(found == 0 || found == offsets[0], "the finder sees that node or none");
    expect(this->index.find(kHash, kKey) == offsets[0], "it is found afterwards");
  }
};

// Each inserts both keys, in opposite orders; all four collide. kApproached: like a batch, which probes the
// slots of all its keys first.
template <class Orders, bool kApproached = false>
struct CollidingKeys : Table<Orders> {
  static constexpr unsigned kThreads = 2;
  Run runs[2] = {{1}, {3}};
  std::uint32_t offsets[2][2] = {};
  void thread(unsigned i) {
    const TraceId both[2] = {kKey, kOther};
    const std::uint64_t slot = kApproached ? this->index.approach(kHash) : 0;
    for (unsigned turn = 0; turn < 2; ++turn) {
      const unsigned k = turn ^ i;
      offsets[i][k] = kApproached ? this->index.find_or_insert(kHash, both[k], slot, runs[i])
                                  : this->index.find_or_insert(kHash, both[k], runs[i]);
      expect(this->keys[offsets[i][k]].get() == both[k], "the node has its key");
    }
  }
  void finish() {
    expect(offsets[0][0] == offsets[1][0] && offsets[0][1] == offsets[1][1], "both agree on each node");
    expect(offsets[0][0] != offsets[0][1], "two keys are two nodes");
    expect(runs[0].made + runs[1].made == 2, "each was made once");
  }
};

TEST(SlotPublish, CreatesOneNodePerKey_WhenTwoInsertIt) {
  expect_proved<SameKey<SlotOrders>>("same key");
  expect_refuted<SameKey<PublishRelaxed>>("same key, publish relaxed", "data race");
  expect_refuted<SameKey<ObserveRelaxed>>("same key, observe relaxed", "data race");
  expect_refuted<SameKey<LostRelaxed>>("same key, lost relaxed", "data race");
}
TEST(SlotPublish, CreatesOneNodePerKey_WhenKeysCollide) {
  expect_proved<CollidingKeys<SlotOrders>>("colliding keys");
  expect_refuted<CollidingKeys<PublishRelaxed>>("colliding keys, publish relaxed", "data race");
  expect_refuted<CollidingKeys<ObserveRelaxed>>("colliding keys, observe relaxed", "data race");
}

// Keys of different fingerprints that begin at one slot: approach() never returns to slots it has passed.
template <class Orders>
struct ApproachedSlots : Table<Orders> {
  static constexpr unsigned kThreads = 2;
  Run runs[2] = {{1}, {3}};
  std::uint32_t offsets[2][2] = {};
  void thread(unsigned i) {
    const TraceId both[2] = {kKey, kOther};
    const std::uint64_t from[2] = {this->index.approach(kHash), this->index.approach(kHash + 1)};
    for (unsigned turn = 0; turn < 2; ++turn) {
      const unsigned k = turn ^ i;
      offsets[i][k] = this->index.find_or_insert(kHash + k, both[k], from[k], runs[i]);
    }
  }
  void finish() {
    expect(offsets[0][0] == offsets[1][0] && offsets[0][1] == offsets[1][1], "both agree on each node");
    expect(runs[0].made + runs[1].made == 2, "each was made once");
    expect(this->index.find(kHash, kKey) == offsets[0][0] && this->index.find(kHash + 1, kOther) == offsets[0][1],
           "both are found afterwards");
  }
};
TEST(SlotPublish, CreatesOneNodePerKey_WhenSlotsWereApproachedBefore) {
  expect_proved<CollidingKeys<SlotOrders, true>>("approached, colliding keys");
  expect_proved<ApproachedSlots<SlotOrders>>("approached, neighbours");
  expect_refuted<CollidingKeys<PublishRelaxed, true>>("approached, publish relaxed", "data race");
}

// The same, with a finder of both.
template <class Orders>
struct CollidingKeysAndFinder : Table<Orders> {
  static constexpr unsigned kThreads = 3;
  Run runs[2] = {{1}, {3}};
  std::uint32_t offsets[2][2] = {};
  std::uint32_t found[2] = {};
  void thread(unsigned i) {
    const TraceId both[2] = {kKey, kOther};
    for (unsigned turn = 0; turn < 2; ++turn) {
      const unsigned k = turn ^ (i & 1);
      if (i < 2) {
        offsets[i][k] = this->index.find_or_insert(kHash, both[k], runs[i]);
      } else {
        found[k] = this->index.find(kHash, both[k]);
      }
    }
  }
  void finish() {
    for (unsigned k = 0; k < 2; ++k) {
      expect(offsets[0][k] == offsets[1][k], "both agree on each node");
      expect(found[k] == 0 || found[k] == offsets[0][k], "the finder sees that node or none");
    }
  }
};
TEST(SlotPublish, CreatesOneNodePerKey_WithAConcurrentFinder) {
  expect_proved<CollidingKeysAndFinder<SlotOrders>>("colliding keys, finder");
  expect_refuted<CollidingKeysAndFinder<PublishRelaxed>>("colliding keys, finder, publish relaxed", "data race");
}

// Three inserters of one key.
template <class Orders>
struct ThreeInserters : Table<Orders> {
  static constexpr unsigned kThreads = 3;
  Run runs[3] = {{1}, {2}, {3}};
  std::uint32_t offsets[3] = {};
  void thread(unsigned i) { offsets[i] = this->index.find_or_insert(kHash, kKey, runs[i]); }
  void finish() {
    expect(offsets[0] == offsets[1] && offsets[1] == offsets[2], "all get the same node");
    expect(runs[0].made + runs[1].made + runs[2].made == 1, "one of them made it");
  }
};
TEST(SlotPublish, CreatesOneNodePerKey_WhenThreeInsertIt) {
  expect_proved<ThreeInserters<SlotOrders>>("three inserters");
}

}  // namespace
