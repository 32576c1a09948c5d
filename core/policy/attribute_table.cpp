#include "policy/attribute_table.hpp"

#include <algorithm>
#include <cmath>

#include "base/bytes.hpp"
namespace entail::policy {

namespace {

constexpr std::uint32_t kSpanAttributes = 9;
constexpr std::uint32_t kResourceAttributes = 1;
constexpr std::uint8_t kSpanAttributeTag = (kSpanAttributes << 3) | 2;
constexpr std::uint8_t kKeyTag = (1 << 3) | 2;
constexpr std::uint8_t kValueTag = (2 << 3) | 2;
constexpr std::uint8_t kStringTag = (1 << 3) | 2;  // of AnyValue

std::string_view text_of(Bytes bytes, wire::Range range) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()) + range.offset, range.size};
}

// An attribute field in its common shape: key and value, in this order, once each, nothing else; a key of less than
// 128 bytes, and field and value both below 128 bytes or both not.
struct CommonAttribute {
  wire::Range key;
  wire::Range value;  // of the AnyValue message
  std::uint32_t end = 0;
};

// Tag, length below 128, key tag, key length below 128, as one little-endian word.
constexpr std::uint32_t kShortHead = kSpanAttributeTag | (std::uint32_t{kKeyTag} << 16);
constexpr std::uint32_t kShortHeadMask = 0x80ff80ff;

// The attribute at `at` if it is shorter than 128 bytes and has the common shape. The end is a load and an addition of
// its own, because the next attribute waits for nothing else.
inline bool short_attribute(const std::uint8_t* bytes, std::uint32_t at, std::uint32_t end,
                            CommonAttribute& found) noexcept {
  if (end - at < 6) return false;
  const std::uint32_t head = base::load_le32(bytes + at);
  if ((head & kShortHeadMask) != kShortHead) return false;
  const std::uint32_t field_end = at + 2 + bytes[at + 1];
  const std::uint32_t key_size = head >> 24;
  const std::uint32_t value = at + 6 + key_size;
  if (value > field_end) return false;
  if (field_end > end) return false;
  if (bytes[value - 2] != kValueTag || bytes[value - 1] != field_end - value) return false;
  found = {{at + 4, key_size}, {value, field_end - value}, field_end};
  return true;
}

// A length of two bytes at `at`; false if it has one, or more. `at` moves behind it.
bool two_byte_length(const std::uint8_t* bytes, std::uint32_t& at, std::uint32_t end, std::uint32_t& length) noexcept {
  if (end - at < 2 || bytes[at] < 0x80 || bytes[at + 1] >= 0x80) return false;
  length = (bytes[at] & 0x7fu) | (std::uint32_t{bytes[at + 1]} << 7);
  at += 2;
  return length <= end - at;
}

// The attribute at `at` if it and its value have from 128 to 16383 bytes and it has the common shape.
bool long_attribute(const std::uint8_t* bytes, std::uint32_t at, std::uint32_t end, CommonAttribute& found) noexcept {
  std::uint32_t length = 0;
  if (bytes[at++] != kSpanAttributeTag || !two_byte_length(bytes, at, end, length)) return false;
  found.end = at + length;
  if (length < 2 || bytes[at] != kKeyTag || bytes[at + 1] >= 0x80) return false;
  found.key = {at + 2, bytes[at + 1]};
  at = found.key.offset + found.key.size;
  if (at >= found.end || bytes[at++] != kValueTag || !two_byte_length(bytes, at, found.end, length)) return false;
  found.value = {at, length};
  return at + length == found.end;
}

// The text of an AnyValue that is one string and nothing else, with a one-byte length.
bool short_string(const std::uint8_t* bytes, wire::Range value, wire::Range& text) noexcept {
  if (value.size < 2 || bytes[value.offset] != kStringTag || bytes[value.offset + 1] >= 0x80) return false;
  text = {value.offset + 2, value.size - 2};
  return bytes[value.offset + 1] == text.size;
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
    marks_[mark_of(reinterpret_cast<const std::uint8_t*>(key.text.data()), key.text.size())] = true;
  }
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

void AttributeTable::match_fields(Bytes bytes, std::uint32_t begin, std::uint32_t end, Bits& bits) const {
  wire::AttributeCursor cursor(bytes, begin, end, kSpanAttributes);
  wire::AttributeView attribute;
  while (cursor.next(attribute))
    if (const Key* key = find(text_of(bytes, attribute.key))) apply(*key, bytes, attribute, Holder::span, bits);
}

void AttributeTable::match_common(Bytes bytes, wire::Range field, wire::Range key_range, wire::Range value,
                                  Bits& bits) const {
  const Key* key = find(text_of(bytes, key_range));
  if (key == nullptr) return;
  wire::AttributeView attribute;
  if (short_string(bytes.data(), value, attribute.string)) {
    attribute.kind = wire::AttributeView::Kind::string;
    apply(*key, bytes, attribute, Holder::span, bits);
  } else {
    match_fields(bytes, field.offset, field.offset + field.size, bits);
  }
}

std::uint32_t AttributeTable::match_unusual(Bytes bytes, std::uint32_t at, std::uint32_t end, Bits& bits) const {
  CommonAttribute found;
  if (long_attribute(bytes.data(), at, end, found)) {
    match_common(bytes, {at, found.end - at}, found.key, found.value, bits);
    return found.end;
  }
  // Another field lies between the attributes, or this one is written in an unusual way.
  wire::FieldCursor cursor(bytes, at, end);
  wire::FieldView field;
  if (!cursor.next(field)) return end;
  const std::uint32_t field_end = field.whole.offset + field.whole.size;
  if (field.number == kSpanAttributes) match_fields(bytes, at, field_end, bits);
  return field_end;
}

void AttributeTable::match_span(Bytes bytes, const wire::SpanView& span, Bits& bits) const {
  if (span.attribute_count == 0 || keys_.empty() || all_set(bits)) return;
  std::uint32_t at = span.first_attribute;
  const std::uint32_t end = span.attributes_end;
  while (at < end) {
    CommonAttribute found;
    if (short_attribute(bytes.data(), at, end, found)) {
      if (marks_[mark_of(bytes.data() + found.key.offset, found.key.size)]) [[unlikely]]
        match_common(bytes, {at, found.end - at}, found.key, found.value, bits);
      at = found.end;
    } else {
      at = match_unusual(bytes, at, end, bits);
    }
  }
}

void AttributeTable::match_resource(Bytes bytes, wire::Range resource, Bits& bits) const {
  wire::AttributeCursor cursor(bytes, resource.offset, resource.offset + resource.size, kResourceAttributes);
  wire::AttributeView attribute;
  while (cursor.next(attribute))
    if (const Key* key = find(text_of(bytes, attribute.key))) apply(*key, bytes, attribute, Holder::resource, bits);
}

}  // namespace entail::policy
