#include "stories/otlp_writer.hpp"

#include <algorithm>
#include <array>

namespace entail::cli {
namespace {

template <std::size_t Size>
std::array<std::uint8_t, Size> big_endian(std::uint64_t high, std::uint64_t low) {
  std::array<std::uint8_t, Size> bytes;
  for (std::size_t i = 0; i < Size; ++i) {
    const std::uint64_t word = i + 8 < Size ? high : low;
    bytes[i] = static_cast<std::uint8_t>(word >> (56 - 8 * (i % 8)));
  }
  return bytes;
}

constexpr std::uint32_t kLinkFlags = 0x301;  // sampled; the context is known to be remote

}  // namespace

void ProtoBuffer::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<std::uint8_t>(value | 0x80));
  bytes_.push_back(static_cast<std::uint8_t>(value));
}

void ProtoBuffer::tag(std::uint32_t number, std::uint32_t wire_type) { varint(number << 3 | wire_type); }

void ProtoBuffer::varint_field(std::uint32_t number, std::uint64_t value) {
  tag(number, 0);
  varint(value);
}

void ProtoBuffer::fixed64_field(std::uint32_t number, std::uint64_t value) {
  tag(number, 1);
  for (int shift = 0; shift < 64; shift += 8) bytes_.push_back(static_cast<std::uint8_t>(value >> shift));
}

void ProtoBuffer::fixed32_field(std::uint32_t number, std::uint32_t value) {
  tag(number, 5);
  for (int shift = 0; shift < 32; shift += 8) bytes_.push_back(static_cast<std::uint8_t>(value >> shift));
}

void ProtoBuffer::begin_bytes_field(std::uint32_t number, std::size_t size) {
  tag(number, 2);
  varint(size);
}

