// The oracle on the SDK captures: every expectation and replay, written by hand from the story, must hold; otherwise
// the oracle cannot be trusted.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>

#include "tests/oracle/context_oracle.hpp"
#include "tests/oracle/naive_engine.hpp"
#include "tests/workload/expectation.hpp"

namespace entail::oracle {
namespace {

using simdjson::dom::element;
using workload::Expectation;
using workload::ExpectFile;
using workload::KeptGroup;

const std::string kFolder = std::string(ENTAIL_SOURCE_DIR) + "/tests/golden/sdk/";

std::int64_t duration_ns(element value) {
  const std::string text(std::string_view{value});
  const std::int64_t unit = text.back() == 'h' ? 3600 : text.back() == 'm' ? 60 : 1;
  return std::stoll(text) * unit * kNanosPerSecond;
}

// The few keys that the expect files use; any other key would make the comparison meaningless, so it throws.
Options options_of(const std::string& config) {
  simdjson::dom::parser parser;
  const element json = parser.parse(config);
  Options options;
  options.tail_sampling.decision_wait_ns = duration_ns(json["tail_sampling"]["decision_wait"]);
  for (const element policy : json["tail_sampling"]["policies"].get_array()) {
    PolicyOptions out;
    out.name = std::string_view(policy["name"]);
    out.type = PolicyType::status_code;
    for (const element code : policy["status_code"]["status_codes"].get_array())
      if (std::string_view(code) == "ERROR") out.status_code_mask |= 4;
    options.tail_sampling.policies.push_back(out);
  }
  PropagateOptions& propagate = options.links.propagate;
  const std::string_view mode = json["links"]["propagate"]["mode"];
  propagate.mode = mode == "cone"        ? PropagateMode::cone
                   : mode == "component" ? PropagateMode::component
                                         : PropagateMode::none;
  element value;
  if (json["links"]["propagate"]["max_hops"].get(value) == simdjson::SUCCESS) {
    propagate.max_hops_linked = static_cast<std::uint32_t>(std::uint64_t(value["linked"]));
    propagate.max_hops_linking = static_cast<std::uint32_t>(std::uint64_t(value["linking"]));
  }
  if (json["retain"]["window"].get(value) == simdjson::SUCCESS) options.retain.window_ns = duration_ns(value);
  return options;
}

// An expectation of one capture, and the oracle's result.
struct Played {
  std::map<std::string, workload::ByteString> labels;
  std::map<TraceId, Decision> last;  // by trace, the highest revision
  std::set<TraceId> emitted;
  NaiveEngine engine;

