#include "policy/attribute_table.hpp"

#include <algorithm>
#include <cmath>

#include "base/bytes.hpp"
#include "otlp/fields.hpp"

namespace entail::policy {

namespace {

// Compares without rounding the bounds to double: for an integer m, d >= m iff floor(d) >= m, d <= m iff ceil(d) <= m.
bool in_range(double value, std::int64_t min, std::int64_t max) noexcept {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::isnan(value)) return false;
  const bool above_min = min == AttributeTest::kNoMin || value >= kTwoTo63 ||
                         (value >= -kTwoTo63 && static_cast<std::int64_t>(std::floor(value)) >= min);
  const bool below_max = max == AttributeTest::kNoMax || value < -kTwoTo63 ||
                         (value < kTwoTo63 && static_cast<std::int64_t>(std::ceil(value)) <= max);
  return above_min && below_max;
}

}  // namespace

std::uint32_t AttributeTable::add_matcher(ottl::StringMatcher matcher) {
  matchers_.push_back(std::move(matcher));
  return static_cast<std::uint32_t>(matchers_.size() - 1);
}

void AttributeTable::add(std::string_view key, AttributeTest test) {
  set_bit(all_bits_, test.bit);
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& known) { return known.text == key; });
  if (found != keys_.end())
    found->tests.push_back(test);
  else
    keys_.push_back({std::string(key), {test}});
}

void AttributeTable::finish() {
  std::sort(keys_.begin(), keys_.end(), [](const Key& a, const Key& b) { return a.text.size() < b.text.size(); });
  for (const Key& key : keys_) {
    ++first_by_length_[std::min(key.text.size(), kLengthsMax) + 1];
    is_marked_[otlp::mark_of_key(key.text)] = 1;
  }
  is_marked_[otlp::kNoKeyMark] = 1;
  for (std::size_t length = 1; length < first_by_length_.size(); ++length)
    first_by_length_[length] = static_cast<std::uint16_t>(first_by_length_[length] + first_by_length_[length - 1]);
}

inline const AttributeTable::Key* AttributeTable::find(std::string_view text) const noexcept {
  const std::size_t bucket = std::min(text.size(), kLengthsMax);
  for (std::size_t index = first_by_length_[bucket]; index < first_by_length_[bucket + 1]; ++index)
    if (base::equal_text(keys_[index].text, text)) return &keys_[index];
  return nullptr;
}

// Word by word, as the bits were written a moment ago; the first word almost always answers.
bool AttributeTable::all_set(const Bits& bits) const noexcept {
  for (unsigned word = 0; word < kBitWordsMax; ++word)
    if ((all_bits_[word] & ~bits[word]) != 0) return false;
  return true;
}

inline void AttributeTable::apply_string(const Key& key, std::string_view text, Holder holder, Bits& bits) const {
  for (const AttributeTest& test : key.tests) {
    if (has_bit(bits, test.bit)) continue;
    bool holds = false;
    switch (test.kind) {
      case AttributeTest::Kind::exact:
        holds = matchers_[test.matcher].matches(text);
        break;
      case AttributeTest::Kind::regex:
      case AttributeTest::Kind::any_regex:
        // The Collector matches the empty strings of resources, not those of spans.
        holds = (!text.empty() || holder == Holder::resource) && matchers_[test.matcher].matches(text);
        break;
      case AttributeTest::Kind::any_boolean:
        holds = !test.boolean;
        break;
      case AttributeTest::Kind::any_integer:
        holds = test.min <= 0 && test.max >= 0;
        break;
      case AttributeTest::Kind::boolean:
      case AttributeTest::Kind::number:
        break;
    }
    if (holds) set_bit(bits, test.bit);
  }
}

