// One table per policy type that examines spans, through real requests: decode, match, fold, evaluate.
#include <gtest/gtest.h>

#include <limits>

#include "context/tracestate.hpp"
#include "tests/policy/request.hpp"

namespace entail::policy {
namespace {

constexpr std::uint64_t kMilli = 1'000'000;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();

SpanSpec with(const std::string& key, Value value) { return {.attributes = {{key, std::move(value)}}}; }
SpanSpec on_resource(const std::string& key, Value value) { return {.resource = {{key, std::move(value)}}}; }

TEST(AlwaysSample, KeepsEverything) { EXPECT_TRUE(keeps(always(), {SpanSpec{}})); }

TEST(StatusCode, AnySpanCounts) {
  const SpanSpec unset{}, ok{.status = 1}, error{.status = 2}, unknown{.status = 3};
  EXPECT_TRUE(keeps(status(kError), {ok, unset, error}));
  EXPECT_FALSE(keeps(status(kError), {ok, unset}));
  EXPECT_TRUE(keeps(status(kUnset), {unset}));
  EXPECT_FALSE(keeps(status(kUnset), {ok}));
  EXPECT_TRUE(keeps(status(kOk | kError), {unset, ok}));
  EXPECT_FALSE(keeps(status(kOk | kError), {unset}));
  EXPECT_FALSE(keeps(status(kOk | kError | kUnset), {unknown}));
}

TEST(Latency, IsWholeMillisecondsOverAllSpans) {
  constexpr std::uint64_t kStart = 5'000'000'000;
  const SpanSpec first{.start_ns = kStart, .end_ns = kStart + 2 * kMilli};
  const SpanSpec last{.start_ns = kStart + 3 * kMilli, .end_ns = kStart + 5 * kMilli - 1};
  EXPECT_TRUE(keeps(latency(3), {first, last}));  // 4.999999 ms
  EXPECT_FALSE(keeps(latency(4), {first, last})) << "4 is not more than 4";
  EXPECT_TRUE(keeps(latency(3), {last, first}));
  EXPECT_FALSE(keeps(latency(2), {first}));
  EXPECT_FALSE(keeps(latency(0), {SpanSpec{}}));
}

TEST(Latency, UpperBoundIsInclusive_TheLowerOneExclusive) {
  const auto lasting = [](std::uint64_t ns) { return SpanSpec{.start_ns = 1, .end_ns = 1 + ns}; };
  EXPECT_FALSE(keeps(latency(10, 20), {lasting(10 * kMilli)}));
  EXPECT_FALSE(keeps(latency(10, 20), {lasting(11 * kMilli - 1)}));
  EXPECT_TRUE(keeps(latency(10, 20), {lasting(11 * kMilli)}));
  EXPECT_TRUE(keeps(latency(10, 20), {lasting(21 * kMilli - 1)}));
  EXPECT_FALSE(keeps(latency(10, 20), {lasting(21 * kMilli)}));
}

TEST(Latency, IsNegative_WhenTheLastEndComesBeforeTheFirstStart) {
  const SpanSpec backward{.start_ns = 10 * kMilli, .end_ns = 5 * kMilli};
  EXPECT_FALSE(keeps(latency(0), {backward}));
  const SpanSpec extreme{.start_ns = ~std::uint64_t{0}, .end_ns = 0};
  EXPECT_FALSE(keeps(latency(0), {extreme}));
}

TEST(Latency, HasNoDuration_WithoutSpans) {
  const auto policies = compile_ok(options_of({latency(0)}));
  StatefulAnswers answers;
  EXPECT_FALSE(policies->evaluate(Facts{}, kTrace, answers, 0, true).keep);
}

TEST(NumericAttribute, ComparesInts) {
  const std::pair<std::int64_t, bool> cases[] = {{-1, false}, {0, true}, {50, true}, {100, true}, {101, false}};
  for (const auto& [value, expected] : cases) {
    EXPECT_EQ(keeps(numeric(0, 100), {SpanSpec{}, with("n", value)}), expected) << value;
    EXPECT_EQ(keeps(numeric(0, 100), {SpanSpec{}, on_resource("n", value)}), expected) << value;
    EXPECT_EQ(keeps(numeric(0, 100, true), {SpanSpec{}, with("n", value)}), !expected) << value;
  }
  EXPECT_FALSE(keeps(numeric(0, 100), {with("m", std::int64_t{50})}));
  EXPECT_TRUE(keeps(numeric(std::nullopt, std::nullopt), {with("n", kInt64Min)}));
  EXPECT_TRUE(keeps(numeric(5, std::nullopt), {with("n", kInt64Max)}));
  EXPECT_FALSE(keeps(numeric(std::nullopt, 5), {with("n", std::int64_t{6})}));
}

TEST(NumericAttribute, ComparesDoublesWithoutRounding) {
  const std::pair<double, bool> cases[] = {{-0.5, false},  {-0.0, true},  {0.5, true},        {100.0, true},
                                           {100.5, false}, {kNan, false}, {kInfinity, false}, {-kInfinity, false}};
  for (const auto& [value, expected] : cases) EXPECT_EQ(keeps(numeric(0, 100), {with("n", value)}), expected) << value;
  EXPECT_TRUE(keeps(numeric(5, std::nullopt), {with("n", kInfinity)}));
  EXPECT_TRUE(keeps(numeric(std::nullopt, 5), {with("n", -kInfinity)}));
  EXPECT_FALSE(keeps(numeric(std::nullopt, std::nullopt), {with("n", kNan)}));
  EXPECT_TRUE(keeps(numeric(0, 100, true), {with("n", kNan)}));
  // 2^53 + 1 is not a double: its neighbours must still fall on the right sides.
  constexpr std::int64_t kOdd = (std::int64_t{1} << 53) + 1;
  EXPECT_FALSE(keeps(numeric(kOdd, std::nullopt), {with("n", 9007199254740992.0)}));
  EXPECT_TRUE(keeps(numeric(kOdd, std::nullopt), {with("n", 9007199254740994.0)}));
  EXPECT_FALSE(keeps(numeric(kInt64Max, std::nullopt), {with("n", 9223372036854774784.0)}));
  EXPECT_TRUE(keeps(numeric(kInt64Max, std::nullopt), {with("n", 9223372036854775808.0)}));  // 2^63 is more
  EXPECT_FALSE(keeps(numeric(std::nullopt, kInt64Max - 1), {with("n", 9223372036854775808.0)}));
  EXPECT_TRUE(
      keeps(numeric(std::nullopt, kInt64Max), {with("n", 9223372036854775808.0)}));  // the largest bound is none
  EXPECT_TRUE(keeps(numeric(kInt64Min, kInt64Min), {with("n", -9223372036854775808.0)}));
}

TEST(NumericAttribute, MatchesNoOtherType) {
  for (const Value& value : {Value("50"), Value(true), Value(Missing{}), Value(Array{})})
    EXPECT_FALSE(keeps(numeric(0, 100), {with("n", value)})) << value.index();
}

TEST(StringAttribute, ExactMatchesWholeValues) {
  EXPECT_TRUE(keeps(text({"value"}), {SpanSpec{}, with("s", "value")}));
  EXPECT_TRUE(keeps(text({"value"}), {SpanSpec{}, on_resource("s", "value")}));
  EXPECT_TRUE(keeps(text({"x", "value", "yy"}), {with("s", "value")}));
  for (const char* other : {"values", "alue", "Value", ""})
    EXPECT_FALSE(keeps(text({"value"}), {with("s", other)})) << other;
  EXPECT_FALSE(keeps(text({"value"}), {with("t", "value")}));
  EXPECT_FALSE(keeps(text({}), {with("s", "value")}));
  EXPECT_TRUE(keeps(text({"a.b"}), {with("s", "a.b")}));
  EXPECT_FALSE(keeps(text({"a.b"}), {with("s", "axb")}));
}

TEST(StringAttribute, FindsOneOfManyValues) {
  std::vector<std::string> values;
  for (int i = 0; i < 500; ++i) values.push_back("service-" + std::to_string(i * 7));
  EXPECT_TRUE(keeps(text(values), {with("s", "service-3493")}));
  EXPECT_FALSE(keeps(text(values), {with("s", "service-3494")}));
}

TEST(StringAttribute, ExactIgnoresEmptyValues) {
  EXPECT_FALSE(keeps(text({""}), {with("s", "")}));
  EXPECT_FALSE(keeps(text({"", "a"}), {with("s", "")}));
  EXPECT_TRUE(keeps(text({"", "a"}), {with("s", "a")}));
}

TEST(StringAttribute, MatchesStringsOnly) {
  for (const bool regex : {false, true}) {
    EXPECT_FALSE(keeps(text({"true"}, regex), {with("s", true)}));
    EXPECT_FALSE(keeps(text({"1"}, regex), {with("s", std::int64_t{1})}));
    EXPECT_FALSE(keeps(text({".*"}, regex), {with("s", Array{})}));
    EXPECT_FALSE(keeps(text({".*"}, regex), {with("s", Missing{})}));
  }
}

TEST(StringAttribute, RegexesAreUnanchored_AndAnyOfThemMatches) {
  EXPECT_TRUE(keeps(text({"alu"}, true), {with("s", "value")}));
  EXPECT_FALSE(keeps(text({"^alu"}, true), {with("s", "value")}));
  EXPECT_TRUE(keeps(text({"^v.*e$"}, true), {with("s", "value")}));
  EXPECT_TRUE(keeps(text({"^x", "l[t-v]e$"}, true), {with("s", "value")}));
  EXPECT_FALSE(keeps(text({"^x", "y$"}, true), {with("s", "value")}));
  EXPECT_TRUE(keeps(text({"(?i)VALUE"}, true), {with("s", "value")}));
  EXPECT_TRUE(keeps(text({"^x", "\\Qa|b"}, true), {with("s", "a|b")}));
  EXPECT_FALSE(keeps(text({"a.b"}, true), {with("s", "a\nb")}));  // a dot does not match a newline, as in Go
  EXPECT_FALSE(keeps(text({}, true), {with("s", "value")}));
}

TEST(StringAttribute, EmptySpanValuesMatchNoRegex_ButThoseOfResourcesMay) {
  EXPECT_FALSE(keeps(text({".*"}, true), {with("s", "")}));
  EXPECT_TRUE(keeps(text({".*"}, true), {on_resource("s", "")}));
}

TEST(BooleanAttribute, MatchesTheValue) {
  for (const bool wanted : {false, true}) {
    EXPECT_TRUE(keeps(boolean(wanted), {SpanSpec{}, with("b", wanted)}));
    EXPECT_TRUE(keeps(boolean(wanted), {SpanSpec{}, on_resource("b", wanted)}));
    EXPECT_FALSE(keeps(boolean(wanted), {with("b", !wanted)}));
    EXPECT_FALSE(keeps(boolean(wanted), {with("c", wanted)}));
    EXPECT_FALSE(keeps(boolean(wanted), {with("b", "true"), with("b", std::int64_t{1}), with("b", std::int64_t{0})}));
    EXPECT_FALSE(keeps(boolean(wanted, true), {SpanSpec{}, with("b", wanted)}));
    EXPECT_TRUE(keeps(boolean(wanted, true), {with("b", !wanted)}));
  }
}

TEST(InvertMatch, IsTrueAlsoWhenTheKeyIsAbsent) {
  EXPECT_TRUE(keeps(numeric(0, 1, true), {SpanSpec{}}));
  EXPECT_TRUE(keeps(text({"a"}, false, true), {SpanSpec{}}));
  EXPECT_TRUE(keeps(text({"a"}, true, true), {SpanSpec{}}));
  EXPECT_TRUE(keeps(boolean(true, true), {SpanSpec{}}));
}

TEST(InvertMatch, OneMatchingSpanOrResourceOfTheTraceMakesItFalse) {
  EXPECT_FALSE(keeps(text({"a"}, false, true), {with("s", "b"), with("s", "a"), SpanSpec{}}));
  EXPECT_FALSE(keeps(text({"a"}, false, true), {with("s", "b"), on_resource("s", "a")}));
  EXPECT_TRUE(keeps(text({"a"}, false, true), {with("s", "b"), on_resource("s", "b")}));
}

TEST(SpanCount, BoundsAreInclusive_AndMaxZeroIsNone) {
  const auto spans = [](std::size_t n) { return std::vector<SpanSpec>(n); };
  EXPECT_FALSE(keeps(count(3), spans(2)));
  EXPECT_TRUE(keeps(count(3), spans(3)));
  EXPECT_TRUE(keeps(count(3), spans(50)));
  EXPECT_TRUE(keeps(count(0, 3), spans(3)));
  EXPECT_FALSE(keeps(count(0, 3), spans(4)));
  EXPECT_TRUE(keeps(count(3, 3), spans(3)));
  EXPECT_FALSE(keeps(count(4, 3), spans(3)));
}

TEST(TraceState, AnySpansValueMatchesWhole) {
  const auto span = [](std::string state) { return SpanSpec{.trace_state = std::move(state)}; };
  EXPECT_TRUE(keeps(tracestate("vendor", {"value"}), {SpanSpec{}, span("a=b,vendor=value,c=d")}));
  EXPECT_TRUE(keeps(tracestate("vendor", {"x", "value"}), {span("vendor=value")}));
  EXPECT_FALSE(keeps(tracestate("vendor", {"value"}), {span("vendor=values")}));
  EXPECT_FALSE(keeps(tracestate("vendor", {"value"}), {span("other=value")}));
  EXPECT_FALSE(keeps(tracestate("vendor", {""}), {span("other=value")}));
  EXPECT_FALSE(keeps(tracestate("vendor", {"value"}), {SpanSpec{}}));
  EXPECT_TRUE(keeps(tracestate("vendor", {"value"}), {span("vendor=value,vendor=other")})) << "the first counts";
  EXPECT_FALSE(keeps(tracestate("vendor", {"value"}), {span("vendor=value,vendor=other")}, Compat::collector))
      << "the Collector refuses the whole tracestate";
}

TEST(TraceFlags, SampledBitOnAnySpan) {
  EXPECT_FALSE(keeps(trace_flags(), {SpanSpec{}, SpanSpec{.flags = 0x302}}));
  EXPECT_TRUE(keeps(trace_flags(), {SpanSpec{}, SpanSpec{.flags = 0x301}}));
}

TEST(Probabilistic, MatchesTheCollectorsChoice) {
  struct {
    const char* salt;
    double percentage;
    std::size_t kept;
    std::vector<std::uint64_t> first;
  } const cases[] = {
      {"", 1, 189, {100, 101, 104, 223, 241}},  // the empty salt is the default one
      {"default-hash-seed", 25, 4955, {0, 2, 4, 11, 17}},
      {"other", 1, 173, {34, 67, 102, 265, 287}},
      {"other", 25, 4918, {2, 8, 17, 19, 23}},
  };
  for (const auto& expected : cases) {
    PolicyOptions policy = percentage(expected.percentage);
    policy.hash_salt = expected.salt;
    const auto policies = compile_ok(options_of({policy}));
    const Facts facts = facts_of(*policies, {SpanSpec{}});
    std::vector<std::uint64_t> kept;
    for (std::uint64_t i = 0; i < 20000; ++i) {
      StatefulAnswers answers;
      if (policies->evaluate(facts, {spread(2 * i), spread(2 * i + 1)}, answers, 0, true).keep) kept.push_back(i);
    }
    EXPECT_EQ(kept.size(), expected.kept);
    EXPECT_TRUE(std::equal(expected.first.begin(), expected.first.end(), kept.begin()));
  }
}

TEST(Probabilistic, HundredPercentKeepsAll_ZeroKeepsNone) {
  for (const Probability probability : {Probability::collector, Probability::consistent}) {
    Options all = options_of({percentage(100)});
    Options none = options_of({percentage(0)});
    all.probability = none.probability = probability;
    const auto keep_all = compile_ok(all);
    const auto keep_none = compile_ok(none);
    for (std::uint64_t i = 0; i < 1000; ++i) {
      EXPECT_TRUE(verdict_of(*keep_all, {SpanSpec{}}, {spread(i), spread(~i)}).keep);
      EXPECT_FALSE(verdict_of(*keep_none, {SpanSpec{}}, {spread(i), spread(~i)}).keep);
    }
    EXPECT_TRUE(verdict_of(*keep_all, {SpanSpec{}}, {1, 0}).keep);
    EXPECT_FALSE(verdict_of(*keep_none, {SpanSpec{}}, {1, ~std::uint64_t{0}}).keep);
  }
}

TEST(Probabilistic, ConsistentComparesTheSmallestRv_ElseTheLow56Bits) {
  const auto policies = compile_ok(consistent_options_of({percentage(25)}));
  constexpr std::uint64_t kT = std::uint64_t{0xc0} << 48;
  EXPECT_FALSE(verdict_of(*policies, {SpanSpec{}}, {7, kT - 1}).keep);
  EXPECT_TRUE(verdict_of(*policies, {SpanSpec{}}, {7, kT}).keep);
  EXPECT_FALSE(verdict_of(*policies, {SpanSpec{}}, {7, (std::uint64_t{0xff} << 56) | (kT - 1)}).keep);
  const SpanSpec high{.trace_state = "ot=rv:c0000000000000"}, higher{.trace_state = "ot=rv:ffffffffffffff"};
  const SpanSpec low{.trace_state = "a=b,ot=rv:bfffffffffffff"}, bad{.trace_state = "ot=rv:0"};
  EXPECT_TRUE(verdict_of(*policies, {higher, SpanSpec{}, high}, {7, 0}).keep);
  EXPECT_FALSE(verdict_of(*policies, {higher, low, high}, {7, context::kRandomnessMask}).keep);
  EXPECT_TRUE(verdict_of(*policies, {bad}, {7, kT}).keep);
}

TEST(RateLimiting, CountsTheSpansOfATrace) {
  const auto policies = compile_ok(options_of({span_rate(10)}));
  const auto trace = [&](std::size_t spans, std::int64_t now_s) {
    return verdict_of(*policies, std::vector<SpanSpec>(spans), kTrace, now_s * kNanosPerSecond).keep;
  };
  EXPECT_FALSE(trace(21, 0));  // above the burst: never
  EXPECT_TRUE(trace(20, 0));
  EXPECT_FALSE(trace(1, 0));
  EXPECT_FALSE(trace(11, 1));
  EXPECT_TRUE(trace(10, 1));
  EXPECT_FALSE(trace(21, 1000));
}

TEST(BytesLimiting, CountsTheBytesOfSpanMessages) {
  const SpanSpec span = with("s", std::string(300, 'x'));
  const auto size = static_cast<std::int64_t>(span.bytes().size());
  const auto exact = compile_ok(options_of({byte_rate(1, 3 * size)}));
  EXPECT_EQ(facts_of(*exact, {span, span}).bytes, static_cast<std::uint64_t>(2 * size));
  EXPECT_TRUE(verdict_of(*exact, {span, span, span}).keep);
  EXPECT_FALSE(verdict_of(*exact, {SpanSpec{}}).keep);
  const auto short_of_one = compile_ok(options_of({byte_rate(1, 3 * size - 1)}));
  EXPECT_FALSE(verdict_of(*short_of_one, {span, span, span}).keep);
  EXPECT_TRUE(verdict_of(*short_of_one, {span, span}).keep);
}

}  // namespace
}  // namespace entail::policy
