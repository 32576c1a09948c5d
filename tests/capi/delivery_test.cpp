// on_output, entail_acknowledge() and entail_offer_output(): the answers of entail/batch_sink.hpp, from C.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <thread>

#include "tests/capi/c_engine.hpp"

namespace entail::capi_test {
namespace {

constexpr std::string_view kAtOnce =
    "tail_sampling: {decision_wait: 0s, policies: [{name: errors, type: status_code, status_code: {status_codes: "
    "[ERROR]}}]}\nmemory_limit: 16MiB";

struct Offer {
  std::uint64_t id = 0;
  std::string bytes;
  const std::uint8_t* data = nullptr;
  std::vector<entail_output_trace_t> traces;
};

struct Receiver {
  entail_engine_t* engine = nullptr;
  std::vector<Offer> offers;
  std::function<std::uint32_t(const entail_output_t&)> answer = [](const auto&) { return ENTAIL_ANSWER_ACCEPTED; };
};

std::uint32_t receive(void* user, const entail_output_t* batch) {
  auto& receiver = *static_cast<Receiver*>(user);
  EXPECT_EQ(batch->struct_size, sizeof *batch);
  receiver.offers.push_back({batch->id,
                             {reinterpret_cast<const char*>(batch->traces_data), batch->traces_data_size},
                             batch->traces_data,
                             {batch->traces, batch->traces + batch->trace_count}});
  return receiver.answer(*batch);
}

entail_open_options_t options_of(Receiver& receiver) {
  entail_open_options_t options = ENTAIL_OPEN_OPTIONS_INIT;
  options.user = &receiver;
  options.on_output = receive;
  return options;
}

void keep(entail_engine_t* engine, unsigned trace, std::int64_t second) {
  ASSERT_EQ(ingest(engine, request_of({span_of(trace, true)})), ENTAIL_OK);
  ASSERT_EQ(entail_tick(engine, second * kSecond, nullptr), ENTAIL_OK);
}

std::vector<std::uint64_t> ids(const Receiver& receiver) {
  std::vector<std::uint64_t> ids;
  for (const Offer& offer : receiver.offers) ids.push_back(offer.id);
  return ids;
}

TEST(Delivery, GivesEachTraceAsAMessageOfItsOwn) {
  Receiver receiver;
  const OpenEngine engine(options_of(receiver), kAtOnce);
  ASSERT_EQ(ingest(engine, request_of({span_of(1, true, {2}), span_of(3, true), span_of(1, false), span_of(4, false)})),
            ENTAIL_OK);
  ASSERT_EQ(entail_tick(engine, kSecond, nullptr), ENTAIL_OK);
  ASSERT_EQ(ingest(engine, request_of({span_of(3, false)})), ENTAIL_OK);
  ASSERT_EQ(entail_tick(engine, 2 * kSecond, nullptr), ENTAIL_OK);
  ASSERT_EQ(receiver.offers.size(), 2u);
  const auto& traces = receiver.offers[0].traces;
  ASSERT_EQ(traces.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    workload::Request message;
    ASSERT_TRUE(
        workload::decode(std::string_view(receiver.offers[0].bytes).substr(traces[i].offset, traces[i].size), message));
    EXPECT_EQ(std::memcmp(traces[i].trace_id, span_of(i == 0 ? 1 : 3, true).trace_id.data(), 16), 0);
    std::size_t spans = 0;
    for (const workload::SpanGroup& group : message.groups) spans += group.spans.size();
    EXPECT_EQ(spans, i == 0 ? 2u : 1u);
    EXPECT_EQ(traces[i].span_count, spans);
    EXPECT_EQ(traces[i].flags, ENTAIL_OUTPUT_FIRST);
  }
  ASSERT_EQ(receiver.offers[1].traces.size(), 1u);
  EXPECT_EQ(receiver.offers[1].traces[0].flags, 0u);  // a late span
  EXPECT_EQ(statistics_of(engine).spans_emitted, 4u);
}

TEST(Delivery, SaysThatATraceContinuesInTheNextBatch) {
  Receiver receiver;
  entail_open_options_t options = options_of(receiver);
  options.output_batch_bytes_max = 1;
  const OpenEngine engine(options, kAtOnce);
  ASSERT_EQ(ingest(engine, request_of({span_of(1, true), span_of(1, true)})), ENTAIL_OK);
  ASSERT_EQ(entail_tick(engine, kSecond, nullptr), ENTAIL_OK);
  ASSERT_EQ(receiver.offers.size(), 2u);
  EXPECT_EQ(receiver.offers[0].traces[0].flags, ENTAIL_OUTPUT_FIRST | ENTAIL_OUTPUT_CONTINUES);
  EXPECT_EQ(receiver.offers[1].traces[0].flags, ENTAIL_OUTPUT_FIRST);
}

TEST(Delivery, OffersDeclinedBatchesAgain_UnknownAnswersAmongThem) {
  Receiver receiver;
  const OpenEngine engine(options_of(receiver), kAtOnce);
  std::uint32_t answer = ENTAIL_ANSWER_DECLINED;
  receiver.answer = [&](const auto&) { return answer; };
  keep(engine, 1, 1);
  answer = 77;
  keep(engine, 2, 2);
  entail_statistics_t counts = statistics_of(engine);
  EXPECT_EQ(counts.output_waiting_batches, 2u);
  EXPECT_EQ(counts.output_waiting_spans, 2u);
  EXPECT_GT(counts.output_waiting_bytes, receiver.offers[0].bytes.size());
  EXPECT_EQ(counts.output_unacknowledged_batches, 0u);
  EXPECT_EQ(counts.output_repeated_offers, 1u);
  EXPECT_EQ(counts.spans_held, 2u);
  expect_conserved(counts);
  ASSERT_EQ(entail_drain(engine, 3 * kSecond, nullptr), ENTAIL_OK);
  std::uint64_t waiting = 0;
  EXPECT_EQ(entail_offer_output(engine, &waiting, nullptr), ENTAIL_OK);
  EXPECT_EQ(waiting, 2u);
  answer = ENTAIL_ANSWER_ACCEPTED;
  EXPECT_EQ(entail_offer_output(engine, &waiting, nullptr), ENTAIL_OK);
  EXPECT_EQ(waiting, 0u);
  EXPECT_EQ(ids(receiver), (std::vector<std::uint64_t>{1, 1, 1, 1, 1, 2}));
  counts = statistics_of(engine);
  EXPECT_EQ(counts.spans_emitted, 2u);
  EXPECT_EQ(counts.output_waiting_bytes, 0u);
  expect_conserved(counts);
}

TEST(Delivery, DeferredBytesStayUntilTheyAreAcknowledged) {
  Receiver receiver;
  const OpenEngine engine(options_of(receiver), kAtOnce);
  receiver.answer = [](const auto&) { return ENTAIL_ANSWER_DEFERRED; };
  for (unsigned i = 1; i <= 3; ++i) keep(engine, i, i);
  EXPECT_EQ(statistics_of(engine).output_unacknowledged_batches, 3u);
  EXPECT_EQ(entail_acknowledge(engine, 2, ENTAIL_DELIVERY_DELIVERED, nullptr), ENTAIL_OK);
  for (const std::size_t i : {0, 2})
    EXPECT_EQ(std::memcmp(receiver.offers[i].data, receiver.offers[i].bytes.data(), receiver.offers[i].bytes.size()),
              0);
  std::thread([&] { EXPECT_EQ(entail_acknowledge(engine, 3, ENTAIL_DELIVERY_FAILED, nullptr), ENTAIL_OK); }).join();
  entail_error_t error = ENTAIL_ERROR_INIT;
  for (const std::uint64_t id : {0, 2, 3, 4}) {
    EXPECT_EQ(entail_acknowledge(engine, id, ENTAIL_DELIVERY_DELIVERED, &error), ENTAIL_E_NOT_FOUND);
    EXPECT_EQ(error.status, ENTAIL_E_NOT_FOUND);
  }
  keep(engine, 4, 4);
  EXPECT_EQ(ids(receiver), (std::vector<std::uint64_t>{1, 2, 3, 3, 4}));
  EXPECT_EQ(statistics_of(engine).spans_emitted, 1u);
  expect_conserved(statistics_of(engine));
}

// A callback may acknowledge, and call nothing else of its engine.
TEST(Delivery, ACallbackMayAcknowledge) {
  Receiver receiver;
  const OpenEngine engine(options_of(receiver), kAtOnce);
  std::vector<entail_status_t> statuses;
  receiver.answer = [&](const entail_output_t& batch) {
    statuses = {entail_acknowledge(engine, batch.id, ENTAIL_DELIVERY_DELIVERED, nullptr),
                entail_offer_output(engine, nullptr, nullptr), entail_tick(engine, 9 * kSecond, nullptr),
                ingest(engine, "")};
    return ENTAIL_ANSWER_DEFERRED;
  };
  keep(engine, 1, 1);
  EXPECT_EQ(statuses, (std::vector<entail_status_t>{ENTAIL_OK, ENTAIL_E_BUSY, ENTAIL_E_BUSY, ENTAIL_E_BUSY}));
  EXPECT_EQ(statistics_of(engine).spans_emitted, 1u);
  EXPECT_EQ(statistics_of(engine).output_waiting_batches, 0u);
}

TEST(Delivery, LossesAreNamed) {
  Receiver receiver;
  const OpenEngine engine(options_of(receiver), kAtOnce);
  receiver.answer = [](const auto&) { return ENTAIL_ANSWER_DECLINED; };
  for (unsigned i = 1; i <= 30; ++i) {
    workload::Span span = span_of(i, true);
    span.name = std::string(100'000, 'n');
    ASSERT_EQ(ingest(engine, request_of({span})), ENTAIL_OK);
    ASSERT_EQ(entail_tick(engine, i * kSecond, nullptr), ENTAIL_OK);
    expect_conserved(statistics_of(engine));
  }
  entail_named_count_t counts[64];
  std::size_t count = 0;
  ASSERT_EQ(entail_counts(engine, ENTAIL_COUNTS_SPANS_LOST, counts, 64, &count, nullptr), ENTAIL_OK);
  ASSERT_EQ(count, 1u);
  EXPECT_STREQ(counts[0].name, "output_full");
  EXPECT_EQ(counts[0].count + statistics_of(engine).output_waiting_spans, 30u);
  EXPECT_GT(counts[0].count, 15u);
}

}  // namespace
}  // namespace entail::capi_test
