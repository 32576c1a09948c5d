// HeldSpans in memory: spans published into slots are taken, put back, counted, read, moved and released.
#include "store/held_spans.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/memory_spans.hpp"
#include "tests/store/truncated_span.hpp"

namespace entail::store {
namespace {

constexpr std::uint64_t kTruncatedBytes = 1000;
constexpr TruncatedSpanOps kOps = {[](const TruncatedSpan*) { return kTruncatedBytes; },
                                   [](TruncatedSpan* truncated) { delete truncated; }};

class HeldSpansTest : public testing::Test {
 protected:
  HeldSpansTest() { begin(1); }
  void begin(std::uint32_t generation) {
    writer.begin(generation);
    const Envelope* const resource = writer.envelope(nullptr, bytes_of("resource"));
    scope = writer.envelope(resource, bytes_of("scope"));
  }
  static Bytes bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  }
  static std::string text_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }
  bool publish(SpanSlot& to, const std::string& text, std::uint32_t links = 0) {
    const WrittenSpan span = writer.span(scope, static_cast<std::uint32_t>(text.size()), links);
    std::memcpy(span.payload, text.data(), text.size());
    return SpanWriter::publish(span, to, links != 0);
  }
  void publish_truncated(SpanSlot& to, int name) {
    const WrittenSpan span = writer.span(scope, 3, 500, true);
    std::memcpy(span.payload, "cut", 3);
    auto truncated = std::make_unique<TruncatedSpan>(TruncatedSpan{nullptr, name});
    writer.own(span, truncated, kTruncatedBytes);
    SpanWriter::publish(span, to, true);
  }
  // Payload and link count of all spans in the slots, which still hold them afterwards.
  std::multimap<std::string, std::uint32_t> held_in(std::vector<SpanSlot*> slots) {
    TakenSpans taken;
    for (SpanSlot* from : slots) spans.take(*from, taken);
    std::multimap<std::string, std::uint32_t> found;
    spans.visit(taken, [&](const HeldSpan& span) {
      EXPECT_EQ(text_of(span.scope->bytes()), "scope");
      EXPECT_EQ(text_of(span.scope->resource->bytes()), "resource");
      found.emplace(text_of(span.payload), span.link_count);
    });
    spans.put_back(taken);
    EXPECT_EQ(spans.count(taken).spans, 0u);
    return found;
  }
  using Found = std::multimap<std::string, std::uint32_t>;

  SpanStore store{kOps};
  MemorySpans spans{store, {.pooled_bytes_max = 0, .freed_heap_bytes_max = 0}};
  SpanWriter writer{store};
  const Envelope* scope = nullptr;
  SpanSlot slot{};
  SpanSlot other{};
};

TEST_F(HeldSpansTest, ReadsPublishedSpans_FromAllSlotsOfATrace) {
  publish(slot, "first");
  publish(slot, "second", 3);
  publish(other, "third");
  const Found all = {{"first", 0}, {"second", 3}, {"third", 0}};
  EXPECT_EQ(held_in({&slot, &other}), all);
  EXPECT_EQ(held_in({&other}), (Found{{"third", 0}}));
  EXPECT_EQ(held_in({&slot, &other}), all);  // all were put back, each into its slot
}

TEST_F(HeldSpansTest, CountsWithoutReading_WhenNoSpanHasLinks) {
  for (int i = 0; i < 100; ++i) publish(slot, "span");
  publish(other, "linked", 7);
  publish(other, "linked", 5);
  TakenSpans taken;
  spans.take(slot, taken);
  spans.take(other, taken);
  EXPECT_EQ(spans.count(taken).spans, 102u);
  EXPECT_EQ(spans.count(taken).links, 12u);
  EXPECT_EQ(held_in({&slot, &other}), Found());  // they are taken
}

TEST_F(HeldSpansTest, CountsAllSpans_BeyondTheCountInTheSlotsWord) {
  constexpr std::uint32_t kMany = SpanList<SpanEntry>::kCountMax + 10;
  for (std::uint32_t i = 0; i < kMany; ++i) publish(slot, "");
  TakenSpans taken;
  spans.take(slot, taken);
  EXPECT_EQ(spans.count(taken).spans, kMany);
}

TEST_F(HeldSpansTest, ReportsUnadoptedSpans) {
  EXPECT_TRUE(publish(slot, "first"));    // to be logged
  EXPECT_FALSE(publish(slot, "second"));  // is
  TakenSpans taken;
  spans.take(slot, taken);
  EXPECT_TRUE(taken.has_unadopted());
  spans.put_back(taken);
  slot.clear_touched();
  spans.take(slot, taken);
  EXPECT_FALSE(taken.has_unadopted());
  spans.put_back(taken);
  EXPECT_TRUE(publish(slot, "third"));
  spans.take(slot, taken);
  spans.take(other, taken);
  EXPECT_TRUE(taken.has_unadopted());
  taken.clear();
  EXPECT_FALSE(taken.has_unadopted());
}

TEST_F(HeldSpansTest, MovesAllSpans_AndRenamesTheTruncatedOnes) {
  publish(slot, "first");
  publish_truncated(slot, 1);
  publish_truncated(slot, 2);
  publish(other, "second", 2);
  spans.move(slot, other, [](TruncatedSpan& truncated) { truncated.name += 10; });
  EXPECT_EQ(held_in({&slot}), Found());
  EXPECT_EQ(held_in({&other}), (Found{{"first", 0}, {"second", 2}, {"cut", 500}, {"cut", 500}}));
  int names = 0;
  spans.visit_truncated(other, [&](const TruncatedSpan& truncated) { names += truncated.name; });
  EXPECT_EQ(names, 11 + 12);
}

TEST_F(HeldSpansTest, ReleasesAGeneration_WhenNoTraceHoldsItOrAnEarlierOne) {
  publish(slot, "first");
  publish_truncated(slot, 1);
  spans.hold(1);
  spans.hold(1);
  begin(2);
  publish(other, "second");
  spans.hold(2);
  begin(3);
  const auto bytes = spans.bytes_by_generation(3);
  ASSERT_EQ(bytes.size(), 2u);
  EXPECT_GE(bytes.at(1), kTruncatedBytes);
  EXPECT_EQ(spans.bytes_by_generation(2).size(), 1u);  // a lane writes the second
  EXPECT_EQ(spans.holders(), (std::map<std::uint32_t, std::uint64_t>{{1, 2}, {2, 1}}));
  const std::uint64_t all = store.bytes();
  spans.release(2);
  spans.release(1);
  spans.reclaim(3);
  EXPECT_EQ(store.bytes(), all);
  EXPECT_EQ(held_in({&slot}), (Found{{"first", 0}, {"cut", 500}}));
  spans.release(1);
  spans.reclaim(2);  // a lane writes the second
  EXPECT_LT(store.bytes(), all);
  EXPECT_EQ(held_in({&other}), (Found{{"second", 0}}));
  spans.reclaim(3);
  spans.reclaim(4);
  EXPECT_EQ(spans.bytes_by_generation(5).size(), 0u);
}

}  // namespace
}  // namespace entail::store
