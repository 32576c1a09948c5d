// TraceLedger: sums over traces and services are equal, within its bounds; a kept trace stays kept.
#include "cost/trace_ledger.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "sample_bytes.hpp"

namespace entail::cli {
namespace {

// A request with one span of a service; IDs that share their low halves.
test::Buffer request_of(std::uint64_t trace, std::uint64_t span, const std::string& service, bool is_root) {
  RequestWriter writer;
  SpanFacts facts;
  facts.trace_id = {trace, 7};
  facts.span_id = {span};
  if (!is_root) facts.parent_span_id = {span + 1};
  facts.name = service;
  facts.start_ns = 1000;
  facts.end_ns = 2000;
  writer.begin_span(facts);
  writer.end_span(service);
  const Bytes bytes = writer.take();
  return test::Buffer(bytes.begin(), bytes.end());
}

void add(TraceLedger& ledger, const test::Buffer& bytes) {
  Request request;
  ASSERT_TRUE(request.parse_protobuf(bytes));
  ledger.add(request);
}

DecisionRecord record_of(std::uint64_t trace, Verdict verdict, std::string_view reason, std::string_view policy = {}) {
  DecisionRecord record;
  record.trace_id = {trace, 7};
  record.verdict = verdict;
  record.reason = reason;
  record.policy = policy;
  return record;
}

TEST(TraceLedger, SumsAreEqual_WhateverIsTracked) {
  for (const std::size_t traces_max : {1u, 10u, 1000u, 100'000u}) {
    std::mt19937_64 random(5);
    TraceLedger ledger(traces_max);
    std::uint64_t message_bytes = 0;
    for (std::uint64_t i = 0; i < 6000; ++i) {
      const test::Buffer bytes =
          request_of(1 + random() % 2000, 1 + i, "service-" + std::to_string(random() % 9), random() % 3 == 0);
      message_bytes += bytes.size();
      add(ledger, bytes);
    }
    Amount of_traces, of_parts;
    for (const TraceLedger::Trace& trace : ledger.traces()) {
      of_traces.add(trace.amount());
      std::map<std::uint16_t, unsigned> parts;
      ledger.for_each_part(trace, [&](const TraceLedger::Part& part) {
        of_parts.add({0, part.spans, part.bytes});
        ++parts[part.service];
      });
      for (const auto& [service, count] : parts) EXPECT_EQ(count, 1u);
    }
    EXPECT_EQ(ledger.received().spans, 6000u);
    EXPECT_EQ(of_traces.traces, ledger.received().traces);
    EXPECT_LE(of_traces.traces, traces_max);
    EXPECT_EQ(of_traces.spans + ledger.untracked().spans, 6000u);
    EXPECT_EQ(of_traces.bytes + ledger.untracked().bytes, ledger.received().bytes);
    EXPECT_EQ(of_parts.spans, of_traces.spans);
    EXPECT_EQ(of_parts.bytes, of_traces.bytes);
    EXPECT_EQ(ledger.message_bytes(), message_bytes);
    EXPECT_EQ(ledger.untracked().spans > 0, traces_max < 2000);
  }
}

TEST(TraceLedger, AKeptTraceStaysKept_AndTheRootNamesTheService) {
  TraceLedger ledger;
  add(ledger, request_of(1, 1, "worker", false));
  add(ledger, request_of(1, 2, "shop", true));
  add(ledger, request_of(1, 3, "other", true));
  ledger.decide(0, record_of(1, Verdict::drop, "no_match"));
  ledger.decide(0, record_of(1, Verdict::keep, "policy", "errors"));
  ledger.decide(0, record_of(1, Verdict::drop, "no_match"));  // the ID came back after it was forgotten
  ledger.decide(1, record_of(1, Verdict::drop, "drop_policy", "noise"));
  ledger.decide(1, record_of(2, Verdict::keep, "policy", "errors"));  // never received
  ledger.write(0, {1, 7}, 100);
  ledger.write(0, {1, 7}, 23);
  ASSERT_EQ(ledger.traces().size(), 1u);
  const TraceLedger::Trace& trace = ledger.traces()[0];
  EXPECT_EQ(ledger.services().name(trace.service), "shop");
  EXPECT_TRUE(trace.decisions[0].kept);
  EXPECT_EQ(ledger.policies().name(trace.decisions[0].policy), "errors");
  EXPECT_FALSE(trace.decisions[1].kept);
  EXPECT_EQ(ledger.reasons().name(trace.decisions[1].reason), "drop_policy");
  EXPECT_EQ(trace.written_bytes[0], 123u);
  EXPECT_EQ(trace.written_bytes[1], 0u);
}

}  // namespace
}  // namespace entail::cli
