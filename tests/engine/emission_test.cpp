// What changes on emitted spans, and what does not: th, reasons, dropped_links_count (docs/design.md 3.11, 3.12, 4.4).
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/engine_run.hpp"
#include "tests/workload/story.hpp"

namespace entail::engine_test {
namespace {

using workload::error_options;
using workload::kError;
using workload::linking;
using workload::make_policy;
using workload::make_request;
using workload::make_span;
using workload::span_bytes;
using workload::trace_bytes;

workload::Span with_state(workload::Span span, const std::string& state) {
  span.trace_state = state;
  return span;
}

PolicyOptions percent(double percentage) {
  PolicyOptions policy = make_policy(PolicyType::probabilistic, "some");
  policy.sampling_percentage = percentage;
  return policy;
}

// The tracestate of the only span emitted for this trace.
std::string state_of(const EngineRun& run, std::uint64_t trace) {
  const auto found = run.emitted.find(trace_bytes(trace));
  if (found == run.emitted.end() || found->second.size() != 1) return "(not one span)";
  return found->second[0].trace_state;
}

TEST(Threshold, IsErased_WhenOnlyTheCollectorsChoiceKeptTheTrace) {
  Options options = error_options();
  options.tail_sampling.policies.push_back(percent(100));
  EngineRun run(options);
  run.ingest(
      make_request({with_state(make_span(1), "ot=th:8"), with_state(make_span(2), "a=1,ot=rv:0123456789abcd;th:8,b=2"),
                    with_state(make_span(3, kError), "ot=th:8"), with_state(make_span(4), "ot=th:8,=bad"),
                    with_state(make_span(5), "a=1"), with_state(make_span(6), "")}));
  run.drain(10);
  EXPECT_EQ(state_of(run, 1), "");
  EXPECT_EQ(state_of(run, 2), "a=1,ot=rv:0123456789abcd,b=2");
  EXPECT_EQ(state_of(run, 3), "ot=th:8");
  EXPECT_EQ(state_of(run, 4), "ot=th:8,=bad");
  EXPECT_EQ(state_of(run, 5), "a=1");
  EXPECT_EQ(state_of(run, 6), "");
}

TEST(Threshold, IsErasedOnLateSpans) {
  Options options = error_options();
  options.tail_sampling.policies = {percent(100)};
  EngineRun run(options);
  run.ingest(make_request({with_state(make_span(1), "ot=th:8")}));
  run.tick(10);
  run.ingest(make_request({with_state(make_span(1, 0, 2), "ot=th:8;rv:00000000000001")}));
  run.tick(11);
  const auto& spans = run.emitted.at(trace_bytes(1));
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[1].trace_state, "ot=rv:00000000000001");
}

TEST(Threshold, DependsOnTheOrigins_OfATraceKeptByLinks) {
  Options options = error_options();
  PolicyOptions chosen = make_policy(PolicyType::and_policy, "chosen");
  chosen.parts = {percent(100), make_policy(PolicyType::trace_flags, "sampled")};
  options.tail_sampling.policies.push_back(chosen);
  options.links.origins = std::vector<std::string>{"errors", "chosen"};
  EngineRun run(options);
  workload::Span probabilistic = linking(make_span(1), {3, 4, 6});
  probabilistic.flags = 1;
  // 3 is reached from probabilistic origins only, 5 from an error only, 4 from both, the error being farther away.
  run.ingest(make_request({probabilistic, linking(make_span(2, kError), {5, 6}),
                           with_state(linking(make_span(6), {4}), "ot=th:8"), with_state(make_span(3), "ot=th:8"),
                           with_state(make_span(4), "ot=th:8"), with_state(make_span(5), "ot=th:8")}));
  run.drain(10);
  EXPECT_EQ(state_of(run, 3), "");
  EXPECT_EQ(state_of(run, 4), "ot=th:8");
  EXPECT_EQ(state_of(run, 5), "ot=th:8");
  EXPECT_EQ(state_of(run, 6), "ot=th:8");
}

TEST(Threshold, IsRaisedButNeverLowered_WhenConsistent) {
  Options options = error_options();
  options.tail_sampling.policies.push_back(percent(25));
  options.probability = Probability::consistent;
  EngineRun run(options);
  const std::string rv = ";rv:f0000000000000";
  run.ingest(
      make_request({with_state(make_span(1), "ot=th:8" + rv), with_state(make_span(2), "ot=th:e" + rv),
                    with_state(make_span(3), "ot=rv:c0000000000000"), with_state(make_span(4), "ot=rv:bfffffffffffff"),
                    with_state(make_span(5, kError), "ot=th:8" + rv)}));
  run.drain(10);
  const auto threshold = [&](std::uint64_t trace) {
    const auto members = oracle::parse_trace_state(state_of(run, trace));
    if (!members || members->empty()) return std::string("none");
    for (const auto& [key, value] : oracle::parse_ot(members->front().second).value_or(oracle::Members{}))
      if (key == "th") return value;
    return std::string("none");
  };
  EXPECT_EQ(threshold(1), "c");
  EXPECT_EQ(threshold(2), "e");
  EXPECT_EQ(threshold(3), "c");
  EXPECT_FALSE(run.kept(trace_bytes(4)));
  EXPECT_EQ(threshold(5), "8");
  EXPECT_EQ(oracle::randomness_in(state_of(run, 1)), 0xf0000000000000U);
}

// A dropped trace that late spans, logged twice in one tick, keep by probability alone; the other one stays retained.
TEST(Threshold, IsRaised_WhenLateSpansKeepADroppedTrace_AndOthersStayRetained) {
  Options options = error_options();
  PolicyOptions chosen = make_policy(PolicyType::and_policy, "chosen");
  chosen.parts = {percent(25), make_policy(PolicyType::trace_flags, "sampled")};
  options.tail_sampling.policies.push_back(chosen);
  options.tail_sampling.decision_wait_after_root_received_ns = kNanosPerSecond;
  options.probability = Probability::consistent;
  EngineRun run(options);
  const std::string state = "ot=th:8;rv:f0000000000000";
  run.ingest(make_request({with_state(make_span(1), state), with_state(make_span(2), state)}));
  run.tick(6);
  EXPECT_TRUE(run.emitted.empty());
  std::vector<workload::Span> late = {with_state(make_span(1, 0, 2), state), with_state(make_span(1, 0, 3), state)};
  for (workload::Span& span : late) span.flags = 1;
  run.ingest(make_request(late));
  run.tick(7);
  ASSERT_TRUE(run.kept(trace_bytes(1)));
  for (const workload::Span& span : run.emitted.at(trace_bytes(1)))
    EXPECT_EQ(span.trace_state, "ot=th:c;rv:f0000000000000");
  EXPECT_EQ(run.loss("evicted"), 0u);  // as it would be if too many traces were retained
  run.ingest(make_request({make_span(2, kError, 2)}));
  run.tick(8);
  EXPECT_EQ(run.emitted.at(trace_bytes(2)).size(), 2u);
}

// The numbers (1 to 9) of the spans that carry the reason of their trace.
std::vector<std::uint64_t> spans_with_reason(const EngineRun& run, std::uint64_t trace) {
  std::vector<std::uint64_t> out;
  for (const workload::Span& span : run.emitted.at(trace_bytes(trace)))
    for (std::uint64_t number = 1; number < 10; ++number)
      if (span.span_id == span_bytes(trace * 1000 + number) &&
          workload::find(span.attributes, "entail.keep.reason") != nullptr)
        out.push_back(number);
  return out;
}
workload::Span child(workload::Span span, const workload::ByteString& parent) {
  span.parent_span_id = parent;
  return span;
}

TEST(Reason, IsOnTheRoot_ElseBelowAMissingParent_ElseOnTheFirstSpan) {
  EngineRun run(error_options());
  const workload::ByteString missing = "missing!";
  const auto id = [](std::uint64_t trace, std::uint64_t number) { return span_bytes(trace * 1000 + number); };
  workload::Span early = make_span(4, kError, 3);
  early.start_ns -= 1000;
  run.ingest(make_request(
      {child(make_span(1, kError, 1), id(1, 2)), make_span(1, 0, 2),                   // 2 is the root
       child(make_span(2, kError, 1), id(2, 2)), child(make_span(2, 0, 2), missing),   // 2 has no parent here
       child(make_span(3, kError, 1), id(3, 2)), child(make_span(3, 0, 2), id(3, 1)),  // a cycle: 1 is earlier
       make_span(4, 0, 1), make_span(4, 0, 2), early}));                               // three roots: 3 is earlier
  run.drain(10);
  EXPECT_EQ(spans_with_reason(run, 1), std::vector<std::uint64_t>{2});
  EXPECT_EQ(spans_with_reason(run, 2), std::vector<std::uint64_t>{2});
  EXPECT_EQ(spans_with_reason(run, 3), std::vector<std::uint64_t>{1});
  EXPECT_EQ(spans_with_reason(run, 4), std::vector<std::uint64_t>{3});
}

TEST(Reason, BreaksTiesBySmallestSpanId) {
  EngineRun run(error_options());
  workload::Span a = make_span(1, kError);
  workload::Span b = a;
  a.span_id = std::string("\x00\x00\x00\x00\x00\x00\x00\x02", 8);
  b.span_id = std::string("\x00\x00\x00\x00\x00\x00\x01\x01", 8);
  run.ingest(make_request({b, a}));
  run.drain(10);
  for (const workload::Span& span : run.emitted.at(trace_bytes(1)))
    EXPECT_EQ(workload::find(span.attributes, "entail.keep.reason") != nullptr, span.span_id == a.span_id);
}

TEST(Reason, IsWrittenOnce_AndReplacesAnEarlierStage) {
  EngineRun run(error_options());
  workload::Span liar = make_span(1);
  liar.attributes = {
      {"kept", true}, {"entail.keep.hops", std::int64_t{9}}, {"entail.keep.reason", std::string("magic")}};
  run.ingest(make_request({liar, linking(make_span(2), {1}), linking(make_span(3, kError), {2})}));
  run.tick(10);
  run.ingest(make_request({make_span(1, 0, 2)}));
  run.tick(11);
  const auto& spans = run.emitted.at(trace_bytes(1));
  ASSERT_EQ(spans.size(), 2U);
  const workload::Attributes& reason = spans[0].attributes;
  EXPECT_EQ(workload::text_of(reason, "entail.keep.reason"), "link");
  EXPECT_EQ(workload::integer_of(reason, "entail.keep.hops"), 2);
  EXPECT_EQ(workload::text_of(reason, "entail.keep.direction"), "linked");
  EXPECT_EQ(workload::text_of(reason, "entail.keep.origin_trace_id"), workload::hex_of(trace_bytes(3)));
  const workload::Value* path = workload::find(reason, "entail.keep.path");
  ASSERT_NE(path, nullptr);
  EXPECT_EQ(std::get<std::vector<std::string>>(*path),
            (std::vector<std::string>{workload::hex_of(trace_bytes(3)), workload::hex_of(trace_bytes(2)),
                                      workload::hex_of(trace_bytes(1))}));
  EXPECT_EQ(workload::find(reason, "entail.keep.policy"), nullptr);
  EXPECT_EQ(std::count_if(reason.begin(), reason.end(),
                          [](const auto& attribute) { return attribute.key == "entail.keep.reason"; }),
            1);
  EXPECT_TRUE(spans[1].attributes.empty());
  const workload::Attributes& own = run.emitted.at(trace_bytes(3))[0].attributes;
  EXPECT_EQ(workload::text_of(own, "entail.keep.reason"), "policy");
  EXPECT_EQ(workload::text_of(own, "entail.keep.policy"), "errors");
  EXPECT_EQ(workload::find(own, "entail.keep.hops"), nullptr);
}

// A kept trace with a span that holds an earlier stage's attributes, and one whose six links are truncated to four.
struct Stages {
  workload::Span plain;
  workload::Span truncated;
  workload::Span plain_out;
  workload::Span truncated_out;
};
Stages emitted_with(SpanAttributes attributes, TruncationNames names) {
  Options options = error_options();
  options.links.sample = {.max_links_per_span = 4, .seed = 0, .names = names};
  options.links.attributes = attributes;
  EngineRun run(options);
  Stages stages{make_span(1, kError), linking(make_span(1, 0, 2), {2, 3, 4, 5, 6, 7}), {}, {}};
  stages.plain.attributes = {{"entail.keep.reason", std::string("magic")}, {"entail.links.emitted", std::int64_t{9}}};
  stages.plain.dropped_links_count = 3;
  stages.truncated.dropped_links_count = 5;
  stages.truncated.parent_span_id = stages.plain.span_id;
  run.ingest(make_request({stages.plain, stages.truncated}));
  run.drain(10);
  const auto& spans = run.emitted.at(trace_bytes(1));
  EXPECT_EQ(spans.size(), 2U);
  for (const workload::Span& span : spans)
    (span.span_id == stages.truncated.span_id ? stages.truncated_out : stages.plain_out) = span;
  return stages;
}

// G6: with `none` an untruncated span is emitted as received; a truncated one differs only in links and their count.
TEST(SpanAttributesOption, None_ChangesOnlyTheLinksOfATruncatedSpan) {
  for (const TruncationNames names : {TruncationNames::entail, TruncationNames::batch, TruncationNames::both}) {
    const Stages stages = emitted_with(SpanAttributes::none, names);
    EXPECT_EQ(workload::encode_span(stages.plain_out), workload::encode_span(stages.plain));
    ASSERT_EQ(stages.truncated_out.links.size(), 4U);
    EXPECT_EQ(stages.truncated_out.dropped_links_count, 7U);
    workload::Span expected = stages.truncated;
    expected.links = stages.truncated_out.links;
    expected.dropped_links_count = 7;
    EXPECT_EQ(workload::encode_span(stages.truncated_out), workload::encode_span(expected));
  }
}

TEST(SpanAttributesOption, Truncation_WritesLinkCounts_ButNoReasons) {
  const Stages stages = emitted_with(SpanAttributes::truncation, TruncationNames::both);
  EXPECT_EQ(workload::encode_span(stages.plain_out), workload::encode_span(stages.plain));
  EXPECT_EQ(stages.truncated_out.dropped_links_count, 7U);
  EXPECT_EQ(workload::integer_of(stages.truncated_out.attributes, "entail.links.received"), 6);
  EXPECT_EQ(workload::integer_of(stages.truncated_out.attributes, "batch.sampled_links"), 4);
  for (const workload::Attribute& attribute : stages.truncated_out.attributes)
    EXPECT_FALSE(attribute.key.starts_with("entail.keep.")) << attribute.key;
}

TEST(SpanAttributesOption, All_WritesBoth) {
  const Stages stages = emitted_with(SpanAttributes::all, TruncationNames::entail);
  EXPECT_EQ(workload::text_of(stages.plain_out.attributes, "entail.keep.reason"), "policy");
  EXPECT_EQ(workload::integer_of(stages.truncated_out.attributes, "entail.links.received"), 6);
}

TEST(TruncatedSpan, CountsDroppedLinks_Saturating) {
  Options options = error_options();
  options.links.sample.max_links_per_span = 4;
  options.links.sample.seed = 77;
  EngineRun run(options);
  workload::Span truncated = linking(make_span(1, kError), {2, 3, 4, 5, 6, 7});
  truncated.dropped_links_count = 0xffff'fffe;
  workload::Span whole = linking(make_span(1, 0, 2), {2, 3, 4, 5});
  whole.dropped_links_count = 5;
  run.ingest(make_request({truncated, whole, make_span(7, kError)}));
  run.drain(10);
  const auto& spans = run.emitted.at(trace_bytes(1));
  ASSERT_EQ(spans.size(), 2U);
  const workload::Span& out = spans[0].span_id == truncated.span_id ? spans[0] : spans[1];
  const workload::Span& same = spans[0].span_id == truncated.span_id ? spans[1] : spans[0];
  EXPECT_EQ(out.links.size(), 4U);
  EXPECT_EQ(out.dropped_links_count, 0xffff'ffffU);
  EXPECT_EQ(workload::integer_of(out.attributes, "entail.links.dropped_upstream"), 0xffff'fffe);
  EXPECT_EQ(workload::integer_of(out.attributes, "entail.links.seed"), 77);
  EXPECT_EQ(workload::integer_of(out.attributes, "entail.links.pinned.emitted"), 1);
  EXPECT_EQ(workload::text_of(out.attributes, "entail.links.algorithm"), "bottom-k/1");
  EXPECT_EQ(same.links.size(), 4U);
  EXPECT_EQ(same.dropped_links_count, 5U);
  EXPECT_EQ(workload::find(same.attributes, "entail.links.received"), nullptr);
}

// A length-delimited field: a message may be written in pieces, which protobuf merges.
std::string field(unsigned number, const std::string& bytes) {
  std::string out{static_cast<char>(number << 3 | 2)};
  std::size_t size = bytes.size();
  for (; size >= 0x80; size >>= 7) out += static_cast<char>((size & 0x7f) | 0x80);
  out += static_cast<char>(size);
  return out + bytes;
}

// G6 to the byte: an unknown field, an explicit zero and an unusual field order are preserved.
TEST(SpanAttributesOption, None_PassesReceivedBytes_OfASpanThatIsNotTruncated) {
  const std::string unknown = "\xa2\x06\x03odd";  // field 100
  const std::string zero = {"\x70\x00", 2};       // dropped_links_count, field 14
  const std::string payload = zero + unknown + workload::encode_span(linking(make_span(1, kError), {2, 3})) + unknown;
  const std::string whole = field(2, payload);
  for (const SpanAttributes attributes : {SpanAttributes::none, SpanAttributes::truncation, SpanAttributes::all}) {
    Options options = error_options();
    options.links.attributes = attributes;
    PollSink sink;
    auto engine = Engine::open(options, sink);
    ASSERT_TRUE(engine.ok());
    ASSERT_TRUE((*engine)->ingest(as_bytes(field(1, field(2, whole)))).ok());
    ASSERT_TRUE((*engine)->drain(10 * kNanosPerSecond).ok());
    const auto batches = sink.take_batches();
    ASSERT_EQ(batches.size(), 1U);
    const std::string out(batches[0].begin(), batches[0].end());
    EXPECT_EQ(out.find(whole) != std::string::npos, attributes != SpanAttributes::all);
  }
}

TEST(TruncatedSpan, PreservesFieldsBetweenItsLinks) {
  workload::Span first = linking(make_span(1, kError), {2, 3, 4});
  first.attributes = {{"before", std::string("b")}};
  workload::Span second = linking(make_span(1, kError), {5, 6, 7});
  second.attributes = {{"between", std::string("c")}};
  const std::string apart = field(2, workload::encode_span(first) + workload::encode_span(second));
  const workload::Span together = linking(make_span(1, kError), {2, 3, 4, 5, 6, 7});
  const std::string other = field(2, workload::encode_span(linking(make_span(9, kError), {2})));
  for (const std::string& spans : {apart, other + apart + other, field(2, workload::encode_span(together))}) {
    Options options = error_options();
    options.links.sample.max_links_per_span = 4;
    EngineRun run(options);
    ASSERT_TRUE(run.engine().ingest(as_bytes(field(1, field(2, spans)))).ok());
    run.drain(10);
    const auto& emitted = run.emitted.at(trace_bytes(1));
    ASSERT_EQ(emitted.size(), 1U);
    EXPECT_EQ(emitted[0].links.size(), 4U);
    EXPECT_EQ(emitted[0].dropped_links_count, 2U);
    EXPECT_EQ(emitted[0].name, together.name);
    EXPECT_EQ(workload::integer_of(emitted[0].attributes, "entail.links.received"), 6);
    const bool is_apart = spans.find("between") != std::string::npos;
    EXPECT_EQ(workload::text_of(emitted[0].attributes, "before"), is_apart ? "b" : "");
    EXPECT_EQ(workload::text_of(emitted[0].attributes, "between"), is_apart ? "c" : "");
  }
}

TEST(Emission, EmitsUneditedSpansByteForByte_InBoundedBatches) {
  Options options = error_options();
  options.output_batch_bytes_max = 64 << 10;
  EngineRun run(options);
  std::vector<workload::Span> spans;
  for (std::uint64_t number = 1; number <= 500; ++number) {
    spans.push_back(make_span(1, number == 1 ? kError : 0, number));
    spans.back().attributes = {{"text", std::string(900, 'x')}};
  }
  run.ingest(make_request(spans));
  run.drain(10);
  const auto& out = run.emitted.at(trace_bytes(1));
  ASSERT_EQ(out.size(), spans.size());
  std::vector<std::string> sent, got;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    sent.push_back(workload::encode_span(spans[i]));
    got.push_back(workload::encode_span(out[i]));
  }
  std::sort(sent.begin(), sent.end());
  std::sort(got.begin(), got.end());
  std::vector<std::string> different;
  std::set_difference(sent.begin(), sent.end(), got.begin(), got.end(), std::back_inserter(different));
  EXPECT_EQ(different.size(), 1U);  // the one that carries the reason
  EXPECT_GE(run.batch_count, 7U);
}

}  // namespace
}  // namespace entail::engine_test
