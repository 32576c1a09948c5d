// The engine gives the verdicts that the Collector's own evaluators gave (README.md), with compat: collector.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <stdexcept>

#include "entail/entail.hpp"
#include "tests/verdicts/recorded_file.hpp"

namespace entail {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kStart = 1'700'000'000 * kSecond;

std::string request_of(std::string trace, const std::string& trace_id, std::uint64_t spans) {
  constexpr std::string_view kEmpty = "\"traceId\":\"\"";
  std::uint64_t count = 0;
  for (std::size_t at = trace.find(kEmpty); at != std::string::npos; at = trace.find(kEmpty, at), ++count)
    trace.replace(at, kEmpty.size(), "\"traceId\":\"" + trace_id + "\"");
  if (spans <= count && count != 0) return trace;
  std::string more;
  for (; count < std::max<std::uint64_t>(spans, 1); ++count)
    more += std::string(more.empty() ? "" : ",") + R"({"traceId":")" + trace_id + R"(","spanId":"00000000000000ff"})";
  const std::size_t end = trace.rfind(']');
  trace.insert(end, std::string(trace[end - 1] == '[' ? "" : ",") + R"({"scopeSpans":[{"spans":[)" + more + "]}]}");
  return trace;
}

struct Answers final : Sink {
  std::map<TraceId, RecordedVerdict> by_trace;
  void on_batch(Bytes, std::uint64_t) override {}
  void on_decision(const DecisionRecord& record) override {
    const auto dropped = record.reason == "drop_policy" ? RecordedVerdict::vetoed : RecordedVerdict::dropped;
    by_trace[record.trace_id] = record.verdict == Verdict::keep ? RecordedVerdict::kept : dropped;
  }
};

bool is_drop(const std::string& policy) { return policy.find(R"("type":"drop")") != std::string::npos; }

// Nothing if the policy is refused.
std::optional<Options> options_of(const RecordedEvaluator& evaluator) {
  const std::string& policy = evaluator.policy;
  const std::string named = R"({"name":"asked",)" + policy.substr(1);
  const ConfigResult result =
      parse_options("tail_sampling:\n  decision_wait: 1s\n  policies:\n    - " + named + "\n" +
                    (is_drop(policy) ? "    - {name: rest, type: always_sample}\n" : "") +
                    "links: {propagate: {mode: none}}\nretain: {window: 0s}\ncompat: collector\nprobability: " +
                    (evaluator.consistent ? "consistent" : "collector") + "\n");
  return result.options;
}

// One engine, asked in the recorded order. A trace ID that comes again needs an engine of its own.
class Asked {
 public:
  explicit Asked(const Options& options) {
    auto opened = Engine::open(options, answers_);
    if (!opened.ok()) throw std::runtime_error("the engine does not open");
    engine_ = std::move(opened).value();
    tick(kStart);
  }

  void ask(const RecordedEvaluation& evaluation, TraceId id, const std::string& trace) {
    if (evaluation.at_ns >= 0) tick_until(kStart + evaluation.at_ns);
    EXPECT_TRUE(request_.parse_json(request_of(trace, to_hex(id), evaluation.spans)).ok());
    EXPECT_TRUE(engine_->ingest(request_).ok());
    if (due_.empty() || due_.back() != now_ + kSecond) due_.push_back(now_ + kSecond);
  }
  const std::map<TraceId, RecordedVerdict>& finish() {
    tick_until(now_ + 2 * kSecond);
    return answers_.by_trace;
  }

 private:
  // Each decision is made at its own time: a rate limit depends on it.
  void tick_until(std::int64_t time) {
    for (; !due_.empty() && due_.front() <= time; due_.erase(due_.begin())) tick(due_.front());
    if (time > now_) tick(time);
  }
  void tick(std::int64_t time) {
    now_ = time;
    EXPECT_TRUE(engine_->tick(now_).ok());
  }

