// Bytes, hex, errors and losses: the small types that all rooms use.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/large_pages.hpp"
#include "base/loss.hpp"
#include "entail/entail.hpp"

namespace entail {
namespace {

TEST(Bytes, TraceIdsCompareAsBytes) {
  const std::uint8_t bytes[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  const TraceId id = base::load_trace_id(bytes);
  EXPECT_EQ(to_hex(id), "0102030405060708090a0b0c0d0e0f10");
  std::uint8_t back[16];
  base::store_trace_id(back, id);
  EXPECT_TRUE(std::equal(std::begin(bytes), std::end(bytes), std::begin(back)));
  const auto parsed = from_hex("0102030405060708090A0B0C0D0E0F10");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(*parsed, id);
  EXPECT_EQ(from_hex("0102030405060708090a0b0c0d0e0f1").error(), HexError::wrong_length);
  EXPECT_EQ(from_hex("0102030405060708090a0b0c0d0e0f1g").error(), HexError::bad_digit);
}

TEST(Bytes, ComparesTextsOfEverySize_WithOneByteChanged) {
  for (std::size_t size = 0; size <= 40; ++size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text.push_back(static_cast<char>('a' + i % 26));
    EXPECT_TRUE(base::equal_text(text, std::string(text)));
    EXPECT_FALSE(base::equal_text(text, text + "x"));
    for (std::size_t i = 0; i < size; ++i) {
      std::string other = text;
      other[i] ^= 1;
      EXPECT_FALSE(base::equal_text(text, other)) << size << " bytes, unequal at " << i;
    }
  }
}

TEST(Hash, SamplingHashMatchesTheDocumentedValues) {
  // XXH3-64 of the 24 wire bytes. It must never change, since thresholds are compared across versions.
  const TraceId trace{0x0102030405060708, 0x090a0b0c0d0e0f10};
  const std::uint8_t bytes[24] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0, 0, 0, 0, 0, 0, 0, 9};
  EXPECT_EQ(base::sampling_hash(trace, SpanId{9}, 0), XXH3_64bits(bytes, sizeof bytes));
  EXPECT_EQ(base::sampling_hash(trace, SpanId{9}, 7), XXH3_64bits_withSeed(bytes, sizeof bytes, 7));
  std::mt19937_64 random(9);
  for (int round = 0; round < 10000; ++round) {
    const TraceId id{random(), random()};
    const SpanId span{random()};
    const std::uint64_t seed = random();
    std::uint8_t drawn[24];
    base::store_trace_id(drawn, id);
    base::store_be64(drawn + 16, span.value);
    ASSERT_EQ(base::sampling_hash(id, span, seed), XXH3_64bits_withSeed(drawn, sizeof drawn, seed));
  }
}

// A vector that grows from ordinary memory into mapped memory and is copied back.
TEST(LargePages, PreservesValues_BelowAndAboveTheLimit) {
  constexpr std::size_t kSmall = 1000;
  constexpr std::size_t kLarge = 3 * base::LargePageAllocator<std::uint64_t>::kLargeBytes / sizeof(std::uint64_t);
  base::LargeVector<std::uint64_t> values;
  for (std::uint64_t i = 0; i < kLarge; ++i) values.push_back(i * 3);
  for (std::uint64_t i = 0; i < kLarge; ++i) ASSERT_EQ(values[i], i * 3);
  values.resize(kSmall);
  values.shrink_to_fit();
  ASSERT_EQ(values.capacity(), kSmall);
  for (std::uint64_t i = 0; i < kSmall; ++i) ASSERT_EQ(values[i], i * 3);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their operator new aborts instead
  EXPECT_THROW(base::LargePageAllocator<std::uint64_t>().allocate(static_cast<std::size_t>(-1)), std::bad_alloc);
#endif
}

TEST(Error, KeepsCodeAndOffset) {
  const Error error(ErrorCode::bad_length, 123456789012);
  EXPECT_EQ(error.code(), ErrorCode::bad_length);
  EXPECT_EQ(error.offset(), 123456789012u);
  EXPECT_EQ(describe(error), "a length reaches beyond its parent at byte 123456789012");
  EXPECT_EQ(sizeof(Error), 8u);
}

TEST(Losses, EachHasANameAndAHelpText) {
  std::set<std::string_view> names;
  for (const LossInfo& loss : loss_table()) {
    EXPECT_TRUE(names.insert(loss.name).second) << loss.name;
    EXPECT_GT(loss.help.size(), 20u) << loss.name;
  }
  EXPECT_EQ(names.size(), base::kLossCount);
  EXPECT_EQ(base::loss_name(base::Loss::keep_after_seal), "keep_after_seal");
  EXPECT_EQ(base::loss_name(base::Loss::none), "");
}

}  // namespace
}  // namespace entail
