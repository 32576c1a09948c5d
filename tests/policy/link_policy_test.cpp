// link_count and link_type: evaluated over the links of all spans of a trace, alone and inside other policies.
#include <gtest/gtest.h>

#include <thread>

#include "otlp/decode.hpp"
#include "tests/policy/request.hpp"

namespace entail::policy {
namespace {

std::string link_bytes(const std::string& trace_id, const std::string& span_id, const Attributes& attributes = {}) {
  std::string link = bytes_field(1, trace_id) + bytes_field(2, span_id);
  for (const auto& [key, value] : attributes) link += bytes_field(4, key_value(key, value));
  return bytes_field(13, link);
}
std::string good_link(const Attributes& attributes = {}) {
  return link_bytes(std::string(16, '\x33'), std::string(8, '\x44'), attributes);
}
SpanSpec linking(int links) {
  SpanSpec span;
  for (int i = 0; i < links; ++i) span.raw += good_link();
  return span;
}

// Folds as ingest does: the span's own facts, joined with those of its links.
Facts facts_with_links(const PolicySet& policies, const std::vector<SpanSpec>& spans) {
  const std::string bytes = request_bytes(spans);
  otlp::Decoded decoded;
  EXPECT_TRUE(otlp::decode(bytes_of(bytes), nullptr, decoded).ok());
  FoldMemory memory(policies);
  for (const otlp::SpanView& span : decoded.spans) {
    Facts facts;
    LinkFacts links;
    policies.match_span(decoded, span, Bits{}, facts);
    policies.match_links(decoded, span, links);
    facts.join(links);
    policies.fold(memory.fold(), facts);
  }
  return memory.fold().facts(policies.shape());
}
bool keeps_linked(const Options& options, const std::vector<SpanSpec>& spans) {
  const auto policies = compile_ok(options);
  StatefulAnswers answers;
  return policies->evaluate(facts_with_links(*policies, spans), kTrace, answers, 0, true).keep;
}
bool keeps_linked(const PolicyOptions& policy, const std::vector<SpanSpec>& spans) {
  return keeps_linked(options_of({policy}), spans);
}

TEST(LinkCount, IsOfAllSpans_BothBoundsInclusive) {
  for (int count = 0; count <= 6; ++count) {
    const std::vector<SpanSpec> spans = {linking(count / 2), linking(count - count / 2)};
    EXPECT_EQ(keeps_linked(links(2, 4), spans), count >= 2 && count <= 4) << count;
    EXPECT_EQ(keeps_linked(links(3), spans), count >= 3) << count;
    EXPECT_EQ(keeps_linked(links(0, 1), spans), count <= 1) << count;
  }
}

TEST(LinkCount, CountsGoodContextsOnly) {
  SpanSpec span;
  const std::string zero(16, '\0');
  span.raw = link_bytes("", "") + link_bytes(zero, std::string(8, '\1')) + link_bytes("short", std::string(8, '\1')) +
             link_bytes(zero, std::string(8, '\0'), {{"a", std::string("data")}});
  EXPECT_FALSE(keeps_linked(links(1), {span}));
  span.raw += good_link() + good_link();
  EXPECT_TRUE(keeps_linked(links(2, 2), {span})) << "a repeated link counts twice";
  span.raw += bytes_field(
      13, bytes_field(1, std::string(16, '\x33')) + bytes_field(2, std::string(8, '\x44')) + bytes_field(3, "=bad"));
  EXPECT_TRUE(keeps_linked(links(3, 3), {span})) << "a bad tracestate does not hinder it";
}

TEST(LinkType, IsTheValueOfATypeKey) {
  const auto typed = [](const std::string& key, Value value) {
    return SpanSpec{.raw = good_link() + good_link({{"other", std::string("x")}, {key, std::move(value)}})};
  };
  const PolicyOptions policy = link_types({"retry-of", "batch_member"});
  EXPECT_TRUE(keeps_linked(policy, {SpanSpec{}, typed("link.type", std::string("retry_of"))}));
  EXPECT_TRUE(keeps_linked(policy, {typed("link.relationship", std::string("retry-of"))}));
  EXPECT_TRUE(keeps_linked(policy, {typed("link.type", std::string("batch-member"))}));
  EXPECT_FALSE(keeps_linked(policy, {typed("link.type", std::string("caused_by"))}));
  EXPECT_FALSE(keeps_linked(policy, {typed("link.kind", std::string("retry_of"))}));
  EXPECT_FALSE(keeps_linked(policy, {typed("link.type", std::int64_t{1})}));
  EXPECT_FALSE(keeps_linked(policy, {linking(3)}));
  Options options = options_of({policy});
  options.links.propagate.type_keys = {"link.kind"};
  EXPECT_TRUE(keeps_linked(options, {typed("link.kind", std::string("retry_of"))}));
  EXPECT_FALSE(keeps_linked(options, {typed("link.type", std::string("retry_of"))}));
  // Including a link that leads nowhere.
  const SpanSpec nowhere{.raw = link_bytes("", "", {{"link.type", std::string("retry_of")}})};
  EXPECT_TRUE(keeps_linked(policy, {nowhere}));
}

TEST(LinkPolicies, WorkInsideOthers) {
  const SpanSpec typed{.raw = good_link({{"link.type", std::string("retry_of")}})};
  const SpanSpec error{.status = 2};
  EXPECT_TRUE(keeps_linked(both({status(kError), link_types({"retry_of"}), links(1, 1)}), {typed, error}));
  EXPECT_FALSE(keeps_linked(both({status(kError), link_types({"retry_of"})}), {typed}));
  EXPECT_TRUE(keeps_linked(negated(links(2)), {typed}));
  EXPECT_FALSE(keeps_linked(negated(link_types({"retry_of"})), {typed}));
  EXPECT_TRUE(keeps_linked(composite(10, {links(1)}), {typed}));
  EXPECT_FALSE(keeps_linked(options_of({drop({link_types({"retry_of"})}), always()}), {typed}));
}

TEST(LinkPolicies, DeclareWhatMustBeRead) {
  const auto read = [](PolicyOptions policy) {
    const auto policies = compile_ok(options_of({both({std::move(policy)})}));
    return std::pair(policies->reads_links(), policies->reads_link_types());
  };
  EXPECT_EQ(read(always()), std::pair(false, false));
  EXPECT_EQ(read(links(1)), std::pair(true, false));
  EXPECT_EQ(read(link_types({"a"})), std::pair(true, true));
}

TEST(LinkPolicies, CanBeEarlyOrigins) {
  for (const PolicyOptions& policy : {links(1), link_types({"a"}), links(1, 5)}) {
    Options options = options_of({policy});
    options.links.origins = {policy.name};
    EXPECT_EQ(compile_ok(options)->has_early_origins(), policy.max_links == 0);
  }
}

TEST(LinkCount, SumsAcrossThreadsAndIncarnations) {
  const auto policies = compile_ok(options_of({links(1)}));
  FoldMemory memory(*policies);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) policies->fold(memory.fold(), Facts{.spans = 1, .links = 3});
    });
  for (std::thread& thread : threads) thread.join();
  Facts all = memory.fold().facts(policies->shape());
  EXPECT_EQ(all.links, 12'000u);
  all.merge(Facts{.spans = 1, .links = 5});
  EXPECT_EQ(all.links, 12'005u);
  EXPECT_EQ(all.spans, 4001u);
}

}  // namespace
}  // namespace entail::policy
