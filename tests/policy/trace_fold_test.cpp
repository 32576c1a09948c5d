// Folding is a join: any split, any order, any number of threads gives the same words (G1 of the protocol block).
#include "policy/trace_fold.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <thread>

#include "tests/policy/request.hpp"

namespace entail::policy {
namespace {

constexpr unsigned kBitWords = 3;
constexpr FoldShape kShape{kBitWords, true};

Facts random_facts(std::mt19937_64& random) {
  Facts facts;
  for (unsigned word = 0; word < kBitWords; ++word) facts.bits[word] = std::uint64_t{1} << (random() % 64);
  facts.start_min_ns = random() % 1000 + 500;
  facts.end_max_ns = random() % 1000 + 1000;
  facts.spans = random() % 3 + 1;
  facts.bytes = random() % 5000;
  if (random() % 2 == 0) facts.randomness_min = random() >> 8;
  return facts;
}

void expect_equal(const Facts& actual, const Facts& expected) {
  EXPECT_EQ(actual.bits, expected.bits);
  EXPECT_EQ(actual.start_min_ns, expected.start_min_ns);
  EXPECT_EQ(actual.end_max_ns, expected.end_max_ns);
  EXPECT_EQ(actual.spans, expected.spans);
  EXPECT_EQ(actual.bytes, expected.bytes);
  EXPECT_EQ(actual.randomness_min, expected.randomness_min);
}

TEST(TraceFold, ZeroMemoryIsTheEmptyFold) {
  std::vector<std::uint64_t> memory(TraceFold::bytes_for(kShape) / 8);
  expect_equal(TraceFold::at(memory.data()).facts(kShape), Facts{});
  EXPECT_EQ(TraceFold::bytes_for({0}), 40u);
  EXPECT_EQ(TraceFold::bytes_for({4}), 72u);
}

TEST(TraceFold, StaysWithinItsMemory) {
  std::vector<std::uint64_t> memory(TraceFold::bytes_for({2, true}) / 8 + 1);
  Facts facts;
  facts.bits = {1, 2, 4, 8};
  facts.size = 9;
  TraceFold::at(memory.data()).fold(facts, {2, true});
  EXPECT_EQ(memory[5], 1u);
  EXPECT_EQ(memory[6], 2u);
  EXPECT_EQ(memory[7], 9u);
  EXPECT_EQ(memory[8], 0u);
}

TEST(TraceFold, OrderAndSplitDoNotMatter) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Facts> all(1 + random() % 12);
    Facts expected;
    expected.spans = expected.bytes = 0;
    for (Facts& facts : all) {
      facts = random_facts(random);
      for (unsigned word = 0; word < kBitWords; ++word) expected.bits[word] |= facts.bits[word];
      expected.start_min_ns = std::min(expected.start_min_ns, facts.start_min_ns);
      expected.end_max_ns = std::max(expected.end_max_ns, facts.end_max_ns);
      expected.randomness_min = std::min(expected.randomness_min, facts.randomness_min);
      expected.spans += facts.spans;
      expected.bytes += facts.bytes;
    }
    std::shuffle(all.begin(), all.end(), random);
    std::vector<std::uint64_t> memory(TraceFold::bytes_for(kShape) / 8);
    Facts pending;  // merged outside, then folded at once
    for (const Facts& facts : all) {
      if (random() % 2 == 0)
        pending.merge(facts);
      else
        TraceFold::at(memory.data()).fold(facts, kShape);
    }
    TraceFold::at(memory.data()).fold(pending, kShape);
    expect_equal(TraceFold::at(memory.data()).facts(kShape), expected);
  }
}

TEST(TraceFold, ThreadsFoldIntoOneTrace) {
  constexpr unsigned kThreads = 4;
  constexpr unsigned kFolds = 20000;
  std::vector<std::uint64_t> memory(TraceFold::bytes_for(kShape) / 8);
  std::vector<Facts> expected(kThreads);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      std::mt19937_64 random(t);
      for (unsigned i = 0; i < kFolds; ++i) {
        Facts facts = random_facts(random);
        facts.start_min_ns += kFolds - i;  // the minima and maxima change all the time
        facts.end_max_ns += i;
        TraceFold::at(memory.data()).fold(facts, kShape);
        expected[t].merge(facts);
      }
    });
  for (std::thread& thread : threads) thread.join();
  Facts whole;
  for (const Facts& facts : expected) whole.merge(facts);
  expect_equal(TraceFold::at(memory.data()).facts(kShape), whole);
}

TEST(PolicySetFold, VerdictIsTheSameForEveryOrder) {
  PolicyOptions salted = percentage(50, "half");
  const auto policies = compile_ok(consistent_options_of(
      {both({status(kError), text({"a"}, true)}, "p1"), both({latency(40), negated(trace_flags())}, "p2"),
       drop({count(8), numeric(0, 3)}), salted, tracestate("k", {"v"})}));
  std::mt19937_64 random(11);
  unsigned kept = 0, vetoed = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<SpanSpec> spans(1 + random() % 9);
    for (SpanSpec& span : spans) {
      span.start_ns = 1'000'000'000 + random() % 30'000'000;
      span.end_ns = span.start_ns + random() % 30'000'000;
      span.status = static_cast<unsigned>(random() % 8 == 0 ? 2 : 0);
      span.flags = static_cast<unsigned>(random() % 9 == 0);
      if (random() % 4 == 0) span.attributes.push_back({"s", std::string(1, static_cast<char>('a' + random() % 2))});
      if (random() % 4 == 0) span.attributes.push_back({"n", static_cast<std::int64_t>(random() % 6)});
      if (random() % 4 == 0) span.trace_state = "ot=rv:" + std::to_string(10000000000000 + random() % 89999999999999);
    }
    const TraceId id{random(), random() | 1};
    const OwnVerdict expected = verdict_of(*policies, spans, id);
    kept += expected.keep;
    vetoed += expected.vetoed;
    for (int again = 0; again < 3; ++again) {
      std::shuffle(spans.begin(), spans.end(), random);
      const OwnVerdict actual = verdict_of(*policies, spans, id);
      EXPECT_EQ(actual.policy, expected.policy);
      EXPECT_EQ(actual.keep, expected.keep);
      EXPECT_EQ(actual.threshold, expected.threshold);
    }
  }
  EXPECT_GT(kept, 30u);  // the rounds have different outcomes
  EXPECT_LT(kept, 270u);
  EXPECT_GT(vetoed, 5u);
}

}  // namespace
}  // namespace entail::policy
