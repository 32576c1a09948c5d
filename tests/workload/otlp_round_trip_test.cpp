// The tests' own writer and reader agree with each other, and the reader agrees with a hand-written message.
#include <gtest/gtest.h>

#include "tests/workload/otlp_reader.hpp"
#include "tests/workload/otlp_writer.hpp"
#include "tests/workload/story.hpp"

namespace entail::workload {
namespace {

TEST(PlainOtlp, RoundTrips) {
  Span span = linking(make_span(1, 2), {2, 3});
  span.parent_span_id = span_bytes(9);
  span.trace_state = "ot=th:8";
  span.flags = 0x101;
  span.dropped_links_count = 7;
  span.attributes = {{"text", std::string("x")},
                     {"yes", true},
                     {"minus", std::int64_t{-5}},
                     {"half", 0.5},
                     {"list", std::vector<std::string>{"a", ""}}};
  span.links[1].attributes = {{"link.type", std::string("retry_of")}};
  span.links[1].trace_state = "a=b";
  span.links[1].flags = 0x301;
  Request request = make_request({span});
  Request back;
  ASSERT_TRUE(decode(encode(request), back));
  ASSERT_EQ(back.groups.size(), 1U);
  EXPECT_EQ(back.groups[0].resource, request.groups[0].resource);
  const Span& got = back.groups[0].spans.at(0);
  EXPECT_EQ(encode_span(got), encode_span(span));
  EXPECT_EQ(got.links, span.links);
  EXPECT_EQ(got.attributes, span.attributes);
  EXPECT_EQ(got.start_ns, span.start_ns);
  EXPECT_EQ(got.encoded_bytes, request.groups[0].spans[0].encoded_bytes);
}

TEST(PlainOtlp, ReadsPaddedLengthsAndUnknownFields) {
  // ResourceSpans{ScopeSpans{Span{field 99 varint 1, span_id with a padded length}}}
  const std::string span = std::string("\x98\x06\x01", 3) + std::string("\x12\x88\x80\x00", 4) + "12345678";
  const std::string scope = std::string("\x12") + static_cast<char>(span.size()) + span;
  const std::string spans = std::string("\x12") + static_cast<char>(scope.size()) + scope;
  Request back;
  ASSERT_TRUE(decode(std::string("\x0a") + static_cast<char>(spans.size()) + spans, back));
  EXPECT_EQ(back.groups.at(0).spans.at(0).span_id, "12345678");
  EXPECT_FALSE(decode("\x0a\x05\x01", back));
}

}  // namespace
}  // namespace entail::workload
