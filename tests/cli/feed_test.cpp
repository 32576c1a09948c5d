#include "feed.hpp"

#include <gtest/gtest.h>

#include "sample_bytes.hpp"

namespace entail::cli {
namespace {

using test::Buffer;

constexpr std::int64_t kSecond = kNanosPerSecond;

// Inputs from memory, and the calls on the target: "tick 5", "in 1:2" (requests by their spans' end in ms).
class FeedTest : public testing::TestWithParam<unsigned> {
 protected:
  void add(const Buffer& bytes, std::optional<Framing> from = Framing::proto_u32be) {
    MessageReader reader(std::make_unique<test::PieceSource>(bytes, 50), std::nullopt, from,
                         [](Bytes) { return true; });
    inputs_.emplace_back("input" + std::to_string(inputs_.size()), std::move(reader), report_, executor_.get(),
                         1u << 20);
  }

  void add_ends(const std::vector<std::int64_t>& ends_ns) {
    Buffer bytes;
    for (const std::int64_t end_ns : ends_ns)
      bytes = test::joined({bytes, test::u32be_frame(test::request(1, end_ns))});
    add(bytes);
  }

  static Buffer request_of(unsigned spans, std::int64_t end_ns) {
    Buffer bytes;
    for (unsigned i = 0; i < spans; ++i) bytes = test::joined({bytes, test::request(i + 1, end_ns)});
    return bytes;
  }

  std::vector<std::string> run() {
    FeedTarget target;
    target.ingest = [this](const Request& request) -> Result<void> {
      const std::lock_guard lock(mutex_);
      if (request.span_count() > spans_max_) return Error(ErrorCode::too_large);
      if (refusals_ > 0) return --refusals_, Result<void>(Error(refusal_));
      taken_.push_back(std::to_string(request.end_time_max_ns() / 1'000'000));
      return {};
    };
    target.tick = [this](std::int64_t now_ns) -> Result<void> {
      end_second();
      calls_.push_back("tick " + std::to_string(now_ns / kSecond) + (now_ns % kSecond ? " and a part" : ""));
      return {};
    };
    target.goes_on = [] { return true; };
    Feed feed(inputs_, target, executor_.get(), clock_max_ns_);
    end_ = feed.run([] {}).error().code();
    end_second();
    request_count_ = feed.request_count();
    too_large_ = feed.too_large();
    outliers_ = feed.clock_outlier_count();
    return calls_;
  }

  // Requests of one second may be ingested in any order: their sorted end times are compared.
  void end_second() {
    std::sort(taken_.begin(), taken_.end());
    std::string text;
    for (const std::string& end : taken_) text += (text.empty() ? "in " : " ") + end;
    if (!text.empty()) calls_.push_back(text);
    taken_.clear();
  }

