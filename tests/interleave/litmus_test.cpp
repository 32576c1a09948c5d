// What the memory model forbids and what it allows: the proofs in this folder depend on it.
#include <gtest/gtest.h>

#include "tests/interleave/explorer.hpp"

namespace {

using namespace interleave;
constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto seq_cst = std::memory_order_seq_cst;

std::string pair(int a, int b) { return std::to_string(a) + "," + std::to_string(b); }

// Message passing: data, then a flag.
template <std::memory_order kStore, std::memory_order kLoad>
struct MessagePassing {
  static constexpr unsigned kThreads = 2;
  ModelAtomic<int> data{0}, flag{0};
  int seen_flag = 0, seen_data = 0;
  void thread(unsigned i) {
    if (i == 0) {
      data.store(1, relaxed);
      flag.store(1, kStore);
    } else {
      seen_flag = flag.load(kLoad);
      seen_data = data.load(relaxed);
    }
  }
  void finish() {}
  std::string outcome() const { return pair(seen_flag, seen_data); }
};

TEST(Litmus, MessagePassing_WhenReleaseMeetsAcquire) {
  const Report report = explore<MessagePassing<release, acquire>>();
  ASSERT_TRUE(report.complete);
  EXPECT_EQ(report.outcomes, (std::set<std::string>{"0,0", "0,1", "1,1"}));
}
TEST(Litmus, MessagePassingIsStale_WhenEitherSideIsRelaxed) {
  EXPECT_TRUE((explore<MessagePassing<relaxed, acquire>>().outcomes.contains("1,0")));
  EXPECT_TRUE((explore<MessagePassing<release, relaxed>>().outcomes.contains("1,0")));
}

// The same with plain data: a race, or none.
template <std::memory_order kStore, std::memory_order kLoad>
struct PlainPassing {
  static constexpr unsigned kThreads = 2;
  ModelPlain<int> data{0};
  ModelAtomic<int> flag{0};
  void thread(unsigned i) {
    if (i == 0) {
      data.set(7);
      flag.store(1, kStore);
    } else if (flag.load(kLoad) == 1) {
      expect(data.get() == 7, "the message arrives");
    }
  }
  void finish() {}
};

TEST(Litmus, PlainDataHasNoRace_WhenReleaseMeetsAcquire) {
  const Report report = explore<PlainPassing<release, acquire>>();
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.failure, "");
}
TEST(Litmus, PlainDataRaces_WhenEitherSideIsRelaxed) {
  EXPECT_NE((explore<PlainPassing<relaxed, acquire>>().failure.find("data race")), std::string::npos);
  EXPECT_NE((explore<PlainPassing<release, relaxed>>().failure.find("data race")), std::string::npos);
}

// Store buffering: each stores its word and loads the other's.
template <std::memory_order kStore, std::memory_order kLoad, bool kRmw>
struct StoreBuffering {
  static constexpr unsigned kThreads = 2;
  ModelAtomic<int> x{0}, y{0};
  int seen[2] = {};
  void thread(unsigned i) {
    ModelAtomic<int>& mine = i == 0 ? x : y;
    if (kRmw) {
      mine.exchange(1, kStore);
    } else {
      mine.store(1, kStore);
    }
    seen[i] = (i == 0 ? y : x).load(kLoad);
  }
  void finish() {}
  std::string outcome() const { return pair(seen[0], seen[1]); }
};

TEST(Litmus, StoreBufferingIsForbidden_WhenAllIsSequentiallyConsistent) {
  const Report report = explore<StoreBuffering<seq_cst, seq_cst, false>>();
  ASSERT_TRUE(report.complete);
  EXPECT_EQ(report.outcomes, (std::set<std::string>{"0,1", "1,0", "1,1"}));
  EXPECT_FALSE((explore<StoreBuffering<seq_cst, seq_cst, true>>().outcomes.contains("0,0")));
}
TEST(Litmus, StoreBufferingIsAllowed_WhenAcquireAndRelease) {
  EXPECT_TRUE((explore<StoreBuffering<release, acquire, false>>().outcomes.contains("0,0")));
  EXPECT_TRUE((explore<StoreBuffering<acq_rel, acquire, true>>().outcomes.contains("0,0")));
  EXPECT_TRUE((explore<StoreBuffering<seq_cst, acquire, true>>().outcomes.contains("0,0")));
}

