// BatchSink: the boundaries of traces, and what each answer does (entail/batch_sink.hpp).
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <stdexcept>

#include "tests/engine/engine_run.hpp"
#include "tests/engine/scripted_sink.hpp"
#include "tests/oracle/context_oracle.hpp"
#include "tests/workload/story.hpp"

namespace entail::engine_test {
namespace {

using workload::error_options;
using workload::kError;
using workload::linking;
using workload::make_request;
using workload::make_span;
using workload::trace_bytes;

using Ids = std::vector<std::uint64_t>;

// Traces 1 to 60 of three spans, every third failed, linked in chains; spans of two resources.
std::vector<workload::Request> story() {
  std::vector<workload::Request> requests;
  for (std::uint64_t span = 1; span <= 3; ++span) {
    workload::Request request;
    for (const char* service : {"front", "back"}) {
      std::vector<workload::Span> spans;
      for (std::uint64_t trace = 1; trace <= 60; ++trace)
        spans.push_back(linking(make_span(trace, trace % 3 == 0 ? kError : 0, span * 10 + (service[0] == 'f')),
                                trace % 5 == 0 ? std::vector{trace + 1} : std::vector<std::uint64_t>{}));
      request.groups.push_back({{{"service.name", std::string(service)}}, std::move(spans)});
    }
    workload::measure(request);
    requests.push_back(std::move(request));
  }
  return requests;
}

template <class Run>
void play(Run& run) {
  const std::vector<workload::Request> requests = story();
  run.ingest(requests[0]);
  run.ingest(requests[1]);
  run.tick(10);
  run.ingest(requests[2]);
  run.tick(11);
  run.drain(100);
}

using SpansByTrace = std::map<workload::ByteString, std::vector<std::string>>;

void sort(SpansByTrace& spans) {
  for (auto& [trace, list] : spans) std::sort(list.begin(), list.end());
}

// Adds the spans of one part, which must be of its trace alone.
void read_part(const Offered& offered, const OutputTrace& part, SpansByTrace& spans) {
  workload::Request message;
  ASSERT_TRUE(workload::decode(std::string_view(offered.bytes).substr(part.offset, part.size), message));
  std::uint64_t count = 0;
  for (const workload::SpanGroup& group : message.groups)
    for (const workload::Span& span : group.spans) {
      EXPECT_EQ(span.trace_id, oracle::bytes_of(part.trace_id));
      spans[span.trace_id].push_back(workload::encode_span(span));
      ++count;
    }
  EXPECT_EQ(count, part.span_count);
}

TEST(OutputTraces, AreMessagesOfTheirOwn_WithTheSpansThatASinkGets) {
  for (const std::uint64_t batch_bytes : {1ull, 300ull, 3000ull, 4ull << 20}) {
    SCOPED_TRACE(batch_bytes);
    Options options = error_options();
    options.output_batch_bytes_max = batch_bytes;
    EngineRun whole(options);
    play(whole);
    SpansByTrace expected;
    for (const auto& [trace, spans] : whole.emitted)
      for (const workload::Span& span : spans) expected[trace].push_back(workload::encode_span(span));

    AnsweredRun run(options);
    play(run);
    SpansByTrace got;
    std::map<TraceId, int> firsts;
    std::optional<TraceId> continued;
    for (const Offered& offered : run.sink.offers) {
      std::uint64_t at = 0, span_count = 0;
      for (const OutputTrace& part : offered.traces) {
        EXPECT_EQ(part.offset, at);
        at += part.size;
        span_count += part.span_count;
        if (continued) {
          EXPECT_EQ(*continued, part.trace_id);
        } else {
          firsts[part.trace_id] += part.is_first;
        }
        EXPECT_EQ(part.is_first, firsts[part.trace_id] == 1 && got[oracle::bytes_of(part.trace_id)].size() < 4);
        continued = part.continues ? std::optional(part.trace_id) : std::nullopt;
        EXPECT_TRUE(!part.continues || &part == &offered.traces.back());
        read_part(offered, part, got);
      }
      EXPECT_EQ(at, offered.bytes.size());
      EXPECT_EQ(span_count, offered.span_count);
      EXPECT_TRUE(offered.bytes.size() <= batch_bytes || offered.span_count == 1);
      workload::Request all;
      EXPECT_TRUE(workload::decode(offered.bytes, all));  // the batch is a message, too
    }
    EXPECT_FALSE(continued);
    for (const auto& [trace, count] : firsts) EXPECT_EQ(count, 1) << to_hex(trace);
    sort(expected);
    sort(got);
    EXPECT_GT(expected.size(), 20u);
    EXPECT_EQ(got, expected);
    EXPECT_EQ(run.engine->statistics().spans.emitted, whole.engine().statistics().spans.emitted);
    EXPECT_EQ(run.engine->statistics().links.emitted, whole.engine().statistics().links.emitted);
  }
}

// One failed trace is kept in each of these seconds, and makes a batch.
void keep_one(AnsweredRun& run, std::uint64_t trace, std::int64_t second) {
  run.ingest(make_request({linking(make_span(trace, kError), {trace + 1000})}));
  run.tick(second);
}

TEST(Declined, IsOfferedAgainInTheNextTick_BeforeAnythingNewer) {
  Options options = error_options();
  options.tail_sampling.decision_wait_ns = 0;
  AnsweredRun run(options);
  run.sink.answer = [](const OutputBatch&) { return OutputAnswer::declined; };
  for (std::uint64_t i = 1; i <= 3; ++i) keep_one(run, i, static_cast<std::int64_t>(i));
  EXPECT_EQ(run.sink.ids(), (Ids{1, 1, 1}));
  const Statistics before = run.engine->statistics();
  EXPECT_EQ(before.output.waiting_batches, 3u);
  EXPECT_EQ(before.output.waiting_spans, 3u);
  EXPECT_EQ(before.output.repeated_offers, 2u);
  EXPECT_EQ(before.spans.held, 3u);
  EXPECT_EQ(before.spans.emitted, 0u);
  EXPECT_EQ(before.links.held, 3u);
  EXPECT_GT(before.memory.output_bytes, 3 * run.sink.offers[0].bytes.size());

  run.sink.answer = [](const OutputBatch&) { return OutputAnswer::accepted; };
  keep_one(run, 4, 4);
  EXPECT_EQ(run.sink.ids(), (Ids{1, 1, 1, 1, 2, 3, 4}));
  EXPECT_EQ(run.sink.offers[0].bytes, run.sink.offers[3].bytes);
  const Statistics after = run.engine->statistics();
  EXPECT_EQ(after.output.waiting_batches, 0u);
  EXPECT_EQ(after.memory.output_bytes, 0u);
  EXPECT_EQ(after.spans.held, 0u);
  EXPECT_EQ(after.spans.emitted, 4u);
  EXPECT_EQ(after.links.emitted, 4u);
  run.tick(5);
  EXPECT_EQ(run.sink.offers.size(), 7u);  // nothing is offered twice once it was accepted
}

TEST(Declined, EndsTheOfferingOfThisTick) {
  Options options = error_options();
  options.tail_sampling.decision_wait_ns = 0;
  options.output_batch_bytes_max = 1;  // a batch for each span
  AnsweredRun run(options);
  run.sink.answer = [](const OutputBatch& batch) {
    return batch.id == 2 ? OutputAnswer::declined : OutputAnswer::accepted;
  };
  run.ingest(make_request({make_span(1, kError), make_span(2, kError), make_span(3, kError)}));
  run.tick(1);
  EXPECT_EQ(run.sink.ids(), (Ids{1, 2}));
  run.tick(2);
  EXPECT_EQ(run.sink.ids(), (Ids{1, 2, 2}));
  run.sink.answer = [](const OutputBatch&) { return OutputAnswer::accepted; };
  run.tick(3);
  EXPECT_EQ(run.sink.ids(), (Ids{1, 2, 2, 2, 3}));
}

TEST(OfferOutput, DeliversWhatWaitsAfterDrain) {
  AnsweredRun run(error_options());
  int declines = 3;
  run.sink.answer = [&](const OutputBatch&) {
    return declines-- > 0 ? OutputAnswer::declined : OutputAnswer::accepted;
  };
  run.ingest(make_request({make_span(1, kError), make_span(2, kError)}));
  run.drain(1);
  EXPECT_EQ(run.offer(), 1u);
  EXPECT_EQ(run.offer(), 1u);
  EXPECT_EQ(run.engine->statistics().spans.held, 2u);
  EXPECT_EQ(run.offer(), 0u);
  EXPECT_EQ(run.engine->statistics().spans.emitted, 2u);
  EXPECT_EQ(run.offer(), 0u);
  EXPECT_EQ(run.sink.offers.size(), 4u);
}

TEST(Deferred, StaysValidUntilItIsAcknowledged) {
  Options options = error_options();
  options.tail_sampling.decision_wait_ns = 0;
  AnsweredRun run(options);
  std::vector<OutputBatch> deferred;
  run.sink.answer = [&](const OutputBatch& batch) {
    deferred.push_back(batch);
    return OutputAnswer::deferred;
  };
  for (std::uint64_t i = 1; i <= 5; ++i) keep_one(run, i, static_cast<std::int64_t>(i));
  EXPECT_EQ(run.sink.ids(), (Ids{1, 2, 3, 4, 5}));
  EXPECT_EQ(run.engine->statistics().output.unacknowledged_batches, 5u);
  EXPECT_EQ(run.engine->statistics().spans.held, 5u);
  for (const std::size_t i : {3, 0, 4}) {
    EXPECT_EQ(run.acknowledge(deferred[i].id, Delivery::delivered), ErrorCode::none);
    EXPECT_EQ(run.acknowledge(deferred[i].id, Delivery::delivered), ErrorCode::not_found);
  }
  for (const std::size_t i : {1, 2}) {
    const std::string_view bytes(reinterpret_cast<const char*>(deferred[i].traces_data.data()),
                                 deferred[i].traces_data.size());
    EXPECT_EQ(bytes, run.sink.offers[i].bytes);
    ASSERT_EQ(deferred[i].traces.size(), 1u);
    EXPECT_EQ(oracle::bytes_of(deferred[i].traces[0].trace_id), trace_bytes(i + 1));
  }
  EXPECT_EQ(run.engine->statistics().output.unacknowledged_batches, 2u);
  EXPECT_EQ(run.engine->statistics().spans.emitted, 3u);
  EXPECT_EQ(run.offer(), 2u);
  EXPECT_EQ(run.sink.offers.size(), 5u);  // what is deferred is not offered
}

TEST(Deferred, IsOfferedAgainInTheNextTick_AfterItFailed) {
  Options options = error_options();
  options.tail_sampling.decision_wait_ns = 0;
  AnsweredRun run(options);
  run.sink.answer = [](const OutputBatch&) { return OutputAnswer::deferred; };
  for (std::uint64_t i = 1; i <= 3; ++i) keep_one(run, i, static_cast<std::int64_t>(i));
  EXPECT_EQ(run.acknowledge(2, Delivery::failed), ErrorCode::none);
  EXPECT_EQ(run.acknowledge(2, Delivery::failed), ErrorCode::not_found);
  EXPECT_EQ(run.acknowledge(2, Delivery::delivered), ErrorCode::not_found);
  EXPECT_EQ(run.engine->statistics().output.waiting_batches, 3u);
  EXPECT_EQ(run.engine->statistics().output.unacknowledged_batches, 2u);
  run.tick(4);
  EXPECT_EQ(run.sink.ids(), (Ids{1, 2, 3, 2}));
  EXPECT_EQ(run.sink.offers[3].bytes, run.sink.offers[1].bytes);
  for (const std::uint64_t id : {1, 2, 3}) EXPECT_EQ(run.acknowledge(id, Delivery::delivered), ErrorCode::none);
  EXPECT_EQ(run.engine->statistics().spans.emitted, 3u);
}

TEST(Acknowledge, RefusesWhatIsNotDeferred) {
  Options options = error_options();
  options.tail_sampling.decision_wait_ns = 0;
  AnsweredRun run(options);
  EXPECT_EQ(run.acknowledge(0, Delivery::delivered), ErrorCode::not_found);
  EXPECT_EQ(run.acknowledge(1, Delivery::delivered), ErrorCode::not_found);
  run.sink.answer = [](const OutputBatch&) { return OutputAnswer::declined; };
  keep_one(run, 1, 1);
  EXPECT_EQ(run.acknowledge(1, Delivery::delivered), ErrorCode::not_found);
  EXPECT_EQ(run.engine->statistics().output.waiting_batches, 1u);
  run.sink.answer = [](const OutputBatch&) { return OutputAnswer::accepted; };
  run.tick(2);
  EXPECT_EQ(run.acknowledge(1, Delivery::failed), ErrorCode::not_found);
  EXPECT_EQ(run.engine->statistics().output.waiting_batches, 0u);
}

TEST(Acknowledge, MayComeBeforeTheSinkHasReturned) {
  Options options = error_options();
  options.tail_sampling.decision_wait_ns = 0;
  AnsweredRun run(options);
  Delivery outcome = Delivery::failed;
  run.sink.answer = [&](const OutputBatch& batch) {
    if (run.sink.offers.size() > 2) return OutputAnswer::accepted;  // else the tick would not end
    EXPECT_TRUE(run.engine->acknowledge(batch.id, outcome).ok());
    EXPECT_EQ(run.engine->acknowledge(batch.id, outcome).error().code(), ErrorCode::not_found);
    EXPECT_FALSE(batch.traces_data.empty());
    return OutputAnswer::deferred;
  };
  keep_one(run, 1, 1);
  EXPECT_EQ(run.engine->statistics().output.waiting_batches, 1u);
  EXPECT_EQ(run.engine->statistics().output.unacknowledged_batches, 0u);
  outcome = Delivery::delivered;
  run.tick(2);
  EXPECT_EQ(run.sink.ids(), (Ids{1, 1}));
  EXPECT_EQ(run.engine->statistics().output.waiting_batches, 0u);
  EXPECT_EQ(run.engine->statistics().spans.emitted, 1u);
}

TEST(BatchSinkFailure, ASinkWithoutMemoryEndsTheTick_ButLosesNoCompleteBatch) {
  Options options = error_options();
  options.tail_sampling.decision_wait_ns = 0;
  AnsweredRun run(options);
  run.ingest(make_request({make_span(1, kError), make_span(2)}));
  run.sink.answer = [](const OutputBatch&) -> OutputAnswer { throw std::bad_alloc(); };
  EXPECT_EQ(run.engine->tick(kNanosPerSecond).error().code(), ErrorCode::out_of_memory);
  run.check();
  EXPECT_EQ(run.engine->statistics().spans.held, 1u);
  EXPECT_EQ(run.engine->offer_output().error().code(), ErrorCode::out_of_memory);
  run.sink.answer = [](const OutputBatch&) { return OutputAnswer::accepted; };
  EXPECT_EQ(run.offer(), 0u);
  EXPECT_EQ(run.engine->statistics().spans.emitted, 1u);
}

TEST(BatchSinkFailure, AnExceptionOfTheSinkEndsTheTick_AndTheEngineAnswersAfterwards) {
  Options options = error_options();
  options.tail_sampling.decision_wait_ns = 0;
  AnsweredRun run(options);
  run.ingest(make_request({make_span(1, kError)}));
  run.sink.answer = [](const OutputBatch&) -> OutputAnswer { throw std::runtime_error("down"); };
  EXPECT_EQ(run.engine->tick(kNanosPerSecond).error().code(), ErrorCode::out_of_memory);
  EXPECT_EQ(run.engine->tick(2 * kNanosPerSecond).error().code(), ErrorCode::out_of_memory);
  EXPECT_EQ(run.engine->offer_output().error().code(), ErrorCode::out_of_memory);
  run.sink.answer = [](const OutputBatch&) { return OutputAnswer::accepted; };
  EXPECT_EQ(run.offer(), 0u);
  EXPECT_EQ(run.engine->statistics().spans.emitted, 1u);
}

// The acknowledgement says what happened to the batch; the answer after it cannot take that back.
TEST(Acknowledgement, InsideTheCallback_CountsWhateverTheAnswerIs) {
  for (const bool throws : {false, true}) {
    Options options = error_options();
    options.tail_sampling.decision_wait_ns = 0;
    AnsweredRun run(options);
    unsigned offers = 0;
    run.sink.answer = [&](const OutputBatch& batch) {
      ++offers;
      EXPECT_TRUE(run.engine->acknowledge(batch.id, Delivery::delivered).ok());
      if (throws) throw std::runtime_error("after delivery");
      return OutputAnswer::declined;
    };
    run.ingest(workload::make_request({make_span(1, kError)}));
    EXPECT_EQ(run.engine->tick(kNanosPerSecond).ok(), !throws);
    EXPECT_EQ(run.engine->offer_output().ok(), true);
    EXPECT_EQ(offers, 1u);
    EXPECT_EQ(run.engine->statistics().spans.emitted, 1u);
    run.check();
  }
}

}  // namespace
}  // namespace entail::engine_test
