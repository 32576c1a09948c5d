#include "input/message_reader.hpp"

#include <gtest/gtest.h>

#include "sample_bytes.hpp"

namespace entail::cli {
namespace {

using test::Buffer;

// A reader's output: messages as text, problems as "!text".
struct Reading {
  std::vector<std::string> events;
  std::vector<std::uint64_t> places;
  Framing framing = Framing::jsonl;
  std::uint64_t bytes = 0;
};

Reading read(const Buffer& bytes, std::optional<Framing> from = std::nullopt, std::size_t limit = kMessageBytesMax,
             std::size_t piece = 100) {
  MessageReader reader(
      std::make_unique<test::PieceSource>(bytes, piece), std::nullopt, from,
      [](Bytes message) { return whole_fields_size(message) == message.size() && !message.empty(); }, limit);
  Reading reading;
  Message message;
  for (MessageReader::Next next; (next = reader.next(message)) != MessageReader::Next::end;) {
    if (next == MessageReader::Next::problem) {
      const Problem& problem = reader.problem();
      reading.events.push_back((problem.kind == ProblemKind::truncated ? "!truncated: " : "!bad: ") + problem.text);
    } else {
      reading.events.push_back(test::text(message.bytes));
      reading.places.push_back(message.place);
    }
    EXPECT_LT(reading.events.size(), 1000u);
  }
  reading.framing = reader.framing();
  reading.bytes = reader.bytes_read();
  return reading;
}

// The same, batch by batch: messages are compared after a whole batch was read. Also returns the largest batch.
Reading read_side_by_side(const Buffer& bytes, std::optional<Framing> from, std::size_t ahead, std::size_t& largest) {
  MessageReader reader(std::make_unique<test::PieceSource>(bytes, 100), std::nullopt, from,
                       [](Bytes message) { return whole_fields_size(message) == message.size() && !message.empty(); });
  Reading reading;
  largest = 0;
  for (MessageReader::Next next = MessageReader::Next::message; next == MessageReader::Next::message;) {
    reader.read_ahead(ahead);
    std::vector<Message> batch;
    do {
      Message message;
      next = reader.next(message);
      if (next == MessageReader::Next::message) batch.push_back(message);
    } while (next == MessageReader::Next::message && reader.next_is_there());
    for (const Message& message : batch) {
      reading.events.push_back(test::text(message.bytes));
      reading.places.push_back(message.place);
    }
    largest = std::max(largest, batch.size());
    EXPECT_LT(reading.events.size(), 1000u);
  }
  reading.bytes = reader.bytes_read();
  return reading;
}

const Buffer kOne = test::request(1, 1'000'000'000);
const Buffer kTwo = test::request(2, 2'000'000'000, 300);

using Texts = std::vector<std::string>;
using Places = std::vector<std::uint64_t>;

TEST(MessageReader, ReadsLines_WithTheirNumbers) {
  const Buffer bytes = test::buffer("\xef\xbb\xbf{\"a\":1}\r\n\n  \n{\"b\":2}\n{\"c\":3}");
  const Reading reading = read(bytes);
  EXPECT_EQ(reading.events, (Texts{"{\"a\":1}\r", "{\"b\":2}", "{\"c\":3}"}));
  EXPECT_EQ(reading.places, (Places{1, 4, 5}));
  EXPECT_EQ(reading.bytes, bytes.size());
}

TEST(MessageReader, CountsLeadingBlanks_InOffsets) {
  const std::string text =
      "\xef\xbb\xbf {\"a\":1}\n" + std::string(300, ' ') + "\n" + std::string(200, '\t') + "{}\n{}";
  MessageReader reader(std::make_unique<test::PieceSource>(test::buffer(text)), std::nullopt, std::nullopt,
                       [](Bytes) { return false; });
  Message message;
  std::vector<std::uint64_t> offsets;
  while (reader.next(message) == MessageReader::Next::message) {
    EXPECT_EQ(message.bytes[0], '{');
    offsets.push_back(message.line_offset);
  }
  EXPECT_EQ(offsets, (Places{4, 200, 0}));
  EXPECT_EQ(message.place, 4u);
  EXPECT_EQ(reader.bytes_read(), text.size());
}

TEST(MessageReader, ReadsOneDocument) {
  const std::string document = "{\n \"resourceSpans\": [\n ]\n}\n";
  const Reading reading = read(test::buffer(document));
  EXPECT_EQ(reading.framing, Framing::json);
  EXPECT_EQ(reading.events, Texts{document});
}

TEST(MessageReader, ReadsFrames_WithTheirOffsets) {
  const Reading u32be = read(test::joined({test::u32be_frame(kOne), test::u32be_frame({}), test::u32be_frame(kTwo)}));
  EXPECT_EQ(u32be.framing, Framing::proto_u32be);
  EXPECT_EQ(u32be.events, (Texts{test::text(kOne), "", test::text(kTwo)}));
  EXPECT_EQ(u32be.places, (Places{4, kOne.size() + 8, kOne.size() + 12}));

  const Reading varint = read(test::joined({test::varint_frame(kOne), test::varint_frame(kTwo)}));
  EXPECT_EQ(varint.framing, Framing::proto_varint);
  EXPECT_EQ(varint.events, (Texts{test::text(kOne), test::text(kTwo)}));
  EXPECT_EQ(varint.places, (Places{1, 1 + kOne.size() + 2}));
}

// More than the initial window of 1 MiB, so that a wrong message boundary would shift the others.
TEST(MessageReader, MessagesOfABatchStayContiguous) {
  Buffer frames, varint_frames, lines;
  for (unsigned i = 0; i < 40; ++i) {
    const Buffer message = test::request(i, 1'000'000'000, 10 + i * 2003);
    frames = test::joined({frames, test::u32be_frame(message)});
    varint_frames = test::joined({varint_frames, test::varint_frame(message)});
    lines = test::joined({lines, test::buffer("\n {" + std::string(10 + i * 2003, 'x') + "\n")});
  }
  const std::pair<Buffer, Framing> inputs[] = {
      {frames, Framing::proto_u32be}, {varint_frames, Framing::proto_varint}, {lines, Framing::jsonl}};
  for (const auto& [bytes, framing] : inputs) {
    const Reading whole = read(bytes, framing);
    EXPECT_EQ(whole.events.size(), 40u);
    for (const std::size_t ahead : {1u, 50u << 10, 200u << 10, 1u << 20}) {
      std::size_t largest = 0;
      const Reading batches = read_side_by_side(bytes, framing, ahead, largest);
      EXPECT_EQ(batches.events, whole.events) << ahead;
      EXPECT_EQ(batches.places, whole.places) << ahead;
      EXPECT_EQ(batches.bytes, bytes.size());
      EXPECT_GE(largest, ahead == 1 ? 1u : ahead < 100u << 10 ? 5u : ahead < 1u << 20 ? 10u : 25u) << ahead;
    }
  }
}

TEST(MessageReader, ReportsATruncatedFrame_AfterGoodFrames) {
  Buffer bytes = test::joined({test::u32be_frame(kOne), test::u32be_frame(kTwo)});
  bytes.pop_back();
  const Reading reading = read(bytes);
  EXPECT_EQ(reading.events, (Texts{test::text(kOne), "!truncated: the input ends inside the frame at byte " +
                                                         std::to_string(kOne.size() + 4)}));
  bytes.resize(kOne.size() + 6);
  EXPECT_EQ(read(bytes).events.at(1), reading.events.at(1));
}

TEST(MessageReader, EndsTheInput_AtAnImpossibleLength) {
  const Buffer huge = test::joined({test::u32be_frame(kOne), {0xff, 0xff, 0xff, 0xff}, kTwo});
  const Reading u32be = read(huge, Framing::proto_u32be);
  ASSERT_EQ(u32be.events.size(), 2u);
  EXPECT_EQ(u32be.events[1], "!bad: the frame of 4294967295 bytes at byte " + std::to_string(kOne.size() + 4) +
                                 " is over the message limit of 268435456 bytes");
  const Reading varint = read(Buffer(20, 0xff), Framing::proto_varint);
  EXPECT_EQ(varint.events, Texts{"!bad: invalid frame length at byte 0"});
}

TEST(MessageReader, SkipsMessagesOverTheLimit_AndReadsOn) {
  constexpr std::size_t kLimit = 300;
  const Buffer fits = test::buffer("{\"a\":\"" + std::string(kLimit - 8, 'x') + "\"}");
  const Buffer large = test::buffer("{\"a\":\"" + std::string(kLimit - 7, 'x') + "\"}");
  const Buffer newline = {'\n'};
  ASSERT_EQ(fits.size(), kLimit);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, std::size_t{100'000}}) {
    const Buffer lines = test::joined({fits, newline, large, newline, fits, newline, large});
    EXPECT_EQ(read(lines, Framing::jsonl, kLimit, piece).events,
              (Texts{test::text(fits), "!bad: the line is over the message limit of 300 bytes", test::text(fits),
                     "!bad: the line is over the message limit of 300 bytes"}));
    const Buffer frames = test::joined({test::u32be_frame(large), test::u32be_frame(fits), test::u32be_frame(large)});
    EXPECT_EQ(read(frames, Framing::proto_u32be, kLimit, piece).events,
              (Texts{"!bad: the frame of 301 bytes at byte 0 is over the message limit of 300 bytes", test::text(fits),
                     "!bad: the frame of 301 bytes at byte 609 is over the message limit of 300 bytes"}));
    for (const Framing whole : {Framing::json, Framing::proto}) {
      EXPECT_EQ(read(large, whole, kLimit, piece).events,
                Texts{"!bad: the message is over the message limit of 300 bytes"});
      EXPECT_EQ(read(fits, whole, kLimit, piece).events, Texts{test::text(fits)});
    }
  }
}

TEST(MessageReader, AllocatesNothing_ForAClaimedLength) {
  // A frame that claims 1 GiB and has 3 bytes: the window grows with the data, not with the claim.
  const Buffer bytes = {0x40, 0, 0, 0, 1, 2, 3};
  EXPECT_EQ(read(bytes, Framing::proto_u32be).events, Texts{"!truncated: the input ends inside the frame at byte 0"});
}

TEST(MessageReader, ReadsABareMessageToTheEnd) {
  const Buffer bytes = test::joined({kOne, kTwo});
  const Reading reading = read(bytes);
  EXPECT_EQ(reading.framing, Framing::proto);
  EXPECT_EQ(reading.events, Texts{test::text(bytes)});
}

TEST(MessageReader, Decompresses) {
  const Buffer frames = test::joined({test::u32be_frame(kOne), test::u32be_frame(kTwo)});
  const Texts both = {test::text(kOne), test::text(kTwo)};
  EXPECT_EQ(read(test::gzipped(frames)).events, both);
  EXPECT_EQ(read(test::zstd_packed(frames)).events, both);
  const Buffer exporter =
      test::joined({test::u32be_frame(test::zstd_packed(kOne)), test::u32be_frame(test::zstd_packed(kTwo))});
  const Reading packed = read(exporter);
  EXPECT_EQ(packed.events, both);
  EXPECT_EQ(packed.framing, Framing::proto_u32be);
  EXPECT_EQ(read(test::gzipped(exporter)).events, both);
}

TEST(MessageReader, ReadsFileExporterJson_AsLines) {
  const Buffer json = test::buffer("{\"resourceSpans\":[]}");
  const Reading reading = read(test::u32be_frame(test::zstd_packed(json)));
  EXPECT_EQ(reading.framing, Framing::jsonl);
  EXPECT_EQ(reading.events, Texts{test::text(json)});
}

TEST(MessageReader, ReadsLinesBeforeDamage_ButNotTheTruncatedOne) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "{\"line\":" + std::to_string(i * 7919 % 10007) + "}\n";
  Buffer packed = test::gzipped(test::buffer(text));
  packed.resize(packed.size() / 2);
  const Reading reading = read(packed);
  ASSERT_GT(reading.events.size(), 10u);
  EXPECT_EQ(reading.events.back(), "!truncated: gzip data ends early at byte " + std::to_string(packed.size()));
  for (std::size_t i = 0; i + 1 < reading.events.size(); ++i) EXPECT_EQ(reading.events[i].back(), '}');
}

TEST(MessageReader, ReportsDamage_BehindAMessageOverTheLimit) {
  std::string digits;
  for (const std::uint8_t byte : test::noise(20'000, 4)) digits += "0123456789abcdef"[byte % 16];
  for (const bool is_line : {true, false}) {
    Buffer packed = test::gzipped(test::buffer(is_line ? "{}\n{\"a\":\"" + digits : "{\n \"a\": \"" + digits));
    packed.resize(packed.size() / 2);
    for (const std::size_t piece : {std::size_t{7}, std::size_t{100'000}}) {
      const Reading reading = read(packed, std::nullopt, 300, piece);
      EXPECT_EQ(reading.framing, is_line ? Framing::jsonl : Framing::json);
      const std::string place = std::to_string(packed.size());
      Texts events = {"!bad: the message is over the message limit of 300 bytes",
                      "!truncated: gzip data ends early at byte " + place};
      if (is_line) {
        events[0] = "!bad: the line is over the message limit of 300 bytes";
        events.insert(events.begin(), "{}");
      }
      EXPECT_EQ(reading.events, events) << piece;
    }
  }
}

TEST(MessageReader, HonoursFrom_ForAnyBytes) {
  EXPECT_EQ(read(test::buffer("{\"a\":1}\n{\"b\":2}\n"), Framing::json).events, Texts{"{\"a\":1}\n{\"b\":2}\n"});
  EXPECT_EQ(read(test::u32be_frame(kOne), Framing::proto).events, Texts{test::text(test::u32be_frame(kOne))});
}

TEST(MessageReader, MarksAnUnterminatedLastLine) {
  MessageReader reader(std::make_unique<test::PieceSource>(test::buffer("{}\n{\"a")), std::nullopt, std::nullopt,
                       [](Bytes) { return false; });
  Message message;
  ASSERT_EQ(reader.next(message), MessageReader::Next::message);
  EXPECT_FALSE(message.unterminated);
  ASSERT_EQ(reader.next(message), MessageReader::Next::message);
  EXPECT_TRUE(message.unterminated);
}

}  // namespace
}  // namespace entail::cli
