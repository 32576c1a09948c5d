// decode() on single messages: every rule of the pass-through, every limit, and the code and offset of every error.
#include "otlp/decode.hpp"

#include <gtest/gtest.h>

#include "tests/otlp/message_parts.hpp"
#include "wire/reader.hpp"

namespace entail::otlp_test {
namespace {

using wire::Range;

Error error_of(const Buffer& bytes) {
  otlp::Decoded decoded;
  const Error error = otlp::decode(bytes, nullptr, decoded).error();
  EXPECT_EQ(decoded.spans.size(), 0u);
  EXPECT_EQ(decoded.resources.size(), 0u);
  return error;
}

otlp::Decoded decoded_of(const Buffer& bytes, const otlp::Marks* marks = nullptr) {
  otlp::Decoded decoded;
  const Result<void> result = otlp::decode(bytes, marks, decoded);
  EXPECT_TRUE(result.ok()) << describe(result.error());
  return decoded;
}

std::string text(const Buffer& bytes, Range range) {
  return {reinterpret_cast<const char*>(bytes.data()) + range.offset, range.size};
}

TEST(Decode, AcceptsEmptyInput) {
  const otlp::Decoded decoded = decoded_of({});
  EXPECT_TRUE(decoded.resources.empty());
}

TEST(Decode, ReadsTheFieldsOfASpan) {
  const Buffer span =
      join({bytes_field(1, std::string(16, 'T')), bytes_field(2, std::string(8, 'S')), bytes_field(3, "a=b"),
            bytes_field(4, std::string(8, 'P')), bytes_field(5, "name"), varint_field(6, 2), fixed64_field(7, 5),
            fixed64_field(8, 0x1122334455667788), varint_field(14, 300),
            bytes_field(15, join({bytes_field(2, "oops"), varint_field(3, 2)})), fixed32_field(16, 0x301)});
  const Buffer bytes = request_of({span});
  const otlp::Decoded decoded = decoded_of(bytes);
  ASSERT_EQ(decoded.spans.size(), 1u);
  const otlp::SpanView& view = decoded.spans[0];
  EXPECT_EQ(text(bytes, view.trace_id), std::string(16, 'T'));
  EXPECT_EQ(text(bytes, view.span_id), std::string(8, 'S'));
  EXPECT_EQ(text(bytes, view.trace_state), "a=b");
  EXPECT_EQ(text(bytes, view.parent_span_id), std::string(8, 'P'));
  EXPECT_EQ(view.start_ns, 5u);
  EXPECT_EQ(view.end_ns, 0x1122334455667788u);
  EXPECT_EQ(view.dropped_links_count, 300u);
  EXPECT_EQ(view.status_code, 2u);
  EXPECT_EQ(view.flags, 0x301u);
  EXPECT_EQ(view.link_count, 0u);
  EXPECT_FALSE(view.bad_hex);
  EXPECT_EQ(text(bytes, view.payload), text(span, {0, static_cast<std::uint32_t>(span.size())}));
}

TEST(Decode, LastScalarWinsAndStatusMerges) {
  const Buffer bytes =
      request_of({join({bytes_field(1, std::string(16, 'A')), bytes_field(15, varint_field(3, 2)), fixed64_field(7, 1),
                        bytes_field(1, "short"), fixed64_field(7, 2), bytes_field(15, bytes_field(2, "message only")),
                        varint_field(14, 7), varint_field(14, 0)})});
  const otlp::Decoded decoded = decoded_of(bytes);
  EXPECT_EQ(text(bytes, decoded.spans[0].trace_id), "short");
  EXPECT_EQ(decoded.spans[0].start_ns, 2u);
  EXPECT_EQ(decoded.spans[0].status_code, 2u);
  EXPECT_EQ(decoded.spans[0].dropped_links_count, 0u);
}

TEST(Decode, KnownFieldOfOtherWireTypeIsUnknown) {
  const Buffer bytes = request_of({join({varint_field(1, 9), fixed32_field(13, 1), varint_field(9, 1),
                                         bytes_field(7, "x"), bytes_field(16, "y"), varint_field(15, 2)})});
  const otlp::SpanView view = decoded_of(bytes).spans[0];
  EXPECT_EQ(view.trace_id.size, 0u);
  EXPECT_EQ(view.link_count + view.attribute_count + view.status_code + view.flags, 0u);
  EXPECT_EQ(view.start_ns, 0u);
}

// The Collector writes scope_spans before resource, and resource may come in parts: both parts are the resource.
TEST(Decode, KeepsAllOwnFieldsOfResourcesAndScopesInOrder) {
  const Buffer resource_a = bytes_field(1, bytes_field(1, key_value("a", string_value("1"))));
  const Buffer resource_b = bytes_field(1, bytes_field(1, key_value("b", string_value("2"))));
  const Buffer schema = bytes_field(3, "schema");
  const Buffer scope = bytes_field(1, bytes_field(1, "scope"));
  const Buffer unknown = varint_field(99, 1);
  const Buffer scope_spans =
      bytes_field(2, join({bytes_field(2, Buffer{}), scope, unknown, bytes_field(2, Buffer{}), schema}));
  const Buffer empty_scope_spans = bytes_field(2, Buffer{});
  const Buffer bytes = bytes_field(1, join({scope_spans, resource_a, schema, empty_scope_spans, resource_b}));
  const otlp::Decoded decoded = decoded_of(bytes);
  ASSERT_EQ(decoded.resources.size(), 1u);
  ASSERT_EQ(decoded.scopes.size(), 2u);
  ASSERT_EQ(decoded.spans.size(), 2u);
  const auto fields = [&](std::uint32_t first, std::uint32_t count) {
    std::string all;
    for (std::uint32_t i = first; i < first + count; ++i) all += text(bytes, decoded.fields[i]);
    return all;
  };
  const auto as_text = [](const Buffer& buffer) { return std::string(buffer.begin(), buffer.end()); };
  EXPECT_EQ(decoded.resources[0].field_count, 2u);
  EXPECT_EQ(fields(decoded.resources[0].first_field, 2), as_text(join({resource_a, schema, resource_b})));
  EXPECT_EQ(decoded.scopes[0].field_count, 2u);
  EXPECT_EQ(fields(decoded.scopes[0].first_field, 2), as_text(join({scope, unknown, schema})));
  EXPECT_EQ(decoded.scopes[1].field_count, 0u);
  EXPECT_EQ(decoded.spans[1].scope, 0u);
}

TEST(Decode, CountsEverySpanOfEveryScope) {
  const Buffer span = bytes_field(2, Buffer{});
  const Buffer scope = bytes_field(2, join({span, span}));
  const otlp::Decoded decoded =
      decoded_of(join({bytes_field(1, join({scope, scope})), bytes_field(1, Buffer{}), bytes_field(1, scope)}));
  ASSERT_EQ(decoded.spans.size(), 6u);
  EXPECT_EQ(decoded.resources.size(), 3u);
  EXPECT_EQ(decoded.spans[3].scope, 1u);
  EXPECT_EQ(decoded.scopes[2].resource, 2u);
}

TEST(Decode, FindsLinksAmongOtherFields) {
  const auto link = [](char id) {
    return bytes_field(
        13, join({bytes_field(1, std::string(16, id)), bytes_field(2, std::string(8, id)), fixed32_field(6, 1)}));
  };
  const Buffer attribute = bytes_field(9, key_value("k", string_value("v")));
  const Buffer plain = link('b');
  const Buffer padded = join({Buffer{0x6a, 0xa1, 0x80, 0x80, 0x00}, Buffer(plain.begin() + 2, plain.end())});
  const Buffer bytes = request_of({join({attribute, link('a'), attribute, padded, group_field(13, varint_field(1, 1)),
                                         link('c'), attribute, varint_field(14, 1)})});
  const otlp::Decoded decoded = decoded_of(bytes);
  ASSERT_EQ(decoded.link_count, 3u);
  EXPECT_EQ(decoded.spans[0].link_count, 3u);
  EXPECT_EQ(decoded.spans[0].attribute_count, 3u);
  otlp::LinkCursor cursor(decoded, decoded.spans[0]);
  std::string ids;
  for (otlp::LinkView view; cursor.next(view);) {
    EXPECT_EQ(view.trace_id.size, 16u);
    EXPECT_EQ(view.flags, 1u);
    ids += text(bytes, view.trace_id).substr(0, 1);
    EXPECT_EQ(view.field.size, view.payload.size + (ids == "ab" ? 5 : 2));
  }
  EXPECT_EQ(ids, "abc");
}

TEST(Decode, AcceptsLinkFieldsInAnyOrder_AndRepeated) {
  const Buffer link =
      join({fixed32_field(6, 1), bytes_field(4, key_value("x", string_value("y"))), bytes_field(2, "long span id"),
            bytes_field(1, "t"), bytes_field(3, "s=1"), bytes_field(2, ""), fixed32_field(6, 3)});
  const Buffer bytes = request_of({bytes_field(13, link)});
  const otlp::Decoded decoded = decoded_of(bytes);
  otlp::LinkCursor cursor(decoded, decoded.spans[0]);
  otlp::LinkView view;
  ASSERT_TRUE(cursor.next(view));
  EXPECT_EQ(text(bytes, view.trace_id), "t");
  EXPECT_EQ(view.span_id.size, 0u);
  EXPECT_EQ(text(bytes, view.trace_state), "s=1");
  EXPECT_EQ(view.flags, 3u);
  EXPECT_EQ(view.attribute_count, 1u);
  EXPECT_FALSE(cursor.next(view));
  EXPECT_FALSE(cursor.next(view));
}

TEST(Decode, MarksPointToSpansAndLinks) {
  const Buffer link = bytes_field(13, bytes_field(1, "zz"));
  const Buffer span = join({link, link});
  const Buffer bytes = request_of({span, span});
  const otlp::Decoded unmarked = decoded_of(bytes);
  const std::uint32_t second_span = unmarked.spans[1].payload.offset;
  const otlp::Marks marks = {unmarked.spans[0].payload.offset + 2 + static_cast<std::uint32_t>(link.size()),
                             second_span};
  const otlp::Decoded decoded = decoded_of(bytes, &marks);
  EXPECT_FALSE(decoded.spans[0].bad_hex);
  EXPECT_TRUE(decoded.spans[1].bad_hex);
  std::vector<bool> bad;
  for (const otlp::SpanView& view : decoded.spans) {
    otlp::LinkCursor cursor(decoded, view);
    for (otlp::LinkView one; cursor.next(one);) bad.push_back(one.bad_hex);
  }
  EXPECT_EQ(bad, (std::vector<bool>{false, true, false, false}));
}

TEST(Decode, ErrorsReportTheirCauseAndOffset) {
  EXPECT_EQ(error_of({0x0a}), Error(ErrorCode::truncated, 1));
  EXPECT_EQ(error_of({0x0a, 0x01}), Error(ErrorCode::truncated, 1));
  EXPECT_EQ(error_of({0x0a, 0x80}), Error(ErrorCode::truncated, 1));
  EXPECT_EQ(error_of({0x80}), Error(ErrorCode::truncated, 0));
  EXPECT_EQ(error_of({0x00, 0x00}), Error(ErrorCode::bad_tag, 0));
  EXPECT_EQ(error_of({0x10, 0x01, 0x07}), Error(ErrorCode::bad_tag, 2));
  EXPECT_EQ(error_of({0x0e}), Error(ErrorCode::bad_tag, 0));
  EXPECT_EQ(error_of({0x0c}), Error(ErrorCode::bad_group, 0));
  EXPECT_EQ(error_of({0x13, 0x1c}), Error(ErrorCode::bad_group, 1));
  EXPECT_EQ(error_of({0x13, 0x08, 0x01}), Error(ErrorCode::truncated, 0));
  // The scope's length extends beyond the resource, but not beyond the input.
  EXPECT_EQ(error_of({0x0a, 0x02, 0x12, 0x05, 0x10, 0x00}), Error(ErrorCode::bad_length, 3));
  EXPECT_EQ(error_of({0x0a, 0x02, 0x19, 0x05, 0x10, 0x00}), Error(ErrorCode::bad_length, 3));
  Buffer varint(11, 0x80);
  varint.insert(varint.begin(), 0x10);
  EXPECT_EQ(error_of(varint), Error(ErrorCode::bad_varint, 1));
  EXPECT_EQ(error_of({0x80, 0x80, 0x80, 0x80, 0x10, 0x00}), Error(ErrorCode::bad_tag, 0));
}

TEST(Decode, AcceptsPaddedVarintsEverywhere) {
  const Buffer bytes = {0x8a, 0x80, 0x00, 0x8c, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00,
                        0x92, 0x00, 0x88, 0x00, 0x92, 0x80, 0x00, 0x83, 0x00, 0xf0, 0x00, 0x05};
  const otlp::Decoded decoded = decoded_of(bytes);
  ASSERT_EQ(decoded.spans.size(), 1u);
  EXPECT_EQ(decoded.spans[0].dropped_links_count, 5u);
}

TEST(Decode, RefusesBadBytesInsideLinksAndAttributes) {
  EXPECT_EQ(error_of(request_of({bytes_field(13, Buffer{0x0a, 0x05})})).code(), ErrorCode::truncated);
  EXPECT_EQ(error_of(request_of({join({bytes_field(13, Buffer{0x0a, 0x05}), varint_field(14, 0)})})).code(),
            ErrorCode::bad_length);
  EXPECT_EQ(error_of(request_of({bytes_field(9, Buffer{0x12, 0x01, 0x07})})).code(), ErrorCode::bad_tag);
  EXPECT_EQ(error_of(request_of({bytes_field(13, bytes_field(4, Buffer{0x12, 0x02, 0x0a, 0x03}))})).code(),
            ErrorCode::truncated);
  // The contents of an event are passed on unchecked.
  EXPECT_EQ(decoded_of(request_of({bytes_field(11, Buffer{0x07, 0xff})})).spans.size(), 1u);
}

TEST(Decode, AnyValuesNestToTheLimit) {
  const auto nested = [](unsigned count) {
    Buffer value = string_value("leaf");
    for (unsigned i = 1; i < count; ++i) value = bytes_field(5, bytes_field(1, value));
    return request_of({bytes_field(9, key_value("k", value))});
  };
  EXPECT_EQ(decoded_of(nested(wire::kDepthMax)).spans.size(), 1u);
  EXPECT_EQ(error_of(nested(wire::kDepthMax + 1)).code(), ErrorCode::too_deep);
  Buffer map = string_value("leaf");
  for (unsigned i = 1; i <= wire::kDepthMax; ++i)
    map = bytes_field(6, bytes_field(1, key_value("long enough a key", map)));
  EXPECT_EQ(error_of(request_of({bytes_field(9, key_value("k", map))})).code(), ErrorCode::too_deep);
}

TEST(Decode, GroupsNestToTheLimit) {
  const auto nested = [](unsigned count) {
    Buffer group;
    for (unsigned i = 0; i < count; ++i) group = group_field(20 + i, group);
    return request_of({group});
  };
  EXPECT_EQ(decoded_of(nested(wire::kDepthMax)).spans.size(), 1u);
  EXPECT_EQ(error_of(nested(wire::kDepthMax + 1)).code(), ErrorCode::too_deep);
}

TEST(Decode, RetainsNothingOfThePreviousRequest) {
  otlp::Decoded decoded;
  ASSERT_TRUE(otlp::decode(request_of({bytes_field(13, Buffer{}), Buffer{}}), nullptr, decoded).ok());
  ASSERT_EQ(decoded.link_count, 1u);
  const Buffer second = request_of({Buffer{}});
  ASSERT_TRUE(otlp::decode(second, nullptr, decoded).ok());
  EXPECT_EQ(decoded.spans.size(), 1u);
  EXPECT_EQ(decoded.link_count, 0u);
  EXPECT_EQ(decoded.bytes.data(), second.data());
}

TEST(Decode, ReportsEveryParentOfTheWrongLength) {
  const std::string good(8, 'P');
  const auto odd = [](const Buffer& span) {
    const bool alone = otlp::read_span(span).malformed_parent;
    EXPECT_EQ(decoded_of(request_of({span})).spans[0].malformed_parent, alone);
    return alone;
  };
  EXPECT_FALSE(odd({}));
  EXPECT_FALSE(odd(bytes_field(4, "")));
  EXPECT_FALSE(odd(bytes_field(4, good)));
  EXPECT_FALSE(odd(join({bytes_field(4, std::string(8, '\0')), varint_field(4, 1)})));
  EXPECT_TRUE(odd(bytes_field(4, "1234")));
  EXPECT_TRUE(odd(bytes_field(4, std::string(9, 'P'))));
  EXPECT_TRUE(odd(join({bytes_field(4, "1234"), bytes_field(4, good)})));
  EXPECT_TRUE(odd(join({bytes_field(1, std::string(16, 'T')), bytes_field(2, std::string(8, 'S')),
                        bytes_field(4, std::string(16, 'P')), bytes_field(5, "name")})));
}

}  // namespace
}  // namespace entail::otlp_test
