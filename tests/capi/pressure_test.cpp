// A budget that is too small, and many concurrent callers: statuses that say what to do, and counts that add up.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/capi/c_engine.hpp"

namespace entail::capi_test {
namespace {

TEST(Pressure, NoRoomIsResolvedByTicksAndRetries) {
  const std::string config = "memory_limit: 16MiB\n" + std::string(kErrors);
  const OpenEngine engine(config);
  const std::string filler(1000, 'x');
  unsigned trace = 0;
  std::uint64_t spans = 0, refusals = 0;
  const auto request = [&] {
    std::vector<workload::Span> made;
    for (int i = 0; i < 1000; ++i) {
      made.push_back(span_of(++trace, false));
      made.back().name = filler;
    }
    return request_of(std::move(made));
  };
  for (int i = 0; i < 60; ++i) {
    const std::string bytes = request();
    entail_error_t error = ENTAIL_ERROR_INIT;
    entail_ingest_receipt_t receipt = ENTAIL_INGEST_RECEIPT_INIT;
    const auto take = [&] {
      return entail_ingest_otlp(engine, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), &receipt,
                                &error);
    };
    entail_status_t status = take();
    EXPECT_EQ(receipt.spans, 1000u);
    for (int tries = 0; status == ENTAIL_E_NO_ROOM && tries < 8; ++tries) {
      ++refusals;
      EXPECT_EQ(error.status, ENTAIL_E_NO_ROOM);
      ASSERT_EQ(entail_tick(engine, kSecond, nullptr), ENTAIL_OK);
      status = take();
    }
    ASSERT_EQ(status, ENTAIL_OK) << i;
    spans += 1000;
  }
  EXPECT_GT(refusals, 1u);
  const entail_statistics_t counts = statistics_of(engine);
  EXPECT_EQ(counts.spans_received, spans);
  EXPECT_GT(counts.spans_dropped, 0u);
  expect_conserved(counts);
}

TEST(Pressure, ThreadsIngestDuringTicks) {
  constexpr unsigned kThreads = 4, kRequests = 100, kSpans = 20;
  entail_open_options_t options = ENTAIL_OPEN_OPTIONS_INIT;
  options.flags = ENTAIL_OPEN_POLL_DECISIONS;
  options.ingest_lanes_max = 2;  // fewer than threads: some find all in use
  const OpenEngine engine(options, kErrors);
  std::atomic<unsigned> running{kThreads};
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (unsigned r = 0; r < kRequests; ++r) {
        std::vector<workload::Span> spans;
        for (unsigned s = 0; s < kSpans; ++s) {
          const unsigned trace = 1 + (thread * kRequests + r) * kSpans + s;
          spans.push_back(span_of(trace, s % 10 == 0, {trace + 1}));
        }
        const std::string bytes = request_of(std::move(spans));
        entail_status_t status = ENTAIL_E_BUSY;
        while ((status = ingest(engine, bytes)) == ENTAIL_E_BUSY) std::this_thread::yield();
        EXPECT_EQ(status, ENTAIL_OK);
      }
      running.fetch_sub(1);
    });
  }
  // A second ticking thread is refused.
  std::atomic<unsigned> refused{0};
  std::thread second([&] {
    entail_statistics_t statistics = ENTAIL_STATISTICS_INIT;
    while (running.load() != 0)
      if (entail_statistics(engine, &statistics, nullptr) == ENTAIL_E_BUSY) refused.fetch_add(1);
  });
  std::vector<std::string> batches;
  std::vector<Decision> decisions;
  std::int64_t now_ns = 0;
  while (running.load() != 0) {
    const entail_status_t status = entail_tick(engine, now_ns, nullptr);
    EXPECT_TRUE(status == ENTAIL_OK || status == ENTAIL_E_BUSY) << status;
    now_ns += kSecond;
  }
  for (std::thread& thread : threads) thread.join();
  second.join();
  ASSERT_EQ(entail_drain(engine, now_ns + kSecond, nullptr), ENTAIL_OK);
  poll_all(engine, batches, decisions);
  const entail_statistics_t counts = statistics_of(engine);
  EXPECT_EQ(counts.spans_received, kThreads * kRequests * kSpans);
  EXPECT_EQ(counts.links_received, kThreads * kRequests * kSpans);
  EXPECT_GE(counts.traces_kept, kThreads * kRequests * 2u);
  EXPECT_EQ(counts.spans_held, 0u);
  expect_conserved(counts);
  std::uint64_t emitted = 0;
  for (const std::string& batch : batches) {
    workload::Request request;
    ASSERT_TRUE(workload::decode(batch, request));
    for (const workload::SpanGroup& group : request.groups) emitted += group.spans.size();
  }
  EXPECT_EQ(emitted, counts.spans_emitted);
}

TEST(Pressure, EnginesOpenAndCloseOnManyThreads) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([] {
      for (int i = 0; i < 40; ++i) {
        const OpenEngine engine;
        EXPECT_EQ(ingest(engine, request_of({span_of(1, true)})), ENTAIL_OK);
        EXPECT_EQ(entail_drain(engine, 1, nullptr), ENTAIL_OK);
        EXPECT_EQ(statistics_of(engine).spans_emitted, 1u);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace entail::capi_test
