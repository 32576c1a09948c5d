#include "policy/near_numbers.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/bytes.hpp"
#include "otlp/fields.hpp"

namespace entail::policy {

namespace {

constexpr std::uint64_t kAbove = 1;  // the lowest bit: which bound was missed

// A positive distance as a word: the smaller the distance, the larger the word; never 0. Doubles above 0 are ordered as
// their bits are.
std::uint64_t word_of(double distance, bool above) noexcept {
  return ~(std::bit_cast<std::uint64_t>(distance) | kAbove) | (above ? kAbove : 0);
}

}  // namespace

std::optional<unsigned> NearNumbers::add(std::string_view key, std::int64_t min, std::int64_t max) {
  if (ranges_.size() == kNearNumbersMax) return std::nullopt;
  ranges_.push_back({std::string(key), {min, max}});
  return static_cast<unsigned>(ranges_.size() - 1);
}

void NearNumbers::finish() {
  for (const Range& range : ranges_) is_marked_[otlp::mark_of_key(range.key)] = 1;
  is_marked_[otlp::kNoKeyMark] = 1;
}

void NearNumbers::measure(Bytes bytes, const otlp::AttributeView& attribute, std::uint64_t* words) const noexcept {
  using Kind = otlp::AttributeView::Kind;
  if (attribute.kind != Kind::integer && attribute.kind != Kind::floating) return;
  const double value = attribute.kind == Kind::integer ? static_cast<double>(attribute.integer) : attribute.floating;
  for (std::size_t i = 0; i < ranges_.size(); ++i) {
    const Range& range = ranges_[i];
    if (base::text_of(wire::slice(bytes, attribute.key)) != range.key) continue;
    const double below = static_cast<double>(range.bounds.min) - value;
    const double above = value - static_cast<double>(range.bounds.max);
    if (std::isfinite(below) && below > 0)
      words[i] = std::max(words[i], word_of(below, false));
    else if (std::isfinite(above) && above > 0)
      words[i] = std::max(words[i], word_of(above, true));
  }
}

void NearNumbers::measure_span(const otlp::Decoded& decoded, const otlp::SpanView& span,
                               std::uint64_t* words) const noexcept {
  const otlp::KeyMark* const first = decoded.key_marks.data() + span.first_key_mark;
  std::for_each(first, first + span.attribute_count, [&](const otlp::KeyMark& marked) {
    if (is_marked_[marked.mark] == 0) return;
    otlp::AttributeView attribute;
    if (marked.mark != otlp::kNoKeyMark) {
      attribute = otlp::read_marked(decoded.bytes, marked);
      attribute.key = otlp::read_marked_key(decoded.bytes, marked);
    } else {
      otlp::AttributeCursor cursor(decoded.bytes, marked.at, span.attributes_end, otlp::span_field::kAttributes);
      if (!cursor.next(attribute)) return;
    }
    measure(decoded.bytes, attribute, words);
  });
}

void NearNumbers::measure_resource(Bytes bytes, wire::Range resource, std::uint64_t* words) const noexcept {
  otlp::AttributeCursor cursor(bytes, resource.offset, resource.offset + resource.size,
                               otlp::resource_field::kAttributes);
  for (otlp::AttributeView attribute; cursor.next(attribute);) measure(bytes, attribute, words);
}

std::optional<NearNumbers::Near> NearNumbers::near(Bounds bounds, std::uint64_t word) noexcept {
  if (word == 0) return std::nullopt;
  const bool above = (word & kAbove) != 0;
  const double distance = std::bit_cast<double>(~(word | kAbove) & ~kAbove);
  const std::int64_t bound = above ? bounds.max : bounds.min;
  const double value = static_cast<double>(bound) + (above ? distance : -distance);
  return Near{value, bound, !above};
}

}  // namespace entail::policy
