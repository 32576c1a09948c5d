// A BatchSink that answers as a test says, and remembers what it was offered. Thread rule: Confined.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "entail/entail.hpp"
#include "tests/engine/comparison_checks.hpp"
#include "tests/workload/otlp_reader.hpp"
#include "tests/workload/otlp_writer.hpp"

namespace entail::engine_test {

struct Offered {
  std::uint64_t id = 0;
  std::string bytes;
  std::uint64_t span_count = 0;
  std::vector<OutputTrace> traces;
  OutputAnswer answer = OutputAnswer::accepted;
};

class ScriptedSink final : public BatchSink {
 public:
  OutputAnswer on_batch(const OutputBatch& batch) override {
    const auto* const begin = reinterpret_cast<const char*>(batch.traces_data.data());
    Offered offered{batch.id, {begin, batch.traces_data.size()}, batch.span_count, {}, OutputAnswer::accepted};
    offered.traces.assign(batch.traces.begin(), batch.traces.end());
    offered.answer = answer(batch);
    offers.push_back(offered);
    return offered.answer;
  }
  void on_decision(const DecisionRecord&) override {}
  bool wants_decisions() const noexcept override { return false; }

  std::function<OutputAnswer(const OutputBatch&)> answer = [](const OutputBatch&) { return OutputAnswer::accepted; };
  std::vector<Offered> offers;

  std::vector<std::uint64_t> ids() const {
    std::vector<std::uint64_t> ids;
    for (const Offered& offered : offers) ids.push_back(offered.id);
    return ids;
  }
};

inline std::string spans_of(const workload::Request& request) {
  std::vector<std::string> spans;
  for (const workload::SpanGroup& group : request.groups)
    for (const workload::Span& span : group.spans) spans.push_back(workload::encode_span(span));
  std::sort(spans.begin(), spans.end());
  std::string all;
  for (const std::string& span : spans) all += span;
  return all;
}

// An engine with a sink that answers; every call checks conservation (G3).
class AnsweredRun {
 public:
  explicit AnsweredRun(const Options& options) {
    std::string why;
    auto opened = Engine::open(options, sink, &why);
    EXPECT_TRUE(opened.ok()) << why;
    engine = std::move(*opened);
  }
  ErrorCode try_ingest(const workload::Request& request) {
    const std::string bytes = workload::encode(request);
    return engine->ingest(Bytes(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size())).error().code();
  }
  void ingest(const workload::Request& request) { EXPECT_EQ(try_ingest(request), ErrorCode::none); }
  void tick(std::int64_t second) {
    const Result<void> ticked = engine->tick(second * kNanosPerSecond);
    EXPECT_TRUE(ticked.ok()) << describe(ticked.error());
    check();
  }
  void drain(std::int64_t second) {
    EXPECT_TRUE(engine->drain(second * kNanosPerSecond).ok());
    check();
  }
  std::uint64_t offer() {
    const Result<std::uint64_t> waiting = engine->offer_output();
    EXPECT_TRUE(waiting.ok());
    check();
    return waiting.ok() ? *waiting : 0;
  }
  ErrorCode acknowledge(std::uint64_t id, Delivery outcome) {
    const ErrorCode code = engine->acknowledge(id, outcome).error().code();
    check();
    return code;
  }
  void check() {
    Differences differences;
    check_conservation(engine->statistics(), differences);
    for (const std::string& difference : differences) ADD_FAILURE() << difference;
  }
  std::uint64_t loss(const std::string& name) const {
    for (const NamedCount& count : engine->statistics().losses)
      if (count.name == name) return count.count;
    return 0;
  }

  ScriptedSink sink;
  std::unique_ptr<Engine> engine;
};

}  // namespace entail::engine_test
