#include "policy/attribute_table.hpp"

#include <algorithm>
#include <cmath>

#include "base/bytes.hpp"
namespace entail::policy {

namespace {

constexpr std::uint32_t kSpanAttributes = 9;
constexpr std::uint32_t kResourceAttributes = 1;
constexpr std::uint8_t kKeyTag = (1 << 3) | 2;

std::string_view text_of(Bytes bytes, wire::Range range) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()) + range.offset, range.size};
}

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

std::uint32_t AttributeTable::add_matcher(StringMatcher matcher) {
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
    if (key.text.size() > wire::kMarkedKeyMax) continue;
    // As in an attribute: tag, length, key.
    const auto size = static_cast<std::uint8_t>(key.text.size());
    std::vector<std::uint8_t> field = {kKeyTag, size};
    field.insert(field.end(), key.text.begin(), key.text.end());
    is_marked_[wire::key_mark(field.data() + field.size(), size)] = true;
  }
  is_marked_[wire::kNoKeyMark] = true;
  for (std::size_t length = 1; length < first_by_length_.size(); ++length)
    first_by_length_[length] = static_cast<std::uint16_t>(first_by_length_[length] + first_by_length_[length - 1]);
}

const AttributeTable::Key* AttributeTable::find(std::string_view text) const noexcept {
  const std::size_t bucket = std::min(text.size(), kLengthsMax);
  for (std::size_t index = first_by_length_[bucket]; index < first_by_length_[bucket + 1]; ++index)
    if (keys_[index].text == text) return &keys_[index];
  return nullptr;
}

// Word by word, as the bits were written a moment ago; the first word almost always answers.
bool AttributeTable::all_set(const Bits& bits) const noexcept {
  for (unsigned word = 0; word < kBitWordsMax; ++word)
    if ((all_bits_[word] & ~bits[word]) != 0) return false;
  return true;
}

void AttributeTable::apply(const Key& key, Bytes bytes, const wire::AttributeView& attribute, Holder holder,
                           Bits& bits) const {
  using Kind = wire::AttributeView::Kind;
  for (const AttributeTest& test : key.tests) {
    if (has_bit(bits, test.bit)) continue;
    bool holds = false;
    switch (test.kind) {
      case AttributeTest::Kind::exact:
        holds = attribute.kind == Kind::string && matchers_[test.matcher].matches(text_of(bytes, attribute.string));
        break;
      case AttributeTest::Kind::regex:
        // The Collector does not offer the empty strings of spans to its regexes, but those of resources.
        holds = attribute.kind == Kind::string && (attribute.string.size != 0 || holder == Holder::resource) &&
                matchers_[test.matcher].matches(text_of(bytes, attribute.string));
        break;
      case AttributeTest::Kind::boolean:
        holds = attribute.kind == Kind::boolean && (attribute.integer != 0) == test.boolean;
        break;
      case AttributeTest::Kind::number:
        if (attribute.kind == Kind::floating) {
          holds = in_range(attribute.floating, test.min, test.max);
          break;
        }
        [[fallthrough]];
      case AttributeTest::Kind::integer_only:
        holds = attribute.kind == Kind::integer && attribute.integer >= test.min && attribute.integer <= test.max;
        break;
    }
    if (holds) set_bit(bits, test.bit);
  }
}

void AttributeTable::match_one(Bytes bytes, wire::KeyMark marked, std::uint32_t end, Bits& bits) const {
  if (marked.mark != wire::kNoKeyMark) {
    if (const Key* key = find(text_of(bytes, wire::read_marked_key(bytes, marked))))
      apply(*key, bytes, wire::read_marked(bytes, marked), Holder::span, bits);
    return;
  }
  wire::AttributeCursor cursor(bytes, marked.at, end, kSpanAttributes);
  wire::AttributeView attribute;
  if (!cursor.next(attribute)) return;
  if (const Key* key = find(text_of(bytes, attribute.key))) apply(*key, bytes, attribute, Holder::span, bits);
}

void AttributeTable::match_span(const wire::Decoded& decoded, const wire::SpanView& span, Bits& bits) const {
  if (span.attribute_count == 0 || keys_.empty() || all_set(bits)) return;
  const wire::KeyMark* const first = decoded.key_marks.data() + span.first_key_mark;
  for (std::uint32_t i = 0; i < span.attribute_count; ++i)
    if (is_marked_[first[i].mark]) [[unlikely]]
      match_one(decoded.bytes, first[i], span.attributes_end, bits);
}

void AttributeTable::match_resource(Bytes bytes, wire::Range resource, Bits& bits) const {
  wire::AttributeCursor cursor(bytes, resource.offset, resource.offset + resource.size, kResourceAttributes);
  wire::AttributeView attribute;
  while (cursor.next(attribute))
    if (const Key* key = find(text_of(bytes, attribute.key))) apply(*key, bytes, attribute, Holder::resource, bits);
}

}  // namespace entail::policy
