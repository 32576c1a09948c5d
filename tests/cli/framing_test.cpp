#include "input/framing.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "sample_bytes.hpp"

namespace entail::cli {
namespace {

using test::Buffer;

// Whole fields, all with number 1 and contents: a request without unknown fields.
bool parses(Bytes bytes) {
  if (bytes.size() < 2 || bytes[0] != 0x0a || whole_fields_size(bytes) != bytes.size()) return false;
  const VarintLength length = read_varint_length(bytes.subspan(1));
  const Bytes inside = bytes.subspan(1 + length.size, static_cast<std::size_t>(length.value));
  return whole_fields_size(inside) == inside.size() && !inside.empty() && inside[0] == 0x0a;
}

Framing detect(const Buffer& bytes) { return detect_framing({bytes, true, std::nullopt}, parses); }

// A pipe or a compressed file of which only the first bytes are visible.
Framing detect_begin(const Buffer& bytes) { return detect_framing({bytes, false, std::nullopt}, parses); }

// A regular file that is longer than the prefix.
Framing detect_file(const Buffer& bytes, std::size_t prefix_size) {
  const FileView view{bytes.size(), [&bytes](std::uint64_t offset, std::uint8_t* into, std::size_t size) {
                        const std::size_t count = std::min(size, bytes.size() - static_cast<std::size_t>(offset));
                        std::memcpy(into, bytes.data() + offset, count);
                        return count;
                      }};
  return detect_framing({Bytes(bytes).first(prefix_size), false, view}, parses);
}

const Buffer kOne = test::request(1, 1'000'000'000);
const Buffer kTwo = test::request(2, 2'000'000'000, 40);

TEST(DetectFraming, RecognizesLinesAndDocuments) {
  EXPECT_EQ(detect(test::buffer("{\"resourceSpans\":[]}\n{\"resourceSpans\":[]}\n")), Framing::jsonl);
  EXPECT_EQ(detect(test::buffer("\xef\xbb\xbf{\"resourceSpans\":[]}\n")), Framing::jsonl);
  EXPECT_EQ(detect(test::buffer("{\"resourceSpans\":[]}")), Framing::jsonl);
  EXPECT_EQ(detect(test::buffer("{\n  \"resourceSpans\": [\n  ]\n}\n")), Framing::json);
  EXPECT_EQ(detect(test::buffer("\n\n{\"resourceSpans\": [\n{\"resource\": {}},\n{}]}\n")), Framing::json);
  EXPECT_EQ(detect(test::buffer("{\"a\":\"{[\"}\n{\"b\":1}\n")), Framing::jsonl);
  EXPECT_EQ(detect({}), Framing::jsonl);
}

TEST(DetectFraming, TreatsBrokenLinesAsLines) {
  EXPECT_EQ(detect(test::buffer("this is no JSON\n{\"resourceSpans\":[]}\n")), Framing::jsonl);
  EXPECT_EQ(detect(test::buffer("{\"resourceSpans\":[{\"resou\n{\"resourceSpans\":[]}\n")), Framing::jsonl);
  EXPECT_EQ(detect(test::buffer("{\"resourceSpans\":[{\"resou")), Framing::jsonl);
  EXPECT_EQ(detect(test::buffer("{\"a\":\"\x01\x02\"}\n{\"resourceSpans\":[]}\n")), Framing::jsonl);
  EXPECT_EQ(detect(test::buffer("\x01\"a\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"}\n{\"resourceSpans\":[]}\n")),
            Framing::jsonl);
}

TEST(DetectFraming, RecognizesProtobufFramings) {
  EXPECT_EQ(detect(test::joined({test::u32be_frame(kOne), test::u32be_frame(kTwo)})), Framing::proto_u32be);
  EXPECT_EQ(detect(test::u32be_frame({})), Framing::proto_u32be);
  EXPECT_EQ(detect(test::joined({test::varint_frame(kOne), test::varint_frame(kTwo)})), Framing::proto_varint);
  EXPECT_EQ(detect(kOne), Framing::proto);
  EXPECT_EQ(detect(test::joined({kOne, kTwo})), Framing::proto);
}

TEST(DetectFraming, DoesNotTakeAVarintFrameOfLength123ForJson) {
  // "{" is 123, a newline is tag 1, a quote is length 34: this begins like a pretty-printed document.
  Buffer first_resource = {0x0a, 32, 0x0a, 30, 0x0a, 1, 'k', 0x12, 25, 0x0a, 23};
  first_resource.resize(34, 'v');
  Buffer message = test::joined({{0x0a, 34}, first_resource});
  Buffer second_resource = {0x0a, 83};
  second_resource.resize(85, 0x0a);
  message = test::joined({message, {0x0a, 85}, second_resource});
  ASSERT_EQ(message.size(), 123u);
  const Buffer frame = test::varint_frame(message);
  ASSERT_EQ(test::text(Bytes(frame).first(3)), "{\n\"");
  EXPECT_EQ(detect(frame), Framing::proto_varint);
}

TEST(DetectFraming, RecognizesTruncatedFrames) {
  Buffer u32be = test::joined({test::u32be_frame(kOne), test::u32be_frame(kTwo)});
  u32be.resize(u32be.size() - 3);
  EXPECT_EQ(detect(u32be), Framing::proto_u32be);
  Buffer varint = test::joined({test::varint_frame(kOne), test::varint_frame(kTwo)});
  varint.resize(varint.size() - 3);
  EXPECT_EQ(detect(varint), Framing::proto_varint);
  Buffer first_cut = test::u32be_frame(kTwo);
  first_cut.resize(first_cut.size() - 3);
  EXPECT_EQ(detect(first_cut), Framing::proto_u32be);
}

TEST(DetectFraming, DecidesByThePrefix_WhenTheEndIsNotVisible) {
  const Buffer u32be = test::joined({test::u32be_frame(kOne), test::u32be_frame(kTwo)});
  EXPECT_EQ(detect_begin(Buffer(u32be.begin(), u32be.end() - 5)), Framing::proto_u32be);
  const Buffer varint = test::joined({test::varint_frame(kOne), test::varint_frame(kTwo)});
  EXPECT_EQ(detect_begin(Buffer(varint.begin(), varint.end() - 5)), Framing::proto_varint);
  const Buffer bare = test::joined({kOne, kTwo});
  EXPECT_EQ(detect_begin(Buffer(bare.begin(), bare.end() - 5)), Framing::proto);
}

TEST(DetectFraming, AcceptsAFirstMessageLargerThanThePrefix) {
  const Buffer large = test::request(3, 3'000'000'000, 30u << 20);
  const std::size_t seen = 1u << 20;
  const Buffer u32be = test::u32be_frame(large);
  EXPECT_EQ(detect_begin(Buffer(u32be.begin(), u32be.begin() + seen)), Framing::proto_u32be);
  const Buffer varint = test::varint_frame(large);
  EXPECT_EQ(detect_begin(Buffer(varint.begin(), varint.begin() + seen)), Framing::proto_varint);
  EXPECT_EQ(detect_begin(Buffer(large.begin(), large.begin() + seen)), Framing::proto);
  EXPECT_EQ(detect_file(u32be, seen), Framing::proto_u32be);
  EXPECT_EQ(detect_file(large, seen), Framing::proto);
}

// A resource of 20 to 23 MB has a length whose fourth byte is a tag: read as a u32 length it begins like a frame.
TEST(DetectFraming, RecognizesABareMessage_WhoseLengthLooksLikeATag) {
  const Buffer bare = test::request(3, 3'000'000'000, 21u << 20);
  ASSERT_EQ(bare[4], 0x0a);
  EXPECT_EQ(detect_begin(Buffer(bare.begin(), bare.begin() + (1 << 20))), Framing::proto);
  EXPECT_EQ(detect_file(bare, 1 << 20), Framing::proto);
}

TEST(DetectFraming, FollowsFrameLengthsToTheEndOfAFile) {
  Buffer frames;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const Buffer frame = test::u32be_frame(test::request(i + 1, 1'000'000'000, i % 50));
    frames.insert(frames.end(), frame.begin(), frame.end());
  }
  EXPECT_EQ(detect_file(frames, 10'000), Framing::proto_u32be);
}

TEST(DetectFraming, TreatsNoiseAsOneBareMessage) { EXPECT_EQ(detect(test::noise(100'000, 7)), Framing::proto); }

TEST(BeginsWithJsonLine, NeedsAWholeObjectAndItsNewline) {
  EXPECT_TRUE(begins_with_json_line(test::buffer("{\"a\":{}}\n{\"b")));
  EXPECT_FALSE(begins_with_json_line(test::buffer("{\"a\":{}}")));
  EXPECT_FALSE(begins_with_json_line(test::buffer("{\n\"a\":{}}\n")));
  EXPECT_FALSE(begins_with_json_line(test::joined({test::varint_frame(kOne)})));
}

TEST(WholeFieldsSize, EndsBeforeATruncatedField) {
  const Buffer both = test::joined({kOne, kTwo});
  EXPECT_EQ(whole_fields_size(both), both.size());
  EXPECT_EQ(whole_fields_size(Bytes(both).first(both.size() - 1)), kOne.size());
  EXPECT_EQ(whole_fields_size(Bytes(both).first(kOne.size() + 1)), kOne.size());
  EXPECT_EQ(whole_fields_size(Buffer{0x00, 0x01}), 0u);
}

TEST(FramingNames, RoundTrip) {
  for (const Framing framing :
       {Framing::jsonl, Framing::json, Framing::proto_u32be, Framing::proto_varint, Framing::proto}) {
    EXPECT_EQ(framing_from_name(framing_name(framing)), framing);
  }
  EXPECT_EQ(framing_name(Framing::proto_u32be), "proto-u32be");
  EXPECT_FALSE(framing_from_name("protobuf"));
}

}  // namespace
}  // namespace entail::cli
