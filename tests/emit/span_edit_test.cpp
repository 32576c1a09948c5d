// append_span(): each edit alone, exact bytes.
#include "emit/span_edit.hpp"

#include <gtest/gtest.h>

#include "emit/malformed_ids.hpp"
#include "otlp_trace.pb.h"
#include "tests/otlp/message_parts.hpp"

namespace entail::emit {
namespace {

using otlp_test::bytes_field;
using otlp_test::group_field;
using otlp_test::int_value;
using otlp_test::join;
using otlp_test::key_value;
using otlp_test::string_value;
using otlp_test::varint_field;
using wire::Buffer;

Buffer edited(const Buffer& payload, const SpanEdit& edit) {
  Buffer out = {0xee};  // existing buffer contents are preserved
  append_span(payload, edit, out);
  EXPECT_EQ(out.front(), 0xee);
  out.erase(out.begin());
  return out;
}

Buffer attribute(std::string_view key, std::string_view value) {
  return bytes_field(9, key_value(key, string_value(value)));
}

const Buffer kIds = join({bytes_field(1, std::string(16, 'T')), bytes_field(2, std::string(8, 'S'))});
const Buffer kLinkA = bytes_field(13, bytes_field(1, "a"));
const Buffer kLinkB = bytes_field(13, bytes_field(1, "b"));
const Buffer kLinkC = bytes_field(13, bytes_field(1, "c"));
const Buffer kTail =
    join({Buffer{0x7a, 0x80, 0x00}, group_field(13, varint_field(14, 1)), varint_field(3, 7), bytes_field(99, "?")});

TEST(SpanEdit, CopiesTheSpan_WhenTheEditIsEmpty) {
  const Buffer payload = join({kTail, kLinkA, kIds});
  EXPECT_TRUE(SpanEdit{}.empty());
  EXPECT_EQ(edited(payload, {}), payload);
}

TEST(SpanEdit, ReplacesAllTraceStates_InPlaceOfTheFirst) {
  const Buffer payload = join({kIds, bytes_field(3, "a=1"), kLinkA, bytes_field(3, "a=2"), kTail});
  EXPECT_EQ(edited(payload, {.replace_trace_state = true, .trace_state = "b=3"}),
            join({kIds, bytes_field(3, "b=3"), kLinkA, kTail}));
  EXPECT_EQ(edited(payload, {.replace_trace_state = true}), join({kIds, kLinkA, kTail}));
  EXPECT_EQ(edited(kIds, {.replace_trace_state = true, .trace_state = "n=1"}), join({kIds, bytes_field(3, "n=1")}));
  EXPECT_EQ(edited(kIds, {.replace_trace_state = true}), kIds);
}

TEST(SpanEdit, ReplacesLinks_InPlaceOfTheFirst) {
  const std::vector<Bytes> links = {kLinkC, kLinkA};
  const SpanEdit edit{.replace_links = true, .link_fields = links};
  EXPECT_EQ(edited(join({kIds, kLinkA, attribute("k", "v"), kLinkB, kTail}), edit),
            join({kIds, kLinkC, kLinkA, attribute("k", "v"), kTail}));
  EXPECT_EQ(edited(join({kIds, kTail}), edit), join({kIds, kTail, kLinkC, kLinkA}));
  EXPECT_EQ(edited(join({kIds, kLinkA, kTail}), {.replace_links = true}), join({kIds, kTail}));
}

TEST(SpanEdit, ReplacesDroppedLinksCount) {
  const Buffer payload = join({kIds, varint_field(14, 0), kTail, varint_field(14, 300)});
  EXPECT_EQ(edited(payload, {.dropped_links_count = 5}), join({kIds, varint_field(14, 5), kTail}));
  EXPECT_EQ(edited(payload, {.dropped_links_count = 0}), join({kIds, varint_field(14, 0), kTail}));
  EXPECT_EQ(edited(kIds, {.dropped_links_count = UINT32_MAX}), join({kIds, varint_field(14, UINT32_MAX)}));
  EXPECT_EQ(edited(kIds, {.dropped_links_count = 0}), kIds);
}

TEST(SpanEdit, AppendsAttributesAfterExistingOnes) {
  const std::vector<Attribute> attributes = {{"n", std::int64_t{-1}}, {"s", std::string("x")}};
  const Buffer added = join({bytes_field(9, key_value("n", int_value(-1))), attribute("s", "x")});
  const SpanEdit edit{.attributes = attributes};
  EXPECT_EQ(edited(join({attribute("a", "1"), kLinkA, attribute("b", "2"), kTail}), edit),
            join({attribute("a", "1"), kLinkA, attribute("b", "2"), added, kTail}));
  EXPECT_EQ(edited(kTail, edit), join({kTail, added}));
}

TEST(SpanEdit, ReplacesAttributesWithTheSameKey) {
  const std::vector<Attribute> attributes = {{"new", true}, {"old", std::string("x")}, {"gone", std::monostate{}}};
  const Buffer late_key =
      bytes_field(9, join({bytes_field(1, "other"), bytes_field(2, string_value("v")), bytes_field(1, "old")}));
  const Buffer payload = join({kIds, attribute("gone", "1"), attribute("old", "1"), attribute("older", "1"), late_key,
                               attribute("gone", "2"), kTail});
  EXPECT_EQ(edited(payload, {.attributes = attributes}),
            join({kIds, attribute("old", "x"), attribute("older", "1"),
                  bytes_field(9, key_value("new", otlp_test::bool_value(true))), kTail}));
}

TEST(SpanEdit, ReplacesTheLastAttribute) {
  const std::vector<Attribute> attributes = {{"k", std::string("2")}, {"l", std::string("3")}};
  EXPECT_EQ(edited(join({kIds, attribute("k", "1")}), {.attributes = attributes}),
            join({kIds, attribute("k", "2"), attribute("l", "3")}));
}

TEST(SpanEdit, WritesEveryKindOfValue) {
  const std::vector<Attribute> attributes = {{"int", std::int64_t{1} << 40},
                                             {"true", true},
                                             {"false", false},
                                             {"empty", std::string()},
                                             {"long", std::string(300, 'x')},
                                             {"list", std::vector<std::string>{"a", std::string(200, 'b'), ""}},
                                             {"none", std::vector<std::string>{}}};
  const Buffer out = edited({}, {.attributes = attributes});
  otlp_proto::Span span;
  ASSERT_TRUE(span.ParseFromArray(out.data(), static_cast<int>(out.size())));
  ASSERT_EQ(span.attributes_size(), 7);
  EXPECT_EQ(span.attributes(0).key(), "int");
  EXPECT_EQ(span.attributes(0).value().int_value(), std::int64_t{1} << 40);
  EXPECT_TRUE(span.attributes(1).value().bool_value());
  EXPECT_EQ(span.attributes(2).value().value_case(), otlp_proto::AnyValue::kBoolValue);
  EXPECT_EQ(span.attributes(3).value().value_case(), otlp_proto::AnyValue::kStringValue);
  EXPECT_EQ(span.attributes(4).value().string_value(), std::string(300, 'x'));
  ASSERT_EQ(span.attributes(5).value().array_value().values_size(), 3);
  EXPECT_EQ(span.attributes(5).value().array_value().values(1).string_value(), std::string(200, 'b'));
  EXPECT_EQ(span.attributes(6).value().value_case(), otlp_proto::AnyValue::kArrayValue);
  EXPECT_EQ(span.SerializeAsString(), std::string(out.begin(), out.end())) << "minimal and in ascending order";
}

// docs/design.md 4.5: strict readers reject a whole message for one ID of the wrong length.
const std::string kTrace(16, 'T');
const std::string kSpan(8, 'S');

Buffer link(std::string_view trace, std::string_view span) {
  return join({bytes_field(1, trace), bytes_field(2, span), bytes_field(3, "a=1"),
               bytes_field(4, key_value("k", string_value("v"))), bytes_field(77, "?")});
}

TEST(MalformedIds, AreEmptiedInLinks_AndTheRestOfTheLinkIsPreserved) {
  const struct {
    std::string trace, span, trace_out, span_out;
  } cases[] = {{kTrace, "1234", kTrace, ""},
               {"ABCDEFGH", kSpan, "", kSpan},
               {std::string(17, 'x'), kSpan, "", kSpan},
               {kTrace, std::string(9, 'x'), kTrace, ""},
               {"1", "2", "", ""},
               {std::string(300, 'x'), kSpan, "", kSpan}};
  for (const auto& [trace, span, trace_out, span_out] : cases) {
    const Buffer odd = bytes_field(13, link(trace, span));
    const Buffer payload = join({kIds, bytes_field(13, link(kTrace, kSpan)), odd, kTail});
    EXPECT_TRUE(has_malformed_links(payload));
    const Buffer repaired = bytes_field(13, link(trace_out, span_out));
    EXPECT_EQ(edited(payload, {.empty_malformed_ids = true}),
              join({kIds, bytes_field(13, link(kTrace, kSpan)), repaired, kTail}));
    const std::vector<Bytes> links = {odd, kLinkC};
    EXPECT_EQ(edited(payload, {.replace_links = true, .link_fields = links, .empty_malformed_ids = true}),
              join({kIds, repaired, bytes_field(13, bytes_field(1, "")), kTail}));
  }
}

TEST(MalformedIds, AreEmptiedInParents) {
  for (const std::string& parent : {std::string("1234"), std::string(9, 'p'), std::string(16, 'p')}) {
    const Buffer payload = join({kIds, bytes_field(4, parent), bytes_field(5, "name"), kTail});
    EXPECT_EQ(edited(payload, {.empty_malformed_ids = true}),
              join({kIds, bytes_field(4, ""), bytes_field(5, "name"), kTail}));
  }
}

// All-zero IDs have the right length; a group or a number with an ID's field number is an unknown field. A reader sees
// each occurrence of a repeated field.
TEST(MalformedIds, AreThoseOfTheWrongLength) {
  const Buffer fine = join({kIds, bytes_field(4, std::string(8, '\0')),
                            bytes_field(13, link(std::string(16, '\0'), std::string(8, '\0'))),
                            bytes_field(13, link("", "")), bytes_field(13, Buffer{}),
                            bytes_field(13, join({varint_field(1, 5), group_field(2, varint_field(1, 1))}))});
  EXPECT_FALSE(has_malformed_links(fine));
  EXPECT_EQ(edited(fine, {.empty_malformed_ids = true}), fine);
  const Buffer twice = join({bytes_field(1, "odd"), bytes_field(1, kTrace), bytes_field(2, kSpan)});
  EXPECT_TRUE(is_malformed_link(twice));
  EXPECT_EQ(edited(bytes_field(13, twice), {.empty_malformed_ids = true}),
            bytes_field(13, join({bytes_field(1, ""), bytes_field(1, kTrace), bytes_field(2, kSpan)})));
}

}  // namespace
}  // namespace entail::emit
