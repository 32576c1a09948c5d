// Reading one Link message, for decode(), which checks its attributes, and for LinkCursor, which need not.
// Internal to the room. Thread rule: Confined (the reader's). Cost: 6 to 9 ns a link.
#pragma once

#include "otlp/attribute.hpp"
#include "otlp/decode.hpp"
#include "otlp/fields.hpp"
#include "wire/reader.hpp"

namespace entail::otlp {

enum class AttributeCheck : bool { skip, verify };

constexpr std::uint32_t kUsualIdBytes = 18 + 10;
constexpr std::uint32_t kLinkFlagsBytes = 5;

// A trace ID of 16 bytes, then a span ID of 8. REQUIRES kUsualIdBytes readable bytes.
inline bool has_usual_ids(const Byte* at) noexcept {
  return base::load_le16(at) == (link_field::kTraceId.tag() | 16 << 8) &&
         base::load_le16(at + 18) == (link_field::kSpanId.tag() | 8 << 8);
}

// True for the link that all SDKs write: trace ID of 16 bytes, span ID of 8, plain attributes, flags. False for
// others, valid or not: read_link() reads those.
inline bool is_usual_link(const Byte* at, const Byte* end) noexcept {
  if (end - at < kUsualIdBytes || !has_usual_ids(at)) return false;
  at += kUsualIdBytes;
  std::uint32_t mark = 0;
  while (end - at >= kPlainAttributeLeast) {
    if (!plain_attribute<link_field::kAttributes.tag()>(at, end, at, mark)) return false;
  }
  return at == end || (end - at == kLinkFlagsBytes && at[0] == link_field::kFlags.tag());
}

// Reads the Link message in [at, end) into `link`, all but `field`, `payload` and `bad_hex`. False when a fault was
// kept. The layout that all SDKs write (trace ID of 16 bytes, span ID of 8) is tried before the general walk.
template <AttributeCheck kCheck>
inline bool read_link(Reader& reader, const Byte* at, const Byte* end, LinkView& link) noexcept {
  if (end - at >= kUsualIdBytes && has_usual_ids(at)) [[likely]] {
    link.trace_id = reader.range(at + 2, at + 18);
    link.span_id = reader.range(at + 20, at + 28);
    at += 28;
  }
  while (at < end) {
    const Byte* const field = at;
    std::uint32_t tag = 0;
    std::uint32_t size = 0;
    at = reader.tag(at, end, tag);
    if (at == nullptr) return false;
    switch (tag) {
      case link_field::kTraceId.tag():
      case link_field::kSpanId.tag():
      case link_field::kTraceState.tag(): {
        at = reader.length(at, end, size);
        if (at == nullptr) return false;
        Range& range = tag == link_field::kTraceId.tag()  ? link.trace_id
                       : tag == link_field::kSpanId.tag() ? link.span_id
                                                          : link.trace_state;
        range = reader.range(at, at + size);
        at += size;
        break;
      }
      case link_field::kAttributes.tag():
        at = reader.length(at, end, size);
        if (at == nullptr) return false;
        if (kCheck == AttributeCheck::verify && !is_plain_key_value(at, size) &&
            !check_key_value(reader, at, at + size, 0)) {
          return false;
        }
        if (link.attribute_count++ == 0) link.first_attribute = reader.offset(field);
        at += size;
        link.attributes_end = reader.offset(at);
        break;
      case link_field::kFlags.tag():
        at = reader.fixed32(at, end, link.flags);
        if (at == nullptr) return false;
        break;
      default:
        at = reader.skip(field, tag, at, end);
        if (at == nullptr) return false;
    }
  }
  return true;
}

}  // namespace entail::otlp