  explicit Played(const Options& options) : engine(options) {}
  void take(const TickResult& result) {
    for (const Decision& decision : result.decisions) last[decision.trace_id] = decision;
    for (const EmittedSpan& span : result.emitted) emitted.insert(trace_id_of(span.span->trace_id));
  }
  TraceId id(const std::string& label) const { return trace_id_of(labels.at(label)); }
};

void play(const Expectation& expectation, const Options& options, const std::vector<workload::Request>& requests,
          Played& played) {
  played.labels = workload::trace_labels(requests);
  played.take(played.engine.tick(0));
  if (expectation.steps.empty()) {
    for (const auto& request : requests) played.engine.ingest(request);
    const std::int64_t wait_ns = options.tail_sampling.decision_wait_ns;
    for (const std::int64_t now_ns : {kNanosPerSecond, wait_ns, wait_ns + kNanosPerSecond})
      played.take(played.engine.tick(now_ns));
    return;
  }
  std::int64_t now_s = 0;
  for (const workload::ReplayStep& step : expectation.steps) {
    if (step.tick_until_s) {
      while (now_s < *step.tick_until_s) played.take(played.engine.tick(++now_s * kNanosPerSecond));
      continue;
    }
    if (step.at_s != now_s) played.take(played.engine.tick((now_s = step.at_s) * kNanosPerSecond));
    for (const std::size_t index : step.ingest) played.engine.ingest(requests.at(index));
  }
}

void check_group(const KeptGroup& group, const Played& played) {
  for (const std::string& label : group.labels) {
    SCOPED_TRACE(label);
    ASSERT_TRUE(played.last.contains(played.id(label)));
    const Decision& decision = played.last.at(played.id(label));
    EXPECT_TRUE(decision.keep);
    EXPECT_TRUE(played.emitted.contains(played.id(label)));
    if (group.by == "own") {
      EXPECT_EQ(decision.reason, "policy");
      EXPECT_EQ(decision.policy, group.policy);
      EXPECT_TRUE(decision.origin);
      continue;
    }
    EXPECT_EQ(decision.reason, "link");
    ASSERT_EQ(decision.hops, group.fewest_hops());
    for (const workload::ReachedBy& by : group.reached) {
      EXPECT_TRUE(played.engine.is_origin(played.id(by.origin)));
      if (by.hops != decision.hops || by.direction.empty()) continue;
      EXPECT_TRUE(by.direction == "linked" ? decision.may_be_linked : decision.may_be_linking);
    }
  }
  for (const auto& back : group.paths) {
    std::vector<TraceId> path;
    for (auto label = back.rbegin(); label != back.rend(); ++label) path.push_back(played.id(*label));
    EXPECT_EQ(path.size(), group.fewest_hops() + 1);
    const bool leads = played.engine.leads(path, kLinkedWay) || played.engine.leads(path, kLinkingWay);
    EXPECT_TRUE(leads);
  }
}

void check(const Expectation& expectation, const Played& played) {
  std::set<TraceId> wanted;
  for (const KeptGroup& group : expectation.kept) {
    check_group(group, played);
    for (const std::string& label : group.labels) wanted.insert(played.id(label));
  }
  for (const std::string& label : expectation.dropped) EXPECT_FALSE(played.emitted.contains(played.id(label))) << label;
  std::int64_t of_unspecified = 0;
  for (const std::string& label : expectation.unspecified) {
    of_unspecified += played.emitted.contains(played.id(label));
    wanted.insert(played.id(label));
  }
  EXPECT_EQ(of_unspecified, expectation.kept_of_unspecified);
  for (const TraceId id : played.emitted)
    EXPECT_TRUE(wanted.contains(id)) << "emitted, but neither kept nor unspecified";
  if (!expectation.names_losses) return;
  std::set<TraceId> lost;
  for (const auto& [id, decision] : played.last)
    if (decision.loss == "keep_after_seal") lost.insert(id);
  std::set<TraceId> wanted_losses;
  for (const std::string& label : expectation.loss_traces) wanted_losses.insert(played.id(label));
  EXPECT_EQ(lost, wanted_losses);
}

TEST(OracleSdk, MeetsEveryExpectationAndReplay) {
  int played_count = 0;
  for (const ExpectFile& file : workload::read_expect_folder(kFolder)) {
    const auto requests = workload::read_capture(kFolder + file.name + ".otlp.bin");
    ASSERT_FALSE(requests.empty()) << file.name;
    for (const auto* list : {&file.expectations, &file.replays}) {
      for (const Expectation& expectation : *list) {
        SCOPED_TRACE(file.name + ": " + expectation.name);
        const Options options = options_of(expectation.config);
        Played played(options);
        play(expectation, options, requests, played);
        check(expectation, played);
        ++played_count;
      }
    }
  }
  EXPECT_GE(played_count, 30);
}

TEST(OracleSdk, MeetsEveryCount) {
  for (const ExpectFile& file : workload::read_expect_folder(kFolder)) {
    SCOPED_TRACE(file.name);
    const auto& counts = file.counts.at(file.name + ".otlp.bin");
    NaiveEngine engine{Options{}};
    for (const auto& request : workload::read_capture(kFolder + file.name + ".otlp.bin")) engine.ingest(request);
    const Counts seen = engine.counts();
    EXPECT_EQ(seen.spans_received, counts.at("spans"));
    EXPECT_EQ(seen.traces, counts.at("traces"));
    EXPECT_EQ(seen.links_received, counts.at("links"));
    EXPECT_EQ(seen.links_same_trace, counts.at("links_own_trace"));
    std::int64_t bad = static_cast<std::int64_t>(seen.links_null_target);
    for (const auto& [reason, count] : seen.links_invalid) bad += static_cast<std::int64_t>(count);
    EXPECT_EQ(bad, counts.at("links_invalid_context"));
  }
}

}  // namespace
}  // namespace entail::oracle
