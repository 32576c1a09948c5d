// A batch span with 200,000 links, 37 of them to errors, with malformed ones, duplicates and null targets: the emitted
// links and the record match, byte for byte, the result of sorting all keys, for every thread count and order (G4).
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "tests/engine/engine_run.hpp"
#include "tests/oracle/truncation_oracle.hpp"
#include "tests/workload/generator.hpp"
#include "tests/workload/story.hpp"

namespace entail::engine_test {
namespace {

using workload::Attributes;

constexpr std::uint64_t kLinks = 200'000;
constexpr std::uint64_t kMalformed = 5'000;
constexpr std::uint64_t kNullTargets = 300;
constexpr std::uint64_t kDuplicates = 2'000;
constexpr std::uint64_t kLargeBatchErrors = 37;
constexpr std::size_t kBudget = 128;
constexpr std::uint64_t kLargeBatch = 0;  // the batch; traces 1 to 37 are the errors, the others are healthy

workload::Span make_batch() {
  workload::Random random(20'240'601);
  workload::Span batch = workload::make_span(kLargeBatch);
  batch.dropped_links_count = 11;
  for (std::uint64_t i = 0; i < kLinks - kMalformed - kNullTargets - kDuplicates; ++i)
    batch.links.push_back(workload::make_link(i + 1));
  for (std::uint64_t i = 0; i < kDuplicates; ++i) batch.links.push_back(batch.links[random.below(batch.links.size())]);
  for (std::uint64_t i = 0; i < kNullTargets; ++i)
    batch.links.emplace_back().attributes = {{"item", static_cast<std::int64_t>(i)}};
  for (std::uint64_t i = 0; i < kMalformed; ++i) {
    workload::Link& link = batch.links.emplace_back(workload::make_link(i + 1));
    if (i % 3 == 0)
      link.trace_id.pop_back();
    else if (i % 3 == 1)
      link.span_id.clear();
    else
      link.span_id += link.span_id;
  }
  for (std::size_t i = batch.links.size(); i > 1; --i) std::swap(batch.links[i - 1], batch.links[random.below(i)]);
  return batch;
}

// Created once: the batch as plain data, as bytes, and the links the oracle emits when all 37 are origins.
struct Scene {
  workload::Span batch = make_batch();
  std::string bytes = workload::encode(workload::make_request({batch}));
  std::set<TraceId> errors;
  oracle::TruncatedLinks expected;

