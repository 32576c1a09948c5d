// Span contexts, and the formats in which programs exchange and store them: W3C traceparent and tracestate, B3 (one
// header or several), Jaeger, AWS X-Ray, JSON.
//
// Every parse_x() accepts arbitrary bytes, parses strictly and fails with the first error that it meets; each lists the
// hex case and the lengths it accepts. Optional whitespace around a header value is accepted. Every format_x() writes
// IDs in lower case and returns text that parse_x() parses back to the same context, or an empty string if the format
// cannot represent the context. Baggage is ignored.
//
// Thread rule: Immutable (free functions and plain data). Cost: one pass over the text; memory never depends on lengths
// or separators that the text contains. Only trace states, unescaped JSON and formatted text are allocated.
// Source: docs/contexts.md describes the accepted forms and names the specifications.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "entail/result.hpp"
#include "entail/types.hpp"

namespace entail {
inline namespace v1 {

// W3C trace flags.
constexpr std::uint8_t kTraceFlagSampled = 0x01;
constexpr std::uint8_t kTraceFlagRandom = 0x02;  // the low 56 bits of the trace ID are random

// The context of one span. Owns its memory.
struct SpanContext {
  TraceId trace_id;
  SpanId span_id;
  std::uint8_t flags = 0;   // W3C trace flags
  bool is_remote = false;   // from another process; parse_x() sets it, unless the JSON has "isRemote": false
  std::string trace_state;  // W3C tracestate; empty if absent
  bool is_valid() const noexcept { return !trace_id.is_zero() && !span_id.is_zero(); }
  bool operator==(const SpanContext&) const = default;
};

// The sender's sampling decision. W3C has only denied and sampled.
enum class SamplingState : std::uint8_t {
  deferred = 0,  // not decided: left to the receiver
  denied = 1,
  sampled = 2,
  debug = 3,  // sampled, and not to be dropped by any other sampler
};

// A context in a format other than W3C, with the parts that W3C cannot represent. parse_x() sets the sampled flag of
// the context iff sampling is sampled or debug; format_x() ignores the flag and writes `sampling`.
struct ForeignContext {
  SpanContext context;  // invalid if the text has only a decision (B3) or no parent (X-Ray)
  SpanId parent_id;     // B3 and Jaeger: the parent of the sender's span; zero if absent
  SamplingState sampling = SamplingState::deferred;
  bool operator==(const ForeignContext&) const = default;
};
// The same context, sampled or denied as its flag says.
ForeignContext to_foreign(const SpanContext& context);

// Why a context, or a part of a link, was rejected. Numbers are frozen: never reused, only added to.
enum class ContextError : std::uint8_t {
  none = 0,
  no_context = 1,            // no header of a known format
  no_ids = 2,                // a sampling decision or a trace ID, but no span ID
  duplicate_header = 3,      // two traceparent headers
  too_short = 4,             // fewer characters than the format requires
  too_long = 5,              // more characters than the format allows
  bad_separator = 6,         // a missing or wrong separator between two fields
  bad_version = 7,           // not a version, or a version of unknown form
  forbidden_version = 8,     // traceparent version ff
  trailing_data = 9,         // characters after the last field
  bad_trace_id = 10,         // not hex digits, or a number of them that the format does not allow
  zero_trace_id = 11,        // all zero
  bad_span_id = 12,          // as bad_trace_id
  zero_span_id = 13,         // all zero
  bad_parent_id = 14,        // as bad_trace_id
  bad_sampling = 15,         // a sampling state that the format does not define
  bad_flags = 16,            // not hex digits, a number of them that the format does not allow, or more than 255
  missing_field = 17,        // a required field is absent
  duplicate_field = 18,      // a field that occurs twice, or two contexts in one text
  bad_json = 19,             // not a single JSON object
  too_deep = 20,             // JSON nested beyond the limit
  bad_trace_state = 21,      // a tracestate that does not parse
  bad_key = 22,              // a ContextStore key that is empty or too long
  bad_attribute = 23,        // an attribute with an empty key, or a string that is not UTF-8
  duplicate_attribute = 24,  // an attribute whose key the link already has
  too_many_attributes = 25,  // more attributes than the limit
  no_room = 26,              // a limit on bytes or counts is reached
  out_of_memory = 27,
  not_found = 28,  // a key that the store does not hold: never put, removed, expired or evicted
};
constexpr unsigned kContextErrorCount = 29;
// The enumerator's name, such as "bad_trace_id"; "unknown" for other numbers. Static text.
std::string_view context_error_name(ContextError error) noexcept;
// The meaning in words. Static text.
std::string_view describe(ContextError error) noexcept;

// One header of a request or a message. Borrows.
struct Header {
  std::string_view name;
  std::string_view value;
};
// All headers in the order received. Names are compared case-insensitively.
using Carrier = std::span<const Header>;
// Headers to send: name and value.
using HeadersOut = std::vector<std::pair<std::string_view, std::string>>;

// W3C traceparent, Level 2: lower-case hex only, no version ff, exactly 55 characters in version 00. Of higher versions
// only the fields of version 00 are read. Unknown flag bits are cleared; the trace state is empty.
Result<SpanContext, ContextError> parse_traceparent(std::string_view text) noexcept;
std::string format_traceparent(const SpanContext& context);
// Validates a W3C tracestate of at most 32,768 bytes; fails with bad_trace_state. Empty text is valid. The value of its
// `ot` member is not parsed.
Result<void, ContextError> check_trace_state(std::string_view text) noexcept;

// B3 in one header: TRACE-SPAN, TRACE-SPAN-STATE, TRACE-SPAN-STATE-PARENT, or STATE alone. TRACE has 16 or 32, SPAN and
// PARENT have 16 lower-case hex digits; a short TRACE is padded on the left with zeros. STATE is 0, 1 or d; without it
// sampling is deferred, and the parent cannot be formatted.
Result<ForeignContext, ContextError> parse_b3(std::string_view text) noexcept;
std::string format_b3(const ForeignContext& context);
// B3 in several headers: X-B3-TraceId, X-B3-SpanId, X-B3-ParentSpanId, X-B3-Sampled (0, 1, false, true), X-B3-Flags (1
// means debug, other values are ignored). The first of two equal headers counts. A decision without IDs is valid.
Result<ForeignContext, ContextError> parse_b3_headers(Carrier carrier) noexcept;
HeadersOut format_b3_headers(const ForeignContext& context);

// Jaeger's uber-trace-id: TRACE:SPAN:PARENT:FLAGS, up to 32, 16, 16 and 2 hex digits of either case, padded on the left
// with zeros; %3A is read as a colon. Flag 1 means sampled, 2 debug; others are ignored. The format has no deferred
// state: it is formatted as denied.
Result<ForeignContext, ContextError> parse_jaeger(std::string_view text) noexcept;
std::string format_jaeger(const ForeignContext& context);

// AWS X-Amzn-Trace-Id: Root=1-EPOCH-REST, Parent=SPAN and Sampled=0, 1 or ? in any order, separated by semicolons, with
// 8, 24 and 16 hex digits of either case; at most 8,192 characters. Other keys are ignored. Without Parent the span ID
// is zero; without Sampled, or with ?, sampling is deferred. The format has no debug state: it is formatted as sampled.
Result<ForeignContext, ContextError> parse_xray(std::string_view text) noexcept;
std::string format_xray(const ForeignContext& context);

// A context stored as JSON: {"traceId": 32 hex digits, "spanId": 16, "traceFlags": 0..255 or "01", "traceState":
// string, "isRemote": bool}, hex digits of either case, the last three optional. Or a stored carrier: {"traceparent":
// string, "tracestate": string}. Other members are ignored. At most 65,536 bytes, nested at most 16 deep.
// The trace state is copied, not validated: use check_trace_state(). If it is not a string, its JSON text is copied,
// which is never a valid tracestate. May fail with out_of_memory.
Result<SpanContext, ContextError> parse_stored_context(std::string_view json) noexcept;
// The first form, on one line; traceState only if not empty, isRemote only if false.
std::string format_stored_context(const SpanContext& context);

// The format that a context was extracted from.
enum class ContextFormat : std::uint8_t { none = 0, w3c = 1, b3 = 2, b3_headers = 3, jaeger = 4, xray = 5 };

// How extract_context() succeeded.
struct Extraction {
  ContextFormat format = ContextFormat::none;
  ContextError passed_over = ContextError::none;  // the first error in a format of higher precedence, if any
  ContextError trace_state = ContextError::none;  // bad_trace_state: the tracestate was dropped
  bool operator==(const Extraction&) const noexcept = default;
};
// Stores the context of a carrier in `context`, whose memory it reuses: the first of W3C, B3 in one header, B3 in
// several, Jaeger and X-Ray that names a span. A valid b3 header hides the X-B3 headers even if it has only a decision.
// Several tracestate headers are joined in order. Fails with the error of the first format present, with no_context if
// there is none, or with out_of_memory; `context` is then unchanged. Cost: one pass over the header names.
Result<Extraction, ContextError> extract_context(Carrier carrier, SpanContext& context) noexcept;

}  // namespace v1
}  // namespace entail