  Answers answers_;
  std::unique_ptr<Engine> engine_;
  Request request_;
  std::int64_t now_ = 0;
  std::vector<std::int64_t> due_;
};

TraceId id_of(const RecordedEvaluation& evaluation, std::size_t index) {
  if (evaluation.trace_id.empty()) return {0x1111, index + 1};
  return from_hex(evaluation.trace_id).value();
}

struct Outcome {
  std::size_t evaluations = 0;
  std::vector<std::string> mismatches;
};

// A drop policy alone keeps nothing, so always_sample stands beside it. A policy that fails does not keep the trace.
RecordedVerdict expected_of(const RecordedEvaluator& evaluator, const RecordedEvaluation& evaluation) {
  if (evaluation.verdict == RecordedVerdict::failed) return RecordedVerdict::dropped;
  const bool passes = is_drop(evaluator.policy) && evaluation.verdict == RecordedVerdict::dropped;
  return passes ? RecordedVerdict::kept : evaluation.verdict;
}

void compare(const RecordedFile& file, const RecordedEvaluator& evaluator, Outcome& outcome) {
  const std::optional<Options> options = options_of(evaluator);
  const auto& all = evaluator.evaluations;
  if (!options) {
    outcome.evaluations += all.size();
    outcome.mismatches.insert(outcome.mismatches.end(), all.size(), evaluator.policy + " is refused");
    return;
  }
  for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    Asked asked(*options);
    std::set<TraceId> seen;
    for (; end < all.size() && seen.insert(id_of(all[end], end)).second; ++end)
      asked.ask(all[end], id_of(all[end], end), file.traces[all[end].trace]);
    const auto& verdicts = asked.finish();
    for (std::size_t i = begin; i < end; ++i) {
      ++outcome.evaluations;
      const auto found = verdicts.find(id_of(all[i], i));
      const char verdict = found == verdicts.end() ? '?' : static_cast<char>(found->second);
      const char expected = static_cast<char>(expected_of(evaluator, all[i]));
      if (verdict == expected) continue;
      outcome.mismatches.push_back(evaluator.policy + " on " + file.traces[all[i].trace] + ": " + verdict +
                                   " instead of " + expected);
    }
  }
}

Outcome outcome_of(const std::string& name) {
  const RecordedFile file = read_recorded(ENTAIL_SOURCE_DIR "/tests/verdicts/" + name + ".txt.zst");
  Outcome outcome;
  for (const RecordedEvaluator& evaluator : file.evaluators) compare(file, evaluator, outcome);
  return outcome;
}

void expect_mismatches(const Outcome& outcome, std::size_t evaluations, std::size_t mismatches) {
  EXPECT_EQ(outcome.evaluations, evaluations);
  EXPECT_EQ(outcome.mismatches.size(), mismatches);
  if (outcome.mismatches.size() == mismatches) return;
  for (std::size_t i = 0; i < std::min<std::size_t>(outcome.mismatches.size(), 20); ++i)
    ADD_FAILURE() << outcome.mismatches[i];
}

TEST(Verdicts, OfTheProcessorsOwnTests) { expect_mismatches(outcome_of("cases"), 32'273, 0); }
TEST(Verdicts, OfNestedPolicies) { expect_mismatches(outcome_of("clean302"), 2400, 0); }
TEST(Verdicts, OfStringAttribute) { expect_mismatches(outcome_of("fuzz1"), 2400, 0); }
TEST(Verdicts, OfBooleanAttribute) { expect_mismatches(outcome_of("fuzz3"), 2400, 0); }
TEST(Verdicts, OfStatusCode) { expect_mismatches(outcome_of("fuzz5"), 2400, 0); }
TEST(Verdicts, OfTraceState) { expect_mismatches(outcome_of("fuzz7"), 2400, 0); }
TEST(Verdicts, OfRegexes) { expect_mismatches(outcome_of("regex"), 2448, 0); }
TEST(Verdicts, OfConsistentProbability) { expect_mismatches(outcome_of("ts"), 4013, 0); }

TEST(Verdicts, OfOttlConditions) {
  expect_mismatches(outcome_of("fuzz9"), 2400, 0);
  expect_mismatches(outcome_of("ottl1"), 10'000, 0);
}

}  // namespace
}  // namespace entail
