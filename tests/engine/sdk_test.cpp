// Every expectation, replay, count, link sample and case of the SDK captures, from protobuf and from JSON.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "tests/engine/engine_run.hpp"
#include "tests/workload/expectation.hpp"

namespace entail::engine_test {
namespace {

using workload::Expectation;
using workload::ExpectFile;
using workload::KeptGroup;

const std::string kFolder = std::string(ENTAIL_SOURCE_DIR) + "/tests/golden/sdk/";

// One capture file: its texts, parsed by the engine's own reader, and the same as plain data.
struct Capture {
  std::vector<std::string> texts;
  std::vector<Request> requests;
  std::vector<workload::Request> plain;
};

Capture read(const std::string& file) {
  Capture capture;
  const bool json = file.ends_with(".jsonl");
  const std::string bytes = workload::read_file(kFolder + file);
  capture.texts = json ? workload::split_lines(bytes) : workload::split_frames(bytes);
  for (const std::string& text : capture.texts) {
    Request& request = capture.requests.emplace_back();
    const Result<void> parsed = json ? request.parse_json(text) : request.parse_protobuf(as_bytes(text));
    EXPECT_TRUE(parsed.ok()) << file << ": " << describe(parsed.error());
    const Bytes protobuf = request.protobuf();
    EXPECT_TRUE(workload::decode({reinterpret_cast<const char*>(protobuf.data()), protobuf.size()},
                                 capture.plain.emplace_back()));
  }
  EXPECT_FALSE(capture.requests.empty()) << file;
  return capture;
}

struct Played {
  Played(const Options& options, const Capture& capture)
      : run(options), labels(workload::trace_labels(capture.plain)) {}
  std::string label(TraceId id) const {
    for (const auto& [name, bytes] : labels)
      if (bytes == oracle::bytes_of(id)) return name;
    return to_hex(id);
  }
  EngineRun run;
  std::map<std::string, workload::ByteString> labels;
};

void check_reached(const KeptGroup& group, const DecisionRecord& record, const Played& played) {
  ASSERT_TRUE(record.origin_trace_id && record.hops);
  const std::string origin = played.label(*record.origin_trace_id);
  const bool named = std::any_of(group.reached.begin(), group.reached.end(), [&](const workload::ReachedBy& by) {
    const bool direction = by.direction.empty() ||
                           (by.direction == "linked" && record.direction == Direction::linked) ||
                           (by.direction == "linking" && record.direction == Direction::linking);
    return by.origin == origin && by.hops == *record.hops && by.hops == group.fewest_hops() && direction;
  });
  EXPECT_TRUE(named) << "origin " << origin << ", hops " << *record.hops;
  std::vector<std::string> back;
  for (auto id = record.path.rbegin(); id != record.path.rend(); ++id) back.push_back(played.label(*id));
  ASSERT_EQ(back.size(), *record.hops + 1);
  EXPECT_EQ(back.front(), played.label(record.trace_id));
  EXPECT_EQ(back.back(), origin);
  if (group.paths.empty()) return;
  EXPECT_TRUE(std::count(group.paths.begin(), group.paths.end(), back)) << "path of " << back.front();
}

void check_kept(const KeptGroup& group, const Played& played) {
  for (const std::string& label : group.labels) {
    SCOPED_TRACE(label);
    const workload::ByteString& trace = played.labels.at(label);
    EXPECT_TRUE(played.run.kept(trace));
    ASSERT_TRUE(played.run.records.contains(trace));
    const DecisionRecord& record = played.run.records.at(trace);
    EXPECT_EQ(record.verdict, Verdict::keep);
    if (group.by == "own") {
      EXPECT_EQ(record.reason, "policy");
      EXPECT_EQ(record.policy, group.policy);
    } else {
      EXPECT_EQ(record.reason, "link");
      check_reached(group, record, played);
    }
  }
}

void check_losses(const Expectation& expectation, const Played& played) {
  if (!expectation.names_losses) return;
  std::set<std::string> lost;
  for (const auto& [trace, record] : played.run.records) {
    if (record.loss != "keep_after_seal") continue;
    lost.insert(played.label(record.trace_id));
    ASSERT_FALSE(record.path.empty());
    EXPECT_EQ(played.label(record.path.front()), expectation.loss_origin);
    EXPECT_EQ(record.path.back(), record.trace_id);
  }
  EXPECT_EQ(lost, std::set<std::string>(expectation.loss_traces.begin(), expectation.loss_traces.end()));
  EXPECT_EQ(played.run.loss("keep_after_seal"), lost.size());
}

const workload::Span* span_with_most_links(const std::vector<workload::Span>& spans) {
  return &*std::max_element(spans.begin(), spans.end(),
                            [](const auto& a, const auto& b) { return a.links.size() < b.links.size(); });
}

void check_link_sample(const workload::LinkSampleExpectation& sample, const Played& played, const Capture& capture) {
  SCOPED_TRACE("link sample of " + sample.trace);
  const workload::ByteString& trace = played.labels.at(sample.trace);
  ASSERT_TRUE(played.run.kept(trace));
  const workload::Span& out = *span_with_most_links(played.run.emitted.at(trace));
  std::vector<workload::Span> received;
  for (const workload::Request& request : capture.plain)
    for (const workload::SpanGroup& group : request.groups)
      for (const workload::Span& span : group.spans)
        if (span.trace_id == trace && span.span_id == out.span_id) received.push_back(span);
  ASSERT_EQ(received.size(), 1U);
  const workload::Span& in = received.front();
  std::map<std::string, std::int64_t> counts = {
      {"links_received", static_cast<std::int64_t>(in.links.size())},
      {"links_emitted", static_cast<std::int64_t>(out.links.size())},
      {"dropped_here", static_cast<std::int64_t>(in.links.size() - out.links.size())},
      {"dropped_upstream", in.dropped_links_count},
      {"dropped_links_count_out", out.dropped_links_count}};
  for (const auto& [key, value] : sample.counts) {
    ASSERT_TRUE(counts.contains(key)) << "unknown expectation: " << key;
    EXPECT_EQ(counts[key], value) << key;
  }
  for (const std::string& label : sample.must_print_links_to)
    EXPECT_TRUE(std::any_of(out.links.begin(), out.links.end(), [&](const workload::Link& link) {
      return link.trace_id == played.labels.at(label);
    })) << label;
}

void check(const Expectation& expectation, const Played& played, const Capture& capture) {
  std::set<workload::ByteString> wanted;
  for (const KeptGroup& group : expectation.kept) {
    check_kept(group, played);
    for (const std::string& label : group.labels) wanted.insert(played.labels.at(label));
  }
  for (const std::string& label : expectation.dropped) EXPECT_FALSE(played.run.kept(played.labels.at(label))) << label;
  std::int64_t of_unspecified = 0;
  for (const std::string& label : expectation.unspecified) {
    of_unspecified += played.run.kept(played.labels.at(label));
    wanted.insert(played.labels.at(label));
  }
  EXPECT_EQ(of_unspecified, expectation.kept_of_unspecified);
  for (const auto& [trace, spans] : played.run.emitted)
    EXPECT_TRUE(wanted.contains(trace)) << "emitted, but neither kept nor unspecified: " << workload::hex_of(trace);
  for (const auto& sample : expectation.link_samples) check_link_sample(sample, played, capture);
  check_losses(expectation, played);
}

using Order = std::vector<std::size_t>;

void play_at_once(const Expectation& expectation, const Capture& capture, const Order& order) {
  const Options options = options_of(expectation.config);
  Played played(options, capture);
  const std::int64_t wait_s = options.tail_sampling.decision_wait_ns / kNanosPerSecond;
  played.run.tick(0);
  for (const std::size_t index : order) played.run.ingest(capture.requests[index]);
  for (const std::int64_t second : {std::int64_t{1}, wait_s, wait_s + 1}) played.run.tick(second);
  check(expectation, played, capture);
}

void play_steps(const Expectation& expectation, const Capture& capture) {
  Played played(options_of(expectation.config), capture);
  std::int64_t now_s = 0;
  played.run.tick(0);
  for (const workload::ReplayStep& step : expectation.steps) {
    if (step.tick_until_s) {
      while (now_s < *step.tick_until_s) played.run.tick(++now_s);
      continue;
    }
    if (step.at_s != now_s) played.run.tick(now_s = step.at_s);
    for (const std::size_t index : step.ingest) played.run.ingest(capture.requests.at(index));
  }
  check(expectation, played, capture);
}

std::vector<Order> orders(std::size_t count) {
  Order order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = i;
  if (count <= 3) {
    std::vector<Order> all;
    do all.push_back(order);
    while (std::next_permutation(order.begin(), order.end()));
    return all;
  }
  Order reversed(order.rbegin(), order.rend());
  Order odd_first;
  for (const std::size_t first : {1U, 0U})
    for (std::size_t i = first; i < count; i += 2) odd_first.push_back(i);
  return {order, reversed, odd_first};
}

TEST(Sdk, MeetsExpectations_InAnyOrder) {
  int count = 0;
  for (const ExpectFile& file : workload::read_expect_folder(kFolder)) {
    for (const std::string& name : file.files) {
      const Capture capture = read(name);
      for (const Expectation& expectation : file.expectations) {
        for (const Order& order : orders(capture.requests.size())) {
          SCOPED_TRACE(name + ": " + expectation.name);
          play_at_once(expectation, capture, order);
          ++count;
        }
      }
    }
  }
  EXPECT_GT(count, 100);
}

TEST(Sdk, MeetsReplays) {
  int count = 0;
  for (const ExpectFile& file : workload::read_expect_folder(kFolder)) {
    for (const std::string& name : file.files) {
      for (const Expectation& replay : file.replays) {
        SCOPED_TRACE(name + ": " + replay.name);
        play_steps(replay, read(name));
        ++count;
      }
    }
  }
  EXPECT_GE(count, 10);
}

// What a file contains, counted in the plain data.
std::map<std::string, std::int64_t> count_plain(const Capture& capture) {
  std::map<std::string, std::int64_t> counts = {{"requests", static_cast<std::int64_t>(capture.plain.size())}};
  std::set<std::string> traces, error_traces;
  std::set<std::pair<std::string, std::string>> edges;
  const auto each_span = [&](const std::function<void(const workload::Span&)>& body) {
    for (const workload::Request& request : capture.plain)
      for (const workload::SpanGroup& group : request.groups)
        for (const workload::Span& span : group.spans) body(span);
  };
  each_span([&](const workload::Span& span) {
    traces.insert(span.trace_id);
    if (span.status_code == 2) error_traces.insert(span.trace_id);
    ++counts["spans"];
    counts["events"] += static_cast<std::int64_t>(span.events.size());
    counts["spans_with_tracestate"] += !span.trace_state.empty();
    counts["dropped_links_count_sum"] += span.dropped_links_count;
  });
  for (const char* key : {"links", "links_absent_trace", "links_with_tracestate", "link_dropped_attributes_sum"})
    counts[key] = 0;
  each_span([&](const workload::Span& span) {
    for (const workload::Link& link : span.links) {
      ++counts["links"];
      counts["links_with_tracestate"] += !link.trace_state.empty();
      counts["link_dropped_attributes_sum"] += link.dropped_attributes_count;
      if (!oracle::bad_reason(link.trace_id, link.span_id).empty() || link.trace_id == span.trace_id) continue;
      if (traces.contains(link.trace_id))
        edges.insert({span.trace_id, link.trace_id});
      else
        ++counts["links_absent_trace"];
    }
  });
  counts["traces"] = static_cast<std::int64_t>(traces.size());
  counts["error_traces"] = static_cast<std::int64_t>(error_traces.size());
  counts["edges_in_file"] = static_cast<std::int64_t>(edges.size());
  return counts;
}

TEST(Sdk, MeetsCounts) {
  for (const ExpectFile& file : workload::read_expect_folder(kFolder)) {
    for (const auto& [name, expected] : file.counts) {
      SCOPED_TRACE(name);
      const Capture capture = read(name);
      std::map<std::string, std::int64_t> counts = count_plain(capture);
      EngineRun run(options_of(file.expectations.front().config));
      for (const Request& request : capture.requests) run.ingest(request);
      run.tick(1);
      const Statistics statistics = run.engine().statistics();
      std::uint64_t invalid = statistics.links.null_target;
      for (const NamedCount& reason : statistics.links.invalid) invalid += reason.count;
      counts["links_invalid_context"] = static_cast<std::int64_t>(invalid);
      counts["links_own_trace"] = static_cast<std::int64_t>(statistics.links.same_trace);
      for (const auto& [key, value] : expected) {
        ASSERT_TRUE(counts.contains(key)) << "unknown count: " << key;
        EXPECT_EQ(counts[key], value) << key;
      }
      EXPECT_EQ(statistics.spans.received, static_cast<std::uint64_t>(expected.at("spans")));
      EXPECT_EQ(statistics.traces.received, static_cast<std::uint64_t>(expected.at("traces")));
      EXPECT_EQ(statistics.links.received, static_cast<std::uint64_t>(expected.at("links")));
    }
  }
}

// The link that carries this value of the attribute `case`, and the trace of its span.
bool find_case(const Capture& capture, const std::string& name, workload::Link& link, workload::ByteString& trace) {
  for (const workload::Request& request : capture.plain)
    for (const workload::SpanGroup& group : request.groups)
      for (const workload::Span& span : group.spans)
        for (const workload::Link& candidate : span.links)
          if (workload::text_of(candidate.attributes, "case") == name) {
            link = candidate;
            trace = span.trace_id;
            return true;
          }
  return false;
}

TEST(Sdk, ResolvesUnusualLinks) {
  int count = 0;
  for (const ExpectFile& file : workload::read_expect_folder(kFolder)) {
    for (const std::string& name : file.files) {
      if (file.cases.empty()) continue;
      const Capture capture = read(name);
      Played played(options_of(file.expectations.front().config), capture);
      for (const Request& request : capture.requests) played.run.ingest(request);
      played.run.drain(100);
      for (const auto& [key, what] : file.cases) {
        SCOPED_TRACE(name + ": " + key);
        workload::Link link;
        workload::ByteString trace;
        ASSERT_TRUE(find_case(capture, key, link, trace));
        const std::vector<TraceId>& linked = played.run.records.at(trace).linked;
        const auto leads_to = [&](const std::string& target) {
          return target.size() == 16 && std::count(linked.begin(), linked.end(), oracle::trace_id_of(target)) == 1;
        };
        if (what.starts_with("an edge to a trace that never comes")) {
          EXPECT_TRUE(leads_to(link.trace_id));
          EXPECT_FALSE(played.run.records.contains(link.trace_id));
        } else if (what.starts_with("no edge") || what.starts_with("bad context")) {
          EXPECT_FALSE(leads_to(link.trace_id));
        } else {
          EXPECT_EQ(link.trace_id, played.labels.at(what));
          EXPECT_TRUE(leads_to(link.trace_id));
        }
        ++count;
      }
    }
  }
  EXPECT_GE(count, 30);
}

}  // namespace
}  // namespace entail::engine_test
