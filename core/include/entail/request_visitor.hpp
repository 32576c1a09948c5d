// RequestVisitor: receives the spans and links of a parsed Request, for programs that inspect traces without sampling.
//
// Spans and links with invalid IDs are visited too, with their problem. Thread rule: Confined, like the Request.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "entail/types.hpp"

namespace entail {
inline namespace v1 {

// One span. All views are borrowed from the request until on_span() or on_link() returns.
struct SpanInfo {
  TraceId trace_id;  // zero if invalid, see `problem`
  SpanId span_id;
  SpanId parent_span_id;         // zero for a root
  std::string_view problem;      // empty = valid; all_zero, wrong_length, bad_hex: the engine would reject the span
  std::string_view name;         // as received, not validated as UTF-8
  std::string_view service;      // the resource's service.name, if it is a string
  std::uint64_t start_ns = 0;    // since the epoch, as received
  std::uint64_t end_ns = 0;      // as received
  std::uint8_t status_code = 0;  // OTLP: 0 UNSET, 1 OK, 2 ERROR; 3 for all higher numbers
  std::uint64_t offset = 0;      // of the Span message in Request::protobuf()
  std::uint64_t size_bytes = 0;  // of the Span message
  std::uint64_t link_count = 0;  // as received, invalid ones included
  std::uint32_t dropped_links_count = 0;  // dropped by the SDK
};

// One link of a span. Borrows from the request.
struct LinkInfo {
  TraceId trace_id;  // zero unless `problem` is empty
  SpanId span_id;
  std::uint32_t flags = 0;                  // W3C trace flags in the low 8 bits
  std::string_view problem;                 // empty = valid; null_target, all_zero, wrong_length, bad_hex
  bool bad_tracestate = false;              // does not invalidate the link
  std::uint64_t offset = 0;                 // of the link's field in Request::protobuf()
  std::span<const std::string_view> types;  // string values of link.type and link.relationship, as received
  std::uint32_t attribute_count = 0;
};

// Receives the spans and links of a request on the thread that calls Request::visit().
class RequestVisitor {
 public:
  virtual ~RequestVisitor() = default;
  // In the order of the request. The links of a span follow it.
  virtual void on_span(const SpanInfo& span) = 0;
  // Called after the on_span() of its span; also for links of spans that the engine would reject.
  virtual void on_link(const SpanInfo& span, const LinkInfo& link) = 0;
};

}  // namespace v1
}  // namespace entail
