#include "stories/story.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "entail/entail.hpp"
#include "otlp/decode.hpp"

namespace entail::cli {
namespace {

// The result of reading the bytes back, by trace.
struct FoundTrace {
  bool error = false;
  std::int64_t second = 0;
  std::set<TraceId> linked;
};

struct Found {
  std::map<TraceId, FoundTrace> traces;
  std::uint64_t spans = 0;
  std::uint64_t links = 0;
  std::uint64_t bad_links = 0;
  std::uint64_t bad_spans = 0;
  std::uint64_t bytes = 0;
  std::uint64_t spans_max = 0;
  std::int64_t last_second = 0;
  std::vector<std::uint8_t> all;
};

std::uint64_t big_endian(Bytes bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

TraceId trace_id_of(Bytes bytes) {
  return bytes.size() == 16 ? TraceId{big_endian(bytes.first(8)), big_endian(bytes.subspan(8))} : TraceId{};
}

void read_request(Bytes request, Found& found) {
  otlp::Decoded decoded;
  ASSERT_TRUE(otlp::decode(request, nullptr, decoded).ok());
  found.bytes += request.size();
  found.all.insert(found.all.end(), request.begin(), request.end());
  found.spans_max = std::max<std::uint64_t>(found.spans_max, decoded.spans.size());
  std::int64_t second = 0;
  for (const otlp::SpanView& span : decoded.spans) {
    ASSERT_LE(span.start_ns, span.end_ns);
    const auto own = static_cast<std::int64_t>(span.end_ns / 1'000'000'000);
    // A request that spanned two seconds would arrive later than the story says.
    if (second == 0) second = own;
    ASSERT_EQ(own, second);
    ASSERT_GE(own, found.last_second);
    const TraceId trace_id = trace_id_of(wire::slice(request, span.trace_id));
    const Bytes span_id = wire::slice(request, span.span_id);
    if (trace_id.is_zero() || span_id.size() != 8 || big_endian(span_id) == 0) {
      ++found.bad_spans;
      ++found.spans;
      continue;
    }
    FoundTrace& trace = found.traces[trace_id];
    trace.error = trace.error || span.status_code == 2;
    if (trace.second == 0) trace.second = own;
    ++found.spans;
    found.links += span.link_count;
    otlp::LinkCursor links(decoded, span);
    for (otlp::LinkView link; links.next(link);) {
      const TraceId linked = trace_id_of(wire::slice(request, link.trace_id));
      if (linked.is_zero() || link.span_id.size != 8) {
        ++found.bad_links;
      } else {
        trace.linked.insert(linked);
      }
    }
  }
  found.last_second = second;
}

struct Generated {
  Found found;
  Expectation expectation;
  std::string error;
};

Generated generate_story(const std::string& name, const std::map<std::string, std::string>& given,
                         std::uint64_t seed = 1) {
  Generated generated;
  const Scenario& scenario = *find_scenario(name);
  Flags flags(scenario.flags);
  for (const auto& [flag, value] : given) EXPECT_EQ(flags.set(flag, value), "");
  StoryConfig config;
  generated.error = scenario.configure(flags, config);
  if (!generated.error.empty()) return generated;
  StoryTeller teller(seed, [&](Bytes request) { return read_request(request, generated.found), true; });
  scenario.tell(flags, config, teller);
  generated.expectation = std::move(teller.expectation);
  return generated;
}

using Answer = std::map<TraceId, std::string>;  // "policy", or "linked 2", "linking 1", "either 3"

// The kept set computed from the data read back, one origin at a time.
Answer kept_of(const Found& found, std::uint32_t max_hops) {
  std::map<TraceId, std::set<TraceId>> linking;
  for (const auto& [id, trace] : found.traces) {
    for (const TraceId& linked : trace.linked) {
      if (linked != id) linking[linked].insert(id);
    }
  }
  std::map<TraceId, std::map<std::string, std::uint32_t>> best;
  for (const auto& [origin, trace] : found.traces) {
    if (!trace.error) continue;
    for (const std::string direction : {"linked", "linking"}) {
      std::set<TraceId> frontier = {origin};
      for (std::uint32_t hop = 1; hop <= max_hops; ++hop) {
        std::set<TraceId> next;
        for (const TraceId& at : frontier) {
          const auto here = found.traces.find(at);
          const std::set<TraceId> none;
          const auto& neighbours = direction == "linking"       ? linking[at]
                                   : here == found.traces.end() ? none
                                                                : here->second.linked;
          for (const TraceId& other : neighbours) {
            if (other == at) continue;
            next.insert(other);
            auto& hops = best[other];
            if (!hops.contains(direction) || hops[direction] > hop) hops[direction] = hop;
          }
        }
        frontier = std::move(next);
      }
    }
  }
  Answer answer;
  for (const auto& [id, trace] : found.traces) {
    if (trace.error) answer[id] = "policy";
    if (trace.error || !best.contains(id)) continue;
    const auto& hops = best[id];
    const std::uint32_t linked = hops.contains("linked") ? hops.at("linked") : 99;
    const std::uint32_t linking_hops = hops.contains("linking") ? hops.at("linking") : 99;
    answer[id] = (linked < linking_hops   ? "linked "
                  : linked > linking_hops ? "linking "
                                          : "either ") +
                 std::to_string(std::min(linked, linking_hops));
  }
  return answer;
}

Answer expected_of(const Expectation& expectation) {
  Answer answer;
  for (const ExpectedTrace& trace : expectation.kept) {
    const std::string text =
        trace.reason == "policy" ? "policy" : std::string(trace.direction) + " " + std::to_string(trace.hops);
    EXPECT_TRUE(answer.emplace(trace.trace_id, text).second) << "named twice";
  }
  return answer;
}

void expect_counts(const Generated& generated) {
  EXPECT_EQ(generated.error, "");
  EXPECT_EQ(generated.expectation.spans, generated.found.spans);
  EXPECT_EQ(generated.expectation.traces, generated.found.traces.size());
  EXPECT_EQ(generated.expectation.links, generated.found.links);
}

std::uint64_t fact(const Generated& generated, const std::string& name) {
  for (const auto& [fact_name, count] : generated.expectation.facts) {
    if (fact_name == name) return count;
  }
  return ~0ull;
}

TEST(Stories, SameSeedGivesTheSameBytes_AndAnotherSeedDiffers) {
  for (const Scenario& scenario : scenarios()) {
    const Generated one = generate_story(std::string(scenario.name), {}, 5);
    EXPECT_EQ(one.found.all, generate_story(std::string(scenario.name), {}, 5).found.all) << scenario.name;
    EXPECT_NE(one.found.all, generate_story(std::string(scenario.name), {}, 6).found.all) << scenario.name;
    expect_counts(one);
  }
}

TEST(Stories, KeptSetsFollowFromTheBytes) {
  const std::vector<std::pair<std::string, std::map<std::string, std::string>>> cases = {
      {"batch", {{"links", "300"}, {"errors", "7"}, {"absent", "0"}}},
      {"batch", {{"links", "300"}, {"errors", "0"}}},
      {"batch", {{"links", "1"}, {"errors", "1"}, {"errors-when", "late"}}},
      {"batch",
       {{"links", "500"}, {"errors", "9"}, {"malformed", "40"}, {"duplicates", "60"}, {"errors-when", "after"}}},
      {"chain", {{"depth", "12"}}},
      {"chain", {{"depth", "12"}, {"error-at", "middle"}}},
      {"chain", {{"depth", "3"}, {"error-at", "first"}, {"step-seconds", "15"}}},
      {"chain", {{"depth", "50"}, {"max-hops", "20"}, {"step-seconds", "0"}}},
      {"cycle", {{"length", "2"}}},
      {"cycle", {{"length", "8"}}},
      {"cycle", {{"length", "9"}}},
      {"cycle", {{"length", "3000"}}},
      {"hot-producer", {{"consumers", "40"}}},
      {"hot-producer", {{"consumers", "700"}, {"fails", "consumer"}}},
      {"mixed", {{"spans", "8000"}, {"links", "0.5"}, {"errors", "0.02"}, {"spans-per-second", "500"}}},
      {"mixed", {{"spans", "4000"}, {"links", "1"}, {"errors", "0.1"}}},
      {"batch-items", {{"origin-links", "all"}}},
      {"queue", {}},
      {"queue", {{"fails", "producer"}, {"messages", "30"}}},
      {"fan-out", {}},
      {"fan-out", {{"fails", "result"}}},
      {"retry", {{"attempts", "4"}}},
      {"retry", {{"last", "succeeds"}}},
      {"saga", {{"steps", "4"}}},
      {"event-sourcing", {{"derived-hops", "62"}}},
      {"event-sourcing", {{"derived-hops", "62"}, {"fails", "command"}}},
      {"scheduled-job", {}},
      {"etl", {}},
      {"etl", {{"fails", "source"}}},
      {"user-journey", {}},
      {"aggregation", {}},
      {"aggregation", {{"fails", "merge"}, {"hops", "1"}}},
      {"workflow", {{"steps", "12"}, {"hops", "4"}}},
      {"malformed", {}},
      {"head-sampled", {{"links", "40"}, {"late", "3"}}},
      {"sdk-truncated", {{"keeps", "first"}}},
      {"sdk-truncated", {}},
  };
  for (const auto& [name, flags] : cases) {
    const Generated generated = generate_story(name, flags);
    expect_counts(generated);
    const std::uint32_t hops = flags.contains("max-hops") ? 20 : 4;
    EXPECT_EQ(expected_of(generated.expectation), kept_of(generated.found, hops)) << name;
  }
}

TEST(BatchStory, CountsItsLinksExactly) {
  const Generated generated =
      generate_story("batch", {{"links", "10000"}, {"errors", "37"}, {"malformed", "500"}, {"duplicates", "300"}});
  expect_counts(generated);
  EXPECT_EQ(generated.found.links, 10'000u);
  EXPECT_EQ(generated.found.bad_links, 500u);
  EXPECT_EQ(fact(generated, "links_all_zero") + fact(generated, "links_wrong_length"), 500u);
  EXPECT_EQ(fact(generated, "links_emitted_of_batch"), 128u);
  std::size_t distinct = 0;
  for (const auto& [id, trace] : generated.found.traces) distinct = std::max(distinct, trace.linked.size());
  EXPECT_EQ(distinct, 9'200u);
  // Nine of ten healthy producers are absent; those that fail never are.
  EXPECT_EQ(generated.found.traces.size(), (9'200u - 37u) - (9'200u - 37u) * 9 / 10 + 37u + 3u);
}

TEST(BatchStory, ErrorsArriveOnTime) {
  for (const auto& [when, from, to] : {std::tuple{"before", -3, -1}, {"after", 2, 4}, {"late", 17, 19}}) {
    const Generated generated = generate_story("batch", {{"links", "200"}, {"errors", "20"}, {"errors-when", when}});
    std::int64_t batch_second = 0;
    for (const auto& [id, trace] : generated.found.traces) {
      if (!trace.linked.empty()) batch_second = trace.second;
    }
    for (const auto& [id, trace] : generated.found.traces) {
      if (!trace.error) continue;
      EXPECT_GE(trace.second, batch_second + from) << when;
      EXPECT_LE(trace.second, batch_second + to) << when;
    }
  }
}

TEST(BatchStory, RefusesImpossibleCounts) {
  EXPECT_NE(generate_story("batch", {{"links", "10"}, {"malformed", "11"}}).error, "");
  EXPECT_NE(generate_story("batch", {{"links", "10"}, {"malformed", "8"}, {"errors", "3"}}).error, "");
  EXPECT_NE(generate_story("batch", {{"links", "10"}, {"errors", "0"}, {"duplicates", "10"}}).error, "");
  EXPECT_NE(generate_story("chain", {{"max-hops", "4"}, {"step-seconds", "16"}}).error, "");
}

TEST(HotProducerStory, LeavesOpenWhichConsumersAreKept_BeyondTheCap) {
  const Generated generated = generate_story("hot-producer", {{"consumers", "1000"}, {"max-links-followed", "100"}});
  expect_counts(generated);
  EXPECT_EQ(generated.expectation.kept.size(), 1u);
  EXPECT_EQ(generated.expectation.unspecified.size(), 1000u);
  EXPECT_EQ(generated.expectation.kept_of_unspecified, 100u);
}

TEST(MixedStory, HasTheRequestedLoad) {
  const Generated generated =
      generate_story("mixed", {{"spans", "40000"}, {"links", "0.3"}, {"errors", "0.01"}, {"spans-per-second", "4000"}});
  EXPECT_EQ(generated.found.spans, 40'000u);
  EXPECT_EQ(generated.found.traces.size(), 10'000u);
  EXPECT_EQ(generated.found.spans_max, 512u);
  EXPECT_NEAR(static_cast<double>(generated.found.bytes) / 40'000, 400, 20);
  std::size_t errors = 0, linking = 0;
  for (const auto& [id, trace] : generated.found.traces) {
    errors += trace.error;
    linking += !trace.linked.empty();
  }
  EXPECT_NEAR(static_cast<double>(errors), 100, 40);
  EXPECT_NEAR(static_cast<double>(linking), 3000, 200);
}

TEST(MalformedStory, CountsMalformedContexts) {
  const Generated generated = generate_story("malformed", {{"repeat", "3"}});
  expect_counts(generated);
  EXPECT_EQ(generated.found.bad_spans, 12u);
  EXPECT_EQ(generated.found.spans, 12u + 4u);
  EXPECT_EQ(generated.found.links, 3u * 19u);
  EXPECT_EQ(fact(generated, "links_all_zero") + fact(generated, "links_wrong_length"), 3u * 9u);
  EXPECT_EQ(fact(generated, "links_bad_hex"), 0u) << "protobuf holds no text";
}

TEST(MixedStory, ContainsTheStoriesMixedIn) {
  const Generated load = generate_story("mixed", {{"spans", "4000"}, {"spans-per-second", "400"}});
  Flags flags(find_scenario("mixed")->flags);
  EXPECT_EQ(flags.set("with", "saga"), "");
  EXPECT_EQ(flags.set("with", "workflow"), "");
  EXPECT_EQ(flags.list("with"), (std::vector<std::string>{"saga", "workflow"}));
  EXPECT_NE(flags.set("with", "mixed"), "");
  const Generated etl = generate_story("etl", {});
  const Generated mixed =
      generate_story("mixed", {{"spans", "4000"}, {"spans-per-second", "400"}, {"with", "etl"}, {"copies", "3"}});
  expect_counts(mixed);
  EXPECT_EQ(mixed.found.spans, load.found.spans + 3 * etl.found.spans);
  EXPECT_EQ(mixed.found.traces.size(), load.found.traces.size() + 3 * etl.found.traces.size());
  EXPECT_EQ(expected_of(mixed.expectation), kept_of(mixed.found, 4));
}

TEST(StoryConfigs, LargestRuleApplies_AndStrictestTypeOfALink) {
  StoryConfig config;
  EXPECT_EQ(config.linked_hops({"retry_of"}), 4u);
  config.allow("retry_of", 8, std::nullopt);
  config.allow("retry_of", 2, 1);
  config.allow("aggregates", 0, std::nullopt);
  EXPECT_EQ(config.linked_hops({"retry_of"}), 8u);
  EXPECT_EQ(config.linking_hops({"retry_of", "other"}), 1u);
  EXPECT_EQ(config.linked_hops({"retry_of", "aggregates"}), 0u);
  EXPECT_EQ(config.linking_hops({"aggregates"}), 4u);
}

TEST(Flags, RefuseUnknownFlags) {
  Flags flags(scenarios()[0].flags);
  EXPECT_NE(flags.set("depth", "3"), "");
  EXPECT_NE(flags.set("links", "0"), "");
  EXPECT_NE(flags.set("links", "12x"), "");
  EXPECT_NE(flags.set("absent", "1.5"), "");
  EXPECT_NE(flags.set("errors-when", "never"), "");
  EXPECT_EQ(flags.set("links", "12"), "");
  EXPECT_EQ(flags.count("links"), 12u);
}

}  // namespace
}  // namespace entail::cli
