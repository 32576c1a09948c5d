// Printing protobuf that no JSON reader produced: other field orders, repeated fields, unknown ones, broken ones.
#include <string>

#include "base/bytes.hpp"
#include "tests/otlp/json_case.hpp"
#include "wire/reader.hpp"
#include "wire/writer.hpp"

namespace entail::otlp {
namespace {

using wire::Buffer;

Buffer field(std::uint32_t number, Bytes content) {
  Buffer out;
  wire::append_bytes_field(out, number, content);
  return out;
}
Buffer field(std::uint32_t number, std::string_view content) { return field(number, base::bytes_of(content)); }
Buffer varint(std::uint32_t number, std::uint64_t value) {
  Buffer out;
  wire::append_varint_field(out, number, value);
  return out;
}
Buffer join(std::initializer_list<Buffer> parts) {
  Buffer out;
  for (const Buffer& part : parts) wire::append_bytes(out, part);
  return out;
}
Buffer request_of_span(const Buffer& span) { return field(1, field(2, field(2, span))); }

std::string printed(const Buffer& request) {
  std::string text = "before";
  const Result<void> result = append_json(request, text);
  EXPECT_TRUE(result.ok()) << describe(result.error());
  EXPECT_EQ(text.substr(0, 6), "before");
  return text.substr(6);
}

TEST(JsonPrint, PrintsAnEmptyRequest) {
  EXPECT_EQ(printed({}), "{}");
  EXPECT_EQ(printed(field(1, "")), R"({"resourceSpans":[{}]})");
}

TEST(JsonPrint, AcceptsDescendingFieldOrder) {
  Buffer fixed;
  wire::append_fixed32_field(fixed, 16, 0x101);
  wire::append_fixed64_field(fixed, 8, UINT64_MAX);
  const Buffer span = join({field(15, ""), varint(14, 3), field(13, field(2, "12345678")), fixed, varint(6, 2),
                            field(5, "n"), field(2, "abcdefgh"), field(1, std::string(16, '\x1f'))});
  const Buffer resource = field(1, field(1, join({field(2, varint(3, 5)), field(1, "k")})));
  EXPECT_EQ(
      printed(field(1, join({field(3, "url"), field(2, field(2, span)), resource}))),
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":{"intValue":"5"}}]},"scopeSpans":[{"spans":[)"
      R"({"traceId":"1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f","spanId":"6162636465666768","flags":257,"name":"n","kind":2,)"
      R"("endTimeUnixNano":"18446744073709551615","links":[{"spanId":"3132333435363738"}],"droppedLinksCount":3,)"
      R"("status":{}}]}],"schemaUrl":"url"}]})");
}

TEST(JsonPrint, RepeatedFieldsMergeAsInProtobuf) {
  const Buffer status = join({field(15, join({varint(3, 2), field(2, "first")})), field(15, field(2, "second"))});
  const Buffer events = join({field(11, field(2, "e1")), varint(14, 1), field(11, field(2, "e2")), varint(14, 2)});
  EXPECT_EQ(printed(request_of_span(join({field(5, "a"), status, events, field(5, "b")}))),
            span_text(R"("name":"b","events":[{"name":"e1"},{"name":"e2"}],"droppedLinksCount":2,)"
                      R"("status":{"message":"second","code":2})"));
  // The last of a value's members wins; lists of the same value are concatenated.
  const auto value = [](const Buffer& any) { return request_of_span(field(9, join({field(1, "k"), field(2, any)}))); };
  EXPECT_EQ(printed(value(join({field(1, "s"), varint(2, 1)}))), value_text(R"({"boolValue":true})"));
  const Buffer one = field(5, field(1, varint(3, 1)));
  const Buffer two = field(5, field(1, varint(3, 2)));
  EXPECT_EQ(printed(value(join({one, two}))),
            value_text(R"({"arrayValue":{"values":[{"intValue":"1"},{"intValue":"2"}]}})"));
  EXPECT_EQ(printed(value(join({one, varint(2, 1), two}))),
            value_text(R"({"arrayValue":{"values":[{"intValue":"2"}]}})"));
}

TEST(JsonPrint, OmitsUnknownFieldsAndOtherWireTypes) {
  Buffer group;
  wire::append_varint(group, 20 << 3 | 3);
  wire::append_bytes(group, varint(1, 1));
  wire::append_varint(group, 20 << 3 | 4);
  EXPECT_EQ(printed(request_of_span(
                join({varint(500, 7), group, varint(5, 1), field(6, "x"), varint(6, 1), field(17, "y")}))),
            span_text(R"("kind":1)"));
}

TEST(JsonPrint, PrintsNumbersOfAllKinds) {
  EXPECT_EQ(printed(request_of_span(
                join({varint(6, static_cast<std::uint64_t>(-1)), varint(10, 0xffffffff), varint(14, 1ULL << 32)}))),
            span_text(R"("kind":-1,"droppedAttributesCount":4294967295,"droppedLinksCount":0)"));
  const auto value = [](const Buffer& any) {
    return printed(request_of_span(field(9, join({field(1, "k"), field(2, any)}))));
  };
  EXPECT_EQ(value(varint(3, 1ULL << 63)), value_text(R"({"intValue":"-9223372036854775808"})"));
  EXPECT_EQ(value(varint(2, 7)), value_text(R"({"boolValue":true})"));
  EXPECT_EQ(value(field(7, "\xff\xfe")), value_text(R"({"bytesValue":"//4="})"));
  EXPECT_EQ(value(varint(8, 3)), value_text(R"({"stringValueStrindex":3})"));
}

TEST(JsonPrint, ReplacesInvalidUtf8) {
  EXPECT_EQ(printed(request_of_span(field(5,
                                          "a\xff"
                                          "b"))),
            span_text("\"name\":\"a\xef\xbf\xbd"
                      "b\""));
}

TEST(JsonPrint, PrintsEveryFieldOfTheSchema) {
  const std::string text =
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":{"stringValue":"v"},"keyStrindex":1}],)"
      R"("droppedAttributesCount":1,"entityRefs":[{"schemaUrl":"s","type":"t","idKeys":["a","b"],"descriptionKeys":["c"]}]},)"
      R"("scopeSpans":[{"scope":{"name":"n","version":"v","attributes":[{}],"droppedAttributesCount":2},"spans":[{)"
      R"("traceId":"000102030405060708090a0b0c0d0e0f","spanId":"1011121314151617","traceState":"a=b",)"
      R"("parentSpanId":"1011121314151618","flags":1,"name":"n","kind":1,"startTimeUnixNano":"1","endTimeUnixNano":"2",)"
      R"("attributes":[{"key":"d","value":{"doubleValue":0.5}}],"droppedAttributesCount":3,"events":[{"timeUnixNano":"4",)"
      R"("name":"e","attributes":[{}],"droppedAttributesCount":5}],"droppedEventsCount":6,"links":[{)"
      R"("traceId":"000102030405060708090a0b0c0d0e0f","spanId":"1011121314151617","traceState":"c=d","attributes":[{}],)"
      R"("droppedAttributesCount":7,"flags":8}],"droppedLinksCount":9,"status":{"message":"m","code":2}}],"schemaUrl":"u"}],)"
      R"("schemaUrl":"w"}]})";
  EXPECT_EQ(JsonCase(text).printed(), text);
}

TEST(JsonPrint, FailsLikeDecode) {
  Buffer span =
      request_of_span(join({field(1, std::string(16, 'x')), field(13, field(1, "link")), field(9, field(1, "k"))}));
  for (std::size_t size = 0; size < span.size(); ++size) {
    const Bytes truncated(span.data(), size);
    Decoded decoded;
    const Error expected = decode(truncated, nullptr, decoded).error();
    std::string text = "before";
    EXPECT_EQ(append_json(truncated, text).error(), expected) << size;
    if (expected.code() != ErrorCode::none) {
      EXPECT_EQ(text, "before");
    }
  }
}

TEST(JsonPrint, ABrokenEventLosesOnlyThatEvent) {
  // decode() does not look into events, so such a span is accepted and must be printed.
  const Buffer broken = join({field(2, "e"), {0x1a, 0x7f}});
  EXPECT_EQ(printed(request_of_span(join({field(5, "n"), field(11, broken), field(11, field(2, "f"))}))),
            span_text(R"("name":"n","events":[{"name":"e"},{"name":"f"}])"));
}

TEST(JsonPrint, DepthIsBounded) {
  Buffer any = varint(3, 1);
  for (unsigned i = 1; i < wire::kDepthMax; ++i) any = field(5, field(1, any));
  const auto request = [](const Buffer& value) { return request_of_span(field(9, field(2, value))); };
  EXPECT_NE(printed(request(any)).find(R"("intValue":"1")"), std::string::npos);
  std::string text;
  EXPECT_EQ(append_json(request(field(5, field(1, any))), text).error().code(), ErrorCode::too_deep);
  EXPECT_EQ(text, "");
  // Only the printer reads events: the value that is nested too deeply becomes empty.
  const Buffer event = field(3, field(2, field(5, field(1, any))));
  EXPECT_EQ(printed(request_of_span(field(11, event))).find("intValue"), std::string::npos);
}

TEST(JsonPrint, CountsWhatJsonCannotRepresent) {
  const auto losses_of = [](const Buffer& bytes) {
    std::string text;
    PrintLosses losses{1, 10};  // added to
    EXPECT_TRUE(append_json(bytes, text, &losses).ok());
    return std::pair(losses.unknown_fields - 1, losses.values - 10);
  };
  using Counts = std::pair<std::uint64_t, std::uint64_t>;
  const Buffer good = join({field(5, "n"), field(9, field(1, "k"))});
  EXPECT_EQ(losses_of(request_of_span(good)), Counts(0, 0));
  // An unknown number, a known one with another wire type, one beyond the schema's; each level of messages.
  const Buffer unknown = join({field(5, "n"), field(99, "x"), varint(5, 1), varint(1000, 1)});
  EXPECT_EQ(losses_of(request_of_span(unknown)), Counts(3, 0));
  EXPECT_EQ(losses_of(join({request_of_span(unknown), varint(2, 7), field(1, varint(9, 1))})), Counts(5, 0));
  EXPECT_EQ(losses_of(request_of_span(field(13, join({field(1, "ab"), varint(7, 1)})))), Counts(1, 0));
  // Invalid UTF-8 in names, keys and values.
  const Buffer attribute = field(9, join({field(1, "k\xff"), field(2, field(1, "\xc3"))}));
  EXPECT_EQ(losses_of(request_of_span(join({field(5, "\x80\x80"), attribute}))), Counts(0, 3));
  // An event that ends in garbage: decode() does not look into it.
  EXPECT_EQ(losses_of(request_of_span(field(11, join({field(2, "e"), Buffer{0x0a, 0x09}})))), Counts(0, 1));
  // On failure nothing is appended.
  std::string text;
  PrintLosses losses;
  EXPECT_FALSE(append_json(join({request_of_span(unknown), Buffer{0x0a, 0x09}}), text, &losses).ok());
  EXPECT_EQ(losses.unknown_fields + losses.values, 0u);
}

}  // namespace
}  // namespace entail::otlp
