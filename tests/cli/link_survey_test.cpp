// LinkSurvey compared with a plain computation, over small random inputs; and the locations it reports.
#include "survey/link_survey.hpp"

#include <gtest/gtest.h>

#include <random>

#include "naive_survey.hpp"
#include "sample_bytes.hpp"
#include "survey/survey_report.hpp"
#include "tests/workload/otlp_writer.hpp"

namespace entail::cli {
namespace {

using test::bytes_of;
using test::NaiveSurvey;
using Random = std::mt19937_64;

std::uint64_t pick(Random& random, std::uint64_t below) { return random() % below; }

std::string some_trace_id(Random& random) {
  // Few enough that traces recur; with equal halves, so that comparisons use both.
  return bytes_of(TraceId{pick(random, 2), 1 + pick(random, 6)});
}
std::string some_span_id(Random& random) { return bytes_of(TraceId{0, 1 + pick(random, 4)}).substr(8); }

std::uint64_t some_time(Random& random) {
  constexpr std::uint64_t kOdd[] = {0, 1ull << 63, ~0ull, (1ull << 63) - 1};
  return pick(random, 8) == 0 ? kOdd[pick(random, 4)] : 1000 + pick(random, 1000);
}

void damage(Random& random, std::string& trace_id, std::string& span_id) {
  switch (pick(random, 16)) {
    case 0:
      trace_id.clear();
      break;
    case 1:
      trace_id.assign(16, '\0');
      break;
    case 2:
      trace_id.resize(3);
      break;
    case 3:
      span_id.push_back('x');
      break;
    case 4:
      span_id.assign(8, '\0');
      break;
    default:
      break;
  }
}

workload::Link some_link(Random& random) {
  static const char* const kTypes[] = {"retry_of", "retry-of", "batch_member", "", "a-b_c"};
  workload::Link link;
  link.trace_id = some_trace_id(random);
  link.span_id = some_span_id(random);
  damage(random, link.trace_id, link.span_id);
  if (pick(random, 5) == 0) link.trace_state = pick(random, 2) == 0 ? "!" : "a=b";
  for (const char* const key : {"link.type", "link.relationship", "link.typ"})
    if (pick(random, 3) == 0) link.attributes.push_back({key, std::string(kTypes[pick(random, 5)])});
  if (pick(random, 8) == 0) link.attributes.push_back({"link.type", std::int64_t{7}});
  return link;
}

workload::Span some_span(Random& random) {
  workload::Span span;
  span.trace_id = some_trace_id(random);
  span.span_id = some_span_id(random);
  if (pick(random, 4) == 0) damage(random, span.trace_id, span.span_id);
  span.name = "work";
  span.start_ns = some_time(random);
  span.end_ns = pick(random, 4) == 0 ? some_time(random) : span.start_ns + pick(random, 300);
  span.dropped_links_count = pick(random, 6) == 0 ? 9 : 0;
  const std::uint64_t count = pick(random, 3) == 0 ? pick(random, 12) : pick(random, 3);
  for (std::uint64_t i = 0; i < count; ++i) span.links.push_back(some_link(random));
  return span;
}

std::vector<workload::Request> some_requests(std::uint64_t seed) {
  Random random(seed);
  std::vector<workload::Request> requests(1 + pick(random, 3));
  for (workload::Request& request : requests) {
    request.groups.resize(pick(random, 3));
    for (workload::SpanGroup& group : request.groups) {
      group.resource = {{"service.name", std::string("shop")}};
      for (std::uint64_t i = pick(random, 10); i > 0; --i) group.spans.push_back(some_span(random));
    }
  }
  return requests;
}

Bytes as_bytes(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

SurveyResult survey(const std::vector<workload::Request>& requests) {
  LinkSurvey survey;
  Request request;
  for (const workload::Request& plain : requests) {
    const std::string bytes = workload::encode(plain);
    EXPECT_TRUE(request.parse_protobuf(as_bytes(bytes)).ok());
    survey.add(request, {Place::Kind::byte, "in", 0});
  }
  return survey.finish();
}

// By label: "0", "1", "3-4".
void expect_histogram(const Histogram& histogram, const std::vector<std::uint64_t>& sizes) {
  std::uint64_t in_buckets = 0;
  for (std::size_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    const std::string label = Histogram::label(bucket);
    const std::size_t dash = label.find('-');
    const std::uint64_t first = std::stoull(label.substr(0, dash));
    const std::uint64_t last = dash == std::string::npos ? first : std::stoull(label.substr(dash + 1));
    const auto expected =
        std::count_if(sizes.begin(), sizes.end(), [&](std::uint64_t size) { return first <= size && size <= last; });
    EXPECT_EQ(histogram.counts[bucket], static_cast<std::uint64_t>(expected)) << label;
    in_buckets += histogram.counts[bucket];
  }
  EXPECT_EQ(in_buckets, sizes.size());
  EXPECT_EQ(histogram.max, sizes.empty() ? 0 : *std::max_element(sizes.begin(), sizes.end()));
}

void expect_spread(const Spread& spread, const std::vector<std::uint64_t>& values) {
  ASSERT_EQ(spread.count, values.size());
  if (values.empty()) return;
  EXPECT_EQ(static_cast<std::uint64_t>(spread.p50), test::naive_percentile(values, 50));
  EXPECT_EQ(static_cast<std::uint64_t>(spread.p99), test::naive_percentile(values, 99));
  EXPECT_EQ(static_cast<std::uint64_t>(spread.max), *std::max_element(values.begin(), values.end()));
}

// The largest, in descending order; ties by trace ID.
void expect_most(const std::vector<SurveyResult::Degree>& most,
                 const std::map<std::string, std::set<std::string>>& sets) {
  std::vector<std::pair<std::int64_t, std::string>> expected;
  for (const auto& [id, set] : sets) expected.emplace_back(-static_cast<std::int64_t>(set.size()), id);
  std::sort(expected.begin(), expected.end());
  ASSERT_EQ(most.size(), std::min(expected.size(), LinkSurvey::kTopMax));
  for (std::size_t i = 0; i < most.size(); ++i) {
    EXPECT_EQ(bytes_of(most[i].trace_id), expected[i].second);
    EXPECT_EQ(static_cast<std::int64_t>(most[i].count), -expected[i].first);
  }
}

void expect_links(const SurveyResult& result, const NaiveSurvey& naive) {
  EXPECT_EQ(result.links, naive.links);
  EXPECT_EQ(result.on_rejected_spans, naive.on_rejected_spans);
  EXPECT_EQ(result.null_target, naive.null_target);
  EXPECT_EQ(result.same_trace, naive.same_trace);
  EXPECT_EQ(result.edges, naive.edges);
  EXPECT_EQ(result.bad_tracestate, naive.bad_tracestate);
  EXPECT_EQ(result.invalid, naive.invalid);
  EXPECT_EQ(result.by_type, naive.by_type);
  EXPECT_EQ(result.untyped, naive.untyped);
  EXPECT_EQ(result.other_types, 0u);
  EXPECT_EQ(result.resolved, naive.resolved);
  EXPECT_EQ(result.span_absent, naive.span_absent);
  EXPECT_EQ(result.trace_absent, naive.trace_absent);
  EXPECT_EQ(result.overlapping, naive.overlapping);
  EXPECT_EQ(result.untimed, naive.untimed);
  expect_spread(result.delay_ns, naive.delays);
  EXPECT_EQ(result.dropped_upstream, naive.dropped_upstream);
}

void expect_graph(const SurveyResult& result, const NaiveSurvey& naive) {
  std::uint64_t pairs = 0;
  for (const auto& [id, linked] : naive.fan_out) pairs += linked.size();
  EXPECT_EQ(result.distinct_edges, pairs);
  expect_spread(result.fan_out, NaiveSurvey::sizes(naive.fan_out));
  expect_spread(result.fan_in, NaiveSurvey::sizes(naive.fan_in));
  expect_most(result.most_linking_to, naive.fan_out);
  expect_most(result.most_linked_from, naive.fan_in);
  std::vector<std::uint64_t> sizes;
  for (const std::set<std::string>& component : naive.components) sizes.push_back(component.size());
  EXPECT_EQ(result.components, sizes.size());
  expect_histogram(result.component_sizes, sizes);
  EXPECT_EQ(result.largest_component, sizes.empty() ? 0 : *std::max_element(sizes.begin(), sizes.end()));
}

void expect_conserved(const SurveyResult& result) {
  std::uint64_t invalid = 0;
  for (const auto& [reason, count] : result.invalid) invalid += count;
  EXPECT_EQ(result.links, result.edges + result.same_trace + result.null_target + result.on_rejected_spans + invalid);
  EXPECT_EQ(result.edges + result.same_trace, result.resolved + result.span_absent + result.trace_absent);
  EXPECT_EQ(result.resolved, result.delay_ns.count + result.overlapping + result.untimed);
}

TEST(LinkSurvey, MatchesTheNaiveSurvey) {
  std::map<std::string, std::uint64_t> seen;  // to check that the inputs reach every case
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<workload::Request> requests = some_requests(seed);
    const NaiveSurvey naive(requests);
    const SurveyResult result = survey(requests);
    EXPECT_EQ(result.requests, requests.size());
    EXPECT_EQ(result.spans, naive.span_count());
    EXPECT_EQ(result.traces, naive.traces().size());
    EXPECT_EQ(result.rejected, naive.rejected);
    expect_histogram(result.links_per_span, naive.links_per_span);
    expect_links(result, naive);
    expect_graph(result, naive);
    expect_conserved(result);
    seen["delays"] += naive.delays.size();
    seen["untimed"] += naive.untimed;
    seen["overlapping"] += naive.overlapping;
    seen["span_absent"] += naive.span_absent;
    seen["trace_absent"] += naive.trace_absent;
    seen["same_trace"] += naive.same_trace;
    seen["null_target"] += naive.null_target;
    seen["on_rejected_spans"] += naive.on_rejected_spans;
    seen["bad_tracestate"] += naive.bad_tracestate;
    seen["several components"] += naive.components.size() > 1;
    if (HasFailure()) return;
  }
  for (const auto& [name, count] : seen) EXPECT_GT(count, 20u) << name;
}

TEST(LinkSurvey, ListsOnlyTheLargestSpans) {
  std::vector<workload::Request> requests(1);
  requests[0].groups.resize(1);
  requests[0].groups[0].resource = {{"service.name", std::string("shop\x1b[2J")}};
  for (std::uint64_t count = 1; count <= 15; ++count) {
    workload::Span span;
    span.trace_id = bytes_of(TraceId{1, count});
    span.span_id = span.trace_id.substr(8);
    span.name = "n" + std::to_string(count);
    workload::Link link;
    link.trace_id = bytes_of(TraceId{2, 2});
    link.span_id = link.trace_id.substr(8);
    span.links.assign(count == 7 ? 15 : count, link);  // as many as the last one: the first of them leads
    requests[0].groups[0].spans.push_back(span);
  }
  const std::string bytes = workload::encode(requests[0]);
  const SurveyResult result = survey(requests);
  ASSERT_EQ(result.largest.size(), LinkSurvey::kTopMax);
  const std::uint64_t expected[] = {7, 15, 14, 13, 12, 11, 10, 9, 8, 6};
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    const SurveyResult::Large& large = result.largest[i];
    EXPECT_EQ(large.trace_id, (TraceId{1, expected[i]}));
    EXPECT_EQ(large.span_id, SpanId{expected[i]});
    EXPECT_EQ(large.name, "n" + std::to_string(expected[i]));
    EXPECT_EQ(large.service, "shop\x1b[2J");
    const std::string span = workload::encode_span(requests[0].groups[0].spans[expected[i] - 1]);
    EXPECT_EQ(large.bytes, span.size());
    EXPECT_EQ(bytes.substr(large.place.at, large.bytes), span);
  }
}

TEST(LinkSurvey, ReportsWhereEachReasonFirstOccurs) {
  workload::Span span;
  span.trace_id = bytes_of(TraceId{1, 1});
  span.span_id = span.trace_id.substr(8);
  workload::Link good, zero, short_id;
  good.trace_id = short_id.trace_id = bytes_of(TraceId{1, 2});
  good.span_id = zero.span_id = short_id.span_id = span.span_id;
  short_id.trace_id.resize(5);
  span.links = {good, short_id, zero, short_id};
  workload::Span bad = span;
  bad.span_id = "abc";
  workload::Request plain;
  plain.groups.resize(1);
  plain.groups[0].spans = {span, bad, span};
  const std::string bytes = workload::encode(plain);
  Request request;
  ASSERT_TRUE(request.parse_protobuf(as_bytes(bytes)).ok());
  LinkSurvey survey;
  survey.add(request, {Place::Kind::byte, "a\nb", 1000});
  survey.add(request, {Place::Kind::byte, "later", 5000});
  const SurveyResult result = survey.finish();
  EXPECT_EQ(result.invalid, (SurveyResult::Counts{{"all_zero", 4}, {"wrong_length", 8}}));
  EXPECT_EQ(result.rejected, (SurveyResult::Counts{{"wrong_length", 2}}));
  EXPECT_EQ(result.on_rejected_spans, 8u);
  ASSERT_EQ(result.invalid_first.size(), 2u);
  EXPECT_EQ(result.invalid_first[0].reason, "wrong_length");
  EXPECT_EQ(result.invalid_first[1].reason, "all_zero");
  for (const SurveyResult::Bad& first : result.invalid_first) {
    EXPECT_EQ(first.trace_id, (TraceId{1, 1}));
    EXPECT_EQ(first.place.file, "a\nb");
    ASSERT_GT(first.place.at, 1000u);
    const std::size_t at = first.place.at - 1000;
    ASSERT_LT(at, bytes.size());
    EXPECT_EQ(bytes[at], '\x6a');  // the tag of Span.links
    const bool is_short = bytes.compare(at + 2, 7, "\x0a\x05" + short_id.trace_id) == 0;
    EXPECT_EQ(is_short, first.reason == "wrong_length");
  }
  EXPECT_LT(result.invalid_first[0].place.at, result.invalid_first[1].place.at);
  EXPECT_EQ(bytes.find(short_id.trace_id + "\x12"), result.invalid_first[0].place.at - 1000 + 4);
  ASSERT_EQ(result.rejected_first.size(), 1u);
  const std::string bad_bytes = workload::encode_span(bad);
  EXPECT_EQ(bytes.substr(result.rejected_first[0].place.at - 1000, bad_bytes.size()), bad_bytes);
}

TEST(LinkSurvey, LocatesLinesAndMessagesByTheirStart) {
  const std::string json =
      R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000010000000000000001",)"
      R"("spanId":"0000000000000001","links":[{"traceId":"xy"},{"traceId":"ab"}]}]}]}]})";
  Request request;
  ASSERT_TRUE(request.parse_json(json).ok());
  LinkSurvey survey;
  survey.add(request, {Place::Kind::line, "in.jsonl", 17});
  const SurveyResult result = survey.finish();
  EXPECT_EQ(result.invalid, (SurveyResult::Counts{{"bad_hex", 1}, {"wrong_length", 1}}));
  for (const SurveyResult::Bad& bad : result.invalid_first) EXPECT_EQ(place_text(bad.place), "in.jsonl:17");
  EXPECT_EQ(place_text({Place::Kind::byte, "in", 5}), "in, byte 5");
  EXPECT_EQ(place_text({Place::Kind::message, "in", 5}), "in, message at byte 5");
}

TEST(LinkSurvey, ListsTypesUpToALimit_AndTruncatesTexts) {
  workload::Request plain;
  plain.groups.resize(1);
  workload::Span span;
  span.trace_id = bytes_of(TraceId{1, 1});
  span.span_id = span.trace_id.substr(8);
  workload::Link link;
  link.trace_id = bytes_of(TraceId{1, 2});
  link.span_id = span.span_id;
  // One link with more types than are listed, the last of them known already.
  link.attributes = {{"link.type", std::string("type-0")}};
  span.links = {link};
  for (int i = 0; i < 300; ++i) link.attributes.push_back({"link.type", "type_" + std::to_string(i)});
  span.links.push_back(link);
  link.attributes = {{"link.relationship", std::string(1000, 'x')}, {"link.type", std::string("type_0")}};
  span.links.push_back(link);
  plain.groups[0].spans = {span};
  const SurveyResult result = survey({plain});
  EXPECT_EQ(result.by_type.size(), LinkSurvey::kTypesMax);
  EXPECT_EQ(result.by_type.at("type_0"), 3u);
  EXPECT_EQ(result.other_types, 300u - LinkSurvey::kTypesMax + 1);
  std::vector<workload::Request> alone = {plain};
  alone[0].groups[0].spans[0].links = {link};
  EXPECT_EQ(survey(alone).by_type, (SurveyResult::Counts{{std::string(128, 'x') + "...", 1}, {"type_0", 1}}));
}

TEST(Histogram, PlacesLargeSizesInTheirBucket) {
  Histogram histogram;
  std::vector<std::uint64_t> sizes;
  for (unsigned shift = 0; shift <= 32; ++shift)
    for (const std::int64_t off : {-1, 0, 1}) {
      const std::uint64_t size = (std::uint64_t{1} << shift) + static_cast<std::uint64_t>(off);
      if (size <= std::uint64_t{1} << 32) sizes.push_back(size);
    }
  for (const std::uint64_t size : sizes) histogram.add(size);
  expect_histogram(histogram, sizes);
}

}  // namespace
}  // namespace entail::cli
