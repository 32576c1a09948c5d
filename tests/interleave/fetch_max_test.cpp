// PROTOCOL fetch_max (core/sync/fetch_max.hpp): the word ends at the largest value, and never falls.
#include "sync/fetch_max.hpp"

#include "tests/interleave/protocol.hpp"
#include "tests/interleave/torn_sync.hpp"

namespace {

using namespace interleave;

template <class Sync>
struct FetchMax {
  static constexpr unsigned kThreads = 4;
  static constexpr std::uint32_t kValues[3] = {5, 9, 7};
  typename Sync::template Atomic<std::uint32_t> word{1};
  void thread(unsigned i) {
    if (i < 3) {
      entail::sync::fetch_max(word, kValues[i]);
    } else {
      const std::uint32_t before = word.load(std::memory_order_relaxed);
      expect(word.load(std::memory_order_relaxed) >= before, "the word never falls");
    }
  }
  void finish() { expect(word.load(std::memory_order_relaxed) == 9, "the word is the largest value"); }
};

TEST(FetchMax, KeepsTheLargestValue) {
  expect_proved<FetchMax<ModelSync>>("three raise, one reads");
  expect_refuted<FetchMax<TornSync>>("RMW torn", "the word");
}

}  // namespace
