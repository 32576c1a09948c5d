// AttributeCursor: kinds, last-wins, merged values, bounds.
#include <gtest/gtest.h>

#include <limits>

#include "otlp/decode.hpp"
#include "tests/otlp/message_parts.hpp"

namespace entail::otlp_test {
namespace {

using Kind = otlp::AttributeView::Kind;

struct Read {
  std::string key;
  Kind kind = Kind::none;
  std::string string;
  std::int64_t integer = 0;
  double floating = 0;
};

std::vector<Read> read_all(const Buffer& message, wire::Field field) {
  std::vector<Read> all;
  otlp::AttributeCursor cursor(message, 0, static_cast<std::uint32_t>(message.size()), field);
  const auto text = [&](wire::Range range) {
    return std::string(reinterpret_cast<const char*>(message.data()) + range.offset, range.size);
  };
  for (otlp::AttributeView view; cursor.next(view);)
    all.push_back({text(view.key), view.kind, text(view.string), view.integer, view.floating});
  return all;
}

Read read_one(const Buffer& key_value_message) {
  const auto all = read_all(bytes_field(9, key_value_message), otlp::span_field::kAttributes);
  EXPECT_EQ(all.size(), 1u);
  return all.empty() ? Read{} : all[0];
}

TEST(AttributeCursor, ReadsScalars) {
  EXPECT_EQ(read_one(key_value("k", string_value("text"))).string, "text");
  EXPECT_EQ(read_one(key_value("k", string_value(""))).kind, Kind::string);
  EXPECT_EQ(read_one(key_value("k", string_value(std::string(300, 'x')))).string, std::string(300, 'x'));
  EXPECT_EQ(read_one(key_value(std::string(200, 'k'), string_value("v"))).key, std::string(200, 'k'));
  EXPECT_EQ(read_one(key_value("k", bool_value(true))).integer, 1);
  EXPECT_EQ(read_one(key_value("k", bool_value(false))).kind, Kind::boolean);
  EXPECT_EQ(read_one(key_value("k", double_value(-2.5))).floating, -2.5);
  EXPECT_EQ(read_one(key_value("k", double_value(-2.5))).kind, Kind::floating);
}

TEST(AttributeCursor, ReadsIntegersOfEverySize) {
  for (int bits = 0; bits < 64; ++bits) {
    const std::int64_t value =
        static_cast<std::int64_t>((std::uint64_t{1} << bits) + static_cast<std::uint64_t>(bits % 3));
    const Read read = read_one(key_value("k", int_value(value)));
    EXPECT_EQ(read.integer, value);
    EXPECT_EQ(read.kind, Kind::integer);
  }
  EXPECT_EQ(read_one(key_value("", int_value(1))).integer, 1);
  EXPECT_EQ(read_one(key_value("", int_value(-1))).integer, -1);
  EXPECT_EQ(read_one(key_value("k", Buffer{0x18, 0x81, 0x80, 0x00})).integer, 1);
  EXPECT_EQ(read_one(key_value("k", Buffer{0x10, 0x80, 0x01})).integer, 1);
  EXPECT_EQ(read_one(key_value("k", Buffer{0x10, 0x80, 0x00})).integer, 0);
}

TEST(AttributeCursor, OtherKinds) {
  EXPECT_EQ(read_one(key_value("k", bytes_field(5, Buffer{}))).kind, Kind::list);
  EXPECT_EQ(read_one(key_value("k", bytes_field(6, Buffer{}))).kind, Kind::map);
  EXPECT_EQ(read_one(key_value("k", bytes_field(7, "raw"))).kind, Kind::bytes);
  EXPECT_EQ(read_one(key_value("k", bytes_field(7, "raw"))).string, "raw");
  EXPECT_EQ(read_one(key_value("k", varint_field(8, 3))).kind, Kind::other);
  EXPECT_EQ(read_one(key_value("k", Buffer{})).kind, Kind::none);
  EXPECT_EQ(read_one(bytes_field(1, "only a key")).key, "only a key");
  EXPECT_EQ(read_one(Buffer{}).kind, Kind::none);
  EXPECT_EQ(read_one(key_value("k", varint_field(1, 5))).kind, Kind::none)
      << "a string_value of another wire type is unknown";
}

TEST(ReadValue, ReadsTheElementsOfAList) {
  const Buffer bytes = join({int_value(7), string_value("text")});
  const otlp::AttributeView first = otlp::read_value(bytes, {0, 2});
  EXPECT_EQ(first.kind, Kind::integer);
  EXPECT_EQ(first.integer, 7);
  const otlp::AttributeView second = otlp::read_value(bytes, {2, static_cast<std::uint32_t>(bytes.size() - 2)});
  EXPECT_EQ(second.kind, Kind::string);
  EXPECT_EQ(second.string.size, 4u);
  EXPECT_EQ(otlp::read_value(bytes, {0, 0}).kind, Kind::none);
  EXPECT_EQ(otlp::read_value(bytes, {2, 3}).kind, Kind::none) << "cut short";
}

TEST(AttributeCursor, LastFieldWinsWithinAValue) {
  const Read read = read_one(key_value("k", join({string_value("text"), int_value(7)})));
  EXPECT_EQ(read.kind, Kind::integer);
  EXPECT_EQ(read.integer, 7);
  EXPECT_EQ(read.string, "");
  EXPECT_EQ(read_one(key_value("k", join({int_value(7), string_value("text")}))).integer, 0);
  EXPECT_EQ(read_one(key_value("k", join({int_value(7), bytes_field(5, Buffer{})}))).kind, Kind::list);
}

TEST(AttributeCursor, RepeatedKeysAndValues) {
  const Read read = read_one(
      join({bytes_field(1, "a"), bytes_field(2, string_value("x")), bytes_field(1, "b"), bytes_field(2, Buffer{})}));
  EXPECT_EQ(read.key, "b");
  EXPECT_EQ(read.kind, Kind::string) << "an empty second value merges into the first";
  EXPECT_EQ(read.string, "x");
  EXPECT_EQ(read_one(join({bytes_field(2, int_value(3)), bytes_field(1, "late key")})).key, "late key");
  EXPECT_EQ(read_one(join({bytes_field(2, int_value(3)), bytes_field(2, bool_value(true)), varint_field(3, 9)})).kind,
            Kind::boolean);
}

TEST(AttributeCursor, SkipsOtherFieldsAndKeepsToItsRange) {
  const Buffer one = bytes_field(9, key_value("one", int_value(1)));
  const Buffer two = bytes_field(9, key_value("two", int_value(2)));
  const Buffer message =
      join({varint_field(9, 5), one, group_field(9, two), bytes_field(13, two), fixed64_field(9, 0), two});
  const auto all = read_all(message, otlp::span_field::kAttributes);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].key, "one");
  EXPECT_EQ(all[1].key, "two");
  otlp::AttributeCursor cursor(message, 2, static_cast<std::uint32_t>(2 + one.size()), otlp::span_field::kAttributes);
  otlp::AttributeView view;
  EXPECT_TRUE(cursor.next(view));
  EXPECT_FALSE(cursor.next(view));
  otlp::AttributeCursor empty({}, 0, 0, otlp::span_field::kAttributes);
  EXPECT_FALSE(empty.next(view));
}

}  // namespace
}  // namespace entail::otlp_test
