// What waits for a BatchSink: its bound, what is lost beyond it, and every mix of answers and acknowledgements against
// a simple model (entail/batch_sink.hpp).
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "engine/memory_shares.hpp"
#include "tests/engine/engine_run.hpp"
#include "tests/engine/scripted_sink.hpp"
#include "tests/workload/story.hpp"

namespace entail::engine_test {
namespace {

using workload::error_options;
using workload::kError;
using workload::linking;
using workload::make_request;
using workload::make_span;

constexpr std::uint64_t kMemoryLimit = 16 << 20;
constexpr std::uint64_t kBound = kMemoryLimit / engine::kWaitingOutputShare;

Options kept_at_once() {
  Options options = error_options();
  options.tail_sampling.decision_wait_ns = 0;
  options.memory_limit_bytes = kMemoryLimit;
  return options;
}

workload::Span large_span(std::uint64_t trace, std::size_t bytes) {
  workload::Span span = linking(make_span(trace, kError), {trace + 1'000'000});
  span.attributes.push_back({"text", std::string(bytes, 'x')});
  return span;
}

OutputAnswer decline(const OutputBatch&) { return OutputAnswer::declined; }
OutputAnswer accept(const OutputBatch&) { return OutputAnswer::accepted; }

TEST(OutputFull, NewOutputIsLostAndCounted_WhatWaitsIsKept) {
  AnsweredRun run(kept_at_once());
  run.sink.answer = decline;
  std::uint64_t trace = 0;
  for (std::int64_t second = 1; second <= 60; ++second) {
    run.ingest(make_request({large_span(++trace, 20'000), large_span(++trace, 20'000)}));
    run.tick(second);
    const Statistics statistics = run.engine->statistics();
    ASSERT_LE(statistics.memory.output_bytes, kBound);
    ASSERT_EQ(statistics.spans.held, statistics.output.waiting_spans);
    ASSERT_EQ(statistics.spans.emitted, 0u);
    ASSERT_EQ(statistics.output.waiting_spans + run.loss("output_full"), trace);
  }
  const Statistics full = run.engine->statistics();
  EXPECT_GT(full.memory.output_bytes, kBound - 50'000);
  EXPECT_GT(run.loss("output_full"), 50u);
  ASSERT_EQ(full.spans.lost.size(), 1u);
  EXPECT_EQ(full.spans.lost[0].name, "output_full");
  EXPECT_EQ(full.links.dropped, run.loss("output_full"));
  const auto& memory = full.memory;
  const std::uint64_t others = memory.spans_bytes + memory.graph_bytes + memory.records_bytes + memory.scratch_bytes;
  EXPECT_NEAR(static_cast<double>(memory.total_bytes), static_cast<double>(others + memory.output_bytes), 100'000.0);

  run.sink.offers.clear();
  run.sink.answer = accept;
  run.ingest(make_request({large_span(++trace, 20'000)}));
  run.tick(61);
  ASSERT_EQ(run.sink.offers.size(), full.output.waiting_batches + 1);
  for (std::size_t i = 0; i < full.output.waiting_batches; ++i) EXPECT_EQ(run.sink.offers[i].id, i + 1);
  EXPECT_EQ(run.sink.offers.back().id, 61u);  // the gap is what was lost
  EXPECT_EQ(run.engine->statistics().spans.emitted, full.output.waiting_spans + 1);
  EXPECT_EQ(run.engine->statistics().memory.output_bytes, 0u);
}

TEST(OutputFull, CountsWhatIsDeferred) {
  AnsweredRun run(kept_at_once());
  run.sink.answer = [](const OutputBatch&) { return OutputAnswer::deferred; };
  for (std::uint64_t i = 1; i <= 60; ++i) {
    run.ingest(make_request({large_span(i, 40'000)}));
    run.tick(static_cast<std::int64_t>(i));
    ASSERT_LE(run.engine->statistics().memory.output_bytes, kBound);
  }
  EXPECT_GT(run.loss("output_full"), 20u);
  EXPECT_EQ(run.engine->statistics().output.unacknowledged_batches + run.loss("output_full"), 60u);
  EXPECT_EQ(run.acknowledge(1, Delivery::delivered), ErrorCode::none);
  const std::uint64_t lost = run.loss("output_full");
  run.ingest(make_request({large_span(61, 40'000)}));
  run.tick(61);
  EXPECT_EQ(run.loss("output_full"), lost);
}

TEST(OutputFull, OneBatchBeyondTheBoundWaits_UntilARequestNeedsItsRoom) {
  AnsweredRun run(kept_at_once());
  run.sink.answer = decline;
  run.ingest(make_request({large_span(1, kMemoryLimit / 5)}));
  run.tick(1);
  EXPECT_GT(run.engine->statistics().memory.output_bytes, kBound);
  run.ingest(make_request({large_span(2, kMemoryLimit / 5)}));
  run.tick(2);
  EXPECT_EQ(run.loss("output_full"), 1u);  // the second one of this size
  run.ingest(make_request({large_span(1000, 100)}));
  run.tick(2);
  EXPECT_EQ(run.loss("output_full"), 1u);  // a small one has room beside it
  EXPECT_EQ(run.engine->statistics().output.waiting_batches, 2u);

  for (std::uint64_t trace = 3; run.loss("output_full") == 1 && trace < 100; ++trace) {
    workload::Span span = large_span(trace, kMemoryLimit / 5);
    span.status_code = 0;  // is not kept, and fills the memory
    const workload::Request request = make_request({span});
    for (int refusals = 0; run.try_ingest(request) == ErrorCode::no_room; ++refusals) {
      ASSERT_LT(refusals, 2);
      run.tick(2);
    }
  }
  EXPECT_EQ(run.loss("output_full"), 2u);
  EXPECT_EQ(run.engine->statistics().output.waiting_batches, 1u);
  EXPECT_LT(run.engine->statistics().memory.output_bytes, kBound);
  run.sink.offers.clear();
  run.sink.answer = accept;
  run.ingest(make_request({large_span(200, 100)}));
  run.tick(3);
  EXPECT_EQ(run.sink.ids(), (std::vector<std::uint64_t>{3, 4}));
}

// A tiny batch in flight must not cost a large one, which the sink may accept at once.
TEST(OutputFull, ALargeBatchIsOffered_WhateverIsInFlight) {
  for (const OutputAnswer answer : {OutputAnswer::accepted, OutputAnswer::declined, OutputAnswer::deferred}) {
    AnsweredRun run(kept_at_once());
    run.sink.answer = [&](const OutputBatch& batch) { return batch.id == 1 ? OutputAnswer::deferred : answer; };
    run.ingest(make_request({large_span(1, 100)}));
    run.tick(1);
    run.ingest(make_request({large_span(2, kMemoryLimit / 15)}));
    run.tick(2);
    EXPECT_EQ(run.sink.ids(), (std::vector<std::uint64_t>{1, 2}));
    EXPECT_EQ(run.loss("output_full"), 0u);
    EXPECT_EQ(run.engine->statistics().spans.emitted, answer == OutputAnswer::accepted ? 1u : 0u);
  }
}

// The largest requests are taken in although the sink never accepts: what waits leaves them room.
TEST(OutputFull, LeavesRoomForEveryRequestThatFits) {
  for (const OutputAnswer answer : {OutputAnswer::declined, OutputAnswer::deferred}) {
    AnsweredRun run(kept_at_once());
    run.sink.answer = [&](const OutputBatch&) { return answer; };
    std::uint64_t trace = 0;
    for (std::int64_t second = 1; second <= 60; ++second) {
      workload::Span wide = make_span(++trace, kError);
      std::vector<std::uint64_t> links(second % 2 == 0 ? 20'000 : 1);
      for (std::uint64_t& link : links) link = ++trace;
      wide = linking(wide, links);
      wide.attributes.push_back({"text", std::string(second % 3 == 0 ? kMemoryLimit / 40 : 1000, 'x')});
      const workload::Request request = make_request({wide});
      int refusals = 0;
      while (run.try_ingest(request) == ErrorCode::no_room && ++refusals < 8) run.tick(second);
      ASSERT_LE(refusals, 2) << second;
      run.tick(second);
    }
    EXPECT_GT(run.loss("output_full"), 0u);
  }
}

// What the engine must do, in a few lines: a set of batches for each state.
class Model {
 public:
  explicit Model(std::uint64_t seed) : dice_(seed) {}

  std::uint64_t below(std::uint64_t n) { return dice_() % n; }
  void begin_round() {
    declined_ = false;
    offered_in_round_ = 0;
    waiting_.merge(failed_);
  }
  // What was made after a decline has not been offered; nothing else waits.
  void end_round(const Statistics& statistics) {
    const std::uint64_t known = waiting_.size() + in_flight_.size() + failed_.size();
    for (std::uint64_t kept = known; kept < statistics.output.waiting_batches; ++kept) waiting_.insert(next_++);
    EXPECT_TRUE(declined_ || waiting_.empty());
    EXPECT_EQ(statistics.output.waiting_batches, waiting_.size() + in_flight_.size() + failed_.size());
    EXPECT_EQ(statistics.output.unacknowledged_batches, in_flight_.size());
  }
  OutputAnswer on_offer(const OutputBatch& batch, Engine& engine) {
    const std::string bytes(reinterpret_cast<const char*>(batch.traces_data.data()), batch.traces_data.size());
    EXPECT_FALSE(declined_) << "offered after a decline: " << batch.id;
    EXPECT_GT(batch.id, offered_in_round_);
    EXPECT_TRUE(waiting_.empty() || batch.id == *waiting_.begin()) << batch.id;
    EXPECT_TRUE(waiting_.contains(batch.id) || batch.id == next_) << batch.id;
    next_ = std::max(next_, batch.id + 1);
    offered_in_round_ = batch.id;
    waiting_.erase(batch.id);
    EXPECT_TRUE(contents_.try_emplace(batch.id, bytes).first->second == bytes) << batch.id;
    switch (accepts_all ? 6 : below(6)) {
      case 0:
        declined_ = true;
        waiting_.insert(batch.id);
        return OutputAnswer::declined;
      case 1:
      case 2:
        in_flight_.emplace(batch.id, batch.traces_data);
        return OutputAnswer::deferred;
      case 3: {
        const bool fails = below(2) == 0;
        EXPECT_TRUE(engine.acknowledge(batch.id, fails ? Delivery::failed : Delivery::delivered).ok());
        fails ? void(failed_.insert(batch.id)) : deliver(batch.id);
        return OutputAnswer::deferred;
      }
      default:
        deliver(batch.id);
        return OutputAnswer::accepted;
    }
  }
  void acknowledge_some(AnsweredRun& run) {
    for (std::uint64_t i = below(6); i > 0; --i) {
      const std::uint64_t id = below(next_ + 2);
      const auto found = in_flight_.find(id);
      const bool fails = below(3) == 0;
      if (found != in_flight_.end()) {
        const std::string_view bytes(reinterpret_cast<const char*>(found->second.data()), found->second.size());
        EXPECT_EQ(bytes, contents_.at(id));  // still valid
      }
      EXPECT_EQ(run.acknowledge(id, fails ? Delivery::failed : Delivery::delivered),
                found == in_flight_.end() ? ErrorCode::not_found : ErrorCode::none);
      if (found == in_flight_.end()) continue;
      in_flight_.erase(found);
      fails ? void(failed_.insert(id)) : deliver(id);
    }
  }
  void acknowledge_all(AnsweredRun& run) {
    for (const auto& [id, bytes] : in_flight_) {
      EXPECT_EQ(run.acknowledge(id, Delivery::delivered), ErrorCode::none);
      deliver(id);
    }
    in_flight_.clear();
  }
  std::string delivered() const {
    std::string all;  // messages one after the other are one message
    for (const std::uint64_t id : delivered_) all += contents_.at(id);
    return all;
  }
  std::uint64_t delivered_count() const { return delivered_.size(); }
  std::uint64_t made_count() const { return next_ - 1; }

  bool accepts_all = false;

 private:
  void deliver(std::uint64_t id) { EXPECT_TRUE(delivered_.insert(id).second) << id << " was delivered twice"; }

  std::mt19937_64 dice_;
  bool declined_ = false;
  std::uint64_t offered_in_round_ = 0;
  std::uint64_t next_ = 1;
  std::set<std::uint64_t> waiting_, failed_, delivered_;
  std::map<std::uint64_t, Bytes> in_flight_;
  std::map<std::uint64_t, std::string> contents_;
};

TEST(WaitingOutput, EqualsItsModel_ForEveryMixOfAnswers) {
  std::uint64_t repeated = 0;
  for (std::uint64_t seed = 1; seed <= 60 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Options options = kept_at_once();
    options.output_batch_bytes_max = seed % 3 == 0 ? 1 : 400;
    Model model(seed);
    AnsweredRun run(options);
    EngineRun whole(options);
    run.sink.answer = [&](const OutputBatch& batch) { return model.on_offer(batch, *run.engine); };
    const auto round = [&](auto&& call) {
      model.begin_round();
      call();
      model.end_round(run.engine->statistics());
    };
    std::uint64_t span = 0;
    for (std::int64_t second = 1; second <= 80; ++second) {
      std::vector<workload::Span> spans;
      for (std::uint64_t i = model.below(5); i > 0; --i) {
        ++span;
        spans.push_back(make_span(1 + model.below(span), kError, span));  // late spans of kept traces, too
      }
      run.ingest(make_request(spans));
      whole.ingest(make_request(spans));
      whole.tick(second);
      round([&] { run.tick(second); });
      model.acknowledge_some(run);
      if (model.below(3) == 0) round([&] { run.offer(); });
    }
    whole.drain(81);
    round([&] { run.drain(81); });
    model.accepts_all = true;
    model.acknowledge_all(run);
    round([&] { EXPECT_EQ(run.offer(), 0u); });
    EXPECT_EQ(model.delivered_count(), model.made_count());
    EXPECT_EQ(run.loss("output_full"), 0u);
    workload::Request delivered;
    EXPECT_TRUE(workload::decode(model.delivered(), delivered));
    std::vector<workload::Span> expected;
    for (const auto& [trace, spans] : whole.emitted) expected.insert(expected.end(), spans.begin(), spans.end());
    EXPECT_EQ(spans_of(delivered), spans_of(make_request(expected)));
    EXPECT_EQ(run.engine->statistics().spans.emitted, span);
    repeated += run.engine->statistics().output.repeated_offers;
  }
  EXPECT_GT(repeated, 1000u);
}

// Threads that acknowledge what they were handed while ticks go on: all arrives, and what failed arrives again.
TEST(WaitingOutput, IsAcknowledgedByOtherThreads) {
  Options options = kept_at_once();
  options.output_batch_bytes_max = 1;
  AnsweredRun run(options);
  std::mutex lock;
  std::vector<std::pair<OutputBatch, std::string>> handed;
  run.sink.answer = [&](const OutputBatch& batch) {
    const std::string bytes(reinterpret_cast<const char*>(batch.traces_data.data()), batch.traces_data.size());
    const std::lock_guard guard(lock);
    handed.emplace_back(batch, bytes);
    return OutputAnswer::deferred;
  };
  std::atomic<bool> ends{false};
  std::atomic<std::uint64_t> failed{0}, delivered{0}, wrong{0};
  const auto work = [&](std::uint64_t seed) {
    std::mt19937_64 dice(seed);
    while (true) {
      std::pair<OutputBatch, std::string> next;
      {
        const std::lock_guard guard(lock);
        if (handed.empty() && ends.load()) return;
        if (handed.empty()) continue;
        next = std::move(handed.back());
        handed.pop_back();
      }
      const auto* const begin = reinterpret_cast<const char*>(next.first.traces_data.data());
      wrong += std::string_view(begin, next.first.traces_data.size()) != next.second;
      const bool fails = dice() % 4 == 0;
      wrong += !run.engine->acknowledge(next.first.id, fails ? Delivery::failed : Delivery::delivered).ok();
      ++(fails ? failed : delivered);
    }
  };
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < 2; ++i) threads.emplace_back(work, i);
  constexpr std::uint64_t kTicks = 300;
  for (std::uint64_t i = 1; i <= kTicks; ++i) {
    run.ingest(make_request({make_span(2 * i, kError), make_span(2 * i + 1, kError)}));
    run.tick(static_cast<std::int64_t>(i));
  }
  while (run.offer() != 0) std::this_thread::yield();
  ends.store(true);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0u);
  EXPECT_EQ(delivered.load(), 2 * kTicks);
  EXPECT_GT(failed.load(), 0u);
  EXPECT_EQ(run.sink.offers.size(), delivered.load() + failed.load());
  EXPECT_EQ(run.engine->statistics().spans.emitted, 2 * kTicks);
  EXPECT_EQ(run.engine->statistics().output.repeated_offers, failed.load());
}

}  // namespace
}  // namespace entail::engine_test
