// Every kind of invalid call: each returns its status, and none does harm.
#include <gtest/gtest.h>

#include <limits>

#include "tests/capi/c_engine.hpp"

namespace entail::capi_test {
namespace {

constexpr std::int64_t kTimeMax = std::numeric_limits<std::int64_t>::max();

struct Output {
  std::uint8_t bytes[64] = {};
  char text[64] = {};
  std::size_t size = 0;
  std::uint64_t spans = 0;
  entail_named_count_t counts[64] = {};
  entail_decision_t decision = ENTAIL_DECISION_INIT;
  entail_statistics_t statistics = ENTAIL_STATISTICS_INIT;
};

constexpr std::uint8_t kTraceId[16] = {1};

std::uint32_t accept(void*, const entail_output_t*) { return ENTAIL_ANSWER_ACCEPTED; }
void ignore(void*, const std::uint8_t*, std::size_t, std::uint64_t) {}

// Every function that takes an engine, with arguments that are otherwise valid.
std::vector<entail_status_t> call_all(entail_engine_t* engine, Output& out) {
  return {ingest(engine, ""),
          entail_ingest_otlp_json(engine, "{}", 2, nullptr, nullptr),
          entail_tick(engine, 0, nullptr),
          entail_drain(engine, 0, nullptr),
          entail_offer_output(engine, &out.spans, nullptr),
          entail_poll_batch(engine, out.bytes, sizeof out.bytes, &out.size, &out.spans, nullptr),
          entail_poll_decision(engine, &out.decision, nullptr),
          entail_statistics(engine, &out.statistics, nullptr),
          entail_counts(engine, ENTAIL_COUNTS_LOSSES, out.counts, 64, &out.size, nullptr),
          entail_explain(engine, kTraceId, out.text, sizeof out.text, &out.size, nullptr)};
}

TEST(Arguments, RefusesANullEngine) {
  Output out;
  for (const entail_status_t status : call_all(nullptr, out)) EXPECT_EQ(status, ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_acknowledge(nullptr, 1, ENTAIL_DELIVERY_DELIVERED, nullptr), ENTAIL_E_ARGUMENT);
  entail_engine_close(nullptr);
}

TEST(Arguments, AClosedHandleStaysClosed) {
  entail_engine_t* engine = nullptr;
  ASSERT_EQ(open(nullptr, kErrors, &engine), ENTAIL_OK);
  entail_engine_close(engine);
  for (int others = 0; others < 64; ++others) {
    Output out;
    for (const entail_status_t status : call_all(engine, out)) EXPECT_EQ(status, ENTAIL_E_CLOSED);
    EXPECT_EQ(entail_acknowledge(engine, 1, ENTAIL_DELIVERY_DELIVERED, nullptr), ENTAIL_E_CLOSED);
    entail_engine_close(engine);
    entail_engine_t* other = nullptr;
    ASSERT_EQ(open(nullptr, kErrors, &other), ENTAIL_OK);
    EXPECT_NE(other, engine);
    entail_engine_close(other);
  }
}

TEST(Arguments, ADrainedEngineRefusesInput) {
  const OpenEngine engine;
  ASSERT_EQ(ingest(engine, request_of({span_of(1, true)})), ENTAIL_OK);
  ASSERT_EQ(entail_drain(engine, 5, nullptr), ENTAIL_OK);
  EXPECT_EQ(ingest(engine, request_of({span_of(2, true)})), ENTAIL_E_CLOSED);
  EXPECT_EQ(entail_tick(engine, 6, nullptr), ENTAIL_E_CLOSED);
  EXPECT_EQ(entail_drain(engine, 6, nullptr), ENTAIL_E_CLOSED);
  EXPECT_EQ(statistics_of(engine).spans_emitted, 1u);
}

TEST(Arguments, RefusesNullWhereAValueIsRequired) {
  const OpenEngine engine;
  Output out;
  entail_engine_t* opened = engine;
  EXPECT_EQ(open(nullptr, {}, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_engine_open(nullptr, nullptr, 1, &opened, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(opened, nullptr);
  EXPECT_EQ(entail_engine_open(nullptr, nullptr, 0, &opened, nullptr), ENTAIL_E_CONFIG);
  EXPECT_EQ(entail_config_check(nullptr, 1, nullptr, nullptr, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_config_check(nullptr, 0, nullptr, nullptr, nullptr), ENTAIL_E_CONFIG);
  EXPECT_EQ(entail_ingest_otlp(engine, nullptr, 1, nullptr, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_ingest_otlp(engine, nullptr, 0, nullptr, nullptr), ENTAIL_OK);
  EXPECT_EQ(entail_ingest_otlp_json(engine, nullptr, 1, nullptr, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_ingest_otlp_json(engine, nullptr, 0, nullptr, nullptr), ENTAIL_E_MALFORMED);
  EXPECT_EQ(entail_poll_batch(engine, nullptr, 1, &out.size, nullptr, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_poll_batch(engine, out.bytes, 1, nullptr, nullptr, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_poll_decision(engine, nullptr, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_statistics(engine, nullptr, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_counts(engine, 0, nullptr, 1, &out.size, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_counts(engine, 0, out.counts, 1, nullptr, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_counts(engine, 7, out.counts, 1, &out.size, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_loss_info(0, nullptr, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_explain(engine, nullptr, out.text, 1, &out.size, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_explain(engine, kTraceId, nullptr, 1, &out.size, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_explain(engine, kTraceId, out.text, 1, nullptr, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_otlp_to_json(nullptr, 1, out.text, 1, &out.size, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_otlp_to_json(out.bytes, 0, nullptr, 1, &out.size, nullptr), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_otlp_to_json(out.bytes, 0, out.text, 1, nullptr, nullptr), ENTAIL_E_ARGUMENT);
}

TEST(Arguments, RefusesOtherInterfaceVersionsFirst) {
  entail_error_t error = ENTAIL_ERROR_INIT;
  for (const std::uint32_t version : {0u, 1u, ENTAIL_ABI_VERSION + 1, (ENTAIL_ABI_MAJOR + 1) << 16, ~0u}) {
    entail_engine_t* engine = reinterpret_cast<entail_engine_t*>(&error);
    EXPECT_EQ(entail_engine_open_abi(version, nullptr, kErrors.data(), kErrors.size(), &engine, &error), ENTAIL_E_ABI);
    EXPECT_EQ(engine, nullptr);
    EXPECT_EQ(error.status, ENTAIL_E_ABI);
    EXPECT_EQ(entail_engine_open_abi(version, nullptr, nullptr, 1, nullptr, nullptr), ENTAIL_E_ABI);
  }
}

TEST(Arguments, RefusesNumbersOutOfRange) {
  entail_engine_t* engine = nullptr;
  entail_error_t error = ENTAIL_ERROR_INIT;
  entail_open_options_t options = ENTAIL_OPEN_OPTIONS_INIT;
  options.flags = 2;
  EXPECT_EQ(open(&options, kErrors, &engine, &error), ENTAIL_E_ARGUMENT);
  options = ENTAIL_OPEN_OPTIONS_INIT;
  options.reserved = 1;
  EXPECT_EQ(open(&options, kErrors, &engine, &error), ENTAIL_E_ARGUMENT);
  options = ENTAIL_OPEN_OPTIONS_INIT;
  options.ingest_lanes_max = 257;
  EXPECT_EQ(open(&options, kErrors, &engine, &error), ENTAIL_E_ARGUMENT);
  options.ingest_lanes_max = 256;
  EXPECT_EQ(open(&options, kErrors, &engine, &error), ENTAIL_OK);
  EXPECT_EQ(entail_acknowledge(engine, 1, 2, &error), ENTAIL_E_ARGUMENT);
  EXPECT_EQ(entail_acknowledge(engine, 1, ENTAIL_DELIVERY_FAILED, &error), ENTAIL_E_NOT_FOUND);
  entail_engine_close(engine);
  options.on_batch = ignore;
  options.on_output = accept;
  EXPECT_EQ(open(&options, kErrors, &engine, &error), ENTAIL_E_ARGUMENT);
}

TEST(Arguments, ReportsTheOffsetOfBadInput) {
  const OpenEngine engine;
  entail_error_t error = ENTAIL_ERROR_INIT;
  const std::string good = request_of({span_of(1, true)});
  EXPECT_EQ(ingest(engine, std::string_view(good).substr(0, good.size() - 1), &error), ENTAIL_E_MALFORMED);
  EXPECT_EQ(error.status, ENTAIL_E_MALFORMED);
  EXPECT_GT(std::string(error.message).size(), 10u);
  entail_ingest_receipt_t receipt = ENTAIL_INGEST_RECEIPT_INIT;
  receipt.spans = 7;
  EXPECT_EQ(entail_ingest_otlp_json(engine, "{\"resourceSpans\":3}", 19, &receipt, &error), ENTAIL_E_MALFORMED);
  EXPECT_GT(error.offset, 0u);
  EXPECT_EQ(receipt.spans, 0u);
  EXPECT_EQ(statistics_of(engine).spans_received, 0u);

  entail_engine_t* other = nullptr;
  EXPECT_EQ(open(nullptr, "retain:\n  windou: 5s\n" + std::string(kErrors), &other, &error), ENTAIL_E_CONFIG);
  EXPECT_EQ(error.line, 2u);
  EXPECT_EQ(error.column, 3u);
  EXPECT_EQ(open(nullptr, std::string_view("a\0: \xff[{", 7), &other, &error), ENTAIL_E_CONFIG);
}

TEST(Arguments, AcceptsAnyTime) {
  const OpenEngine engine;
  entail_error_t error = ENTAIL_ERROR_INIT;
  EXPECT_EQ(entail_tick(engine, -1, &error), ENTAIL_E_TIME_REVERSED);
  EXPECT_EQ(entail_tick(engine, std::numeric_limits<std::int64_t>::min(), &error), ENTAIL_E_TIME_REVERSED);
  ASSERT_EQ(ingest(engine, request_of({span_of(1, true, {2})})), ENTAIL_OK);
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(entail_tick(engine, kTimeMax, &error), ENTAIL_OK);
    ASSERT_EQ(ingest(engine, request_of({span_of(2, false, {3}), span_of(4, true)})), ENTAIL_OK);
  }
  EXPECT_EQ(entail_tick(engine, kTimeMax - 10, &error), ENTAIL_E_TIME_REVERSED);
  ASSERT_EQ(entail_drain(engine, kTimeMax, &error), ENTAIL_OK);
  expect_conserved(statistics_of(engine));
  EXPECT_EQ(statistics_of(engine).spans_held, 0u);
}

TEST(Arguments, ReceiptCountsSpansRefusedForTheirIds) {
  const OpenEngine engine;
  workload::Span nameless = span_of(2, true);
  nameless.trace_id.clear();
  const std::string bytes = request_of({span_of(1, true), nameless, span_of(3, true), nameless});
  entail_ingest_receipt_t receipt = ENTAIL_INGEST_RECEIPT_INIT;
  const auto take = [&] {
    return entail_ingest_otlp(engine, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), &receipt,
                              nullptr);
  };
  EXPECT_EQ(take(), ENTAIL_OK);
  EXPECT_EQ(receipt.spans, 4u);
  EXPECT_EQ(receipt.spans_rejected, 2u);
  EXPECT_EQ(statistics_of(engine).spans_rejected, 2u);
  ASSERT_EQ(entail_drain(engine, 1, nullptr), ENTAIL_OK);
  EXPECT_EQ(take(), ENTAIL_E_CLOSED);
  EXPECT_EQ(receipt.spans_rejected, 0u);
}

TEST(Arguments, SkipsJsonOfAnotherSignal) {
  const OpenEngine engine;
  const std::string logs = R"({"resourceLogs":[]})";
  entail_ingest_receipt_t receipt = ENTAIL_INGEST_RECEIPT_INIT;
  EXPECT_EQ(entail_ingest_otlp_json(engine, logs.data(), logs.size(), &receipt, nullptr), ENTAIL_OK);
  EXPECT_EQ(receipt.signal, ENTAIL_SIGNAL_LOGS);
}

}  // namespace
}  // namespace entail::capi_test
