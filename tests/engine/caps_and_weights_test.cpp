// Small stories about caps, weights and reasons (docs/design.md 3.5, 3.10, 3.11), run by the engine and the oracle.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/engine/engine_run.hpp"
#include "tests/oracle/naive_engine.hpp"
#include "tests/workload/story.hpp"

namespace entail::engine_test {
namespace {

using workload::error_options;
using workload::kError;
using workload::linking;
using workload::make_policy;
using workload::make_request;
using workload::make_span;
using workload::Span;

class Both {
 public:
  explicit Both(const Options& options) : run_(options), oracle_(options) { tick(0); }
  void ingest(std::vector<Span> spans) {
    const workload::Request request = make_request(std::move(spans));
    run_.ingest(request);
    oracle_.ingest(request);
  }
  void tick(std::int64_t second) {
    run_.tick(second);
    for (const oracle::Decision& decision : oracle_.tick(second * kNanosPerSecond).decisions)
      decisions_[decision.trace_id] = decision;
  }
  // The oracle's decision for the trace, compared with the engine's record.
  const oracle::Decision& decision(std::uint64_t trace) {
    const workload::ByteString bytes = workload::trace_bytes(trace);
    const oracle::Decision& expected = decisions_[oracle::trace_id_of(bytes)];
    const DecisionRecord& got = run_.records[bytes];
    EXPECT_EQ(got.verdict == Verdict::keep, expected.keep) << "trace " << trace;
    EXPECT_EQ(got.revived, expected.revived) << "trace " << trace;
    EXPECT_EQ(got.loss, expected.loss) << "trace " << trace;
    EXPECT_EQ(got.not_followed, expected.not_followed) << "trace " << trace;
    EXPECT_EQ(got.reason, expected.reason) << "trace " << trace;
    if (expected.reason == "link") {
      EXPECT_EQ(got.hops, expected.hops) << "trace " << trace;
    }
    return expected;
  }
  std::string trace_state(std::uint64_t trace) { return run_.emitted[workload::trace_bytes(trace)].at(0).trace_state; }
  const DecisionRecord& record(std::uint64_t trace) { return run_.records[workload::trace_bytes(trace)]; }

