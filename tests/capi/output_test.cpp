// Output: the same by callback and by polling; a decision's struct and its JSON agree; callbacks may not reenter.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstring>

#include "entail/types.hpp"
#include "tests/capi/c_engine.hpp"

namespace entail::capi_test {
namespace {

struct Received {
  std::vector<std::string> batches;
  std::vector<Decision> decisions;
  std::uint64_t spans = 0;
};

void tell_batch(void* user, const std::uint8_t* bytes, std::size_t size, std::uint64_t spans) {
  auto& received = *static_cast<Received*>(user);
  received.batches.emplace_back(reinterpret_cast<const char*>(bytes), size);
  received.spans += spans;
}

void tell_decision(void* user, const entail_decision_t* decision) {
  static_cast<Received*>(user)->decisions.push_back(copy_of(*decision));
}

entail_open_options_t with_callbacks(Received& received) {
  entail_open_options_t options = ENTAIL_OPEN_OPTIONS_INIT;
  options.user = &received;
  options.on_batch = tell_batch;
  options.on_decision = tell_decision;
  options.output_batch_bytes_max = 200;
  return options;
}

// Errors in every fifth trace, chains of links, and two ticks, so that there are origins, hops, drops and revivals.
void feed(entail_engine_t* engine) {
  std::vector<workload::Span> spans;
  for (unsigned i = 1; i <= 40; ++i)
    spans.push_back(span_of(i, i % 5 == 0, i % 2 == 0 ? std::vector{i + 1, i + 7} : std::vector<unsigned>{}));
  ASSERT_EQ(ingest(engine, request_of(spans)), ENTAIL_OK);
  ASSERT_EQ(entail_tick(engine, 40 * kSecond, nullptr), ENTAIL_OK);
  ASSERT_EQ(ingest(engine, request_of({span_of(100, true, {1, 3, 41})})), ENTAIL_OK);
  ASSERT_EQ(entail_drain(engine, 50 * kSecond, nullptr), ENTAIL_OK);
}

TEST(Output, IsTheSame_ByCallbackAndByPolling) {
  Received called;
  const OpenEngine calling(with_callbacks(called), kErrors);
  feed(calling);
  entail_open_options_t options = ENTAIL_OPEN_OPTIONS_INIT;
  options.flags = ENTAIL_OPEN_POLL_DECISIONS;
  options.output_batch_bytes_max = 200;
  const OpenEngine polling(options, kErrors);
  feed(polling);
  EXPECT_GT(statistics_of(polling).waiting_bytes, 1000u);
  Received polled;
  poll_all(polling, polled.batches, polled.decisions);
  EXPECT_EQ(statistics_of(polling).waiting_bytes, 0u);
  EXPECT_EQ(statistics_of(calling).waiting_bytes, 0u);

  EXPECT_GT(called.batches.size(), 2u);
  EXPECT_EQ(called.batches, polled.batches);
  EXPECT_EQ(called.spans, statistics_of(calling).spans_emitted);
  ASSERT_GE(called.decisions.size(), 41u);
  ASSERT_EQ(called.decisions.size(), polled.decisions.size());
  for (std::size_t i = 0; i < called.decisions.size(); ++i) {
    const Decision& a = called.decisions[i];
    const Decision& b = polled.decisions[i];
    EXPECT_EQ(std::memcmp(&a.plain, &b.plain, offsetof(entail_decision_t, reason)), 0) << a.json;
    EXPECT_EQ(std::tie(a.reason, a.policy, a.loss, a.path, a.linked, a.json),
              std::tie(b.reason, b.policy, b.loss, b.path, b.linked, b.json));
  }
}

std::string hex(const std::uint8_t* id) { return workload::hex_of({reinterpret_cast<const char*>(id), 16}); }

std::string text_or_empty(simdjson::dom::element value) {
  return value.is_null() ? std::string() : std::string(value.get_c_str().value());
}

void expect_ids(simdjson::dom::element list, const std::string& bytes) {
  std::string joined;
  if (!list.is_null())
    for (const simdjson::dom::element id : list.get_array()) joined += std::string(id.get_string().value());
  EXPECT_EQ(joined, workload::hex_of(bytes));
}

// The numbers alone: texts are borrowed until the callback returns (c_test.c reads them).
void expect_equal_detail(const entail_decision_t& plain, simdjson::dom::element json) {
  ASSERT_NE(plain.flags & ENTAIL_DECISION_HAS_DETAIL, 0u);
  EXPECT_EQ(!json["start"].is_null(), (plain.flags & ENTAIL_DECISION_HAS_START) != 0);
  EXPECT_EQ(!json["duration_ms"].is_null(), (plain.flags & ENTAIL_DECISION_HAS_DURATION) != 0);
  EXPECT_EQ(!json["error"].is_null(), (plain.flags & ENTAIL_DECISION_HAS_ERROR) != 0);
  if (!json["duration_ms"].is_null()) {
    EXPECT_NEAR(json["duration_ms"].get_double().value(), static_cast<double>(plain.duration_ns) / 1e6, 1e-6);
  }
  EXPECT_EQ(json["errors"].get_uint64().value(), plain.errors);
  EXPECT_EQ(json["bytes"].get_uint64().value(), plain.bytes);
  EXPECT_EQ(json["services"].get_array().size(), plain.service_count);
  EXPECT_EQ(json["nearest"].get_array().size(), plain.nearest_count);
}

void expect_equal(const Decision& decision, simdjson::dom::element json) {
  const entail_decision_t& plain = decision.plain;
  constexpr const char* kVerdicts[] = {"undecided", "drop", "keep"};
  constexpr const char* kDirections[] = {"", "linked", "linking", "mixed"};
  EXPECT_EQ(text_or_empty(json["trace_id"]), hex(plain.trace_id));
  EXPECT_EQ(text_or_empty(json["verdict"]), kVerdicts[plain.verdict]);
  EXPECT_EQ(text_or_empty(json["direction"]), kDirections[plain.direction]);
  EXPECT_EQ(text_or_empty(json["reason"]), decision.reason);
  EXPECT_EQ(text_or_empty(json["policy"]), decision.policy);
  EXPECT_EQ(text_or_empty(json["loss"]), decision.loss);
  const bool has_origin = (plain.flags & ENTAIL_DECISION_HAS_ORIGIN) != 0;
  EXPECT_EQ(text_or_empty(json["origin_trace_id"]), has_origin ? hex(plain.origin_trace_id) : "");
  EXPECT_EQ(json["origin"].get_bool().value(), (plain.flags & ENTAIL_DECISION_ORIGIN) != 0);
  EXPECT_EQ(json["revived"].get_bool().value(), (plain.flags & ENTAIL_DECISION_REVIVED) != 0);
  EXPECT_EQ(!json["hops"].is_null(), (plain.flags & ENTAIL_DECISION_HAS_HOPS) != 0);
  EXPECT_EQ(json["hops"].is_null() ? 0 : json["hops"].get_uint64().value(), plain.hops);
  EXPECT_EQ(json["revision"].get_uint64().value(), plain.revision);
  EXPECT_EQ(json["spans"].get_uint64().value(), plain.spans);
  expect_equal_detail(plain, json);
  EXPECT_EQ(json["not_followed"].get_uint64().value(), plain.not_followed);
  EXPECT_EQ(json["links_dropped_upstream"].get_uint64().value(), plain.links_dropped_upstream);
  EXPECT_EQ(json["linked_total"].get_uint64().value(), plain.linked_total);
  expect_ids(json["path"], decision.path);
  expect_ids(json["linked"], decision.linked);
}

TEST(Output, ADecisionAndItsJsonAgree) {
  Received received;
  const OpenEngine engine(with_callbacks(received), kErrors);
  feed(engine);
  simdjson::dom::parser parser;
  std::uint32_t flags = 0;
  std::uint64_t hops = 0, linked = 0;
  for (const Decision& decision : received.decisions) {
    SCOPED_TRACE(decision.json);
    simdjson::dom::element json;
    ASSERT_EQ(parser.parse(decision.json).get(json), simdjson::SUCCESS);
    expect_equal(decision, json);
    flags |= decision.plain.flags;
    hops += decision.plain.hops;
    linked += decision.plain.linked_count;
  }
  EXPECT_EQ(flags, ENTAIL_DECISION_ORIGIN | ENTAIL_DECISION_REVIVED | ENTAIL_DECISION_HAS_ORIGIN |
                       ENTAIL_DECISION_HAS_HOPS | ENTAIL_DECISION_HAS_DETAIL | ENTAIL_DECISION_HAS_START |
                       ENTAIL_DECISION_HAS_DURATION | ENTAIL_DECISION_HAS_ERROR);
  EXPECT_GT(hops, 0u);
  EXPECT_GT(linked, 0u);
}

TEST(Output, ATooSmallBufferLosesNothing) {
  const OpenEngine engine;
  feed(engine);
  std::string batch(1 << 16, '\0');
  const auto poll = [&](std::size_t capacity, std::size_t* size, std::uint64_t* spans) {
    return entail_poll_batch(engine, reinterpret_cast<std::uint8_t*>(batch.data()), capacity, size, spans, nullptr);
  };
  std::size_t needed = 0, size = 0;
  std::uint64_t spans = 0;
  ASSERT_EQ(poll(0, &needed, &spans), ENTAIL_E_BUFFER);
  ASSERT_GT(needed, 100u);
  EXPECT_EQ(poll(needed - 1, &size, &spans), ENTAIL_E_BUFFER);
  EXPECT_EQ(size, needed);
  EXPECT_EQ(batch.front(), '\0');
  EXPECT_EQ(poll(needed, &size, &spans), ENTAIL_OK);
  EXPECT_EQ(size, needed);
  EXPECT_GT(spans, 0u);
  workload::Request request;
  EXPECT_TRUE(workload::decode(std::string_view(batch).substr(0, size), request));

  std::string json(1 << 16, '\0');
  const auto print = [&](std::size_t capacity) {
    return entail_otlp_to_json(reinterpret_cast<const std::uint8_t*>(batch.data()), needed, json.data(), capacity,
                               &size, nullptr);
  };
  EXPECT_EQ(print(10), ENTAIL_E_BUFFER);
  EXPECT_EQ(print(size), ENTAIL_OK);
  EXPECT_TRUE(json.starts_with("{\"resourceSpans\":"));
  EXPECT_EQ(entail_otlp_to_json(reinterpret_cast<const std::uint8_t*>("\xff"), 1, json.data(), 100, &size, nullptr),
            ENTAIL_E_MALFORMED);
}

TEST(Output, ExplainsATraceAndItsNeighbours) {
  const OpenEngine engine;
  feed(engine);
  const std::string id = span_of(100, true).trace_id;
  char text[4096];
  std::size_t size = 0;
  const auto explain = [&](const std::string& trace, std::size_t capacity) {
    return entail_explain(engine, reinterpret_cast<const std::uint8_t*>(trace.data()), text, capacity, &size, nullptr);
  };
  ASSERT_EQ(explain(id, 1), ENTAIL_E_BUFFER);
  ASSERT_EQ(explain(id, size), ENTAIL_OK);
  simdjson::dom::parser parser;
  simdjson::dom::element json;
  ASSERT_EQ(parser.parse(std::string(text, size)).get(json), simdjson::SUCCESS);
  EXPECT_EQ(text_or_empty(json["trace_id"]), workload::hex_of(id));
  EXPECT_EQ(text_or_empty(json["verdict"]), "keep");
  EXPECT_EQ(json["linked_states"].get_array().size(), 3u);
  EXPECT_EQ(json["linking_states"].get_array().size(), 0u);
  EXPECT_EQ(json["linked_total"].get_uint64().value(), 3u);
  EXPECT_EQ(json["linking_total"].get_uint64().value(), 0u);
  EXPECT_EQ(explain(std::string(16, '\7'), sizeof text), ENTAIL_E_NOT_FOUND);
  EXPECT_EQ(explain(std::string(16, '\0'), sizeof text), ENTAIL_E_NOT_FOUND);
}

TEST(Output, ReportsLanesProcessAndSeed) {
  entail_engine_t* engine = nullptr;
  const std::string yaml = std::string(kErrors) + "\nlinks: {propagate: {rank_seed: 4294967299}}\n";
  ASSERT_EQ(open(nullptr, yaml, &engine), ENTAIL_OK);
  const entail_statistics_t statistics = statistics_of(engine);
  EXPECT_EQ(statistics.rank_seed, 4'294'967'299u);
  EXPECT_GT(statistics.memory_process_peak_bytes, 1'000'000u);
  EXPECT_EQ(statistics.lanes_in_use, 0u);
  EXPECT_EQ(statistics.lanes_stalled, 0u);
  EXPECT_EQ(statistics.lanes_stalled_ticks, 0u);
  entail_engine_close(engine);
}

TEST(Output, ReportsEveryTableOfCounts) {
  const OpenEngine engine;
  workload::Span bad = span_of(1, true, {2});
  bad.links[0].trace_id = "short";
  workload::Span refused = span_of(3, true);
  refused.trace_id = std::string(16, '\0');
  ASSERT_EQ(ingest(engine, request_of({bad, refused, span_of(4, false), span_of(6, true, {4})})), ENTAIL_OK);
  ASSERT_EQ(entail_drain(engine, 1, nullptr), ENTAIL_OK);
  entail_named_count_t counts[64];
  std::size_t count = 0;
  const auto read = [&](std::uint32_t table) {
    EXPECT_EQ(entail_counts(engine, table, counts, 64, &count, nullptr), ENTAIL_OK);
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
      if (counts[i].count != 0) text += std::string(counts[i].name) + "=" + std::to_string(counts[i].count) + " ";
    return text;
  };
  EXPECT_EQ(read(ENTAIL_COUNTS_LOSSES), "wrong_length=1 all_zero=1 ");
  entail_loss_info_t info = ENTAIL_LOSS_INFO_INIT;
  for (std::uint32_t i = 0; i < count; ++i) {
    ASSERT_EQ(entail_loss_info(i, &info, nullptr), ENTAIL_OK);
    EXPECT_STREQ(info.name, counts[i].name);
  }
  EXPECT_EQ(entail_loss_info(static_cast<std::uint32_t>(count), &info, nullptr), ENTAIL_E_NOT_FOUND);
  EXPECT_EQ(read(ENTAIL_COUNTS_KEPT_BY_POLICY), "errors=2 ");
  EXPECT_EQ(read(ENTAIL_COUNTS_SPANS_REJECTED), "all_zero=1 ");
  EXPECT_EQ(read(ENTAIL_COUNTS_LINKS_INVALID), "wrong_length=1 ");
  EXPECT_EQ(read(ENTAIL_COUNTS_SPANS_LOST), "");
  EXPECT_EQ(read(ENTAIL_COUNTS_KEPT_BY_LINK), "linked/1=1 ");
  EXPECT_EQ(read(ENTAIL_COUNTS_KEPT_BY_LAG), "1=3 ");
  EXPECT_EQ(count, 15u);
  EXPECT_STREQ(counts[14].name, "+Inf");
  std::memset(counts, 0, sizeof counts);
  EXPECT_EQ(entail_counts(engine, ENTAIL_COUNTS_LOSSES, counts, 2, &count, nullptr), ENTAIL_E_BUFFER);
  EXPECT_GT(count, 10u);
  EXPECT_NE(counts[1].name, nullptr);
  EXPECT_EQ(counts[2].name, nullptr);
  expect_conserved(statistics_of(engine));
}

struct Recursive {
  entail_engine_t* own = nullptr;
  entail_engine_t* other = nullptr;
  std::vector<entail_status_t> answers;
};

TEST(Output, ACallbackMayFeedAnotherEngineButNotItsOwn) {
  Recursive both;
  entail_open_options_t options = ENTAIL_OPEN_OPTIONS_INIT;
  options.user = &both;
  options.on_batch = [](void* user, const std::uint8_t* bytes, std::size_t size, std::uint64_t) {
    auto& engines = *static_cast<Recursive*>(user);
    entail_statistics_t statistics = ENTAIL_STATISTICS_INIT;
    entail_engine_close(engines.own);  // has no effect
    engines.answers = {entail_ingest_otlp(engines.own, bytes, size, nullptr, nullptr),
                       entail_tick(engines.own, 9 * kSecond, nullptr),
                       entail_statistics(engines.own, &statistics, nullptr),
                       entail_ingest_otlp(engines.other, bytes, size, nullptr, nullptr),
                       entail_tick(engines.other, 9 * kSecond, nullptr),
                       entail_ingest_otlp(engines.own, bytes, size, nullptr, nullptr)};
  };
  const OpenEngine own(options, kErrors);
  const OpenEngine other;
  both.own = own;
  both.other = other;
  ASSERT_EQ(ingest(own, request_of({span_of(1, true)})), ENTAIL_OK);
  ASSERT_EQ(entail_tick(own, 40 * kSecond, nullptr), ENTAIL_OK);
  EXPECT_EQ(both.answers, std::vector<entail_status_t>(
                              {ENTAIL_E_BUSY, ENTAIL_E_BUSY, ENTAIL_E_BUSY, ENTAIL_OK, ENTAIL_OK, ENTAIL_E_BUSY}));
  EXPECT_EQ(statistics_of(own).spans_emitted, 1u);
  EXPECT_EQ(statistics_of(other).spans_received, 1u);
  EXPECT_EQ(ingest(own, request_of({span_of(2, true)})), ENTAIL_OK);
}

}  // namespace
}  // namespace entail::capi_test
