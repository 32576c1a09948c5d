// Snapshots of a ContextStore: they round trip, or load() refuses them with an offset and changes nothing.
#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "entail/context_store.hpp"
#include "links/snapshot.hpp"
#include "links/stored_record.hpp"
#include "tests/links/allocations.hpp"
#include "tests/links/contexts.hpp"
#include "text/hex.hpp"

namespace entail {
namespace {

using namespace links_test;
using Buffer = std::vector<std::uint8_t>;

std::unique_ptr<ContextStore> store_of(const ContextStoreOptions& options = {}) {
  auto store = ContextStore::open(options);
  EXPECT_TRUE(store.ok());
  return std::move(*store);
}

Buffer snapshot_of(const ContextStore& store) {
  Buffer bytes = {1, 2, 3};  // replaced
  EXPECT_TRUE(store.snapshot(bytes));
  return bytes;
}

SpanContext numbered(std::uint64_t number) { return context_of({0, number}, {number}); }

// Three entries put at 1, 2 and 3 seconds; the snapshot is taken at 4.
std::unique_ptr<ContextStore> small_store() {
  auto store = store_of();
  const LinkAttribute attributes[] = {{"text", "x"}, {"int", -1}, {"double", 2.5}, {"bool", true}};
  SpanContext context = numbered(2);
  context.trace_state = "a=1";
  context.is_remote = false;
  EXPECT_TRUE(store->tick(1 * kNanosPerSecond));
  EXPECT_TRUE(store->put("one", numbered(1)).ok());
  EXPECT_TRUE(store->tick(2 * kNanosPerSecond));
  EXPECT_TRUE(store->put("two", context, attributes).ok());
  EXPECT_TRUE(store->tick(3 * kNanosPerSecond));
  EXPECT_TRUE(store->put("three", numbered(3)).ok());
  EXPECT_TRUE(store->tick(4 * kNanosPerSecond));
  return store;
}

// Expects load() to fail and to leave a store with other entries unchanged.
Error refused(const Buffer& bytes) {
  const auto store = store_of();
  EXPECT_TRUE(store->tick(5));
  EXPECT_TRUE(store->put("own", numbered(77)).ok());
  const Buffer before = snapshot_of(*store);
  const Result<void> loaded = store->load(bytes);
  EXPECT_FALSE(loaded.ok());
  EXPECT_LE(loaded.error().offset(), bytes.size());
  EXPECT_EQ(snapshot_of(*store), before);
  return loaded.error();
}

TEST(Snapshot, RoundTrips) {
  const auto store = small_store();
  const Buffer bytes = snapshot_of(*store);
  const auto other = store_of({.hash_seed = 9});
  EXPECT_TRUE(other->put("own", numbered(77)).ok());
  ASSERT_TRUE(other->load(bytes));
  EXPECT_EQ(snapshot_of(*other), bytes);
  EXPECT_EQ(other->statistics().entries, 3u);
  const auto got = other->get("two");
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->context.trace_state, "a=1");
  EXPECT_EQ(got->age_ms, 2000);
  EXPECT_EQ(other->get("own").error(), ContextError::not_found);
  LinkBuilder from_store;
  LinkBuilder from_other;
  EXPECT_TRUE(store->add_link("two", from_store).ok());
  EXPECT_TRUE(other->add_link("two", from_other).ok());
  EXPECT_TRUE(std::ranges::equal(from_store.span_fields(), from_other.span_fields()));
  EXPECT_EQ(from_other.link_count(), 1u);
}

TEST(Snapshot, OfAnEmptyStoreIsAHeader) {
  const Buffer bytes = snapshot_of(*store_of());
  EXPECT_EQ(bytes.size(), links::kSnapshotHeaderSize);
  EXPECT_TRUE(small_store()->load(bytes));
}

// The layout is fixed: existing files must stay readable, and equal contents have equal bytes.
TEST(Snapshot, HasTheBytesOfItsVersion) {
  const auto store = store_of();
  ASSERT_TRUE(store->tick(0x0102030405));
  const LinkAttribute attributes[] = {{"k", "v"}, {"i", 1}, {"b", true}};
  SpanContext context = context_of({0x1111111111111111, 0x2222222222222222}, {0x3333333333333333}, 1);
  context.trace_state = "a=1";
  EXPECT_TRUE(store->put("key", context, attributes).ok());
  const Buffer bytes = snapshot_of(*store);
  std::string hex;
  text::append_hex(bytes, hex);
  EXPECT_EQ(hex.substr(0, 80),
            "656e7461696c6378"
            "0100000030000000"
            "0100000000000000"
            "0504030201000000"
            "4b00000000000000");
  EXPECT_EQ(hex.substr(96, 2 * (4 + 63)),
            "3f000000"
            "036b6579"
            "1111111111111111222222222222222233333333333333330101"
            "0504030201000000"
            "03613d31"
            "03"
            "016b000176"
            "01690101000000000000000162"
            "0301");
  const std::uint64_t first = XXH3_64bits_withSeed(bytes.data(), 40, 0);
  ASSERT_EQ(bytes.size(), 48u + 4 + 63 + 8);
  EXPECT_EQ(base::load_le64(bytes.data() + 40), first);
  EXPECT_EQ(base::load_le64(bytes.data() + 48 + 67), XXH3_64bits_withSeed(bytes.data() + 48, 67, first));
}

TEST(Snapshot, EveryTruncationIsRefused) {
  const Buffer bytes = snapshot_of(*small_store());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Error error = refused(Buffer(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_EQ(error, Error(ErrorCode::truncated, size));
  }
}

TEST(Snapshot, EveryDamagedByteIsRefused) {
  const Buffer bytes = snapshot_of(*small_store());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const unsigned change : {0x01u, 0x80u, 0xffu}) {
      Buffer damaged = bytes;
      damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ change);
      const Error error = refused(damaged);
      EXPECT_LE(error.offset(), at) << at;
      if (at < 8) {
        EXPECT_EQ(error, Error(ErrorCode::bad_snapshot, at));
      } else if (at < 12) {
        EXPECT_EQ(error, Error(ErrorCode::unknown_version, 8));
      } else if (at < links::kSnapshotHeaderSize) {
        EXPECT_EQ(error, Error(ErrorCode::bad_checksum, 12));
      }
    }
  }
}

