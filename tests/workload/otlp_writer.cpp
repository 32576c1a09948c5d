#include "tests/workload/otlp_writer.hpp"

#include <bit>
#include <string_view>

namespace entail::workload {
namespace {

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  out += static_cast<char>(value);
}
void put_integer(std::string& out, unsigned field, std::uint64_t value) {
  put_varint(out, field << 3);
  put_varint(out, value);
}
void put_fixed(std::string& out, unsigned field, std::uint64_t value, unsigned size) {
  put_varint(out, (field << 3) | (size == 8 ? 1U : 5U));
  for (unsigned i = 0; i < size; ++i) out += static_cast<char>((value >> (8 * i)) & 0xff);
}
void put_bytes(std::string& out, unsigned field, std::string_view bytes) {
  put_varint(out, (field << 3) | 2U);
  put_varint(out, bytes.size());
  out += bytes;
}

std::string encode_value(const Value& value) {
  std::string out;
  if (const auto* text = std::get_if<std::string>(&value)) put_bytes(out, 1, *text);
  if (const auto* boolean = std::get_if<bool>(&value)) put_integer(out, 2, *boolean ? 1 : 0);
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    put_integer(out, 3, static_cast<std::uint64_t>(*integer));
  if (const auto* number = std::get_if<double>(&value)) put_fixed(out, 4, std::bit_cast<std::uint64_t>(*number), 8);
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    std::string array;
    for (const std::string& text : *list) put_bytes(array, 1, encode_value(text));
    put_bytes(out, 5, array);
  }
  return out;
}

void put_attributes(std::string& out, unsigned field, const Attributes& attributes) {
  for (const Attribute& attribute : attributes) {
    std::string pair;
    put_bytes(pair, 1, attribute.key);
    if (!std::holds_alternative<std::monostate>(attribute.value)) put_bytes(pair, 2, encode_value(attribute.value));
    put_bytes(out, field, pair);
  }
}

std::string encode_event(const Event& event) {
  std::string out;
  put_fixed(out, 1, event.time_ns, 8);
  put_bytes(out, 2, event.name);
  put_attributes(out, 3, event.attributes);
  if (event.dropped_attributes_count != 0) put_integer(out, 4, event.dropped_attributes_count);
  return out;
}

std::string encode_link(const Link& link) {
  std::string out;
  if (!link.trace_id.empty()) put_bytes(out, 1, link.trace_id);
  if (!link.span_id.empty()) put_bytes(out, 2, link.span_id);
  if (!link.trace_state.empty()) put_bytes(out, 3, link.trace_state);
  put_attributes(out, 4, link.attributes);
  if (link.dropped_attributes_count != 0) put_integer(out, 5, link.dropped_attributes_count);
  if (link.flags != 0) put_fixed(out, 6, link.flags, 4);
  return out;
}

}  // namespace

std::string encode_span(const Span& span) {
  std::string out;
  put_bytes(out, 1, span.trace_id);
  put_bytes(out, 2, span.span_id);
  if (!span.trace_state.empty()) put_bytes(out, 3, span.trace_state);
  if (!span.parent_span_id.empty()) put_bytes(out, 4, span.parent_span_id);
  put_bytes(out, 5, span.name);
  if (span.kind != 0) put_integer(out, 6, span.kind);
  put_fixed(out, 7, span.start_ns, 8);
  put_fixed(out, 8, span.end_ns, 8);
  put_attributes(out, 9, span.attributes);
  for (const Event& event : span.events) put_bytes(out, 11, encode_event(event));
  for (const Link& link : span.links) put_bytes(out, 13, encode_link(link));
  if (span.dropped_links_count != 0) put_integer(out, 14, span.dropped_links_count);
  if (span.status_code != 0) {
    std::string status;
    put_integer(status, 3, span.status_code);
    put_bytes(out, 15, status);
  }
  if (span.flags != 0) put_fixed(out, 16, span.flags, 4);
  return out;
}

std::string encode(const Request& request) {
  std::string out;
  for (const SpanGroup& group : request.groups) {
    std::string resource;
    put_attributes(resource, 1, group.resource);
    std::string scope;
    put_bytes(scope, 1, "");
    for (const Span& span : group.spans) put_bytes(scope, 2, encode_span(span));
    std::string spans;
    put_bytes(spans, 1, resource);
    put_bytes(spans, 2, scope);
    put_bytes(out, 1, spans);
  }
  return out;
}

void measure(Request& request) {
  for (SpanGroup& group : request.groups)
    for (Span& span : group.spans) span.encoded_bytes = encode_span(span).size();
}

}  // namespace entail::workload