// Coherence: two loads of one word never go backwards.
struct Coherence {
  static constexpr unsigned kThreads = 2;
  ModelAtomic<int> x{0};
  int first = 0, second = 0;
  void thread(unsigned i) {
    if (i == 0) {
      x.store(1, relaxed);
      x.store(2, relaxed);
    } else {
      first = x.load(relaxed);
      second = x.load(relaxed);
    }
  }
  void finish() { expect(x.load(relaxed) == 2, "the last store wins"); }
  std::string outcome() const { return pair(first, second); }
};

TEST(Litmus, OneWordIsCoherent) {
  const Report report = explore<Coherence>();
  ASSERT_TRUE(report.complete);
  EXPECT_EQ(report.failure, "");
  EXPECT_EQ(report.outcomes, (std::set<std::string>{"0,0", "0,1", "0,2", "1,1", "1,2", "2,2"}));
}

// Three threads: a release sequence continues through another thread's relaxed RMW, but not through its store.
template <bool kRmw>
struct ReleaseSequence {
  static constexpr unsigned kThreads = 3;
  ModelPlain<int> data{0};
  ModelAtomic<int> flag{0};
  void thread(unsigned i) {
    if (i == 0) {
      data.set(7);
      flag.store(1, release);
    } else if (i == 1) {
      if (kRmw) {
        flag.fetch_add(10, relaxed);
      } else if (flag.load(relaxed) == 1) {
        flag.store(11, relaxed);
      }
    } else if (flag.load(acquire) == 11) {
      expect(data.get() == 7, "the message arrives");
    }
  }
  void finish() {}
};

TEST(Litmus, ReleaseSequenceContinues_ThroughAnRmw) {
  const Report report = explore<ReleaseSequence<true>>();
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.failure, "");
}
TEST(Litmus, ReleaseSequenceEnds_AtARelaxedStore) {
  EXPECT_NE(explore<ReleaseSequence<false>>().failure.find("data race"), std::string::npos);
}

// Write-to-read causality over three threads holds for acquire and release.
struct Causality {
  static constexpr unsigned kThreads = 3;
  ModelAtomic<int> x{0}, y{0};
  int seen_y = 0, seen_x = 0;
  void thread(unsigned i) {
    if (i == 0) {
      x.store(1, release);
    } else if (i == 1) {
      if (x.load(acquire) == 1) y.store(1, release);
    } else {
      seen_y = y.load(acquire);
      seen_x = x.load(relaxed);
    }
  }
  void finish() {}
  std::string outcome() const { return pair(seen_y, seen_x); }
};

TEST(Litmus, CausalityIsTransitive) {
  const Report report = explore<Causality>();
  ASSERT_TRUE(report.complete);
  EXPECT_EQ(report.outcomes, (std::set<std::string>{"0,0", "0,1", "1,1"}));
}

// Two readers of two independent writes: may they disagree on which came first?
template <std::memory_order kStore, std::memory_order kLoad>
struct IndependentReads {
  static constexpr unsigned kThreads = 4;
  ModelAtomic<int> x{0}, y{0};
  int first[2] = {}, second[2] = {};
  void thread(unsigned i) {
    if (i < 2) {
      (i == 0 ? x : y).store(1, kStore);
    } else {
      first[i - 2] = (i == 2 ? x : y).load(kLoad);
      second[i - 2] = (i == 2 ? y : x).load(kLoad);
    }
  }
  void finish() {}
  std::string outcome() const { return pair(first[0], second[0]) + " " + pair(first[1], second[1]); }
};