TEST(Snapshot, ReportsTheDamagedRecord) {
  const Buffer bytes = snapshot_of(*small_store());
  const std::size_t second = links::kSnapshotHeaderSize + 12 + base::load_le32(bytes.data() + 48);
  Buffer damaged = bytes;
  damaged[second + 20] ^= 1;
  EXPECT_EQ(refused(damaged), Error(ErrorCode::bad_checksum, second));
  damaged = bytes;
  damaged[second + 3] = 0xff;  // its size
  EXPECT_EQ(refused(damaged), Error(ErrorCode::bad_length, second));
}

TEST(Snapshot, TrailingBytesAreRefused) {
  Buffer bytes = snapshot_of(*small_store());
  const std::size_t size = bytes.size();
  bytes.push_back(0);
  EXPECT_EQ(refused(bytes), Error(ErrorCode::bad_length, size));
}

TEST(Snapshot, ANewerVersionIsRefusedWhateverItsHeader) {
  Buffer bytes = snapshot_of(*small_store());
  bytes[8] = 2;
  EXPECT_EQ(refused(bytes), Error(ErrorCode::unknown_version, 8));
  bytes.resize(20);
  EXPECT_EQ(refused(bytes), Error(ErrorCode::unknown_version, 8));
}

// A snapshot of the given records with correct checksums.
Buffer sealed(const std::vector<Buffer>& records, std::int64_t now_ns = 4 * kNanosPerSecond, int count_off = 0) {
  links::SnapshotHeader header{records.size() + static_cast<std::uint64_t>(count_off), now_ns, 0};
  for (const Buffer& record : records) header.records_size += record.size() + links::kSnapshotRecordOverhead;
  Buffer out;
  links::SnapshotWriter writer(header, out);
  for (const Buffer& record : records) writer.append(record);
  return out;
}

Buffer record_of(std::string_view key, const SpanContext& context, std::int64_t at_ns = kNanosPerSecond,
                 LinkAttributes attributes = {}) {
  Buffer record;
  links::encode_record(key, context, attributes, at_ns, record);
  return record;
}

TEST(Snapshot, InvalidRecordsAreRefused) {
  const Buffer valid = record_of("a", numbered(1));
  EXPECT_TRUE(store_of()->load(sealed({valid})));
  constexpr std::uint64_t kFirst = links::kSnapshotHeaderSize + 4;
  EXPECT_EQ(refused(sealed({valid}, -1)), Error(ErrorCode::bad_snapshot, 24));
  EXPECT_EQ(refused(sealed({valid}, 4, 1)), Error(ErrorCode::bad_snapshot, kFirst));  // put after the snapshot
  EXPECT_EQ(refused(sealed({valid}, 4 * kNanosPerSecond, 1)), Error(ErrorCode::bad_snapshot, 16));
  EXPECT_EQ(refused(sealed({valid, valid})).code(), ErrorCode::bad_snapshot);  // duplicate key
  EXPECT_EQ(refused(sealed({record_of("b", numbered(1), 2), record_of("a", numbered(1), 1)})).code(),
            ErrorCode::bad_snapshot);  // not in order
  EXPECT_EQ(refused(sealed({record_of("", numbered(1))})), Error(ErrorCode::bad_snapshot, kFirst));
  EXPECT_EQ(refused(sealed({record_of("a", context_of({}, kSpan))})), Error(ErrorCode::bad_snapshot, kFirst + 2));
  EXPECT_EQ(refused(sealed({record_of("a", context_of(kTrace, {}))})), Error(ErrorCode::bad_snapshot, kFirst + 2));
  EXPECT_EQ(refused(sealed({record_of("a", numbered(1), -1)})), Error(ErrorCode::bad_snapshot, kFirst + 28));
  const LinkAttribute no_key[] = {{"", 1}};
  EXPECT_EQ(refused(sealed({record_of("a", numbered(1), 1, no_key)})), Error(ErrorCode::bad_snapshot, kFirst + 38));
  const std::vector<LinkAttribute> many(129, LinkAttribute{"k", 1});
  EXPECT_EQ(refused(sealed({record_of("a", numbered(1), 1, many)})), Error(ErrorCode::bad_snapshot, kFirst + 37));
  Buffer changed = valid;
  changed.push_back(0);
  EXPECT_EQ(refused(sealed({changed})), Error(ErrorCode::bad_snapshot, kFirst + valid.size()));
  changed = valid;
  changed[27] = 2;  // remote is 0 or 1
  EXPECT_EQ(refused(sealed({changed})), Error(ErrorCode::bad_snapshot, kFirst + 27));
  changed = valid;
  changed[36] = 0x80;  // the size of the trace state, as a varint that is not minimal
  EXPECT_EQ(refused(sealed({changed})), Error(ErrorCode::bad_snapshot, kFirst + 36));
}

