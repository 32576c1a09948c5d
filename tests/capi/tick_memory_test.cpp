// A tick when memory runs out, at every allocation in turn: it decides as usual, or reports that it closed the engine,
// and everything it held is counted as lost.
#include <gtest/gtest.h>

#include "tests/capi/c_engine.hpp"
#include "tests/capi/failing_memory.hpp"

namespace entail::capi_test {
namespace {

constexpr std::string_view kConfig = R"(
memory_limit: 16MiB
tail_sampling:
  decision_wait: 2s
  policies:
    - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
links: {sample: {max_links_per_span: 8}}
)";

struct Output {
  std::uint64_t spans = 0;
  std::uint64_t decisions = 0;
};

// A chain of 40 traces with an error in every tenth, and one truncated span.
std::string first_request() {
  std::vector<workload::Span> spans;
  for (unsigned i = 1; i <= 40; ++i) spans.push_back(span_of(i, i % 10 == 0, {i + 1}));
  std::vector<unsigned> many(40);
  for (unsigned i = 0; i < many.size(); ++i) many[i] = 1 + i;
  spans.push_back(span_of(500, false, many));
  return request_of(std::move(spans));
}

// Arrives when the first is decided: revives some traces, and has late spans of kept and dropped ones.
std::string second_request() {
  std::vector<workload::Span> spans;
  for (unsigned i = 5; i <= 60; i += 5) spans.push_back(span_of(i, i == 45, {i + 3}));
  return request_of(std::move(spans));
}

entail_status_t run(entail_engine_t* engine, const std::string& first, const std::string& later) {
  entail_status_t status = ingest(engine, first);
  for (std::int64_t second = 1; second <= 6; ++second) {
    if (second == 4 && status == ENTAIL_OK) status = ingest(engine, later);
    if (status != ENTAIL_OK) return status;
    status = entail_tick(engine, second * kSecond, nullptr);
  }
  return status == ENTAIL_OK ? entail_drain(engine, 7 * kSecond, nullptr) : status;
}

void count_batch(void* user, const std::uint8_t*, std::size_t, std::uint64_t span_count) {
  static_cast<Output*>(user)->spans += span_count;
}
void count_decision(void* user, const entail_decision_t*) { ++static_cast<Output*>(user)->decisions; }

std::uint32_t count_output(void* user, const entail_output_t* batch) {
  static_cast<Output*>(user)->spans += batch->span_count;
  return ENTAIL_ANSWER_ACCEPTED;
}

struct Case {
  bool from_then_on;
  bool answers;  // output goes to on_output
};
class TickWithoutMemory : public testing::TestWithParam<Case> {};

TEST_P(TickWithoutMemory, DecidesOrClosesTheEngine) {
  const std::string first = first_request();
  const std::string second = second_request();
  unsigned last = 0;
  for (std::int64_t failure = 0; failure < 20'000; ++failure) {
    SCOPED_TRACE(failure);
    Output output;
    entail_open_options_t options = ENTAIL_OPEN_OPTIONS_INIT;
    if (GetParam().answers) {
      options.on_output = count_output;
    } else {
      options.on_batch = count_batch;
    }
    options.on_decision = count_decision;
    options.user = &output;
    options.output_batch_bytes_max = 1024;  // several batches per tick
    const OpenEngine engine(options, kConfig);
    bool failed = false;
    entail_status_t status = ENTAIL_OK;
    {
      const FailingMemory memory(failure, GetParam().from_then_on);
      status = run(engine, first, second);
      failed = memory.has_failed();
    }
    // A batch whose traces found no memory waits: nothing is lost by that.
    EXPECT_EQ(entail_offer_output(engine, nullptr, nullptr), ENTAIL_OK);
    const entail_statistics_t counts = statistics_of(engine);
    expect_conserved(counts);
    EXPECT_EQ(output.spans, counts.spans_emitted);
    if (status == ENTAIL_OK) {
      EXPECT_EQ(counts.spans_held, 0u);
      // Spans that could not be allocated are lost one by one, and a tick with nothing to do needs none.
      EXPECT_GT(counts.spans_emitted + counts.spans_lost, 0u);
    } else {
      EXPECT_TRUE(failed);
      EXPECT_TRUE(status == ENTAIL_E_MEMORY || status == ENTAIL_E_NO_ROOM) << status;
      if (ingest(engine, first) == ENTAIL_E_CLOSED) {  // otherwise an ingest ran out of memory
        ++last;
        EXPECT_EQ(counts.spans_held, 0u);
        EXPECT_EQ(entail_tick(engine, 8 * kSecond, nullptr), ENTAIL_E_MEMORY);
        EXPECT_EQ(entail_drain(engine, 9 * kSecond, nullptr), ENTAIL_E_MEMORY);
      }
    }
    if (!failed) {
      EXPECT_EQ(status, ENTAIL_OK);
      EXPECT_EQ(counts.spans_lost, 0u);
      break;
    }
    if (HasFailure()) break;
  }
  EXPECT_GT(last, 50u);
}

INSTANTIATE_TEST_SUITE_P(OnceAndFromThenOn, TickWithoutMemory,
                         testing::Values(Case{false, false}, Case{true, false}, Case{false, true}, Case{true, true}),
                         [](const auto& test) {
                           return std::string(test.param.from_then_on ? "FromThenOn" : "Once") +
                                  (test.param.answers ? "WithAnswers" : "");
                         });

}  // namespace
}  // namespace entail::capi_test
