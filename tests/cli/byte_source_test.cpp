#include "input/byte_source.hpp"

#include <gtest/gtest.h>

#include "input/inflate.hpp"
#include "sample_bytes.hpp"

namespace entail::cli {
namespace {

using test::Buffer;

std::unique_ptr<ByteWindow> window(Buffer bytes, std::size_t piece = 7) {
  return std::make_unique<ByteWindow>(std::make_unique<test::PieceSource>(std::move(bytes), piece));
}

Buffer read_all(ByteSource& source, std::size_t step = 1000) {
  Buffer all;
  Buffer piece(step);
  for (std::size_t got; (got = source.read(piece.data(), piece.size())) > 0;) {
    all.insert(all.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(got));
  }
  return all;
}

TEST(ByteWindow, ReturnsAllBytes_BeyondItsBuffer) {
  const Buffer bytes = test::noise(10'000, 1);
  ByteWindow small(std::make_unique<test::PieceSource>(bytes, 33), 64);
  EXPECT_EQ(small.fill(9'000).size() >= 9'000, true);
  small.consume(8'999);
  EXPECT_EQ(small.offset(), 8'999u);
  const Bytes rest = small.fill(100'000);
  EXPECT_EQ(Buffer(rest.begin(), rest.end()), Buffer(bytes.begin() + 8'999, bytes.end()));
  EXPECT_TRUE(small.ended());
}

TEST(DetectPacking, RecognizesEachMagicOnly) {
  EXPECT_EQ(detect_packing(test::gzipped(test::buffer("x"))), Packing::gzip);
  const Buffer frame = test::zstd_packed(test::buffer("x"));
  EXPECT_EQ(detect_packing(frame), Packing::zstd);
  EXPECT_EQ(detect_packing(test::u32be_frame(frame)), Packing::zstd_frames);
  EXPECT_EQ(detect_packing(test::buffer("{\"resourceSpans\"")), Packing::none);
  EXPECT_EQ(detect_packing(test::u32be_frame(test::request(1, 5'000'000'000))), Packing::none);
  EXPECT_EQ(detect_packing(Buffer{0x1f, 0x8b}), Packing::none);
  EXPECT_EQ(detect_packing({}), Packing::none);
}

TEST(Gzip, ReadsAllMembers_AndSkipsZeroPadding) {
  const Buffer one = test::noise(300'000, 2);
  const Buffer two = test::buffer("the second member");
  const auto source =
      make_gzip_source(window(test::joined({test::gzipped(one), test::gzipped(two), Buffer(512, 0)}), 4096));
  EXPECT_EQ(read_all(*source), test::joined({one, two}));
  EXPECT_FALSE(source->problem());
}

TEST(Gzip, ReturnsGoodBytes_WhenTruncated) {
  const Buffer bytes(100'000, 'a');
  Buffer packed = test::gzipped(bytes);
  packed.resize(packed.size() - 20);
  const auto source = make_gzip_source(window(packed));
  const Buffer got = read_all(*source);
  EXPECT_GT(got.size(), 50'000u);
  EXPECT_EQ(got, Buffer(got.size(), 'a'));
  ASSERT_TRUE(source->problem());
  EXPECT_EQ(source->problem()->kind, ProblemKind::truncated);
  EXPECT_EQ(source->problem()->text, "gzip data ends early at byte " + std::to_string(packed.size()));
}

TEST(Gzip, ReportsDamage_AndTrailingGarbage) {
  Buffer damaged = test::gzipped(test::noise(10'000, 3));
  for (std::size_t i = 5000; i < 5100; ++i) damaged[i] ^= 0x5a;
  const auto broken = make_gzip_source(window(damaged));
  read_all(*broken);
  ASSERT_TRUE(broken->problem());
  EXPECT_EQ(broken->problem()->kind, ProblemKind::malformed);

  const auto trailed =
      make_gzip_source(window(test::joined({test::gzipped(test::buffer("good")), test::buffer("rubbish")})));
  EXPECT_EQ(test::text(read_all(*trailed)), "good");
  ASSERT_TRUE(trailed->problem());
  EXPECT_EQ(trailed->problem()->kind, ProblemKind::malformed);
}

TEST(Zstd, ReadsAllFrames_AndReportsATruncatedLastOne) {
  const Buffer one = test::noise(300'000, 4);
  const Buffer two(200'000, 'b');
  Buffer packed = test::joined({test::zstd_packed(one), test::zstd_packed(two)});
  const auto whole = make_zstd_source(window(packed, 1000));
  EXPECT_EQ(read_all(*whole), test::joined({one, two}));
  EXPECT_FALSE(whole->problem());

  packed.pop_back();
  const auto truncated = make_zstd_source(window(packed, 1000));
  read_all(*truncated);
  ASSERT_TRUE(truncated->problem());
  EXPECT_EQ(truncated->problem()->kind, ProblemKind::truncated);
}

TEST(Zstd, ReportsDamage) {
  Buffer packed = test::zstd_packed(test::noise(10'000, 5));
  packed[4] ^= 0xff;
  packed[5] ^= 0xff;
  const auto source = make_zstd_source(window(packed));
  read_all(*source);
  ASSERT_TRUE(source->problem());
  EXPECT_EQ(source->problem()->kind, ProblemKind::malformed);
}

TEST(ZstdFrames, EachFrameIsOneMessage) {
  const Buffer large(300'000, 'c');
  ZstdFrameReader reader(window(test::joined({test::u32be_frame(test::zstd_packed(large)),
                                              test::u32be_frame(test::zstd_packed(test::buffer("two")))})),
                         1u << 30);
  Bytes message;
  ASSERT_TRUE(reader.next(message));
  EXPECT_EQ(Buffer(message.begin(), message.end()), large);
  EXPECT_EQ(reader.frame_offset(), 0u);
  ASSERT_TRUE(reader.next(message));
  EXPECT_EQ(test::text(message), "two");
  EXPECT_EQ(reader.frame_offset(), test::zstd_packed(large).size() + 4);
  EXPECT_FALSE(reader.next(message));
  EXPECT_FALSE(reader.problem());
}

TEST(ZstdFrames, ReportsBrokenFrames_WithTheirOffsets) {
  const Buffer good = test::u32be_frame(test::zstd_packed(test::buffer("one")));
  const std::string place = std::to_string(good.size());
  Bytes message;

  Buffer truncated = test::joined({good, test::u32be_frame(test::zstd_packed(test::noise(100, 6)))});
  truncated.resize(truncated.size() - 1);
  ZstdFrameReader truncated_reader(window(truncated), 1u << 30);
  EXPECT_TRUE(truncated_reader.next(message));
  EXPECT_FALSE(truncated_reader.next(message));
  ASSERT_TRUE(truncated_reader.problem());
  EXPECT_EQ(truncated_reader.problem()->kind, ProblemKind::truncated);
  EXPECT_NE(truncated_reader.problem()->text.find("at byte " + place), std::string::npos)
      << truncated_reader.problem()->text;

  ZstdFrameReader not_zstd(window(test::joined({good, test::u32be_frame(test::buffer("no zstd at all"))})), 1u << 30);
  EXPECT_TRUE(not_zstd.next(message));
  EXPECT_FALSE(not_zstd.next(message));
  EXPECT_EQ(not_zstd.problem()->kind, ProblemKind::malformed);

  ZstdFrameReader over_limit(window(test::u32be_frame(test::zstd_packed(Buffer(200'000, 'd')))), 100'000);
  EXPECT_FALSE(over_limit.next(message));
  EXPECT_EQ(over_limit.problem()->kind, ProblemKind::malformed);
}

}  // namespace
}  // namespace entail::cli
