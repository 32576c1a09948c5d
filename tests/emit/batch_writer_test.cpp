// BatchWriter: grouping by bytes, exact sizes, splitting at the limit, no losses.
#include "emit/batch_writer.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/otlp/decode_oracle.hpp"
#include "tests/otlp/message_parts.hpp"

namespace entail::emit {
namespace {

using otlp_test::bytes_field;
using otlp_test::join;
using wire::Buffer;

OutputSpan output(const Buffer& resource, const Buffer& scope, const Buffer& payload, const SpanEdit* edit = nullptr) {
  return {resource, base::digest(resource), scope, base::digest(scope), payload, edit};
}

Buffer taken(BatchWriter& writer) {
  const Bytes bytes = writer.take();
  return {bytes.begin(), bytes.end()};
}

const Buffer kResourceA = bytes_field(1, bytes_field(1, "A"));
const Buffer kResourceB = join({bytes_field(1, bytes_field(1, "A")), bytes_field(3, "schema")});
const Buffer kScopeX = bytes_field(1, bytes_field(1, "X"));
const Buffer kNone;

TEST(BatchWriter, GroupsByBytes_InOrderOfFirstSpan) {
  BatchWriter writer(1 << 20);
  EXPECT_TRUE(writer.empty());
  const Buffer one = bytes_field(5, "1"), two = bytes_field(5, "2"), three = bytes_field(5, "3"),
               four = bytes_field(5, "4"), five = bytes_field(5, "5");
  EXPECT_FALSE(writer.add(output(kResourceB, kScopeX, one)));
  EXPECT_FALSE(writer.add(output(kResourceA, kScopeX, two)));
  EXPECT_FALSE(writer.add(output(kResourceB, kNone, three)));
  EXPECT_FALSE(writer.add(output(kResourceB, kScopeX, four)));
  EXPECT_FALSE(writer.add(output(kResourceB, kScopeX, five)));
  EXPECT_EQ(writer.span_count(), 5u);
  const auto span = [](const Buffer& payload) { return bytes_field(2, payload); };
  const Buffer wanted =
      join({bytes_field(1, join({kResourceB, bytes_field(2, join({kScopeX, span(one), span(four), span(five)})),
                                 bytes_field(2, span(three))})),
            bytes_field(1, join({kResourceA, bytes_field(2, join({kScopeX, span(two)}))}))});
  EXPECT_EQ(taken(writer), wanted);
  EXPECT_TRUE(writer.empty());
  EXPECT_EQ(taken(writer), Buffer{});
  EXPECT_FALSE(writer.add(output(kResourceA, kScopeX, two)));
  EXPECT_EQ(taken(writer), bytes_field(1, join({kResourceA, bytes_field(2, join({kScopeX, span(two)}))})))
      << "nothing remains of the previous message";
}

TEST(BatchWriter, ClosesABatchBeforeItExceedsTheLimit) {
  const Buffer payload = bytes_field(5, std::string(98, 'x'));  // 100 bytes, 102 as a field
  const auto message_size = [&](int spans) {
    Buffer scope;
    for (int i = 0; i < spans; ++i) wire::append_bytes_field(scope, 2, payload);
    return bytes_field(1, bytes_field(2, scope)).size();
  };
  for (const std::size_t slack : {std::size_t{0}, std::size_t{1}, std::size_t{101}}) {
    BatchWriter writer(message_size(3) + slack);
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(writer.add(output(kNone, kNone, payload)));
    EXPECT_TRUE(writer.add(output(kNone, kNone, payload)));
    EXPECT_EQ(writer.span_count(), 3u);
    EXPECT_EQ(taken(writer).size(), message_size(3));
    EXPECT_EQ(writer.span_count(), 1u) << "the fourth span begins the next message";
    EXPECT_EQ(taken(writer).size(), message_size(1));
    EXPECT_TRUE(writer.empty());
  }
  BatchWriter smaller(message_size(3) - 1);
  EXPECT_FALSE(smaller.add(output(kNone, kNone, payload)));
  EXPECT_FALSE(smaller.add(output(kNone, kNone, payload)));
  EXPECT_TRUE(smaller.add(output(kNone, kNone, payload)));
  EXPECT_EQ(smaller.span_count(), 2u);
}

TEST(BatchWriter, WritesASpanBeyondTheLimitAlone) {
  const Buffer small = bytes_field(5, "s"), large = bytes_field(5, std::string(500, 'x'));
  BatchWriter writer(100);
  EXPECT_FALSE(writer.add(output(kNone, kNone, small)));
  EXPECT_TRUE(writer.add(output(kNone, kNone, large)));
  EXPECT_LT(taken(writer).size(), 100u);
  EXPECT_TRUE(writer.add(output(kNone, kNone, small)));
  EXPECT_EQ(taken(writer), bytes_field(1, bytes_field(2, bytes_field(2, large))));
  EXPECT_EQ(taken(writer), bytes_field(1, bytes_field(2, bytes_field(2, small))));
}

TEST(BatchWriter, WritesEditedSpans) {
  const std::vector<Attribute> attributes = {{"k", true}};
  const SpanEdit edit{.attributes = attributes};
  const SpanEdit nothing;
  const Buffer payload = bytes_field(5, "name");
  BatchWriter writer(1000);
  writer.add(output(kNone, kNone, payload, &edit));
  writer.add(output(kNone, kNone, payload, &nothing));
  Buffer edited;
  append_span(payload, edit, edited);
  EXPECT_GT(edited.size(), payload.size());
  EXPECT_EQ(taken(writer), bytes_field(1, bytes_field(2, join({bytes_field(2, edited), bytes_field(2, payload)}))));
}

TEST(BatchWriter, PartsShareNothing_AndAMessageIsItsParts) {
  const Buffer one = bytes_field(5, "1"), two = bytes_field(5, "2"), three = bytes_field(5, "3");
  const auto part = [](std::initializer_list<Buffer> payloads) {
    Buffer scope;
    for (const Buffer& payload : payloads) wire::append_bytes_field(scope, 2, payload);
    return bytes_field(1, join({kResourceA, bytes_field(2, scope)}));
  };
  const Buffer first = part({one, two}), second = part({three});
  BatchWriter writer(first.size() + second.size());
  for (int round = 0; round < 3; ++round) {  // with the buffer of the message before, too
    EXPECT_FALSE(writer.add(output(kResourceA, kNone, one)));
    EXPECT_FALSE(writer.add(output(kResourceA, kNone, two)));
    EXPECT_EQ(writer.end_part(), first.size());
    EXPECT_FALSE(writer.add(output(kResourceA, kNone, three)));
    EXPECT_EQ(writer.span_count(), 3u);
    if (round != 1) {
      EXPECT_EQ(writer.end_part(), first.size() + second.size());
    }
    EXPECT_TRUE(writer.add(output(kResourceA, kNone, one)));  // has no room
    EXPECT_EQ(writer.full_size(), first.size() + second.size());
    EXPECT_EQ(writer.span_count(), 3u);
    Buffer whole = writer.take_owned();
    EXPECT_EQ(whole, join({first, second}));
    writer.give_buffer(std::move(whole));
    EXPECT_EQ(taken(writer), part({one}));
    EXPECT_TRUE(writer.empty());
  }
}

// Random spans in random groups under random limits, read back: nothing is lost, no group is split within a message,
// no message exceeds the limit unless it holds one span, and none is closed while the next span would fit.
TEST(BatchWriter, LosesNothingUnderAnyLimit) {
  otlp_test::Random random(21);
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t limit = 50 + random() % 3000;
    BatchWriter writer(limit);
    std::map<std::string, std::vector<std::string>> wanted, got;
    std::uint64_t messages = 0;
    const auto take = [&] {
      const std::uint64_t count = writer.span_count();
      const Buffer message = taken(writer);
      otlp_lax::TracesData data;
      ASSERT_TRUE(otlp_test::oracle_parse(message, data));
      EXPECT_TRUE(message.size() <= limit || count == 1);
      std::map<std::string, int> groups;
      std::uint64_t read = 0;
      for (const auto& resource : data.resource_spans()) {
        for (const auto& scope : resource.scope_spans()) {
          const std::string key = resource.schema_url() + "/" + scope.schema_url();
          EXPECT_EQ(groups[key]++, 0);
          for (const auto& span : scope.spans()) got[key].push_back(span.name());
          read += static_cast<std::uint64_t>(scope.spans_size());
        }
      }
      EXPECT_EQ(read, count);
      ++messages;
    };
    for (int i = 0; i < 200; ++i) {
      const std::string resource(random() % 9, 'r'), scope(random() % 5, 's');
      const std::string name = std::to_string(i) + std::string(random() % (random() % 8 == 0 ? 300 : 20), 'n');
      wanted[resource + "/" + scope].push_back(name);
      const Buffer payload = bytes_field(5, name);
      if (writer.add(output(bytes_field(3, resource), bytes_field(3, scope), payload))) take();
    }
    while (!writer.empty()) take();
    EXPECT_EQ(got, wanted);
    EXPECT_GT(messages, 1u);
  }
}

}  // namespace
}  // namespace entail::emit
