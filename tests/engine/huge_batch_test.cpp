// One span with 1,000,000 links, 37 of them to traces that fail and 5,000 malformed: the emitted links are exact, the
// same for every order and thread count, and include all 37 (docs/design.md 4).
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "tests/engine/engine_run.hpp"

namespace entail::engine_test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kHugeBatchLinks = 100'000;  // sanitizers make it ten times slower, and find the same with fewer
#else
constexpr std::size_t kHugeBatchLinks = 1'000'000;
#endif
constexpr std::size_t kHugeBatchErrors = 37;
constexpr std::size_t kHugeBatchMalformed = 5'000;
constexpr const char* kErrorsConfig =
    "{tail_sampling: {decision_wait: 10s, policies: [{name: errors, type: status_code, status_code: {status_codes: "
    "[ERROR]}}]}, retain: {window: 60s}}";

std::string random_bytes(std::mt19937_64& random, std::size_t count) {
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() >> 56);
  bytes[0] = static_cast<char>(bytes[0] | 1);  // never all zero
  return bytes;
}

struct Story {
  std::string batch_id;
  std::vector<std::string> error_ids;
  std::string batch_request;
  std::vector<std::string> error_requests;
};

workload::Span plain_span(std::mt19937_64& random, const std::string& trace_id, bool is_error) {
  workload::Span span;
  span.trace_id = trace_id;
  span.span_id = random_bytes(random, 8);
  span.name = "work";
  span.start_ns = 1;
  span.end_ns = 2;
  span.status_code = is_error ? 2 : 0;
  return span;
}

// order: how the links are shuffled; the set is the same.
Story tell(std::uint64_t order) {
  std::mt19937_64 random(11);
  Story story;
  story.batch_id = random_bytes(random, 16);
  workload::Span batch = plain_span(random, story.batch_id, false);
  for (std::size_t i = 0; i < kHugeBatchLinks; ++i) {
    workload::Link link;
    link.trace_id = random_bytes(random, i < kHugeBatchMalformed ? 15 : 16);
    link.span_id = random_bytes(random, 8);
    if (i >= kHugeBatchLinks - kHugeBatchErrors) {
      story.error_ids.push_back(link.trace_id);
      workload::Request request;
      request.groups.push_back({{}, {plain_span(random, link.trace_id, true)}});
      story.error_requests.push_back(workload::encode(request));
    }
    batch.links.push_back(std::move(link));
  }
  std::mt19937_64 shuffle(order);
  if (order != 0) std::shuffle(batch.links.begin(), batch.links.end(), shuffle);
  workload::Request request;
  request.groups.push_back({{}, {std::move(batch)}});
  story.batch_request = workload::encode(request);
  return story;
}

const workload::Span& batch_span(const EngineRun& run, const Story& story) {
  return run.emitted.at(story.batch_id).at(0);
}

void ingest(EngineRun& run, const std::string& request) {
  const Result<void> taken = run.ingest_or_tick(request);
  EXPECT_TRUE(taken.ok()) << describe(taken.error());
}

std::int64_t number(const workload::Span& span, const std::string& key) {
  for (const workload::Attribute& attribute : span.attributes)
    if (attribute.key == key) return std::get<std::int64_t>(attribute.value);
  ADD_FAILURE() << "no attribute " << key;
  return -1;
}

std::set<std::string> emitted_ids(const workload::Span& span) {
  std::set<std::string> ids;
  for (const workload::Link& link : span.links) ids.insert(link.trace_id + link.span_id);
  return ids;
}

void expect_exact(const workload::Span& span) {
  EXPECT_EQ(span.links.size(), 128u);
  EXPECT_EQ(span.dropped_links_count, kHugeBatchLinks - 128);
  EXPECT_EQ(number(span, "entail.links.received"), kHugeBatchLinks);
  EXPECT_EQ(number(span, "entail.links.emitted"), 128);
  EXPECT_EQ(number(span, "entail.links.dropped"), kHugeBatchLinks - 128);
  EXPECT_EQ(number(span, "entail.links.dropped_upstream"), 0);
  EXPECT_EQ(number(span, "entail.links.malformed"), kHugeBatchMalformed);
  EXPECT_EQ(number(span, "entail.links.duplicates"), 0);
  const std::int64_t strata = number(span, "entail.links.pinned.received") +
                              number(span, "entail.links.open.received") + number(span, "entail.links.closed.received");
  EXPECT_EQ(strata, static_cast<std::int64_t>(kHugeBatchLinks - kHugeBatchMalformed));
}

// The batch first, the errors after it, both before the batch is due. threads: how many ingest the errors.
std::set<std::string> print(std::uint64_t order, unsigned threads) {
  const Story story = tell(order);
  EngineRun run(options_of(kErrorsConfig));
  run.tick(0);
  std::vector<std::thread> feeders;
  std::thread batch([&] { ingest(run, story.batch_request); });
  if (threads == 1) batch.join();
  for (unsigned t = 0; t < threads; ++t)
    feeders.emplace_back([&, t] {
      for (std::size_t i = t; i < story.error_requests.size(); i += threads) ingest(run, story.error_requests[i]);
    });
  for (std::thread& feeder : feeders) feeder.join();
  if (batch.joinable()) batch.join();
  run.tick(10);
  EXPECT_EQ(run.engine().statistics().traces.kept, kHugeBatchErrors + 1);
  EXPECT_EQ(run.records.at(story.batch_id).reason, "link");
  const workload::Span& span = batch_span(run, story);
  expect_exact(span);
  EXPECT_EQ(number(span, "entail.links.pinned.emitted"), kHugeBatchErrors);
  const std::set<std::string> ids = emitted_ids(span);
  for (const std::string& id : story.error_ids) {
    const auto at = ids.lower_bound(id);
    EXPECT_TRUE(at != ids.end() && at->starts_with(id));
  }
  return ids;
}

TEST(HugeBatch, EmitsEveryLinkToAnError_ForEveryOrderAndThreadCount) {
  const std::set<std::string> first = print(0, 1);
  EXPECT_EQ(first.size(), 128u);
  EXPECT_EQ(print(1, 1), first);
  EXPECT_EQ(print(2, 4), first);
}

TEST(HugeBatch, IsRevivedByLateErrors_AndCountsUnknownOnesAsLatePins) {
  const Story story = tell(0);
  EngineRun run(options_of(kErrorsConfig));
  run.tick(0);
  ingest(run, story.batch_request);
  run.tick(10);
  EXPECT_EQ(run.records.at(story.batch_id).verdict, Verdict::drop);
  for (std::size_t i = 0; i < 5; ++i) ingest(run, story.error_requests[i]);
  run.tick(20);
  const DecisionRecord& record = run.records.at(story.batch_id);
  EXPECT_EQ(record.verdict, Verdict::keep);
  EXPECT_TRUE(record.revived);
  const workload::Span span = batch_span(run, story);
  expect_exact(span);
  EXPECT_EQ(number(span, "entail.links.pinned.emitted"), 5);
  std::size_t emitted_late = 0;
  const std::set<std::string> ids = emitted_ids(span);
  for (std::size_t i = 5; i < kHugeBatchErrors; ++i) {
    const auto at = ids.lower_bound(story.error_ids[i]);
    emitted_late += at != ids.end() && at->starts_with(story.error_ids[i]);
    ingest(run, story.error_requests[i]);
  }
  run.tick(25);
  EXPECT_EQ(run.loss("late_pin"), kHugeBatchErrors - 5 - emitted_late);
}

}  // namespace
}  // namespace entail::engine_test
