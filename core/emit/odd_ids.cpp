#include "emit/odd_ids.hpp"

#include "otlp/decode.hpp"
#include "wire/writer.hpp"

namespace entail::emit {
namespace {

constexpr std::uint32_t kLinks = 13;
constexpr std::uint32_t kLength = 2;
constexpr std::uint32_t kTraceId = 1;
constexpr std::uint32_t kSpanId = 2;

bool is_odd_id(const wire::FieldView& field) noexcept {
  if (field.wire_type != kLength) return false;
  return (field.number == kTraceId && is_odd_size(field.payload.size, 16)) ||
         (field.number == kSpanId && is_odd_size(field.payload.size, 8));
}

wire::FieldCursor fields_of(Bytes message) noexcept { return {message, 0, static_cast<std::uint32_t>(message.size())}; }

}  // namespace

bool has_odd_links(Bytes span) noexcept {
  wire::FieldCursor cursor = fields_of(span);
  for (wire::FieldView field; cursor.next(field);) {
    const bool link = field.number == kLinks && field.wire_type == kLength;
    if (link && is_odd_link(wire::slice(span, field.payload))) return true;
  }
  return false;
}

bool is_odd_link(Bytes link) noexcept {
  wire::FieldCursor cursor = fields_of(link);
  for (wire::FieldView field; cursor.next(field);) {
    if (is_odd_id(field)) return true;
  }
  return false;
}

void append_mended_link(Bytes link, std::vector<std::uint8_t>& out) {
  wire::Buffer mended;
  std::uint32_t copied_to = 0;
  wire::FieldCursor cursor = fields_of(link);
  for (wire::FieldView field; cursor.next(field);) {
    if (!is_odd_id(field)) continue;
    wire::append_bytes(mended, link.subspan(copied_to, field.whole.offset - copied_to));
    wire::append_bytes_field(mended, field.number, {});
    copied_to = field.whole.offset + field.whole.size;
  }
  wire::append_bytes(mended, link.subspan(copied_to));
  wire::append_bytes_field(out, kLinks, mended);
}

}  // namespace entail::emit