  Console console_;
  InputReport report_{console_};
  std::unique_ptr<Executor> executor_ = make_executor(GetParam());
  std::vector<TraceInput> inputs_;
  std::mutex mutex_;
  std::vector<std::string> taken_;
  std::vector<std::string> calls_;
  unsigned refusals_ = 0;  // this many attempts fail with:
  ErrorCode refusal_ = ErrorCode::no_room;
  std::uint64_t spans_max_ = 1;
  ErrorCode end_ = ErrorCode::none;
  std::uint64_t request_count_ = 0;
  TooLargeCount too_large_;
  std::int64_t clock_max_ns_ = std::numeric_limits<std::int64_t>::max();
  std::uint64_t outliers_ = 0;
};

using Calls = std::vector<std::string>;

TEST_P(FeedTest, ARequestArrivesAtTheLargestEndSoFar_RoundedDown) {
  inputs_.reserve(4);
  add_ends({1'500'000'000, 1'900'000'000, 4'000'000'000, 2'000'000'000, 4'999'999'999, 5'000'000'000});
  EXPECT_EQ(run(), (Calls{"tick 1", "in 1500 1900", "tick 4", "in 2000 4000 4999", "tick 5", "in 5000"}));
  EXPECT_EQ(request_count_, 6u);
}

TEST_P(FeedTest, EndTimesThatAdvanceNoClock_ArriveNow) {
  inputs_.reserve(4);
  add_ends({500'000'000, 3'000'000'000});
  RequestWriter writer;
  SpanFacts facts;
  facts.trace_id = {1, 1};
  facts.span_id = {1};
  facts.start_ns = 9'000'000'000;
  facts.end_ns = 8'000'000'000;  // before its start
  writer.begin_span(facts);
  writer.end_span("service");
  const Bytes bytes = writer.take();
  add(test::u32be_frame(Buffer(bytes.begin(), bytes.end())));
  EXPECT_EQ(run(), (Calls{"in 0 500", "tick 3", "in 3000"}));
}

TEST_P(FeedTest, MergesInputsByTheirEndTimes) {
  inputs_.reserve(4);
  add_ends({1'000'000'000, 6'000'000'000, 7'000'000'000});
  add_ends({2'000'000'000, 1'000'000'000, 6'500'000'000});
  add_ends({});
  EXPECT_EQ(run(),
            (Calls{"tick 1", "in 1000", "tick 2", "in 1000 2000", "tick 6", "in 6000 6500", "tick 7", "in 7000"}));
}

TEST_P(FeedTest, NoRoom_TicksAtTheSameTime_AndRetries) {
  inputs_.reserve(4);
  add_ends({2'000'000'000});
  refusals_ = 1;
  EXPECT_EQ(run(), (Calls{"tick 2", "tick 2", "in 2000"}));
  EXPECT_TRUE(report_.clean());
  EXPECT_EQ(request_count_, 1u);
}

TEST_P(FeedTest, NoRoomAmidASecond_LosesNoneOfTheOthers) {
  inputs_.reserve(4);
  add_ends({2'000'000'000, 2'000'000'001, 2'000'000'002, 2'000'000'003, 2'000'000'004, 2'000'000'005});
  refusals_ = 1;
  std::uint64_t taken = 0;
  for (const std::string& call : run()) {
    if (call.starts_with("in ")) taken += static_cast<std::uint64_t>(std::count(call.begin(), call.end(), ' '));
  }
  EXPECT_EQ(taken, 6u);
  EXPECT_EQ(request_count_, 6u);
  EXPECT_TRUE(report_.clean());
}

TEST_P(FeedTest, NoRoom_KeepsTickingUntilThereIsRoom) {
  inputs_.reserve(4);
  add_ends({2'000'000'000, 3'000'000'000});
  refusals_ = Feed::kTicksMax;
  const Calls calls = run();
  ASSERT_EQ(calls.size(), Feed::kTicksMax + 4u);
  EXPECT_EQ(calls[Feed::kTicksMax], "tick 2");
  EXPECT_EQ(calls[Feed::kTicksMax + 1], "in 2000");
  EXPECT_EQ(calls.back(), "in 3000");
  EXPECT_EQ(end_, ErrorCode::none);
  EXPECT_TRUE(report_.clean());
  EXPECT_EQ(request_count_, 2u);
}

TEST_P(FeedTest, PermanentNoRoom_IsAnError) {
  inputs_.reserve(4);
  add_ends({2'000'000'000, 3'000'000'000});
  refusals_ = Feed::kTicksMax + 1;
  EXPECT_EQ(run(), Calls(Feed::kTicksMax + 1, "tick 2"));
  EXPECT_EQ(end_, ErrorCode::no_room);
  EXPECT_EQ(request_count_, 0u);
}

TEST_P(FeedTest, Busy_IsRetried) {
  inputs_.reserve(4);
  add_ends({2'000'000'000});
  refusals_ = 3;
  refusal_ = ErrorCode::busy;
  EXPECT_EQ(run(), (Calls{"tick 2", "tick 2", "tick 2", "tick 2", "in 2000"}));
  EXPECT_EQ(end_, ErrorCode::none);
}

TEST_P(FeedTest, TooLarge_IsLostAtOnce_AndIsNoInputError) {
  inputs_.reserve(4);
  const Buffer large = request_of(3, 2 * kSecond);
  add(test::joined({test::u32be_frame(test::request(1, 2 * kSecond)), test::u32be_frame(large),
                    test::u32be_frame(test::request(1, 3 * kSecond))}));
  testing::internal::CaptureStderr();
  EXPECT_EQ(run(), (Calls{"tick 2", "in 2000", "tick 3", "in 3000"}));
  const std::string messages = testing::internal::GetCapturedStderr();
  const std::size_t place = test::u32be_frame(test::request(1, 2 * kSecond)).size() + 4;
  EXPECT_EQ(messages, "entail: input0: a request of " + std::to_string(large.size()) +
                          " bytes with 3 spans can never fit into memory_limit and was rejected (the message at byte " +
                          std::to_string(place) + ")\n");
  EXPECT_TRUE(report_.clean());
  EXPECT_EQ(report_.skipped(Skip::malformed), 0u);
  EXPECT_EQ(request_count_, 3u);
  EXPECT_EQ(too_large_.requests, 1u);
  EXPECT_EQ(too_large_.spans, 3u);
  EXPECT_EQ(too_large_.bytes_max, large.size());
}

TEST_P(FeedTest, AnyOtherRefusal_IsReported) {
  inputs_.reserve(4);
  add_ends({2'000'000'000, 3'000'000'000});
  refusals_ = 1;
  refusal_ = ErrorCode::out_of_memory;
  EXPECT_EQ(run(), (Calls{"tick 2", "tick 3", "in 3000"}));
  EXPECT_FALSE(report_.clean());
  EXPECT_EQ(report_.skipped(Skip::malformed), 1u);
  EXPECT_EQ(request_count_, 1u);
}

TEST_P(FeedTest, ABrokenFrame_EndsOnlyItsInput) {
  inputs_.reserve(4);
  const Buffer bad = {0x0a, 0x7f, 0x01};
  add(test::joined({test::u32be_frame(test::request(1, kSecond)), test::u32be_frame(bad),
                    test::u32be_frame(test::request(1, 2 * kSecond)), test::u32be_frame(bad)}));
  add_ends({3 * kSecond});
  EXPECT_EQ(run(), (Calls{"tick 1", "in 1000", "tick 3", "in 3000"}));
  EXPECT_EQ(report_.skipped(Skip::malformed), 1u);
  EXPECT_EQ(inputs_[0].bytes_used(), test::u32be_frame(test::request(1, kSecond)).size() + 7);
}

TEST_P(FeedTest, ABrokenLine_IsSkipped_AndOtherSignalsAreNoError) {
  inputs_.reserve(4);
  const std::string good =
      "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"0000000000000000000000000000000a\","
      "\"spanId\":\"000000000000000b\",\"startTimeUnixNano\":\"1\",\"endTimeUnixNano\":\"7000000000\"}]}]}]}";
  add(test::buffer("{\"resourceMetrics\":[]}\nnonsense\n" + good + "\n{\"resourceLogs\":[]}\n" + good.substr(0, 60)),
      Framing::jsonl);
  EXPECT_EQ(run(), (Calls{"tick 7", "in 7000"}));
  EXPECT_EQ(report_.skipped(Skip::metrics), 1u);
  EXPECT_EQ(report_.skipped(Skip::logs), 1u);
  EXPECT_EQ(report_.skipped(Skip::malformed), 1u);
  EXPECT_EQ(report_.skipped(Skip::truncated), 1u);
}

TEST_P(FeedTest, ALastLineWithoutItsNewline_IsTruncated_OnlyIfItsJsonEndsEarly) {
  const std::vector<std::pair<std::string, Skip>> lines = {
      {"[]", Skip::malformed},
      {"null", Skip::malformed},
      {"\"\"", Skip::malformed},
      {"{\"a\":1}", Skip::malformed},
      {"{\"resourceSpans\":[{},]}", Skip::malformed},
      {R"([{"traceId":"1","id":"2"}])", Skip::malformed},  // Zipkin
      {R"([{"traceId":"1","id":"2"})", Skip::truncated},
      {"{", Skip::truncated},
      {"{\"resourceSp", Skip::truncated},
      {"{\"resourceSpans\":[{},", Skip::truncated},
      {"{\"resourceSpans\":[{\"a\":\"}]}\\\"", Skip::truncated},
  };
  std::uint64_t truncated = 0, malformed = 0;
  for (const auto& [line, skip] : lines) {
    inputs_.clear();
    add(test::buffer(line), Framing::jsonl);
    EXPECT_EQ(run(), Calls{}) << line;
    ++(skip == Skip::truncated ? truncated : malformed);
    EXPECT_EQ(report_.skipped(Skip::truncated), truncated) << line;
    EXPECT_EQ(report_.skipped(Skip::malformed), malformed) << line;
  }
}

TEST_P(FeedTest, ATruncatedBareMessage_YieldsItsCompleteFields) {
  inputs_.reserve(4);
  Buffer bytes = test::joined({test::request(1, 2 * kSecond), test::request(2, 3 * kSecond)});
  bytes.resize(bytes.size() - 4);
  add(bytes, Framing::proto);
  EXPECT_EQ(run(), (Calls{"tick 2", "in 2000"}));
  EXPECT_EQ(report_.skipped(Skip::truncated), 1u);
}

TEST_P(FeedTest, AnHourAhead_MovesTheClock_AndMoreDoesNot) {
  inputs_.reserve(4);
  add_ends({10 * kSecond, 3610 * kSecond, 7211 * kSecond, 3611 * kSecond});
  EXPECT_EQ(run(), (Calls{"tick 10", "in 10000", "tick 3610", "in 3610000 7211000", "tick 3611", "in 3611000"}));
  EXPECT_EQ(outliers_, 1u);
}

TEST_P(FeedTest, ANightWithoutRequests_PassesWithTheThird) {
  inputs_.reserve(4);
  add_ends({10 * kSecond, 40'002 * kSecond, 40'001 * kSecond, 40'003 * kSecond, 40'004 * kSecond});
  EXPECT_EQ(run(),
            (Calls{"tick 10", "in 10000 40001000 40002000", "tick 40001", "in 40003000", "tick 40004", "in 40004000"}));
  EXPECT_EQ(outliers_, 2u);
}

TEST_P(FeedTest, ThreeThatDisagree_DoNotMoveTheClock) {
  inputs_.reserve(4);
  add_ends({10 * kSecond, 90'000 * kSecond, 60'000 * kSecond, 30'000 * kSecond, 11 * kSecond});
  EXPECT_EQ(run(), (Calls{"tick 10", "in 10000 30000000 60000000 90000000", "tick 11", "in 11000"}));
  EXPECT_EQ(outliers_, 3u);
}

TEST_P(FeedTest, FurtherAheadStill_CountsAsAgreement) {
  inputs_.reserve(4);
  add_ends({10 * kSecond, 5000 * kSecond, 90'000 * kSecond, 50'000 * kSecond});
  EXPECT_EQ(run(), (Calls{"tick 10", "in 10000 5000000 90000000", "tick 5000", "in 50000000"}));
}

TEST_P(FeedTest, TheFirstRequestIsAnOutlier_ButDoesNotStartTheClock) {
  inputs_.reserve(4);
  add_ends({90'000 * kSecond, 10 * kSecond, 11 * kSecond, 12 * kSecond});
  EXPECT_EQ(run(), (Calls{"tick 10", "in 10000 90000000", "tick 11", "in 11000", "tick 12", "in 12000"}));
  EXPECT_EQ(outliers_, 1u);
  EXPECT_EQ(request_count_, 4u);
}

TEST_P(FeedTest, AnOutlier_DoesNotHoldBackItsInput) {
  inputs_.reserve(4);
  add_ends({10 * kSecond, 90'000 * kSecond, 12 * kSecond, 14 * kSecond});
  add_ends({11 * kSecond, 13 * kSecond});
  EXPECT_EQ(run(), (Calls{"tick 10", "in 10000 90000000", "tick 11", "in 11000", "tick 12", "in 12000", "tick 13",
                          "in 13000", "tick 14", "in 14000"}));
  EXPECT_EQ(outliers_, 1u);
}

TEST_P(FeedTest, TheInputOfALaterDay_ComesLast_WhateverTheOrderGiven) {
  inputs_.reserve(4);
  add_ends({90'001 * kSecond, 90'002 * kSecond, 90'003 * kSecond, 90'004 * kSecond});
  add_ends({1 * kSecond, 2 * kSecond, 3 * kSecond});
  EXPECT_EQ(run(), (Calls{"tick 1", "in 1000", "tick 2", "in 2000", "tick 3", "in 3000 90001000 90002000", "tick 90001",
                          "in 90003000", "tick 90004", "in 90004000"}));
}

TEST_P(FeedTest, BeyondClockMax_TheOtherSpansOfTheRequestCount) {
  inputs_.reserve(4);
  clock_max_ns_ = 20 * kSecond;
  spans_max_ = 2;
  add(test::joined({test::u32be_frame(test::request(1, 10 * kSecond)),
                    test::u32be_frame(test::joined({test::request(2, 21 * kSecond), test::request(3, 12 * kSecond)})),
                    test::u32be_frame(test::request(4, 30 * kSecond))}));
  EXPECT_EQ(run(), (Calls{"tick 10", "in 10000", "tick 12", "in 21000 30000"}));
  EXPECT_EQ(outliers_, 2u);
}

INSTANTIATE_TEST_SUITE_P(Threads, FeedTest, testing::Values(1u, 2u, 4u));

}  // namespace
}  // namespace entail::cli
