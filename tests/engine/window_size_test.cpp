// The graph's windows follow the load: a burst makes them grow, and the quiet time after it returns the memory.
#include <gtest/gtest.h>

#include "tests/engine/engine_run.hpp"

namespace entail::engine_test {
namespace {

constexpr std::uint32_t kBurst = 40'000;  // more than the first window of this memory_limit can hold
constexpr const char* kConfig =
    "{tail_sampling: {decision_wait: 1s, policies: [{name: errors, type: status_code, status_code: {status_codes: "
    "[ERROR]}}]}, retain: {window: 1s, records: 8s}, memory_limit: 64MiB}";

std::string id_of(std::uint32_t number, std::size_t size) {
  std::string id(size, '\1');
  for (int byte = 0; byte < 4; ++byte) id[static_cast<std::size_t>(byte)] = static_cast<char>(number >> (8 * byte));
  return id;
}

workload::Request one_span(std::uint32_t trace, std::uint32_t link_count) {
  workload::Span span;
  span.trace_id = id_of(trace, 16);
  span.span_id = id_of(1, 8);
  span.name = "work";
  span.start_ns = 1;
  span.end_ns = 2;
  for (std::uint32_t i = 0; i < link_count; ++i) {
    workload::Link link;
    link.trace_id = id_of(1'000'000 + i, 16);
    link.span_id = id_of(2, 8);
    span.links.push_back(std::move(link));
  }
  workload::Request request;
  request.groups.push_back({{}, {std::move(span)}});
  return request;
}

TEST(WindowSize, AbsorbsABurst_AndReturnsItsMemory) {
  EngineRun run(options_of(kConfig));
  std::int64_t second = 1;
  std::uint32_t trace = 1;
  for (int round = 0; round < 2; ++round) {
    run.tick(second);
    run.ingest(one_span(trace++, kBurst));
    const std::uint64_t after_burst = run.engine().statistics().memory.graph_bytes;
    EXPECT_GT(after_burst, std::uint64_t{kBurst} * 48);  // at least the keys and rows of the traces it linked to
    for (int quiet = 0; quiet < 30; ++quiet) {
      run.tick(++second);
      run.ingest(one_span(trace++, 0));
    }
    // About five windows live here; if they kept the burst's size, each would take more than a burst's index.
    EXPECT_LT(run.engine().statistics().memory.graph_bytes, std::uint64_t{2} << 20);
    ++second;
  }
  run.drain(second);
  const Statistics statistics = run.engine().statistics();
  EXPECT_EQ(statistics.links.edges, 2u * kBurst);
  EXPECT_EQ(statistics.traces.received, trace - 1u);
}

// Each trace has a span and a link in two windows. A closing window must not move a trace only because it has a later
// incarnation: two of them would keep each other alive forever.
TEST(WindowSize, ForgetsTracesThatSpanTwoWindows) {
  constexpr std::uint32_t kTraces = 2'000;
  EngineRun run(options_of(kConfig));
  run.tick(1);
  for (std::uint32_t trace = 1; trace <= kTraces; ++trace) run.ingest(one_span(trace, 1));
  for (std::int64_t second = 2; second <= 4; ++second) run.tick(second);  // a window lasts two seconds
  for (std::uint32_t trace = 1; trace <= kTraces; ++trace) run.ingest(one_span(trace, 2));
  const auto remembered = [&] {
    std::uint32_t count = 0;
    for (std::uint32_t trace = 1; trace <= kTraces; ++trace) {
      const TraceId id{std::uint64_t{__builtin_bswap32(trace)} << 32 | 0x01010101, 0x0101010101010101};  // as id_of()
      if (run.engine().explain(id).ok()) ++count;
    }
    return count;
  };
  for (std::int64_t second = 5; second <= 11; ++second) run.tick(second);
  EXPECT_EQ(remembered(), kTraces);  // last seen seven seconds ago, though their first window is gone
  for (std::int64_t second = 12; second <= 40; ++second) run.tick(second);
  EXPECT_EQ(remembered(), 0u);
  EXPECT_EQ(run.loss("records_forgotten"), 0u);
}

}  // namespace
}  // namespace entail::engine_test
