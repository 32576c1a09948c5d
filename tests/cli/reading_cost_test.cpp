// The cost of finding the messages of an input (G10): linear in its bytes, for any compression, and however few
// of them arrive at a time. Counted in bytes examined and moved, not in seconds.
#include <gtest/gtest.h>

#include "input/message_reader.hpp"
#include "sample_bytes.hpp"

namespace entail::cli {
namespace {

using test::Buffer;

constexpr std::size_t kMiB = std::size_t{1} << 20;
// Detecting the framing: up to kDetectBytes, in a buffer that grows to hold them.
constexpr std::uint64_t kStart = 12 * kMiB;

Buffer repeated(std::string_view text, std::size_t size) {
  Buffer bytes;
  bytes.reserve(size + text.size());
  while (bytes.size() < size) bytes.insert(bytes.end(), text.begin(), text.end());
  return bytes;
}

struct Cost {
  std::uint64_t messages = 0;
  std::uint64_t lines = 0;  // the number of the last line
  std::uint64_t searched = 0;
  std::uint64_t moved = 0;
};

// Reads like the command: with threads in batches, read ahead, of at most 256 messages.
Cost cost_of(MessageReader reader, bool in_batches) {
  Cost cost;
  Message message;
  for (MessageReader::Next next = MessageReader::Next::message; next == MessageReader::Next::message;) {
    if (in_batches) reader.read_ahead(kMiB);
    unsigned batch = 0;
    do {
      next = reader.next(message);
      if (next != MessageReader::Next::message) break;
      ++cost.messages;
      cost.lines = message.place;
    } while (++batch < 256 && (!in_batches || reader.next_is_there()));
  }
  cost.searched = reader.bytes_searched();
  cost.moved = reader.bytes_moved();
  return cost;
}

MessageReader reader_of(Buffer bytes, std::size_t piece = kMiB, std::optional<Framing> from = std::nullopt) {
  return MessageReader(std::make_unique<test::PieceSource>(std::move(bytes), piece), std::nullopt, from,
                       [](Bytes) { return true; });
}

struct Kind {
  const char* name;
  std::string_view repeated;
  std::size_t messages_per_mib;
};

class ReadingCost : public testing::TestWithParam<Kind> {};

TEST_P(ReadingCost, IsLinearInBytes_WithBoundedMemory) {
  const Kind& kind = GetParam();
  for (const std::size_t mib : {2u, 8u}) {
    const Buffer plain = test::joined({repeated(kind.repeated, mib * kMiB), test::buffer("{\"last\":1}\n")});
    for (const Buffer& bytes : {plain, test::gzipped(plain), test::zstd_packed(plain)}) {
      for (const bool in_batches : {false, true}) {
        const Cost cost = cost_of(reader_of(bytes), in_batches);
        EXPECT_GE(cost.messages, mib * kind.messages_per_mib + 1);
        EXPECT_EQ(cost.lines, static_cast<std::uint64_t>(std::count(plain.begin(), plain.end(), '\n')));
        // Twice: once to find the next line, once to return it.
        EXPECT_LE(cost.searched, 2 * plain.size() + kStart) << mib << " MiB" << (in_batches ? " in batches" : "");
        EXPECT_LE(cost.moved, kind.messages_per_mib == 0 ? kStart : 2 * plain.size() + kStart)
            << mib << " MiB" << (in_batches ? " in batches" : "");
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Lines, ReadingCost,
                         testing::Values(Kind{"newlines", "\n", 0}, Kind{"carriage_returns", "\r\n", 0},
                                         Kind{"spaces", " ", 0}, Kind{"blank_lines", "   \t  \r\n", 0},
                                         Kind{"empty_objects", "{}\n", kMiB / 3},
                                         Kind{"spaced", "  {} \n\n", kMiB / 8}),
                         [](const auto& kind) { return kind.param.name; });

TEST(ReadingCostInPieces, SearchesALineInSmallPiecesOnce) {
  for (const std::size_t mib : {2u, 8u}) {
    Buffer line = repeated("x", mib * kMiB);
    line[0] = '{';
    line.push_back('\n');
    const std::size_t size = line.size();
    const Cost cost = cost_of(reader_of(std::move(line), 64), false);
    EXPECT_EQ(cost.messages, 1u);
    EXPECT_LE(cost.searched, 2 * size + kStart);
    EXPECT_LE(cost.moved, 2 * size + kStart);
  }
}

TEST(ReadingCostInPieces, SearchesBlanksThatArriveOneByOneOnce) {
  const Buffer bytes = test::joined({repeated("\n ", 2 * kMiB), test::buffer("{}\n")});
  const Cost cost = cost_of(reader_of(bytes, 1), false);
  EXPECT_EQ(cost.messages, 1u);
  EXPECT_LE(cost.searched, 2 * bytes.size() + kStart);
}

TEST(ReadingCostInPieces, DoesNotMoveSmallFramesPerBatch) {
  const Buffer frames = repeated(std::string_view("\0\0\0\2ab", 6), 16 * kMiB);
  const Cost cost = cost_of(reader_of(frames, kMiB, Framing::proto_u32be), true);
  EXPECT_EQ(cost.messages, frames.size() / 6);
  EXPECT_LE(cost.moved, 2 * frames.size() + kStart);
}

TEST(ReadingCostInPieces, MovesLargeMessagesAFewTimesOnly) {
  Buffer frames;
  while (frames.size() < 32 * kMiB) frames = test::joined({frames, test::u32be_frame(Buffer(700'000, 'x'))});
  for (const bool in_batches : {false, true}) {
    const Cost cost = cost_of(reader_of(frames, 1000, Framing::proto_u32be), in_batches);
    EXPECT_LE(cost.moved, 2 * frames.size() + kStart);
  }
}

}  // namespace
}  // namespace entail::cli
