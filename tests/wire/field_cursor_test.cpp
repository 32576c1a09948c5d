#include "wire/field_cursor.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/otlp/message_parts.hpp"

namespace entail::wire {
namespace {

using otlp_test::bytes_field;
using otlp_test::fixed32_field;
using otlp_test::fixed64_field;
using otlp_test::group_field;
using otlp_test::join;
using otlp_test::varint_field;

TEST(FieldCursor, YieldsEveryFieldWithItsRanges) {
  const Buffer message = join({varint_field(1, 300), bytes_field(500, "content"), group_field(3, varint_field(1, 1)),
                               fixed32_field(4, 9), fixed64_field(5, 9)});
  FieldCursor cursor(message, 0, static_cast<std::uint32_t>(message.size()));
  std::vector<FieldView> fields;
  for (FieldView field; cursor.next(field);) fields.push_back(field);
  ASSERT_EQ(fields.size(), 5u);
  EXPECT_EQ(fields[0].number, 1u);
  EXPECT_EQ(fields[0].payload.size, 2u);
  EXPECT_EQ(fields[1].number, 500u);
  EXPECT_EQ(fields[1].wire_type, WireType::length);
  EXPECT_EQ(fields[1].payload.size, 7u);
  EXPECT_EQ(fields[1].whole.size, 10u);
  EXPECT_EQ(fields[2].wire_type, WireType::start_group);
  EXPECT_EQ(fields[2].whole.size, 4u);
  EXPECT_EQ(fields[2].payload.size, 3u) << "all behind the start tag";
  EXPECT_EQ(fields[3].payload.size, 4u);
  EXPECT_EQ(fields[4].whole.offset + fields[4].whole.size, message.size());
}

TEST(FieldCursor, StopsAtBadBytes) {
  const Buffer message = join({varint_field(1, 3), Buffer{0x12, 0x05, 0x00}});
  FieldCursor cursor(message, 0, static_cast<std::uint32_t>(message.size()));
  FieldView field;
  EXPECT_TRUE(cursor.next(field));
  EXPECT_FALSE(cursor.next(field));
  EXPECT_FALSE(cursor.next(field));
}

}  // namespace
}  // namespace entail::wire
