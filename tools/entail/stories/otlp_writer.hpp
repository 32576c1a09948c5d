// Export requests in protobuf, written field by field in ascending order, as SDKs do.
//
// Thread rule: Confined. Cost: one append per field; a span is built aside and copied once. Memory: one request.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "entail/types.hpp"

namespace entail::cli {

// Appends protobuf fields to a buffer.
class ProtoBuffer {
 public:
  void clear() noexcept { bytes_.clear(); }
  bool empty() const noexcept { return bytes_.empty(); }
  Bytes bytes() const noexcept { return bytes_; }

  void varint_field(std::uint32_t number, std::uint64_t value);
  void fixed64_field(std::uint32_t number, std::uint64_t value);
  void fixed32_field(std::uint32_t number, std::uint32_t value);
  void bytes_field(std::uint32_t number, Bytes bytes);
  // Tag and length of a field whose payload is appended afterwards.
  void begin_bytes_field(std::uint32_t number, std::size_t size);
  void append(Bytes bytes);
  // The whole size of such a field with a number below 16.
  static std::size_t bytes_field_size(std::size_t payload_size) noexcept;
  void text_field(std::uint32_t number, std::string_view text);
  // Big-endian identities; `size` cuts them short or adds zero bytes, for stories about malformed ones.
  void trace_id_field(std::uint32_t number, TraceId id, std::size_t size = 16);
  void span_id_field(std::uint32_t number, SpanId id, std::size_t size = 8);

 private:
  void tag(std::uint32_t number, std::uint32_t wire_type);
  void varint(std::uint64_t value);
  std::vector<std::uint8_t> bytes_;
};

// What is wrong with a link, if anything.
enum class LinkDamage : std::uint8_t {
  none,
  zero_trace_id,
  short_trace_id,
  short_span_id,
  empty_trace_id,
  half_trace_id,
  long_trace_id,
  long_span_id,
  zero_span_id,
  empty_span_id,
};

struct SpanFacts {
  TraceId trace_id;
  SpanId span_id;
  SpanId parent_span_id;  // zero: a root
  std::string_view name;
  std::uint32_t kind = 1;  // OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  bool error = false;
  std::string_view message = "the work failed";  // of an error
  std::size_t trace_id_size = 16;                // fewer bytes are no identity
  std::size_t span_id_size = 8;
};

// Builds one request: resources in the order of their first span, one scope each.
class RequestWriter {
 public:
  // The span is finished by end_span(); attributes come before links.
  void begin_span(const SpanFacts& facts);
  void attribute(std::string_view key, std::string_view value);
  void attribute(std::string_view key, std::int64_t value);
  void link(TraceId trace_id, SpanId span_id, LinkDamage damage = LinkDamage::none) {
    begin_link(trace_id, span_id, damage);
    end_link();
  }
  // A link with more than identities: its tracestate, then its attributes, then end_link().
  void begin_link(TraceId trace_id, SpanId span_id, LinkDamage damage = LinkDamage::none);
  void link_tracestate(std::string_view tracestate) { link_.text_field(3, tracestate); }
  void link_attribute(std::string_view key, std::string_view value);
  void link_attribute(std::string_view key, std::int64_t value);
  void end_link();
  // After the links: so many more were cut before the span came here.
  void dropped_links(std::uint64_t count) { span_.varint_field(14, count); }
  void end_span(std::string_view service);

  std::uint64_t span_count() const noexcept { return span_count_; }
  // The request so far, and a new one begins. Valid until the next end_span().
  Bytes take();

 private:
  struct Service {
    std::string_view name;
    ProtoBuffer spans;
  };
  void build_attribute(std::string_view key, std::string_view value);
  void build_attribute(std::string_view key, std::int64_t value);

  ProtoBuffer span_;
  ProtoBuffer link_;
  ProtoBuffer part_;
  ProtoBuffer value_;
  SpanFacts facts_;
  ProtoBuffer scope_;
  ProtoBuffer resource_;
  ProtoBuffer request_;
  std::vector<Service> services_;
  std::uint64_t span_count_ = 0;
};

}  // namespace entail::cli
