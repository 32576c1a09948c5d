// What a parsed Request holds, span by span and link by link: for programs that look into traces and decide nothing.
//
// Nothing is left out: spans and links with bad IDs are shown too, each with its problem. Thread rule: Confined, as the
// Request is.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "entail/types.hpp"

namespace entail {
inline namespace v1 {

// All views and spans are borrowed from the request: valid until on_span() or on_link() returns.
struct SpanInfo {
  TraceId trace_id;  // zero where `problem` says that it has none
  SpanId span_id;
  SpanId parent_span_id;         // zero for a root
  std::string_view problem;      // empty = good; all_zero, wrong_length, bad_hex: the engine would reject the span
  std::string_view name;         // bytes as received, not checked for UTF-8
  std::string_view service;      // the resource's service.name, if that is a string
  std::uint64_t start_ns = 0;    // since the epoch, as received
  std::uint64_t end_ns = 0;      // as received
  std::uint8_t status_code = 0;  // OTLP: 0 UNSET, 1 OK, 2 ERROR; numbers above are given as 3
  std::uint64_t offset = 0;      // of the Span message in Request::protobuf()
  std::uint64_t size_bytes = 0;  // of the Span message
  std::uint64_t link_count = 0;  // as received, bad ones included
  std::uint32_t dropped_links_count = 0;  // cut by the SDK
};

// One link of a span. Borrows from the request.
struct LinkInfo {
  TraceId trace_id;  // zero unless `problem` is empty
  SpanId span_id;
  std::uint32_t flags = 0;                  // W3C trace flags in the low 8 bits
  std::string_view problem;                 // empty = good; null_target, all_zero, wrong_length, bad_hex
  bool bad_tracestate = false;              // hinders no link
  std::uint64_t offset = 0;                 // of the link's field in Request::protobuf()
  std::span<const std::string_view> types;  // string values of link.type and link.relationship, as received
  std::uint32_t attribute_count = 0;
};

// Receives a request's spans and links, on the thread that visits.
class RequestVisitor {
 public:
  virtual ~RequestVisitor() = default;
  // In the order of the request. The links of a span follow it.
  virtual void on_span(const SpanInfo& span) = 0;
  // Called only after an on_span() whose span has links; for links of refused spans, too.
  virtual void on_link(const SpanInfo& span, const LinkInfo& link) = 0;
};

}  // namespace v1
}  // namespace entail
