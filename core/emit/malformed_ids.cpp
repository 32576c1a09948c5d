#include "emit/malformed_ids.hpp"

#include "otlp/decode.hpp"
#include "otlp/fields.hpp"
#include "wire/field_cursor.hpp"
#include "wire/writer.hpp"

namespace entail::emit {
namespace {

bool is_malformed_id_of_link(const wire::FieldView& field) noexcept {
  return (field.is(otlp::link_field::kTraceId) && otlp::is_malformed_id(field.payload.size, 16)) ||
         (field.is(otlp::link_field::kSpanId) && otlp::is_malformed_id(field.payload.size, 8));
}

}  // namespace

bool is_malformed_id_of_span(const wire::FieldView& field) noexcept {
  const std::uint32_t size = field.payload.size;
  return (field.is(otlp::span_field::kTraceId) && otlp::is_malformed_id(size, 16)) ||
         (field.is(otlp::span_field::kSpanId) && otlp::is_malformed_id(size, 8)) ||
         (field.is(otlp::span_field::kParentSpanId) && otlp::is_malformed_id(size, 8));
}

bool has_malformed_links(Bytes span) noexcept {
  wire::FieldCursor cursor(span);
  for (wire::FieldView field; cursor.next(field);) {
    const bool link = field.is(otlp::span_field::kLinks);
    if (link && is_malformed_link(wire::slice(span, field.payload))) return true;
  }
  return false;
}

bool is_malformed_link(Bytes link) noexcept {
  wire::FieldCursor cursor(link);
  for (wire::FieldView field; cursor.next(field);) {
    if (is_malformed_id_of_link(field)) return true;
  }
  return false;
}

void append_repaired_link(Bytes link, std::vector<std::uint8_t>& out) {
  wire::Buffer repaired;
  std::uint32_t copied_to = 0;
  wire::FieldCursor cursor(link);
  for (wire::FieldView field; cursor.next(field);) {
    if (!is_malformed_id_of_link(field)) continue;
    wire::append_bytes(repaired, link.subspan(copied_to, field.whole.offset - copied_to));
    wire::append_bytes_field(repaired, field.number, {});
    copied_to = field.whole.offset + field.whole.size;
  }
  wire::append_bytes(repaired, link.subspan(copied_to));
  wire::append_bytes_field(out, otlp::span_field::kLinks.number, repaired);
}

}  // namespace entail::emit