void ProtoBuffer::append(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

void ProtoBuffer::bytes_field(std::uint32_t number, Bytes bytes) {
  begin_bytes_field(number, bytes.size());
  append(bytes);
}

std::size_t ProtoBuffer::bytes_field_size(std::size_t payload_size) noexcept {
  std::size_t size = 2 + payload_size;
  for (std::size_t rest = payload_size >> 7; rest > 0; rest >>= 7) ++size;
  return size;
}

void ProtoBuffer::text_field(std::uint32_t number, std::string_view text) {
  bytes_field(number, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

void ProtoBuffer::trace_id_field(std::uint32_t number, TraceId id, std::size_t size) {
  const auto bytes = big_endian<16>(id.hi, id.lo);
  begin_bytes_field(number, size);
  append(Bytes(bytes).first(std::min(size, bytes.size())));
  for (std::size_t i = bytes.size(); i < size; ++i) bytes_.push_back(0);
}

void ProtoBuffer::span_id_field(std::uint32_t number, SpanId id, std::size_t size) {
  const auto bytes = big_endian<8>(0, id.value);
  begin_bytes_field(number, size);
  append(Bytes(bytes).first(std::min(size, bytes.size())));
  for (std::size_t i = bytes.size(); i < size; ++i) bytes_.push_back(0);
}

void RequestWriter::begin_span(const SpanFacts& facts) {
  facts_ = facts;
  span_.clear();
  span_.trace_id_field(1, facts.trace_id, facts.trace_id_size);
  span_.span_id_field(2, facts.span_id, facts.span_id_size);
  if (!facts.parent_span_id.is_zero()) span_.span_id_field(4, facts.parent_span_id);
  span_.text_field(5, facts.name);
  span_.varint_field(6, facts.kind);
  span_.fixed64_field(7, static_cast<std::uint64_t>(facts.start_ns));
  span_.fixed64_field(8, static_cast<std::uint64_t>(facts.end_ns));
}

void RequestWriter::build_attribute(std::string_view key, std::string_view value) {
  value_.clear();
  value_.text_field(1, value);
  part_.clear();
  part_.text_field(1, key);
  part_.bytes_field(2, value_.bytes());
}

void RequestWriter::build_attribute(std::string_view key, std::int64_t value) {
  value_.clear();
  value_.varint_field(3, static_cast<std::uint64_t>(value));
  part_.clear();
  part_.text_field(1, key);
  part_.bytes_field(2, value_.bytes());
}

void RequestWriter::attribute(std::string_view key, std::string_view value) {
  build_attribute(key, value);
  span_.bytes_field(9, part_.bytes());
}

void RequestWriter::attribute(std::string_view key, std::int64_t value) {
  build_attribute(key, value);
  span_.bytes_field(9, part_.bytes());
}

void RequestWriter::begin_link(TraceId trace_id, SpanId span_id, LinkDamage damage) {
  link_.clear();
  std::size_t trace_id_size = 16;
  std::size_t span_id_size = 8;
  switch (damage) {
    case LinkDamage::none:
      break;
    case LinkDamage::zero_trace_id:
      trace_id = {};
      break;
    case LinkDamage::short_trace_id:
      trace_id_size = 15;
      break;
    case LinkDamage::short_span_id:
      span_id_size = 7;
      break;
    case LinkDamage::empty_trace_id:
      trace_id_size = 0;
      break;
    case LinkDamage::half_trace_id:
      trace_id_size = 8;
      break;
    case LinkDamage::long_trace_id:
      trace_id_size = 17;
      break;
    case LinkDamage::long_span_id:
      span_id_size = 16;
      break;
    case LinkDamage::zero_span_id:
      span_id = {};
      break;
    case LinkDamage::empty_span_id:
      span_id_size = 0;
      break;
  }
  // An empty field is left out, as protobuf does.
  if (trace_id_size > 0) link_.trace_id_field(1, trace_id, trace_id_size);
  if (span_id_size > 0) link_.span_id_field(2, span_id, span_id_size);
}

void RequestWriter::link_attribute(std::string_view key, std::string_view value) {
  build_attribute(key, value);
  link_.bytes_field(4, part_.bytes());
}

void RequestWriter::link_attribute(std::string_view key, std::int64_t value) {
  build_attribute(key, value);
  link_.bytes_field(4, part_.bytes());
}

void RequestWriter::end_link() {
  link_.fixed32_field(6, kLinkFlags);
  span_.bytes_field(13, link_.bytes());
}

void RequestWriter::end_span(std::string_view service) {
  if (facts_.error) {
    part_.clear();
    part_.text_field(2, facts_.message);
    part_.varint_field(3, 2);
    span_.bytes_field(15, part_.bytes());
  }
  auto found = std::find_if(services_.begin(), services_.end(), [&](const Service& s) { return s.name == service; });
  if (found == services_.end()) found = services_.insert(services_.end(), Service{service, {}});
  found->spans.bytes_field(2, span_.bytes());
  ++span_count_;
}

Bytes RequestWriter::take() {
  request_.clear();
  scope_.clear();
  scope_.text_field(1, "entail.generate");
  for (const Service& service : services_) {
    value_.clear();
    value_.text_field(1, service.name);
    part_.clear();
    part_.text_field(1, "service.name");
    part_.bytes_field(2, value_.bytes());
    resource_.clear();
    resource_.bytes_field(1, part_.bytes());
    // The spans may be large: the messages around them are written from their sizes, not built one in the other.
    const std::size_t scope_spans_size =
        ProtoBuffer::bytes_field_size(scope_.bytes().size()) + service.spans.bytes().size();
    const std::size_t resource_spans_size =
        ProtoBuffer::bytes_field_size(resource_.bytes().size()) + ProtoBuffer::bytes_field_size(scope_spans_size);
    request_.begin_bytes_field(1, resource_spans_size);
    request_.bytes_field(1, resource_.bytes());
    request_.begin_bytes_field(2, scope_spans_size);
    request_.bytes_field(1, scope_.bytes());
    request_.append(service.spans.bytes());
  }
  services_.clear();
  span_count_ = 0;
  return request_.bytes();
}

}  // namespace entail::cli
