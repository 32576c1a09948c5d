// Any bytes into decode() and repair(): an error within the input, or views whose cursors visit exactly what was
// counted; a message that needs no further repair.
#include "base/check.hpp"
#include "otlp/decode.hpp"
#include "otlp/repair.hpp"
#include "wire/field_cursor.hpp"

namespace {

using namespace entail;

void check_range(wire::Range range, std::size_t size) {
  ENTAIL_CHECK(range.offset <= size && range.size <= size - range.offset);
}

// Reads every byte of a view, so that a sanitizer detects one out of bounds.
std::uint64_t read(Bytes bytes, wire::Range range) {
  check_range(range, bytes.size());
  std::uint64_t sum = 0;
  for (const std::uint8_t byte : wire::slice(bytes, range)) sum += byte;
  return sum;
}

std::uint64_t walk_attributes(Bytes bytes, std::uint32_t begin, std::uint32_t end, wire::Field field,
                              std::uint32_t count) {
  otlp::AttributeCursor cursor(bytes, begin, end, field);
  std::uint32_t walked = 0;
  std::uint64_t sum = 0;
  for (otlp::AttributeView view; cursor.next(view); ++walked) sum += read(bytes, view.key) + read(bytes, view.string);
  ENTAIL_CHECK(walked == count);
  return sum;
}

std::uint64_t walk_fields(Bytes bytes, wire::Range range) {
  check_range(range, bytes.size());
  wire::FieldCursor cursor(bytes, range.offset, range.offset + range.size);
  std::uint32_t at = range.offset;
  for (wire::FieldView field; cursor.next(field); at += field.whole.size) {
    ENTAIL_CHECK(field.whole.offset == at && field.number != 0);
    ENTAIL_CHECK(field.payload.offset >= at && field.payload.offset + field.payload.size == at + field.whole.size);
  }
  ENTAIL_CHECK(at == range.offset + range.size);
  return at;
}

std::uint64_t walk_span(const otlp::Decoded& decoded, const otlp::SpanView& span) {
  const Bytes bytes = decoded.bytes;
  std::uint64_t sum = read(bytes, span.trace_id) + read(bytes, span.span_id) + read(bytes, span.parent_span_id) +
                      read(bytes, span.trace_state) + walk_fields(bytes, span.payload);
  sum += walk_attributes(bytes, span.first_attribute, span.attributes_end, otlp::span_field::kAttributes,
                         span.attribute_count);
  otlp::LinkCursor cursor(decoded, span);
  std::uint32_t links = 0;
  for (otlp::LinkView link; cursor.next(link); ++links) {
    sum += read(bytes, link.trace_id) + read(bytes, link.span_id) + read(bytes, link.trace_state) +
           read(bytes, link.field);
    sum += walk_fields(bytes, link.payload);
    sum += walk_attributes(bytes, link.first_attribute, link.attributes_end, otlp::link_field::kAttributes,
                           link.attribute_count);
  }
  ENTAIL_CHECK(links == span.link_count);
  return sum;
}

// repair() accepts any bytes, changes nothing the second time, and does not copy what needs no repair.
void check_repair(Bytes bytes) {
  static std::vector<std::uint8_t> buffer;
  static std::vector<std::uint8_t> again;
  const Result<Bytes> repaired = otlp::repair(bytes, buffer, nullptr);
  ENTAIL_CHECK(repaired.ok());
  const Result<Bytes> twice = otlp::repair(*repaired, again, nullptr);
  ENTAIL_CHECK(twice.ok() && twice->data() == repaired->data() && twice->size() == repaired->size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static otlp::Decoded decoded;
  const Bytes bytes(data, size);
  check_repair(bytes);
  const Result<void> result = otlp::decode(bytes, nullptr, decoded);
  if (!result.ok()) {
    ENTAIL_CHECK(result.error().offset() <= size && decoded.spans.empty() && decoded.resources.empty());
    return 0;
  }
  std::uint64_t sum = 0;
  for (const wire::Range range : decoded.fields) sum += walk_fields(bytes, range);
  std::uint64_t links = 0;
  for (const otlp::SpanView& span : decoded.spans) {
    sum += walk_span(decoded, span);
    links += span.link_count;
    ENTAIL_CHECK(span.scope < decoded.scopes.size());
  }
  ENTAIL_CHECK(links == decoded.link_count);
  volatile std::uint64_t used = sum;
  (void)used;
  return 0;
}
