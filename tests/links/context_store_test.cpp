// ContextStore: put, get, link, remove, expiry and eviction, also against a naive model; concurrent threads.
#include "entail/context_store.hpp"

#include <gtest/gtest.h>

#include <list>
#include <map>
#include <thread>

#include "otlp_trace.pb.h"
#include "tests/links/allocations.hpp"
#include "tests/links/contexts.hpp"

namespace entail {
namespace {

using namespace links_test;
using enum ContextError;

constexpr std::int64_t kSecond = kNanosPerSecond;
constexpr std::int64_t kDay = 24 * 3600 * kSecond;

std::unique_ptr<ContextStore> store_of(const ContextStoreOptions& options = {}) {
  auto store = ContextStore::open(options);
  EXPECT_TRUE(store.ok());
  return std::move(*store);
}

SpanContext numbered(std::uint64_t number) { return context_of({0, number}, {number}); }

std::uint64_t loss(const ContextStore& store, std::string_view name) {
  for (const NamedCount& loss : store.statistics().losses)
    if (loss.name == name) return loss.count;
  return 0;
}

bool holds(const ContextStore& store, std::string_view key) { return store.get(key).ok(); }

TEST(ContextStore, ReturnsWhatWasPut) {
  const auto store = store_of();
  SpanContext context = context_of(kTrace, kSpan, 0x83);
  context.trace_state = "a=1";
  ASSERT_TRUE(store->tick(10 * kSecond));
  EXPECT_EQ(store->put("job", context).error(), none);
  ASSERT_TRUE(store->tick(11 * kSecond + 999'999));
  const auto got = store->get("job");
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->context, context);
  EXPECT_EQ(got->age_ms, 1000);
  EXPECT_EQ(store->get("Job").error(), not_found);
  EXPECT_EQ(store->get("").error(), not_found);
  EXPECT_EQ(store->statistics().found, 1u);
  EXPECT_EQ(store->statistics().missed, 2u);
}

TEST(ContextStore, LinksToAContextOneDayOld) {
  const auto store = store_of();
  const LinkAttribute attributes[] = {
      {link_key::kWorkflowId, "w-7"}, {"attempt", 3}, {"ratio", -0.25}, {"dry", true}, {link_key::kType, "other"}};
  ASSERT_TRUE(store->tick(kDay));
  EXPECT_EQ(store->put("job", context_of(), attributes).error(), none);
  ASSERT_TRUE(store->tick(2 * kDay));
  LinkBuilder builder;
  const LinkAttribute own[] = {{"run", "nightly"}, {"attempt", 4}};
  LinkDetails details;
  details.type = link_type::kScheduledTrigger;
  details.attributes = own;
  EXPECT_EQ(store->add_link("job", builder, details).error(), none);
  EXPECT_EQ(store->add_link("none", builder, details).error(), not_found);
  EXPECT_EQ(builder.refused_count(), 0u);

  otlp_proto::Span span;
  ASSERT_TRUE(span.ParseFromArray(builder.span_fields().data(), static_cast<int>(builder.span_fields().size())));
  ASSERT_EQ(span.links_size(), 1);
  std::map<std::string, std::string> values;
  for (const auto& attribute : span.links(0).attributes())
    EXPECT_TRUE(values.emplace(attribute.key(), attribute.value().ShortDebugString()).second);
  EXPECT_EQ(values, (std::map<std::string, std::string>{{"link.type", "string_value: \"scheduled_trigger\""},
                                                        {"link.stored_age_ms", "int_value: 86400000"},
                                                        {"run", "string_value: \"nightly\""},
                                                        {"attempt", "int_value: 4"},
                                                        {"link.workflow.id", "string_value: \"w-7\""},
                                                        {"ratio", "double_value: -0.25"},
                                                        {"dry", "bool_value: true"}}));
  EXPECT_EQ(span.links(0).flags(), 0x301u);
}

TEST(ContextStore, PutReplacesAndBecomesTheNewest) {
  const auto store = store_of({.entries_max = 2});
  EXPECT_EQ(store->put("a", numbered(1)).error(), none);
  EXPECT_EQ(store->put("b", numbered(2)).error(), none);
  EXPECT_EQ(store->put("a", numbered(3)).error(), none);
  EXPECT_EQ(store->put("c", numbered(4)).error(), none);
  EXPECT_FALSE(holds(*store, "b"));
  const auto got = store->get("a");
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->context, numbered(3));
  const ContextStoreStatistics statistics = store->statistics();
  EXPECT_EQ(statistics.put, 4u);
  EXPECT_EQ(statistics.replaced, 1u);
  EXPECT_EQ(statistics.entries, 2u);
  EXPECT_EQ(loss(*store, "context_evicted"), 1u);
}

TEST(ContextStore, RemoveReportsWhetherTheKeyExisted) {
  const auto store = store_of();
  EXPECT_TRUE(store->put("a", numbered(1)).ok());
  EXPECT_TRUE(store->remove("a"));
  EXPECT_FALSE(store->remove("a"));
  EXPECT_FALSE(holds(*store, "a"));
  EXPECT_EQ(store->statistics().removed, 1u);
  EXPECT_EQ(store->statistics().bytes, 0u);
}

TEST(ContextStore, EntriesExpireAtTheirTimeToLive) {
  const auto store = store_of({.ttl_ns = 10 * kSecond});
  ASSERT_TRUE(store->tick(5 * kSecond));
  EXPECT_TRUE(store->put("a", numbered(1)).ok());
  ASSERT_TRUE(store->tick(6 * kSecond));
  EXPECT_TRUE(store->put("b", numbered(2)).ok());
  ASSERT_TRUE(store->tick(15 * kSecond - 1));
  EXPECT_TRUE(holds(*store, "a"));
  ASSERT_TRUE(store->tick(15 * kSecond));
  EXPECT_FALSE(holds(*store, "a"));
  EXPECT_TRUE(holds(*store, "b"));
  EXPECT_EQ(loss(*store, "context_expired"), 1u);
  ASSERT_TRUE(store->tick(kDay));
  EXPECT_EQ(store->statistics().entries, 0u);
  EXPECT_EQ(loss(*store, "context_expired"), 2u);
}

TEST(ContextStore, TimeDoesNotGoBack) {
  const auto store = store_of();
  EXPECT_EQ(store->tick(-1).error().code(), ErrorCode::time_reversed);
  ASSERT_TRUE(store->tick(7));
  EXPECT_EQ(store->tick(6).error().code(), ErrorCode::time_reversed);
  EXPECT_TRUE(store->tick(7));
  EXPECT_TRUE(store->tick(std::numeric_limits<std::int64_t>::max()));
}

TEST(ContextStore, EvictsTheOldestByBytes) {
  const auto store = store_of({.bytes_max = 4096});
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    ASSERT_EQ(store->put("key" + std::to_string(i), numbered(i)).error(), none);
    ASSERT_LE(store->statistics().bytes, 4096u);
  }
  const ContextStoreStatistics statistics = store->statistics();
  EXPECT_GT(statistics.entries, 15u);
  EXPECT_EQ(loss(*store, "context_evicted"), 1000 - statistics.entries);
  for (std::uint64_t i = 1; i <= 1000; ++i)
    EXPECT_EQ(holds(*store, "key" + std::to_string(i)), i > 1000 - statistics.entries) << i;
}

TEST(ContextStore, RefusesInvalidAndOversizedEntries) {
  const auto store = store_of({.bytes_max = 4096});
  EXPECT_TRUE(store->put("a", numbered(1)).ok());
  EXPECT_EQ(store->put("", numbered(1)).error(), bad_key);
  EXPECT_EQ(store->put(std::string(1025, 'k'), numbered(1)).error(), bad_key);
  EXPECT_EQ(store->put("b", context_of({}, kSpan)).error(), zero_trace_id);
  EXPECT_EQ(store->put("b", context_of(kTrace, {})).error(), zero_span_id);
  const LinkAttribute bad[] = {{"k", "\xff"}};
  EXPECT_EQ(store->put("b", numbered(1), bad).error(), bad_attribute);
  const std::vector<LinkAttribute> many(129, LinkAttribute{"k", 1});
  EXPECT_EQ(store->put("b", numbered(1), many).error(), too_many_attributes);
  SpanContext large = numbered(1);
  large.trace_state.assign(4096, 'x');
  EXPECT_EQ(store->put("b", large).error(), no_room);
  large.trace_state.assign((1 << 20) - 20, 'x');
  EXPECT_EQ(store->put("b", large).error(), too_long);
  large.trace_state.assign(1 << 21, 'x');
  EXPECT_EQ(store->put("b", large).error(), too_long);
  EXPECT_TRUE(holds(*store, "a"));
  EXPECT_FALSE(holds(*store, "b"));
  EXPECT_EQ(store->statistics().refused, 9u);
  EXPECT_EQ(store->put(std::string(1024, '\0'), numbered(1)).error(), none);
  EXPECT_EQ(store->put("c", numbered(1), std::span(many).first(128)).error(), none);
}

TEST(ContextStore, OpenChecksItsOptions) {
  for (const ContextStoreOptions& bad : {ContextStoreOptions{.entries_max = 0}, ContextStoreOptions{.bytes_max = 4095},
                                         ContextStoreOptions{.ttl_ns = 0}, ContextStoreOptions{.ttl_ns = -1}})
    EXPECT_EQ(ContextStore::open(bad).error().code(), ErrorCode::bad_options);
}

TEST(ContextStore, SurvivesEveryFailedAllocation) {
  for (std::int64_t limit = 0; limit < 30; ++limit) {
    const auto store = store_of({.entries_max = 4});
    EXPECT_TRUE(store->put("there", numbered(9)).ok());
    std::uint64_t taken = 1;
    {
      const AllocationLimit scope(limit);
      for (const char* key : {"a", "b", "there"}) taken += store->put(key, numbered(1)).ok();
    }
    const ContextStoreStatistics statistics = store->statistics();
    EXPECT_EQ(statistics.put, taken);
    EXPECT_EQ(statistics.put + statistics.refused, 4u);
    EXPECT_EQ(statistics.entries + statistics.replaced, taken);
    EXPECT_TRUE(holds(*store, "there"));
  }
}

// Against a list in insertion order: equal entries after every step, and every removal is counted.
TEST(ContextStore, MatchesANaiveModel) {
  struct Row {
    std::string key;
    SpanContext context;
    std::int64_t at;
  };
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    RandomContexts random(seed);
    const ContextStoreOptions options{.entries_max = 1 + random.below(20),
                                      .ttl_ns = 1 + static_cast<std::int64_t>(random.below(30)) * 1'000'000};
    const auto store = store_of(options);
    std::list<Row> rows;
    std::int64_t now = 0;
    for (int step = 0; step < 2000; ++step) {
      const std::string key = "k" + std::to_string(random.below(25));
      const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.key == key; });
      switch (random.below(5)) {
        case 0:
        case 1: {
          const SpanContext context = context_of(random.trace_id(), random.span_id());
          ASSERT_EQ(store->put(key, context).error(), none);
          if (row != rows.end()) rows.erase(row);
          rows.push_back({key, context, now});
          if (rows.size() > options.entries_max) rows.pop_front();
          break;
        }
        case 2: {
          const auto got = store->get(key);
          ASSERT_EQ(got.error(), row == rows.end() ? not_found : none) << seed << " " << step;
          if (row == rows.end()) break;
          ASSERT_EQ(got->context, row->context);
          ASSERT_EQ(got->age_ms, (now - row->at) / 1'000'000);
          break;
        }
        case 3:
          ASSERT_EQ(store->remove(key), row != rows.end());
          if (row != rows.end()) rows.erase(row);
          break;
        default:
          now += static_cast<std::int64_t>(random.below(4'000'000));
          ASSERT_TRUE(store->tick(now));
          rows.remove_if([&](const Row& r) { return r.at + options.ttl_ns <= now; });
      }
      const ContextStoreStatistics s = store->statistics();
      ASSERT_EQ(s.entries, rows.size()) << seed << " " << step;
      ASSERT_EQ(s.put,
                s.entries + s.replaced + s.removed + loss(*store, "context_expired") + loss(*store, "context_evicted"));
    }
  }
}