void AttributeTable::apply_scalar(const Key& key, const otlp::AttributeView& attribute, Holder holder,
                                  Bits& bits) const {
  using Kind = otlp::AttributeView::Kind;
  const std::int64_t integer = attribute.kind == Kind::integer ? attribute.integer : 0;
  for (const AttributeTest& test : key.tests) {
    bool holds = false;
    switch (test.kind) {
      case AttributeTest::Kind::exact:
      case AttributeTest::Kind::regex:
        break;
      case AttributeTest::Kind::any_regex:
        holds = holder == Holder::resource && matchers_[test.matcher].matches("");
        break;
      case AttributeTest::Kind::boolean:
        holds = attribute.kind == Kind::boolean && (attribute.integer != 0) == test.boolean;
        break;
      case AttributeTest::Kind::any_boolean:
        holds = (attribute.kind == Kind::boolean && attribute.integer != 0) == test.boolean;
        break;
      case AttributeTest::Kind::number:
        if (attribute.kind == Kind::floating) {
          holds = in_range(attribute.floating, test.min, test.max);
        } else {
          holds = attribute.kind == Kind::integer && attribute.integer >= test.min && attribute.integer <= test.max;
        }
        break;
      case AttributeTest::Kind::any_integer:
        holds = integer >= test.min && integer <= test.max;
        break;
    }
    if (holds) set_bit(bits, test.bit);
  }
}

void AttributeTable::apply(const Key& key, Bytes bytes, const otlp::AttributeView& attribute, Holder holder,
                           Bits& bits) const {
  if (attribute.kind == otlp::AttributeView::Kind::string)
    apply_string(key, base::text_of(wire::slice(bytes, attribute.string)), holder, bits);
  else
    apply_scalar(key, attribute, holder, bits);
}

void AttributeTable::match_one(Bytes bytes, otlp::KeyMark marked, std::uint32_t end, Bits& bits) const {
  if (marked.mark == otlp::kNoKeyMark) [[unlikely]]
    return match_unmarked(bytes, marked.at, end, bits);
  const wire::Range key_range = otlp::read_marked_key(bytes, marked);
  const Key* const key = find(base::text_of(wire::slice(bytes, key_range)));
  if (key == nullptr) return;
  wire::Range text;
  if (otlp::read_marked_string(bytes, key_range, text))
    apply_string(*key, base::text_of(wire::slice(bytes, text)), Holder::span, bits);
  else
    apply(*key, bytes, otlp::read_marked(bytes, marked), Holder::span, bits);
}

void AttributeTable::match_unmarked(Bytes bytes, std::uint32_t at, std::uint32_t end, Bits& bits) const {
  otlp::AttributeCursor cursor(bytes, at, end, otlp::span_field::kAttributes);
  otlp::AttributeView attribute;
  if (!cursor.next(attribute)) return;
  if (const Key* key = find(base::text_of(wire::slice(bytes, attribute.key))))
    apply(*key, bytes, attribute, Holder::span, bits);
}

void AttributeTable::match_span(const otlp::Decoded& decoded, const otlp::SpanView& span, Bits& bits) const {
  if (span.attribute_count == 0 || keys_.empty() || all_set(bits)) return;
  const auto match_if_marked = [&](const otlp::KeyMark& key) {
    if (is_marked_[key.mark] != 0) match_one(decoded.bytes, key, span.attributes_end, bits);
  };
  // Four marks per branch: few are in the table.
  const otlp::KeyMark* key = decoded.key_marks.data() + span.first_key_mark;
  const otlp::KeyMark* const end = key + span.attribute_count;
  for (; end - key >= 4; key += 4)
    if ((is_marked_[key[0].mark] | is_marked_[key[1].mark] | is_marked_[key[2].mark] | is_marked_[key[3].mark]) != 0)
      std::for_each(key, key + 4, match_if_marked);
  std::for_each(key, end, match_if_marked);
}

void AttributeTable::match_resource(Bytes bytes, wire::Range resource, Bits& bits) const {
  otlp::AttributeCursor cursor(bytes, resource.offset, resource.offset + resource.size,
                               otlp::resource_field::kAttributes);
  otlp::AttributeView attribute;
  while (cursor.next(attribute))
    if (const Key* key = find(base::text_of(wire::slice(bytes, attribute.key))))
      apply(*key, bytes, attribute, Holder::resource, bits);
}

}  // namespace entail::policy