  Scene() {
    for (std::uint64_t i = 1; i <= kLargeBatchErrors; ++i) errors.insert(oracle::trace_id_of(workload::trace_bytes(i)));
    expected = oracle::truncate_links(batch, kBudget, 0, [&](TraceId id) {
      return errors.contains(id) ? oracle::TargetState::origin : oracle::TargetState::open;
    });
  }
};
const Scene& scene() {
  static const Scene made;
  return made;
}

Options make_options() {
  Options options = workload::error_options();
  options.memory_limit_bytes = 512ull << 20;
  return options;
}

std::vector<workload::Request> requests_of(std::uint64_t first, std::uint64_t end, std::size_t spans_each) {
  std::vector<workload::Request> requests;
  for (std::uint64_t trace = first; trace < end;) {
    std::vector<workload::Span> spans;
    for (; trace < end && spans.size() < spans_each; ++trace)
      spans.push_back(workload::make_span(trace, trace <= kLargeBatchErrors ? 2 : 0));
    requests.push_back(workload::make_request(std::move(spans)));
  }
  return requests;
}

void ingest(EngineRun& run, const std::vector<std::string>& requests, unsigned threads) {
  std::vector<Error> errors(threads);
  const auto feed = [&](unsigned thread) {
    for (std::size_t i = thread; i < requests.size(); i += threads)
      if (const auto taken = run.ingest_or_tick(requests[i]); !taken) errors[thread] = taken.error();
  };
  std::vector<std::thread> others;
  for (unsigned thread = 1; thread < threads; ++thread) others.emplace_back(feed, thread);
  feed(0);
  for (std::thread& other : others) other.join();
  for (const Error error : errors) EXPECT_EQ(error.code(), ErrorCode::none) << describe(error);
}

const workload::Span& emitted_batch(const EngineRun& run) {
  return run.emitted.at(workload::trace_bytes(kLargeBatch)).at(0);
}

void expect_count(const workload::Span& span, const std::string& name, std::uint64_t value) {
  EXPECT_EQ(workload::integer_of(span.attributes, "entail.links." + name), static_cast<std::int64_t>(value)) << name;
}

void check_links(const workload::Span& got, const oracle::TruncatedLinks& expected) {
  std::vector<workload::Link> links;
  for (const std::size_t index : expected.emitted) {
    workload::Link link = scene().batch.links[index];
    if (expected.restored.contains(index)) link.attributes = {{"entail.link.restored", true}};
    links.push_back(link);
  }
  EXPECT_EQ(got.links.size(), kBudget);
  EXPECT_TRUE(got.links == links);
  EXPECT_EQ(got.dropped_links_count, 11 + kLinks - kBudget);
  expect_count(got, "received", kLinks);
  expect_count(got, "emitted", kBudget);
  expect_count(got, "dropped", kLinks - kBudget);
  expect_count(got, "dropped_upstream", 11);
  expect_count(got, "malformed", kMalformed);
  expect_count(got, "duplicates", kDuplicates);
  expect_count(got, "pinned.received", expected.pinned.received);
  expect_count(got, "pinned.emitted", expected.pinned.emitted);
  expect_count(got, "open.received", expected.open.received);
  expect_count(got, "open.emitted", expected.open.emitted);
  expect_count(got, "closed.received", expected.closed.received);
  expect_count(got, "closed.emitted", expected.closed.emitted);
  EXPECT_EQ(workload::text_of(got.attributes, "entail.links.threshold.uniform"), expected.threshold_uniform);
  EXPECT_EQ(workload::text_of(got.attributes, "entail.links.threshold.consistent"), expected.threshold_consistent);
}

void check_conserved(EngineRun& run) {
  const Statistics statistics = run.engine().statistics();
  EXPECT_EQ(statistics.links.received, kLinks);
  EXPECT_EQ(statistics.links.emitted, kBudget);
  EXPECT_EQ(statistics.links.dropped, kLinks - kBudget);
  EXPECT_EQ(statistics.links.null_target, kNullTargets);
  std::uint64_t invalid = 0;
  for (const NamedCount& reason : statistics.links.invalid) invalid += reason.count;
  EXPECT_EQ(invalid, kMalformed);
  EXPECT_EQ(statistics.links.duplicates, kDuplicates);
}

TEST(LargeTruncation, EmitsEveryLinkToAnError_WhenErrorsArriveBeforeTheDecision) {
  std::string first_bytes;
  struct Variant {
    unsigned threads;
    std::size_t spans_each;
    bool reversed;
    bool batch_last;
  };
  for (const Variant variant : {Variant{1, 37, false, false}, Variant{1, 1, true, false}, Variant{2, 5, false, false},
                                Variant{4, 3, true, true}}) {
    SCOPED_TRACE(std::to_string(variant.threads) + " threads, " + std::to_string(variant.spans_each) + " spans each");
    EngineRun run(make_options());
    std::vector<std::string> others;
    for (const workload::Request& request : requests_of(1, kLargeBatchErrors + 1, variant.spans_each))
      others.push_back(workload::encode(request));
    if (variant.reversed) std::reverse(others.begin(), others.end());
    run.tick(0);
    if (variant.batch_last) {
      others.push_back(scene().bytes);
      ingest(run, others, variant.threads);
    } else {
      ingest(run, {scene().bytes}, 1);
      run.tick(5);
      ingest(run, others, variant.threads);
    }
    run.tick(10);
    ASSERT_TRUE(run.kept(workload::trace_bytes(kLargeBatch)));
    check_links(emitted_batch(run), scene().expected);
    EXPECT_EQ(scene().expected.pinned.emitted, kLargeBatchErrors);
    const DecisionRecord& record = run.records.at(workload::trace_bytes(kLargeBatch));
    EXPECT_EQ(record.reason, "link");
    EXPECT_EQ(record.direction, Direction::linking);
    EXPECT_EQ(record.hops, 1U);
    EXPECT_FALSE(record.revived);
    EXPECT_EQ(record.linked_total, kLinks - kMalformed - kNullTargets - kDuplicates);
    EXPECT_EQ(record.linked.size(), 256U);
    EXPECT_EQ(record.links_dropped_upstream, 11U);
    run.drain(40);
    for (std::uint64_t i = 1; i <= kLargeBatchErrors; ++i) EXPECT_TRUE(run.kept(workload::trace_bytes(i)));
    EXPECT_EQ(run.loss("late_pin"), 0U);
    check_conserved(run);
    // The sample does not depend on arrival: only the origin that is named may differ.
    std::string links;
    for (const workload::Link& link : emitted_batch(run).links) links += link.trace_id + link.span_id;
    if (first_bytes.empty()) first_bytes = links;
    EXPECT_EQ(links, first_bytes);
  }
}

TEST(LargeTruncation, RevivesTheBatch_AndCountsLatePins) {
  constexpr std::uint64_t kKnown = 20;  // of the errors, when the batch is revived
  EngineRun run(make_options());
  run.tick(0);
  ingest(run, {scene().bytes}, 1);
  run.tick(10);
  EXPECT_FALSE(run.kept(workload::trace_bytes(kLargeBatch)));
  std::vector<std::string> known, late;
  for (const workload::Request& request : requests_of(1, kKnown + 1, 7)) known.push_back(workload::encode(request));
  for (const workload::Request& request : requests_of(kKnown + 1, kLargeBatchErrors + 1, 7))
    late.push_back(workload::encode(request));
  ingest(run, known, 2);
  run.tick(15);
  ASSERT_TRUE(run.kept(workload::trace_bytes(kLargeBatch)));
  EXPECT_TRUE(run.records.at(workload::trace_bytes(kLargeBatch)).revived);
  EXPECT_EQ(run.loss("late_pin"), 0U);

  const auto is_known = [&](TraceId id) {
    for (std::uint64_t i = 1; i <= kKnown; ++i)
      if (id == oracle::trace_id_of(workload::trace_bytes(i))) return true;
    return false;
  };
  const oracle::TruncatedLinks expected = oracle::truncate_links(scene().batch, kBudget, 0, [&](TraceId id) {
    return scene().errors.contains(id) && is_known(id) ? oracle::TargetState::origin : oracle::TargetState::open;
  });
  EXPECT_EQ(expected.pinned.emitted, kKnown);
  check_links(emitted_batch(run), expected);

  ingest(run, late, 2);
  run.tick(20);
  std::uint64_t dropped_late = 0;
  for (const std::size_t index : expected.not_emitted) {
    const TraceId to = oracle::trace_id_of(scene().batch.links[index].trace_id);
    dropped_late += scene().errors.contains(to) && !is_known(to);
  }
  EXPECT_GE(dropped_late, kLargeBatchErrors - kKnown - 1);
  EXPECT_EQ(run.loss("late_pin"), dropped_late);
  run.drain(60);
  check_conserved(run);
}

}  // namespace
}  // namespace entail::engine_test