TEST(ContextStore, ServesConcurrentThreads) {
  const auto store = store_of({.entries_max = 500, .ttl_ns = 50 * kSecond});
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kSteps = 4000;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&store, t] {
      LinkBuilder builder;
      std::vector<std::uint8_t> bytes;
      for (std::uint64_t i = 1; i <= kSteps; ++i) {
        const std::string key = std::to_string((i * 7 + t) % 900);
        EXPECT_EQ(store->put(key, numbered(i)).error(), none);
        (void)store->add_link(std::to_string(i % 900), builder);  // the key may be absent
        if (i % 5 == 0) store->remove(key);
        if (i % 100 == 0) (void)store->tick(static_cast<std::int64_t>(i) * kSecond / 100);
        if (i % 1000 == 0) {
          EXPECT_TRUE(store->snapshot(bytes));
        }
      }
      EXPECT_EQ(builder.refused_count(), 0u);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const ContextStoreStatistics s = store->statistics();
  EXPECT_EQ(s.put, kThreads * kSteps);
  EXPECT_EQ(s.found + s.missed, kThreads * kSteps);
  EXPECT_EQ(s.put,
            s.entries + s.replaced + s.removed + loss(*store, "context_expired") + loss(*store, "context_evicted"));
}

}  // namespace
}  // namespace entail