TEST(Snapshot, EveryTruncatedRecordIsRefused) {
  const LinkAttribute attributes[] = {{"text", "x"}, {"int", -1}, {"double", 2.5}, {"bool", true}};
  const Buffer whole = record_of("key", numbered(1), 1, attributes);
  EXPECT_TRUE(store_of()->load(sealed({whole})));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Buffer part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(refused(sealed({part})).code(), ErrorCode::bad_snapshot) << size;
  }
}

// A declared count or size never determines an allocation.
TEST(Snapshot, DeclaredSizesAllocateNothing) {
  const std::uint64_t before = allocations();
  Buffer bytes = sealed({}, 0, 0x7fffffff);
  EXPECT_EQ(refused(bytes), Error(ErrorCode::bad_snapshot, 16));
  EXPECT_LT(allocations() - before, 200u);
}

TEST(Snapshot, RespectsTheLimitsOfTheStore) {
  const Buffer bytes = snapshot_of(*small_store());
  const auto store = store_of({.entries_max = 2});
  ASSERT_TRUE(store->load(bytes));
  EXPECT_EQ(store->get("one").error(), ContextError::not_found);
  EXPECT_TRUE(store->get("two").ok());
  ASSERT_EQ(store->statistics().losses.size(), 1u);
  EXPECT_EQ(store->statistics().losses[0].name, "context_evicted");
}

TEST(Snapshot, TimeContinuesFromTheLaterOne) {
  const Buffer bytes = snapshot_of(*small_store());
  const auto store = store_of({.ttl_ns = 8 * kNanosPerSecond});
  ASSERT_TRUE(store->load(bytes));
  EXPECT_EQ(store->tick(4 * kNanosPerSecond - 1).error().code(), ErrorCode::time_reversed);
  const auto late = store_of({.ttl_ns = 8 * kNanosPerSecond});
  ASSERT_TRUE(late->tick(10 * kNanosPerSecond));
  ASSERT_TRUE(late->load(bytes));
  EXPECT_EQ(late->statistics().entries, 1u);  // put at 3; the entries of 1 and 2 have expired
  EXPECT_EQ(late->statistics().losses[0].name, "context_expired");
  EXPECT_EQ(late->statistics().losses[0].count, 2u);
}

TEST(Snapshot, SurvivesEveryFailedAllocation) {
  const Buffer bytes = snapshot_of(*small_store());
  unsigned failed = 0;
  for (std::int64_t limit = 0; limit < 30; ++limit) {
    const auto store = store_of();
    EXPECT_TRUE(store->put("own", numbered(77)).ok());
    const Buffer before = snapshot_of(*store);
    Result<void> loaded = Error(ErrorCode::none);
    Result<void> written = Error(ErrorCode::none);
    Buffer out;
    {
      const AllocationLimit scope(limit);
      loaded = store->load(bytes);
      written = store->snapshot(out);
    }
    failed += !loaded.ok();
    EXPECT_EQ(snapshot_of(*store), loaded.ok() ? bytes : before);
    EXPECT_EQ(out.empty(), !written.ok());
  }
  EXPECT_GT(failed, 3u);
}

TEST(Snapshot, RandomStoresRoundTrip) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    RandomContexts random(seed);
    const auto store = store_of();
    for (std::uint64_t i = random.below(60); i > 0; --i) {
      SpanContext context = random.foreign().context;
      context.is_remote = random.below(2) == 0;
      context.trace_state = random.text("abc=1,", 40);
      const std::string text(random.below(300), 'x');
      const LinkAttribute all[] = {
          {"a", text}, {"b", static_cast<std::int64_t>(random.word())}, {"c", 0.5}, {"d", false}};
      ASSERT_TRUE(store->put("k" + random.text("0123", 200), context, std::span(all).first(random.below(5))).ok());
      ASSERT_TRUE(store->tick(static_cast<std::int64_t>(1000 * (60 - i))));
    }
    const Buffer bytes = snapshot_of(*store);
    const auto other = store_of({.hash_seed = seed});
    ASSERT_TRUE(other->load(bytes));
    EXPECT_EQ(snapshot_of(*other), bytes) << seed;
    EXPECT_EQ(other->statistics().bytes, store->statistics().bytes);
  }
}

}  // namespace
}  // namespace entail
