#include "tests/pressure/request_writer.hpp"

namespace entail::pressure {
namespace {

constexpr unsigned kVarint = 0, kFixed64 = 1, kBytes = 2;  // wire types
constexpr std::size_t kIdsOfSpan = 2 + 16 + 2 + 8;         // both IDs, with their tags and lengths

std::size_t varint_size(std::uint64_t value) noexcept {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}
void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}
void put_tag(std::string& out, unsigned field, unsigned type) { put_varint(out, field << 3 | type); }
void put_length(std::string& out, unsigned field, std::size_t length) {
  put_tag(out, field, kBytes);
  put_varint(out, length);
}
void put_big_endian(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}
void put_trace_id(std::string& out, TraceId id) {
  put_length(out, 1, 16);
  put_big_endian(out, id.hi);
  put_big_endian(out, id.lo);
}
void put_span_id(std::string& out, std::uint64_t id) {
  put_length(out, 2, 8);
  put_big_endian(out, id);
}

// A KeyValue with a text.
std::string attribute(std::string_view key, std::string_view text) {
  std::string value;
  put_length(value, 1, text.size());
  value += text;
  std::string out;
  put_length(out, 1, key.size());
  out += key;
  put_length(out, 2, value.size());
  out += value;
  return out;
}

}  // namespace

void RequestWriter::add(const LoadSpan& span) {
  ++span_count_;
  // The padding is the only field of unknown length: its KeyValue is written without a copy.
  const std::size_t text = 1 + varint_size(span.pad_bytes) + span.pad_bytes;  // AnyValue
  const std::size_t pad = span.pad_bytes == 0 ? 0 : 2 + 3 + 1 + varint_size(text) + text;
  std::size_t size = kIdsOfSpan + 3 + 9 + 9;  // name "x", start, end
  if (pad != 0) size += 1 + varint_size(pad) + pad;
  size += span.links.size() * (2 + kIdsOfSpan);
  if (span.is_error) size += 4;
  put_length(spans_, 2, size);
  put_trace_id(spans_, span.trace);
  put_span_id(spans_, span.span_id);
  put_length(spans_, 5, 1);
  spans_ += 'x';
  put_tag(spans_, 7, kFixed64);
  spans_.append(8, '\1');
  put_tag(spans_, 8, kFixed64);
  spans_.append(8, '\1');
  if (pad != 0) {
    put_length(spans_, 9, pad);
    put_length(spans_, 1, 3);
    spans_ += "pad";
    put_length(spans_, 2, text);
    put_length(spans_, 1, span.pad_bytes);
    spans_.append(span.pad_bytes, 'x');
  }
  for (const TraceId linked : span.links) {
    put_length(spans_, 13, kIdsOfSpan);
    put_trace_id(spans_, linked);
    put_span_id(spans_, 1);
  }
  if (span.is_error) {
    put_length(spans_, 15, 2);
    put_tag(spans_, 3, kVarint);
    put_varint(spans_, 2);
  }
}

Bytes RequestWriter::finish() {
  static const std::string service = attribute("service.name", "load");
  std::string resource;
  put_length(resource, 1, service.size());
  resource += service;
  const std::size_t resource_field = 1 + varint_size(resource.size()) + resource.size();
  const std::size_t scope_field = 1 + varint_size(spans_.size()) + spans_.size();
  request_.clear();
  put_length(request_, 1, resource_field + scope_field);
  put_length(request_, 1, resource.size());
  request_ += resource;
  put_length(request_, 2, spans_.size());
  request_ += spans_;
  spans_.clear();
  span_count_ = 0;
  return {reinterpret_cast<const std::uint8_t*>(request_.data()), request_.size()};
}

}  // namespace entail::pressure
