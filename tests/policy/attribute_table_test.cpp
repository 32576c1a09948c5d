// Attributes in every encoding that protobuf allows: the fast path and the cursors must agree.
#include "policy/attribute_table.hpp"
#include "otlp/decode.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/policy/request.hpp"

namespace entail::policy {
namespace {

// A varint padded to `bytes` bytes.
std::string padded(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 1; i < bytes; ++i, value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  return out + static_cast<char>(value & 0x7f);
}
std::string padded_field(unsigned number, const std::string& value, int tag_bytes, int length_bytes) {
  return padded((number << 3) | 2, tag_bytes) + padded(value.size(), length_bytes) + value;
}

SpanSpec raw(std::string bytes) { return {.raw = std::move(bytes)}; }
bool finds(const SpanSpec& span) { return keeps(text({"a"}), {span}); }

TEST(AttributeTable, ReadsEveryEncodingOfAnAttribute) {
  const std::string value = any_value("a");
  EXPECT_TRUE(finds(raw(bytes_field(9, bytes_field(1, "s") + bytes_field(2, value)))));
  EXPECT_TRUE(finds(raw(bytes_field(9, bytes_field(2, value) + bytes_field(1, "s")))));  // value first
  EXPECT_TRUE(finds(raw(padded_field(9, key_value("s", "a"), 2, 3))));
  EXPECT_TRUE(finds(raw(padded_field(9, padded_field(1, "s", 2, 2) + padded_field(2, value, 3, 4), 1, 2))));
  EXPECT_TRUE(finds(raw(bytes_field(9, varint_field(7, 5) + key_value("s", "a") + bytes_field(8, "z")))));
  EXPECT_FALSE(finds(raw(bytes_field(9, ""))));
  EXPECT_FALSE(finds(raw(bytes_field(9, bytes_field(1, "s")))));
  EXPECT_FALSE(finds(raw(bytes_field(9, bytes_field(2, value)))));  // the empty key
}

TEST(AttributeTable, TheLastKeyOfAnAttributeWins) {
  EXPECT_TRUE(finds(raw(bytes_field(9, bytes_field(1, "other") + key_value("s", "a")))));
  EXPECT_TRUE(finds(raw(bytes_field(9, key_value("other", "a") + bytes_field(1, "s")))));
  EXPECT_FALSE(finds(raw(bytes_field(9, key_value("s", "a") + bytes_field(1, "other")))));
}

TEST(AttributeTable, SkipsFieldsInBetween) {
  const std::string other = bytes_field(11, std::string(300, 'e')) + varint_field(10, 7) + fixed_field(50, 1, 4) +
                            std::string("\xa3\x06\x08\x01\xa4\x06", 6);  // an unknown group, field 100
  EXPECT_TRUE(finds(raw(bytes_field(9, key_value("x", "a")) + other + bytes_field(9, key_value("s", "a")))));
  EXPECT_TRUE(finds(raw(bytes_field(9, key_value("s", "a")) + other + bytes_field(9, key_value("x", "a")))));
  EXPECT_FALSE(finds(raw(bytes_field(9, key_value("x", "a")) + other + bytes_field(9, key_value("y", "a")))));
}

TEST(AttributeTable, DistinguishesKeysOfOneLength) {
  const auto policies = compile_ok(
      options_of({both({text({"a"}, false, false, "http.route"), text({"a"}, false, false, "http.roote")})}));
  EXPECT_TRUE(verdict_of(*policies, {SpanSpec{.attributes = {{"http.roote", "a"}, {"http.route", "a"}}}}).keep);
  EXPECT_FALSE(verdict_of(*policies, {SpanSpec{.attributes = {{"http.roote", "b"}, {"http.route", "a"}}}}).keep);
  EXPECT_FALSE(verdict_of(*policies, {SpanSpec{.attributes = {{"http.rooot", "a"}, {"http.route", "a"}}}}).keep);
}

TEST(AttributeTable, FindsKeysOfAnyLength) {
  for (const std::size_t size : {1u, 5u, 63u, 64u, 65u, 127u, 128u, 129u, 1000u, 20000u}) {
    const std::string key(size, 'k');
    const PolicyOptions policy = text({"a"}, false, false, key);
    std::string near = key;
    near.back() = 'x';
    EXPECT_TRUE(keeps(policy, {SpanSpec{.attributes = {{near, "a"}, {key, "a"}, {key + "k", "b"}}}})) << size;
    EXPECT_FALSE(keeps(policy, {SpanSpec{.attributes = {{near, "a"}, {key, "b"}, {key + "k", "a"}}}})) << size;
    EXPECT_TRUE(keeps(policy, {SpanSpec{.resource = {{near, "a"}, {key, "a"}}}})) << size;
  }
}

TEST(AttributeTable, OnePassAnswersAllPolicies) {
  // Random attributes and keys compared with a plain search.
  std::mt19937_64 random(3);
  std::vector<std::string> keys;
  for (int i = 0; i < 60; ++i) {
    const std::string letters(1 + random() % 6, static_cast<char>('a' + random() % 3));
    keys.push_back(letters + std::to_string(random() % 20));
  }
  std::vector<PolicyOptions> policies;
  for (std::size_t i = 0; i < 40; ++i) {
    policies.push_back(i % 2 == 0 ? text({"0", "1"}, i % 4 == 0, i % 3 == 0, keys[i]) : numeric(1, 3, i % 3 == 0));
    policies.back().key = keys[i];
    policies.back().name = "p" + std::to_string(i);
  }
  for (int round = 0; round < 300; ++round) {
    SpanSpec span;
    for (std::uint64_t i = random() % 12; i > 0; --i) {
      const bool is_string = random() % 2 == 0;
      const Value value =
          is_string ? Value(std::to_string(random() % 3)) : Value(static_cast<std::int64_t>(random() % 6));
      (random() % 4 == 0 ? span.resource : span.attributes).push_back({keys[random() % keys.size()], value});
    }
    for (const PolicyOptions& policy : policies) {
      bool any = false;
      for (const Attributes& list : {span.attributes, span.resource})
        for (const auto& [key, value] : list) {
          if (key != policy.key) continue;
          const auto* string = std::get_if<std::string>(&value);
          const auto* integer = std::get_if<std::int64_t>(&value);
          if (policy.type == PolicyType::string_attribute) any |= string != nullptr && *string != "2";
          if (policy.type == PolicyType::numeric_attribute) any |= integer != nullptr && *integer >= 1 && *integer <= 3;
        }
      EXPECT_EQ(keeps(policy, {span}), any != policy.invert_match) << round << ' ' << policy.name;
    }
    const auto together = compile_ok(options_of(policies));
    const Facts facts = facts_of(*together, {span});
    StatefulAnswers answers;
    const OwnVerdict verdict = together->evaluate(facts, kTrace, answers, 0, true);
    for (std::int32_t i = 0; i < 40; ++i) {
      const bool alone = keeps(policies[static_cast<std::size_t>(i)], {span});
      if (alone) {
        EXPECT_EQ(verdict.policy, i) << round;
        break;
      }
    }
  }
}

TEST(AttributeTable, MergesResourceMessages) {
  // Repeated resource messages merge; here they surround the scope, as the wire format allows.
  const std::string first = bytes_field(1, bytes_field(1, key_value("x", "a")));
  const std::string second = bytes_field(1, bytes_field(1, key_value("s", "a")) + varint_field(2, 3));
  const std::string scope = bytes_field(2, bytes_field(2, SpanSpec{}.bytes()));
  const std::string bytes = bytes_field(1, first + scope + second + bytes_field(3, "url"));
  const auto policies = compile_ok(options_of({text({"a"})}));
  otlp::Decoded decoded;
  ASSERT_TRUE(otlp::decode(bytes_of(bytes), nullptr, decoded).ok());
  Bits bits{};
  policies->match_resource(decoded, decoded.resources[0], bits);
  EXPECT_EQ(bits[0], 1u);
}

}  // namespace
}  // namespace entail::policy