TEST(Litmus, ReadersMayDisagree_UnlessAllIsSequentiallyConsistent) {
  EXPECT_TRUE((explore<IndependentReads<release, acquire>>().outcomes.contains("1,0 1,0")));
  const Report report = explore<IndependentReads<seq_cst, seq_cst>>();
  ASSERT_TRUE(report.complete);
  EXPECT_FALSE(report.outcomes.contains("1,0 1,0"));
  EXPECT_EQ(report.outcomes.size(), 15u);
}

// RMWs are atomic, and a compare_exchange has one winner and may fail on a stale value.
struct Claim {
  static constexpr unsigned kThreads = 3;
  ModelAtomic<int> owner{0}, count{0};
  int won[3] = {};
  void thread(unsigned i) {
    int expected = 0;
    if (owner.compare_exchange(expected, static_cast<int>(i) + 1, relaxed, relaxed)) won[i] = 1;
    count.fetch_add(1, relaxed);
  }
  void finish() {
    expect(won[0] + won[1] + won[2] == 1, "one winner");
    expect(count.load(relaxed) == 3, "no increment is lost");
  }
};

TEST(Litmus, RmwsAreAtomic) {
  const Report report = explore<Claim>();
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.failure, "");
  EXPECT_GT(report.schedules, 6u);
}

// Pruning must not lose outcomes: all 6 orders of three stores to one word, distinguished by their results.
struct Orders {
  static constexpr unsigned kThreads = 3;
  ModelAtomic<int> log{0}, other{0};
  void thread(unsigned i) {
    other.fetch_add(1, relaxed);
    int seen = log.load(relaxed);
    while (!log.compare_exchange(seen, seen * 10 + static_cast<int>(i) + 1, relaxed, relaxed)) {
    }
  }
  void finish() {}
  std::string outcome() const { return std::to_string(log.load(relaxed)); }
};

TEST(Litmus, ExploresEveryOrder) {
  const Report report = explore<Orders>();
  ASSERT_TRUE(report.complete);
  EXPECT_EQ(report.outcomes, (std::set<std::string>{"123", "132", "213", "231", "312", "321"}));
}

template <class Program>
void expect_pruning_loses_nothing() {
  const Report pruned = explore<Program>();
  const Report all = explore<Program>({.schedules_max = 3'000'000, .prune = false});
  ASSERT_TRUE(pruned.complete && all.complete);
  EXPECT_EQ(pruned.outcomes, all.outcomes);
  EXPECT_LE(pruned.schedules, all.schedules);
}

TEST(Litmus, PruningLosesNoOutcome) {
  expect_pruning_loses_nothing<MessagePassing<relaxed, relaxed>>();
  expect_pruning_loses_nothing<StoreBuffering<seq_cst, seq_cst, false>>();
  expect_pruning_loses_nothing<StoreBuffering<release, acquire, false>>();
  expect_pruning_loses_nothing<Coherence>();
  expect_pruning_loses_nothing<Causality>();
  expect_pruning_loses_nothing<IndependentReads<release, acquire>>();
  expect_pruning_loses_nothing<IndependentReads<seq_cst, seq_cst>>();
  expect_pruning_loses_nothing<Orders>();
}

// The checker itself must detect a failure and print the schedule that led to it.
struct Canary {
  static constexpr unsigned kThreads = 2;
  ModelAtomic<int> x{0};
  void thread(unsigned) { x.store(x.load(seq_cst) + 1, seq_cst); }
  void finish() { expect(x.load(seq_cst) == 2, "no update is lost"); }
};

TEST(Litmus, DetectsALostUpdate) {
  const Report report = explore<Canary>();
  EXPECT_NE(report.failure.find("no update is lost"), std::string::npos);
  EXPECT_NE(report.failure.find("T2  a0 store"), std::string::npos) << report.failure;
}

}  // namespace