 private:
  EngineRun run_;
  oracle::NaiveEngine oracle_;
  std::map<TraceId, oracle::Decision> decisions_;
};

TEST(CapsAndWeights, TriesTheNextNearestOrigin_BeforeCountingALoss) {
  Options options = error_options();
  options.links.propagate.max_traces_per_origin = 1;
  Both both(options);
  both.ingest({make_span(1, kError), linking(make_span(2), {1})});
  both.tick(10);
  EXPECT_TRUE(both.decision(2).keep);
  // 3 is next to 1, which has kept its one trace, and, like 5, two hops from 4; 6 is next to 1 only.
  both.ingest(
      {make_span(4, kError), linking(make_span(5), {4}), linking(make_span(3), {1, 5}), linking(make_span(6), {1})});
  both.tick(20);
  EXPECT_NE(both.decision(5).keep, both.decision(3).keep);  // 4 has room for one
  EXPECT_EQ(both.decision(6).loss, "max_traces_per_origin");
  both.ingest({make_span(7, kError), linking(make_span(8), {1, 4, 7})});
  both.tick(30);
  EXPECT_TRUE(both.decision(8).keep);
  EXPECT_EQ(both.record(8).origin_trace_id, oracle::trace_id_of(workload::trace_bytes(7)));
}

TEST(CapsAndWeights, AKeepDoesNotReturn_ThroughTracesReachedFromATraceWithoutAPlace) {
  Options options = error_options();
  options.links.propagate.mode = PropagateMode::component;
  options.links.propagate.max_links_followed = 2;
  Both both(options);
  both.ingest({linking(make_span(1), {2, 3}), linking(make_span(1, kError, 2), {5})});
  both.tick(1);
  both.ingest({make_span(2), make_span(3), linking(make_span(6), {5})});
  both.tick(2);
  both.ingest({make_span(5)});
  for (const std::int64_t second : {3, 11, 12, 13}) both.tick(second);
  EXPECT_TRUE(both.decision(2).keep && both.decision(3).keep);
  EXPECT_FALSE(both.decision(5).keep);
}

TEST(CapsAndWeights, ALateErrorDoesNotMakeAProbabilisticKeepDeterministic) {
  Options options = error_options();
  PolicyOptions half = make_policy(PolicyType::probabilistic, "half");
  half.sampling_percentage = 50;
  options.tail_sampling.policies.push_back(half);
  for (std::uint64_t first = 1; first < 4000; first += 20) {
    Both both(options);
    const auto weighted = [](Span span) {
      span.trace_state = "a=1,ot=th:8";
      return span;
    };
    both.ingest({make_span(first)});
    both.tick(10);
    if (!both.decision(first).keep) continue;  // the probabilistic policy dropped it
    both.ingest({linking(make_span(first, kError, 2), {first + 1}), weighted(make_span(first + 1))});
    both.tick(20);
    if (both.decision(first + 1).reason != "link") continue;
    EXPECT_EQ(both.trace_state(first + 1), "a=1");
    both.ingest({linking(make_span(first + 2, kError), {first + 3}), weighted(make_span(first + 3))});
    both.tick(30);
    if (both.decision(first + 3).reason != "link") continue;
    EXPECT_EQ(both.trace_state(first + 3), "a=1,ot=th:8");
    return;
  }
  FAIL() << "no trace number for which the probabilistic policy decides as the story needs";
}

TEST(CapsAndWeights, RevivesATrace_ThatIsKeptAsAKeepReachesIt) {
  Both both(error_options());
  both.ingest({make_span(1), make_span(2)});
  both.tick(10);
  both.ingest({linking(make_span(1, kError, 2), {}), linking(make_span(3, kError), {1}), make_span(2, kError, 2)});
  both.tick(20);
  EXPECT_EQ(both.decision(1).reason, "policy");
  EXPECT_TRUE(both.decision(1).revived);
  EXPECT_FALSE(both.decision(2).revived);
}

TEST(CapsAndWeights, UsesTheRankSeedOfTheOptions_OrDrawsOne) {
  PollSink sink;
  Options options = error_options();
  options.links.propagate.rank_seed = 77;
  const auto seed_of = [&] { return (*Engine::open(options, sink))->statistics().rank_seed; };
  EXPECT_EQ(seed_of(), 77u);
  options.links.propagate.rank_seed.reset();
  EXPECT_NE(seed_of(), seed_of());
}

// Which neighbours are followed depends on the rank seed, not on the public seed of the samples.
TEST(CapsAndWeights, RanksNeighboursByTheRankSeed) {
  std::set<std::vector<bool>> by_rank_seed, by_sample_seed;
  const auto kept_of = [](std::uint64_t rank_seed, std::uint64_t sample_seed) {
    Options options = error_options();
    options.links.propagate.max_links_followed = 4;
    options.links.propagate.rank_seed = rank_seed;
    options.links.sample.seed = sample_seed;
    Both both(options);
    std::vector<Span> spans = {linking(make_span(1, kError), {2, 3, 4, 5, 6, 7, 8, 9})};
    for (std::uint64_t trace = 2; trace <= 9; ++trace) spans.push_back(make_span(trace));
    both.ingest(spans);
    both.tick(10);
    std::vector<bool> kept;
    for (std::uint64_t trace = 2; trace <= 9; ++trace) kept.push_back(both.decision(trace).keep);
    EXPECT_EQ(std::count(kept.begin(), kept.end(), true), 4);
    return kept;
  };
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    by_rank_seed.insert(kept_of(seed, 0));
    by_sample_seed.insert(kept_of(0, seed));
  }
  EXPECT_GT(by_rank_seed.size(), 4u);
  EXPECT_EQ(by_sample_seed.size(), 1u);
}

}  // namespace
}  // namespace entail::engine_test
