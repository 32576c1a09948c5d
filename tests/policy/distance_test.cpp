// How close policies came to keeping a dropped trace.
#include "policy/distance.hpp"

#include <gtest/gtest.h>

#include "tests/policy/request.hpp"

namespace entail::policy {
namespace {

// "NAME VALUE THRESHOLD WHY" of each policy that has a distance.
std::vector<std::string> distances(const std::vector<PolicyOptions>& options, const std::vector<SpanSpec>& spans,
                                   StatefulAnswers answers = {}, Probability probability = Probability::collector) {
  Options all = options_of(options);
  all.probability = probability;
  const auto policies = compile_ok(all);
  const Facts facts = facts_of(*policies, spans);
  std::vector<std::uint64_t> numbers(policies->near_numbers().count());
  const std::string bytes = request_bytes(spans);
  otlp::Decoded decoded;
  EXPECT_TRUE(otlp::decode(bytes_of(bytes), nullptr, decoded).ok());
  for (const otlp::SpanView& span : decoded.spans) policies->near_numbers().measure_span(decoded, span, numbers.data());
  std::vector<PolicySet::PolicyDistance> found;
  policies->distances({facts, kTrace, numbers}, answers, false, found);
  std::vector<std::string> texts;
  for (const auto& [policy, distance] : found)
    texts.push_back(std::string(policies->name(policy)) + " " + number_text(distance.value) + " " +
                    number_text(distance.threshold) + " " + distance.why);
  return texts;
}

using Texts = std::vector<std::string>;

SpanSpec lasting(std::uint64_t milliseconds) {
  SpanSpec span;
  span.end_ns = span.start_ns + milliseconds * 1'000'000;
  return span;
}

TEST(Distance, OfDurationsAndCounts) {
  EXPECT_EQ(distances({latency(5000)}, {lasting(4900)}), Texts{"latency 4900 5000 4.9 s of 5 s"});
  EXPECT_EQ(distances({latency(5000)}, {lasting(5001)}), Texts{});
  EXPECT_EQ(distances({latency(100, 200)}, {lasting(250)}), Texts{"latency 250 200 250 ms, above 200 ms"});
  EXPECT_EQ(distances({count(3, 4)}, {lasting(1)}), Texts{"count 1 3 1 of 3 spans"});
  EXPECT_EQ(distances({count(3, 4)}, std::vector<SpanSpec>(5)), Texts{"count 5 4 5 spans, above 4"});
}

TEST(Distance, OfChance) {
  const PolicyOptions some = percentage(1);
  const Texts by_hash = distances({some}, {lasting(1)});
  ASSERT_EQ(by_hash.size(), 1u);
  EXPECT_NE(by_hash[0].find("not drawn: "), std::string::npos) << by_hash[0];
  // R is 0x0a0b0c0d0e0f10 of 2^56, near the start: 96.1 % of all traces are drawn before it.
  EXPECT_EQ(distances({some}, {lasting(1)}, {}, Probability::consistent),
            Texts{"some 96.0769 1 not drawn: 96.0769 % of 1 %"});
}

TEST(Distance, OfNumbers) {
  const PolicyOptions number = numeric(500, 600);
  const auto sized = [](const Value& value) {
    SpanSpec span;
    span.attributes = {{"other", std::int64_t{1}}, {"n", value}};
    return span;
  };
  EXPECT_EQ(distances({number}, {sized(std::int64_t{100}), sized(std::int64_t{450}), sized(std::int64_t{300})}),
            Texts{"numeric 450 500 450 of 500"});
  EXPECT_EQ(distances({number}, {sized(std::int64_t{450}), sized(620.5)}), Texts{"numeric 620.5 600 620.5, above 600"});
  EXPECT_EQ(distances({number}, {sized(std::string("450"))}), Texts{}) << "no number";
  EXPECT_EQ(distances({number}, {sized(std::int64_t{550})}), Texts{}) << "it holds";
}

TEST(Distance, OfLimits) {
  const PolicyOptions rate = span_rate(100);
  EXPECT_EQ(distances({rate}, std::vector<SpanSpec>(4)), Texts{}) << "it was not asked";
  EXPECT_EQ(distances({rate}, std::vector<SpanSpec>(4), {.evaluated = 1}),
            Texts{"rate 4 100 exhausted: 4 spans did not fit into 100 per second"});
  EXPECT_EQ(distances({rate}, std::vector<SpanSpec>(4), {.evaluated = 1, .yes = 1}), Texts{});
}

TEST(Distance, OfAllParts) {
  EXPECT_EQ(distances({both({status(kUnset), latency(5000), latency(9000)})}, {lasting(4900)}),
            Texts{"and 1 3 1 of 3 conditions; 4.9 s of 5 s"});
  EXPECT_EQ(distances({status(kError), drop({latency(5000)})}, {lasting(4900)}), Texts{})
      << "a status has no distance, and a drop policy keeps nothing";
}

}  // namespace
}  // namespace entail::policy
