// repair(): exact bytes before and after, and protobuf C++ as a strict reader.
#include "otlp/repair.hpp"

#include <gtest/gtest.h>

#include "otlp_trace.pb.h"
#include "tests/otlp/message_parts.hpp"
#include "text/hex.hpp"

namespace entail::otlp {
namespace {

using namespace otlp_test;

const Buffer kTrace = bytes_field(1, std::string(16, 'T'));
const Buffer kSpan = bytes_field(2, std::string(8, 'S'));
const Buffer kName = bytes_field(5, "caf\xc3\xa9");
const Buffer kSpanIds = join({kTrace, kSpan});

struct Repaired {
  std::string hex;
  RepairLosses losses;
  bool copied = false;
};

Repaired repaired(const Buffer& message) {
  Repaired result;
  Buffer buffer;
  const Result<Bytes> done = repair(message, buffer, &result.losses);
  EXPECT_TRUE(done.ok());
  text::append_hex(*done, result.hex);
  result.copied = done->data() != message.data();
  // What was repaired needs no further repair.
  Buffer again;
  RepairLosses none;
  EXPECT_EQ(repair(*done, again, &none)->data(), done->data());
  EXPECT_EQ(none.ids + none.texts + none.fields, 0U);
  return result;
}

std::string hex_of(const Buffer& bytes) {
  std::string hex;
  text::append_hex(bytes, hex);
  return hex;
}

bool strict_reader_accepts(const Buffer& message) {
  otlp_proto::TracesData parsed;
  return parsed.ParseFromArray(message.data(), static_cast<int>(message.size()));
}

Buffer event_of(const Buffer& content) { return bytes_field(11, content); }
Buffer link_of(const Buffer& content) { return bytes_field(13, content); }
Buffer attribute(const Buffer& key_value_content) { return bytes_field(9, key_value_content); }

TEST(Repair, ReturnsAGoodMessageItself) {
  const Buffer padded = {0x2a, 0x84, 0x80, 0x80, 0x00,
                         't',  'e',  'x',  't'};  // a length of four bytes, as .NET writes it
  for (const Buffer& span :
       {Buffer(), kSpanIds, join({kSpanIds, bytes_field(4, ""), kName}), join({kSpanIds, padded}),
        join({kSpanIds, bytes_field(99, "\xff"), varint_field(1001, UINT64_MAX), fixed32_field(98, 1)}),
        join({kSpanIds, link_of(kSpanIds), link_of({}), event_of(bytes_field(2, "e"))}),
        join({kSpanIds, attribute(key_value("k", bytes_field(7, "\xff\xfe")))})}) {
    const Buffer message = request_of({span});
    const Repaired result = repaired(message);
    EXPECT_FALSE(result.copied) << hex_of(span);
    EXPECT_EQ(result.hex, hex_of(message));
  }
}

TEST(Repair, EmptiesIdsOfAnotherLength_AndKeepsEverythingElse) {
  const Buffer tail = join({bytes_field(99, "unknown"), kName});
  const std::pair<Buffer, Buffer> cases[] = {
      {bytes_field(1, "T"), bytes_field(1, "")},
      {bytes_field(1, std::string(17, 'T')), bytes_field(1, "")},
      {bytes_field(2, std::string(16, 'S')), bytes_field(2, "")},
      {bytes_field(4, "12345"), bytes_field(4, "")},
      {join({bytes_field(1, "odd"), kTrace}), join({bytes_field(1, ""), kTrace})},
      {link_of(join({bytes_field(1, "t"), kSpan, bytes_field(4, key_value("k", int_value(1)))})),
       link_of(join({bytes_field(1, ""), kSpan, bytes_field(4, key_value("k", int_value(1)))}))},
      {link_of(join({kTrace, bytes_field(2, std::string(16, 's'))})), link_of(join({kTrace, bytes_field(2, "")}))},
  };
  for (const auto& [before, after] : cases) {
    const Repaired result = repaired(request_of({kSpanIds, join({before, tail}), kSpanIds}));
    EXPECT_EQ(result.hex, hex_of(request_of({kSpanIds, join({after, tail}), kSpanIds})));
    EXPECT_EQ(result.losses.ids, 1U);
    EXPECT_EQ(result.losses.texts + result.losses.fields, 0U);
  }
}

TEST(Repair, ReplacesBytesThatAreNotUtf8) {
  const std::string bad = "caf\xe9", good = "caf\xef\xbf\xbd";
  const auto messages = [](const std::string& text) {
    const Buffer value = bytes_field(2, join({bytes_field(5, bytes_field(1, string_value(text)))}));
    const Buffer span = join({kSpanIds, bytes_field(5, text), bytes_field(3, text),
                              bytes_field(15, bytes_field(2, text)), attribute(join({bytes_field(1, text), value})),
                              event_of(bytes_field(2, text)), link_of(join({kSpanIds, bytes_field(3, text)}))});
    const Buffer scope = join({bytes_field(1, bytes_field(1, text)), bytes_field(2, span), bytes_field(3, text)});
    const Buffer entity = bytes_field(3, join({bytes_field(1, text), bytes_field(3, text), bytes_field(3, text)}));
    return bytes_field(1, join({bytes_field(1, entity), bytes_field(2, scope), bytes_field(3, text)}));
  };
  EXPECT_FALSE(strict_reader_accepts(messages(bad)));
  EXPECT_TRUE(strict_reader_accepts(messages(good)));
  const Repaired result = repaired(messages(bad));
  EXPECT_EQ(result.hex, hex_of(messages(good)));
  EXPECT_EQ(result.losses.texts, 13U);
  // A good text in the same message, long enough for eight bytes at a time, is not touched.
  EXPECT_EQ(repaired(request_of({bytes_field(5, "0123456789abcdef"), bytes_field(5, bad)})).hex,
            hex_of(request_of({bytes_field(5, "0123456789abcdef"), bytes_field(5, good)})));
}

TEST(Repair, LeavesOutWhatSomeReaderRejects) {
  const Buffer broken_event = event_of(join({bytes_field(2, "e"), Buffer{0x1a, 0x7f}}));
  const std::pair<Buffer, Buffer> cases[] = {
      {varint_field(5, 1), {}},                                    // a known number with another wire type
      {bytes_field(6, "kind"), {}},                                //
      {fixed64_field(1, 1), {}},                                   //
      {group_field(99, varint_field(1, 1)), {}},                   // a group
      {broken_event, event_of(bytes_field(2, "e"))},               // bytes that are not protobuf
      {event_of(varint_field(2, 1)), event_of({})},                //
      {bytes_field(15, varint_field(2, 1)), bytes_field(15, "")},  //
  };
  for (const auto& [before, after] : cases) {
    const Repaired result = repaired(request_of({join({kSpanIds, before, kName})}));
    EXPECT_EQ(result.hex, hex_of(request_of({join({kSpanIds, after, kName})})));
    EXPECT_EQ(result.losses.fields, 1U) << hex_of(before);
  }
  // pdata takes the spans of a retired field of ResourceSpans for sampled ones.
  const Buffer scope = bytes_field(2, bytes_field(2, kSpanIds));
  EXPECT_EQ(repaired(bytes_field(1, join({scope, bytes_field(1000, bytes_field(2, kSpanIds))}))).hex,
            hex_of(bytes_field(1, scope)));
  // Elsewhere the number is an unknown one.
  EXPECT_FALSE(repaired(request_of({join({kSpanIds, bytes_field(1000, "x")})})).copied);
}

TEST(Repair, WritesPaddedTagsAndLengthsAnew) {
  const auto padded = [](std::uint8_t first, std::size_t size) {
    Buffer bytes(size, 0x80);
    bytes.back() = 0;
    bytes.front() = static_cast<std::uint8_t>(first | (size > 1 ? 0x80 : 0));
    return bytes;
  };
  for (std::size_t tag_size : {1, 5, 6, 10}) {
    for (std::size_t length_size : {1, 5, 6, 10}) {
      const Buffer name = join({padded(0x2a, tag_size), padded(1, length_size), Buffer{'n'}});
      const Buffer message = request_of({join({kSpanIds, name})});
      const Repaired result = repaired(message);
      if (result.copied) {
        EXPECT_EQ(result.hex, hex_of(request_of({join({kSpanIds, bytes_field(5, "n")})})));
      } else {
        EXPECT_TRUE(tag_size <= 5 && length_size <= 5);
      }
      EXPECT_EQ(result.losses.ids + result.losses.texts + result.losses.fields, 0U);
    }
  }
  // A varint with bits beyond the sixty-fourth, known and unknown.
  const Buffer too_many = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
  for (const std::uint32_t number : {10U, 17U}) {
    Buffer field;
    wire::append_varint(field, number << 3);
    EXPECT_EQ(repaired(request_of({join({field, too_many})})).hex.substr(12), hex_of(varint_field(number, UINT64_MAX)));
  }
}

TEST(Repair, BoundsTheDepth) {
  const auto message = [](unsigned levels) {
    Buffer any;
    for (unsigned i = 1; i < levels; ++i) any = bytes_field(5, bytes_field(1, any));
    return request_of({attribute(bytes_field(2, any))});
  };
  // As many lists inside one another as protobuf's readers accept. In a link's attribute they are one message deeper.
  EXPECT_FALSE(repaired(message(48)).copied);
  EXPECT_TRUE(strict_reader_accepts(message(48)));
  for (const unsigned levels : {49U, 50U, 100U, 1000U}) {
    const Buffer deep = message(levels);
    EXPECT_FALSE(strict_reader_accepts(deep)) << levels;
    Buffer buffer;
    RepairLosses losses;
    const Bytes done = *repair(deep, buffer, &losses);
    EXPECT_TRUE(strict_reader_accepts(Buffer(done.begin(), done.end()))) << levels;
    EXPECT_EQ(losses.fields, 1U);
  }
}

TEST(Repair, AcceptsAnyBytes) {
  const Buffer message = request_of({join({kSpanIds, link_of(kSpanIds), attribute(key_value("k", int_value(7)))})});
  for (std::size_t size = 0; size <= message.size(); ++size) {
    for (const unsigned flip : {0x00U, 0x01U, 0x04U, 0x80U}) {
      Buffer damaged(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size));
      if (size > 0) damaged[size / 2] = static_cast<std::uint8_t>(damaged[size / 2] ^ flip);
      Buffer buffer;
      const Bytes done = *repair(damaged, buffer, nullptr);
      EXPECT_TRUE(strict_reader_accepts(Buffer(done.begin(), done.end()))) << size << " " << flip;
    }
  }
}

}  // namespace
}  // namespace entail::otlp
