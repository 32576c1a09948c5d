// The names and values of docs/formats.md "Attributes on emitted spans", literally.
#include <gtest/gtest.h>

#include <map>

#include "base/bytes.hpp"
#include "emit/span_edit.hpp"
#include "otlp_trace.pb.h"
#include "wire/writer.hpp"

namespace entail::emit {
namespace {

using Value = decltype(Attribute::value);

std::map<std::string, Value> as_map(const std::vector<Attribute>& attributes) {
  std::map<std::string, Value> map;
  for (const Attribute& attribute : attributes)
    EXPECT_TRUE(map.emplace(attribute.key, attribute.value).second) << attribute.key;
  return map;
}

reservoir::TruncationRecord record() {
  reservoir::TruncationRecord record;
  record.received = 1000;
  record.emitted = 128;
  record.dropped = 872;
  record.dropped_upstream = 5;
  record.malformed = 3;
  record.duplicates = 2;
  record.pinned = {37, 37};
  record.open = {900, 91};
  record.closed = {58, 0};
  record.threshold_uniform = 0xabc;
  record.threshold_consistent = reservoir::ConsistentKey{0x1f, 0x10};
  record.seed = 7;
  return record;
}

const std::map<std::string, Value> kEntail = {
    {"entail.links.received", std::int64_t{1000}},
    {"entail.links.emitted", std::int64_t{128}},
    {"entail.links.dropped", std::int64_t{872}},
    {"entail.links.dropped_upstream", std::int64_t{5}},
    {"entail.links.malformed", std::int64_t{3}},
    {"entail.links.duplicates", std::int64_t{2}},
    {"entail.links.pinned.received", std::int64_t{37}},
    {"entail.links.pinned.emitted", std::int64_t{37}},
    {"entail.links.open.received", std::int64_t{900}},
    {"entail.links.open.emitted", std::int64_t{91}},
    {"entail.links.closed.received", std::int64_t{58}},
    {"entail.links.closed.emitted", std::int64_t{0}},
    {"entail.links.threshold.uniform", std::string("0000000000000abc")},
    {"entail.links.threshold.consistent", std::string("0000000000001f:0000000000000010")},
    {"entail.links.algorithm", std::string("bottom-k/1")},
    {"entail.links.seed", std::int64_t{7}},
};
const std::map<std::string, Value> kBatch = {
    {"batch.links_truncated", true},
    {"batch.total_sources", std::int64_t{1000}},
    {"batch.total_items", std::int64_t{1000}},
    {"batch.sampled_links", std::int64_t{128}},
};

TEST(TruncationAttributes, FollowTheSpanAttributesOption) {
  std::vector<Attribute> entail, batch, both;
  append_truncation_attributes(record(), TruncationNames::entail, entail);
  append_truncation_attributes(record(), TruncationNames::batch, batch);
  append_truncation_attributes(record(), TruncationNames::both, both);
  EXPECT_EQ(as_map(entail), kEntail);
  EXPECT_EQ(as_map(batch), kBatch);
  std::map<std::string, Value> all = kEntail;
  all.insert(kBatch.begin(), kBatch.end());
  EXPECT_EQ(as_map(both), all);
  EXPECT_LE(both.size() + 6, kAttributesMax);
}

TEST(TruncationAttributes, RemoveAbsentThresholds) {
  reservoir::TruncationRecord truncation = record();
  truncation.threshold_uniform.reset();
  truncation.threshold_consistent.reset();
  truncation.received = ~std::uint64_t{0};
  truncation.seed = ~std::uint64_t{0};
  std::vector<Attribute> attributes;
  append_truncation_attributes(truncation, TruncationNames::entail, attributes);
  const auto map = as_map(attributes);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(map.at("entail.links.threshold.uniform")));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(map.at("entail.links.threshold.consistent")));
  EXPECT_EQ(map.at("entail.links.received"), Value(INT64_MAX));
  EXPECT_EQ(map.at("entail.links.seed"), Value(std::int64_t{-1})) << "the same bits";
}

TEST(ReasonAttributes, ContainOnlyKnownFields) {
  const TraceId path[] = {{1, 2}, {0xabc, 0xdef}};
  std::vector<Attribute> attributes;
  append_reason_attributes(
      {.reason = "link", .origin_trace_id = path[0], .direction = "linked", .hops = 1, .path = path}, attributes);
  const std::string first = "00000000000000010000000000000002";
  EXPECT_EQ(as_map(attributes),
            (std::map<std::string, Value>{
                {"entail.keep.reason", std::string("link")},
                {"entail.keep.policy", std::monostate{}},
                {"entail.keep.origin_trace_id", first},
                {"entail.keep.direction", std::string("linked")},
                {"entail.keep.hops", std::int64_t{1}},
                {"entail.keep.path", std::vector<std::string>{first, "0000000000000abc0000000000000def"}}}));
  attributes.clear();
  append_reason_attributes({.reason = "policy", .policy = "errors"}, attributes);
  const auto map = as_map(attributes);
  EXPECT_EQ(map.at("entail.keep.policy"), Value(std::string("errors")));
  EXPECT_EQ(map.at("entail.keep.hops"), Value(std::monostate{}));
  EXPECT_EQ(map.at("entail.keep.path"), Value(std::monostate{}));
}

// An upstream stage's reason must not survive beside this one's.
TEST(ReasonAttributes, ReplaceThoseOfAnEarlierStage) {
  otlp_proto::Span span;
  for (const char* key : {"entail.keep.reason", "entail.keep.path", "http.route"}) {
    auto* attribute = span.add_attributes();
    attribute->set_key(key);
    attribute->mutable_value()->set_string_value("upstream");
  }
  const std::string before = span.SerializeAsString();
  std::vector<Attribute> attributes;
  append_reason_attributes({.reason = "policy", .policy = "p"}, attributes);
  std::vector<std::uint8_t> out;
  append_span(base::bytes_of(before), {.attributes = attributes}, out);
  otlp_proto::Span after;
  ASSERT_TRUE(after.ParseFromArray(out.data(), static_cast<int>(out.size())));
  std::map<std::string, std::string> values;
  for (const auto& attribute : after.attributes()) values[attribute.key()] = attribute.value().string_value();
  EXPECT_EQ(values, (std::map<std::string, std::string>{
                        {"entail.keep.reason", "policy"}, {"entail.keep.policy", "p"}, {"http.route", "upstream"}}));
}

TEST(RestoredLink, HasBothIdsAndTheMark) {
  std::vector<std::uint8_t> out;
  append_restored_link({0x0102030405060708, 0x1112131415161718}, {0x2122232425262728}, out);
  otlp_proto::Span span;
  ASSERT_TRUE(span.ParseFromArray(out.data(), static_cast<int>(out.size())));
  ASSERT_EQ(span.links_size(), 1);
  EXPECT_EQ(span.links(0).trace_id(), std::string("\x01\x02\x03\x04\x05\x06\x07\x08\x11\x12\x13\x14\x15\x16\x17\x18"));
  EXPECT_EQ(span.links(0).span_id(), std::string("\x21\x22\x23\x24\x25\x26\x27\x28"));
  ASSERT_EQ(span.links(0).attributes_size(), 1);
  EXPECT_EQ(span.links(0).attributes(0).key(), "entail.link.restored");
  EXPECT_TRUE(span.links(0).attributes(0).value().bool_value());
  EXPECT_EQ(span.SerializeAsString(), std::string(out.begin(), out.end()));
}

}  // namespace
}  // namespace entail::emit
