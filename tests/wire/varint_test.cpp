#include "wire/varint.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace entail::wire {
namespace {

TEST(Varint, Sizes) {
  EXPECT_EQ(varint_size(0), 1u);
  EXPECT_EQ(varint_size(127), 1u);
  EXPECT_EQ(varint_size(128), 2u);
  EXPECT_EQ(varint_size(~std::uint64_t{0}), 10u);
  for (const std::uint64_t value : {0ull, 1ull, 127ull, 128ull, 300ull, 1ull << 63}) {
    std::uint8_t out[10];
    EXPECT_EQ(static_cast<std::size_t>(write_varint(out, value) - out), varint_size(value));
  }
}

}  // namespace
}  // namespace entail::wire
