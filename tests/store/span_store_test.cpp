// Span bytes: written once, found again, freed by generation, and accounted for.
#include "store/span_store.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "store/span_entry.hpp"
#include "tests/base/resident.hpp"
#include "tests/store/truncated_span.hpp"

namespace entail::store {
namespace {

constexpr TruncatedSpanOps kOps = {[](const TruncatedSpan*) -> std::uint64_t { return 1000; },
                                   [](TruncatedSpan* truncated) {
                                     ++*truncated->destroyed;
                                     delete truncated;
                                   }};

Bytes bytes_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

SpanEntry* write(SpanWriter& writer, const Envelope* scope, const std::string& text) {
  const WrittenSpan span = writer.span(scope, static_cast<std::uint32_t>(text.size()));
  std::memcpy(span.payload, text.data(), text.size());
  return span.entry;
}

TEST(SpanStore, ReturnsSpansAndEnvelopesAsWritten) {
  SpanStore store(kOps);
  SpanWriter writer(store);
  writer.begin(1);
  const Envelope* resource = writer.envelope(nullptr, bytes_of("resource"));
  const Envelope* scope = writer.envelope(resource, bytes_of("scope"));
  EXPECT_EQ(writer.envelope(nullptr, bytes_of("resource")), resource);
  EXPECT_NE(writer.envelope(nullptr, bytes_of("another")), resource);
  std::vector<SpanEntry*> entries;
  for (int i = 0; i < 10000; ++i) entries.push_back(write(writer, scope, "span " + std::to_string(i)));
  for (int i = 0; i < 10000; ++i) {
    const Bytes payload = entries[static_cast<std::size_t>(i)]->payload();
    EXPECT_EQ(std::string(payload.begin(), payload.end()), "span " + std::to_string(i));
  }
  EXPECT_EQ(entries[0]->scope->resource, resource);
  const Bytes found = scope->bytes();
  EXPECT_EQ(std::string(found.begin(), found.end()), "scope");
}

TEST(SpanStore, EverySpanRefersToItsScope_InEveryChunk) {
  SpanStore store(kOps);
  SpanWriter writer(store);
  writer.begin(1);
  std::vector<const Envelope*> scopes;
  for (int i = 0; i < 40; ++i) scopes.push_back(writer.envelope(nullptr, bytes_of("scope " + std::to_string(i))));
  scopes.push_back(writer.envelope(nullptr, bytes_of(std::string(700'000, 's'))));
  std::vector<std::pair<const SpanEntry*, const Envelope*>> written;
  for (std::size_t i = 0; i < 5000; ++i) {
    const std::string text(i == 1000 || i == 1001 ? 600'000 : i % 500, 'x');
    const Envelope* scope = scopes[(i * i / 3) % scopes.size()];
    written.emplace_back(write(writer, scope, text), scope);
  }
  for (const auto& [entry, scope] : written) EXPECT_EQ(&*entry->scope, scope);
}

TEST(SpanStore, CountsLinks_OfSpansOfAnySize) {
  SpanStore store(kOps);
  SpanWriter writer(store);
  writer.begin(1);
  const Envelope* scope = writer.envelope(nullptr, bytes_of("scope"));
  for (const std::uint32_t links : {0u, 1u, 0xfffeu, 0xffffu, 0x10000u, 0x7fffffffu}) {
    const auto [entry, payload] = writer.span(scope, 5, links);
    std::memcpy(payload, "abcde", 5);
    EXPECT_EQ(entry->link_count(), links);
    EXPECT_EQ(entry->truncated(), nullptr);
    EXPECT_EQ(std::string(entry->payload().begin(), entry->payload().end()), "abcde");
  }
}

TEST(SpanStore, StoresTruncatedLinks_BehindAPayloadOfAnySize) {
  int destroyed = 0;
  TruncatedSpan truncated_spans[20];
  SpanStore store(kOps);
  SpanWriter writer(store);
  writer.begin(1);
  const Envelope* scope = writer.envelope(nullptr, bytes_of("scope"));
  std::vector<SpanEntry*> entries;
  for (std::uint32_t size = 0; size < 20; ++size) {
    truncated_spans[size].destroyed = &destroyed;
    SpanEntry* entry = writer.span(scope, size, 0x7fffffff - size, true).entry;
    EXPECT_EQ(entry->truncated(), nullptr);
    std::memset(entry->mutable_payload(), 'a' + static_cast<int>(size), size);
    entry->set_truncated(&truncated_spans[size]);
    entries.push_back(entry);
    EXPECT_EQ(write(writer, scope, "a span with its links")->truncated(), nullptr);
  }
  for (std::uint32_t size = 0; size < 20; ++size) {
    EXPECT_EQ(entries[size]->truncated(), &truncated_spans[size]);
    EXPECT_EQ(entries[size]->link_count(), 0x7fffffff - size);
    const Bytes payload = entries[size]->payload();
    EXPECT_EQ(std::string(payload.begin(), payload.end()), std::string(size, static_cast<char>('a' + size)));
  }
}

TEST(SpanStore, FreesWholeGenerations) {
  int destroyed = 0;
  SpanStore store(kOps);
  SpanWriter writer(store);
  writer.begin(1);
  const WrittenSpan truncated = writer.span(writer.envelope(nullptr, {}), 5, 200, true);
  std::memcpy(truncated.payload, "first", 5);
  auto links = std::make_unique<TruncatedSpan>(TruncatedSpan{&destroyed});
  writer.own(truncated, links, 1000);
  const std::uint64_t first = store.bytes();
  EXPECT_GT(first, 1000u);
  writer.begin(2);
  const SpanEntry* second = write(writer, writer.envelope(nullptr, {}), std::string(300'000, 'x'));
  EXPECT_GT(store.bytes(), first + 300'000);
  const auto by_generation = store.bytes_by_generation();
  EXPECT_EQ(by_generation.at(1), first);
  const std::uint64_t list = store.bytes() - by_generation.at(1) - by_generation.at(2);  // of the chunks
  EXPECT_GT(list, 0u);
  EXPECT_LE(list, 1024u);
  store.reclaim(1);
  EXPECT_EQ(destroyed, 0);
  store.reclaim(2);
  EXPECT_EQ(destroyed, 1);
  EXPECT_EQ(store.bytes(), by_generation.at(2) + list);
  EXPECT_EQ(second->payload().back(), 'x');
  writer.begin(3);
  store.reclaim(3);
  EXPECT_EQ(store.bytes(), 0u);
}

TEST(SpanStore, ReusesAndTrimsEmptyChunks) {
  SpanStore store(kOps);
  SpanWriter writer(store);
  for (std::uint32_t generation = 1; generation < 50; ++generation) {
    writer.begin(generation);
    for (int i = 0; i < 20; ++i) write(writer, writer.envelope(nullptr, {}), std::string(50'000, 'y'));
    store.reclaim(generation);
    EXPECT_LT(store.bytes(), 3'000'000u);
  }
  writer.begin(51);
  store.reclaim(51);
  store.trim(0);
  EXPECT_EQ(store.bytes(), 0u);
  EXPECT_EQ(store.pooled_bytes(), 0u);
}

TEST(SpanStore, TrimUnmapsFreeBlocks_AndReleasesPagesOfBlocksInUse) {
  SpanStore store(kOps, true);
  SpanWriter old_writer(store);
  SpanWriter new_writer(store);
  constexpr std::uint64_t kBlockBytes = SpanStore::kHugeBlockChunks * SpanStore::kChunkBytes;
  const std::string large(200'000, 'z');  // one per chunk
  for (std::uint32_t span = 0; span < 9; ++span) {
    SpanWriter& writer = span < 7 ? old_writer : new_writer;
    writer.begin(span < 7 ? 1 : 2);
    write(writer, writer.envelope(nullptr, {}), large);
  }
  // A large span does not fit into the small first chunk of its generation, so each took a chunk from a block.
  constexpr std::uint64_t kUnused = 2 * kBlockBytes - 9 * SpanStore::kChunkBytes;
  constexpr std::uint64_t kHollowBytes = SpanStore::kChunkBytes - base::kPageBytes;
  EXPECT_EQ(store.pooled_bytes(), kUnused);
  store.trim(kUnused - kHollowBytes);  // both blocks are in use: one chunk's pages are released, but its header's
  EXPECT_EQ(store.pooled_bytes(), kUnused - kHollowBytes);
  store.trim(0);
  EXPECT_EQ(store.pooled_bytes(), 7 * base::kPageBytes);
  store.reclaim(2);
  EXPECT_EQ(store.pooled_bytes(), 7 * SpanStore::kChunkBytes + 7 * base::kPageBytes);
  const std::uint64_t before = store.pooled_bytes();
  const SpanEntry* again = write(new_writer, new_writer.envelope(nullptr, {}), large);
  EXPECT_EQ(again->payload().back(), 'z');
  EXPECT_LT(store.pooled_bytes(), before);
  for (int i = 0; i < 13; ++i) write(new_writer, new_writer.envelope(nullptr, {}), large);
  EXPECT_EQ(store.pooled_bytes(), 0u);  // the chunks without pages are in use, too
  store.reclaim(3);
  EXPECT_EQ(store.bytes(), 0u);
  EXPECT_EQ(store.pooled_bytes(), 2 * kBlockBytes);
  store.trim(kBlockBytes);
  EXPECT_EQ(store.pooled_bytes(), kBlockBytes);
  store.trim(0);
  EXPECT_EQ(store.pooled_bytes(), 0u);
}

TEST(SpanStore, SmallSpansShareTheScopeOfALargeOne) {
  SpanStore store(kOps);
  SpanWriter writer(store);
  writer.begin(1);
  const Envelope* scope = writer.envelope(nullptr, bytes_of("scope"));
  std::vector<const SpanEntry*> written;
  for (std::size_t size = 1'000'000; size < 1'004'096; size += 61) {
    written.push_back(write(writer, scope, std::string(size, 'x')));
    written.push_back(write(writer, scope, "y"));
  }
  for (const SpanEntry* entry : written) ASSERT_EQ(&*entry->scope, scope);
}

TEST(SpanStore, LanesShareThePool) {
  SpanStore store(kOps, true);
  constexpr unsigned kLanes = 4;
  const std::string large(200'000, 'z');  // one per chunk
  std::vector<std::thread> lanes;
  std::vector<std::unique_ptr<SpanWriter>> writers;
  for (unsigned lane = 0; lane < kLanes; ++lane) writers.push_back(std::make_unique<SpanWriter>(store));
  const std::uint32_t rounds = 6;
  for (std::uint32_t generation = 1; generation <= rounds; ++generation) {
    for (unsigned lane = 0; lane < kLanes; ++lane)
      lanes.emplace_back([&, lane] {
        writers[lane]->begin(generation);
        const Envelope* scope = writers[lane]->envelope(nullptr, {});
        for (int i = 0; i < 50; ++i) write(*writers[lane], scope, large);
      });
    for (std::thread& lane : lanes) lane.join();
    lanes.clear();
    // A lane that stalls after taking a stack may make the others map a few more blocks, but not in each round.
    const std::uint64_t chunks = (store.bytes() + store.pooled_bytes()) / SpanStore::kChunkBytes;
    EXPECT_LE(chunks, 2 * kLanes * 51);
    store.reclaim(generation + 1);
  }
  EXPECT_EQ(store.bytes(), 0u);
  store.trim(0);
  EXPECT_EQ(store.pooled_bytes(), 0u);
}

bool account_is_resident(bool huge_blocks) {
  const std::string small(1000, 'a');
  const std::string large(1'000'000, 'b');
  const std::int64_t before = tests::resident_bytes();
  SpanStore store(kOps, huge_blocks);
  SpanWriter writer(store);
  const auto is_near = [&](const char* what) {
    return tests::is_near(what, store.bytes() + store.pooled_bytes(), tests::resident_bytes() - before, 0.97, 1.1,
                          1 << 20);
  };
  // All sizes: small spans, which fill their chunks, and large ones with chunks of their own.
  for (std::uint32_t generation = 1; generation <= 40; ++generation) {
    writer.begin(generation);
    const Envelope* scope = writer.envelope(nullptr, {});
    for (int i = 0; i < 1500; ++i) write(writer, scope, small);
    for (int i = 0; i < 3; ++i) write(writer, scope, large);
  }
  const bool full = is_near("full");
  store.reclaim(30);
  const bool emptied = is_near("three quarters in the pool");
  store.trim(4 << 20);
  const bool trimmed = is_near("trimmed");
  writer.begin(41);
  store.reclaim(41);
  store.trim(0);
  return full && emptied && trimmed && is_near("empty") && tests::resident_bytes() - before < 1 << 20;
}

TEST(SpanStore, BytesMatchResidentMemory) {
  tests::expect_apart([] { return account_is_resident(false); });
}

TEST(SpanStore, BytesMatchResidentMemory_WithHugeBlocks) {
  tests::expect_apart([] { return account_is_resident(true); });
}

}  // namespace
}  // namespace entail::store
