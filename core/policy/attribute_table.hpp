// The attribute conditions of all policies, by key: one pass over a span's attributes answers all of them, and values
// are read only where a condition names the key.
//
// Guarantees: an attribute whose key has a mark that no condition's key has is stepped over by that; everything else
// goes through the otlp room's cursors, so any encoding that decode() accepts gives the same answer. Thread rule:
// Immutable after finish(). Cost: below 1 ns for each attribute that nobody asks for, 4 to 8 ns for one whose key is
// known. No allocation in matching, but for what RE2 does.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "otlp/decode.hpp"
#include "ottl/string_matcher.hpp"
#include "policy/facts.hpp"

namespace entail::policy {

// One condition on the value of one key.
struct AttributeTest {
  // any_*: a value of another type reads as "", false or 0, as in the Collector.
  enum class Kind : std::uint8_t { exact, regex, any_regex, boolean, any_boolean, number, any_integer };
  static constexpr std::int64_t kNoMin = std::numeric_limits<std::int64_t>::min();  // for doubles beyond it too
  static constexpr std::int64_t kNoMax = std::numeric_limits<std::int64_t>::max();
  Kind kind = Kind::exact;
  bool boolean = false;
  unsigned bit = 0;
  std::int64_t min = kNoMin;  // number, any_integer: both inclusive
  std::int64_t max = kNoMax;
  std::uint32_t matcher = 0;  // exact, regex, any_regex: index from add_matcher()
};

class AttributeTable {
 public:
  std::uint32_t add_matcher(ottl::StringMatcher matcher);
  void add(std::string_view key, AttributeTest test);
  // Call once, after the last add().
  void finish();

  bool empty() const noexcept { return keys_.empty(); }
  // Sets the bits of the conditions that hold for any attribute of a decoded span, or of a decoded resource message.
  void match_span(const otlp::Decoded& decoded, const otlp::SpanView& span, Bits& bits) const;
  void match_resource(Bytes bytes, wire::Range resource, Bits& bits) const;

 private:
  enum class Holder : std::uint8_t { span, resource };
  struct Key {
    std::string text;
    std::vector<AttributeTest> tests;
  };
  static constexpr std::size_t kLengthsMax = 64;  // keys of this length and above share the last bucket

  const Key* find(std::string_view text) const noexcept;
  bool all_set(const Bits& bits) const noexcept;
  void apply(const Key& key, Bytes bytes, const otlp::AttributeView& attribute, Holder holder, Bits& bits) const;
  void apply_string(const Key& key, std::string_view text, Holder holder, Bits& bits) const;
  void apply_scalar(const Key& key, const otlp::AttributeView& attribute, Holder holder, Bits& bits) const;
  // One attribute of a span, whose attributes end at `end`.
  [[gnu::noinline]] void match_one(Bytes bytes, otlp::KeyMark marked, std::uint32_t end, Bits& bits) const;
  [[gnu::noinline]] void match_unmarked(Bytes bytes, std::uint32_t at, std::uint32_t end, Bits& bits) const;

  std::array<std::uint8_t, otlp::kKeyMarks + 1> is_marked_{};     // 1: some key has this mark; kNoKeyMark always
  std::vector<Key> keys_;                                         // ascending by length once finished
  std::array<std::uint16_t, kLengthsMax + 2> first_by_length_{};  // bucket i: [first[i], first[i + 1])
  std::vector<ottl::StringMatcher> matchers_;
  Bits all_bits_{};
};

}  // namespace entail::policy
