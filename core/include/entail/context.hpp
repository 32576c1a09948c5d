// Contexts: which span of which trace something belongs to, as programs hand it to each other and store it, and the
// forms in which they write it: W3C traceparent and tracestate, B3 (one header or several), Jaeger, AWS X-Ray, JSON.
//
// Every parse_x() takes any bytes, reads strictly, and says why it refused: the first reason that applies. It leaves
// what it was given alone on error. IDs are printed in lower case; which case and which lengths are read, each function
// says. Optional whitespace around a header value is accepted. Every format_x() gives text that parse_x() reads back as
// the same context, or empty text where the format cannot say it. Baggage is not touched.
//
// Thread rule: Immutable (free functions and plain data). Cost: one pass over the text, no memory in proportion to
// separators or to lengths that the text declares; only a trace state, JSON's escapes and formatted text are allocated.
// Source: docs/contexts.md says what each format accepts, and names the specifications.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  bool is_remote = false;   // it came from outside this process; parse_x() sets it, unless JSON says otherwise
  std::string trace_state;  // W3C tracestate; empty if there is none
  bool is_valid() const noexcept { return !trace_id.is_zero() && !span_id.is_zero(); }
  bool operator==(const SpanContext&) const = default;
};

// What the sender decided about recording. W3C has only denied and sampled.
enum class SamplingState : std::uint8_t {
  deferred = 0,  // not decided: the receiver decides
  denied = 1,
  sampled = 2,
  debug = 3,  // sampled, and to be kept whatever other samplers say
};

// A context in a form other than W3C, with what W3C has no place for. parse_x() sets the sampled flag of the context
// iff sampling is sampled or debug; format_x() goes by sampling alone.
struct ForeignContext {
  SpanContext context;  // not valid where the text has a decision and nothing else (B3), or no parent (X-Ray)
  SpanId parent_id;     // the sender's own parent, B3 and Jaeger; zero if there is none
  SamplingState sampling = SamplingState::deferred;
  bool operator==(const ForeignContext&) const = default;
};
// The same with sampled or denied, as the flag says.
ForeignContext to_foreign(const SpanContext& context);

// Why a context, or a part of a link, was not taken. Numbers are frozen: never reused, only added to.
enum class ContextError : std::uint8_t {
  none = 0,
  no_context = 1,            // no header of a known format is there
  no_ids = 2,                // a sampling decision, or a trace, but no span
  duplicate_header = 3,      // two traceparent headers
  too_short = 4,             // fewer characters than the format has
  too_long = 5,              // more characters than the format allows
  bad_separator = 6,         // fields are not separated as the format says
  bad_version = 7,           // not a version, or one whose form is unknown
  forbidden_version = 8,     // traceparent version ff
  trailing_data = 9,         // something behind the last field
  bad_trace_id = 10,         // not hex digits, or not as many as the format allows
  zero_trace_id = 11,        // all zero
  bad_span_id = 12,          // as bad_trace_id
  zero_span_id = 13,         // all zero
  bad_parent_id = 14,        // as bad_trace_id
  bad_sampling = 15,         // a sampling state that the format does not have
  bad_flags = 16,            // not hex digits, not as many as the format allows, or beyond 255
  missing_field = 17,        // a field without which there is no context
  duplicate_field = 18,      // a field that stands twice, or two contexts in one text
  bad_json = 19,             // not one JSON object
  too_deep = 20,             // JSON nested too deep
  bad_trace_state = 21,      // a tracestate that does not parse
  bad_key = 22,              // a key of a store: empty or too long
  bad_attribute = 23,        // an attribute with an empty key, or text that is not UTF-8
  duplicate_attribute = 24,  // an attribute whose key the link has already
  too_many_attributes = 25,  // more attributes than the limit
  no_room = 26,              // a limit on bytes or counts is reached
  out_of_memory = 27,
  not_found = 28,  // a key that the store does not hold: never put, removed, expired or evicted
};
constexpr unsigned kContextErrorCount = 29;
// The enumerator's name, such as "bad_trace_id". Static text.
std::string_view context_error_name(ContextError error) noexcept;
// What it means, in words. Static text.
std::string_view describe(ContextError error) noexcept;

// One header of a request, or of a message. Borrows.
struct Header {
  std::string_view name;
  std::string_view value;
};
// All headers, in the order in which they came. Names are matched in any case.
using Carrier = std::span<const Header>;
// Headers to send: name and value.
using HeadersOut = std::vector<std::pair<std::string_view, std::string>>;

// W3C traceparent, Level 2: lower-case hex only, version ff forbidden, version 00 exactly 55 characters, a higher one
// read as far as 00 goes. Unknown flag bits are cleared. The trace state comes out empty.
ContextError parse_traceparent(std::string_view text, SpanContext& context) noexcept;
std::string format_traceparent(const SpanContext& context);
// Whether the text is a W3C tracestate: none or bad_trace_state. Empty text is one; more than 32,768 bytes are none.
// What stands inside its `ot` entry is not looked at.
ContextError check_trace_state(std::string_view text) noexcept;

// B3 in one header: TRACE-SPAN, TRACE-SPAN-STATE, TRACE-SPAN-STATE-PARENT or STATE alone; TRACE of 16 or 32, SPAN and
// PARENT of 16 lower-case hex digits, a short TRACE padded on the left with zeros; STATE is 0, 1 or d. No STATE:
// deferred; a PARENT has no place then, and is not formatted.
ContextError parse_b3(std::string_view text, ForeignContext& parsed) noexcept;
std::string format_b3(const ForeignContext& context);
// B3 in several headers: X-B3-TraceId, X-B3-SpanId, X-B3-ParentSpanId, X-B3-Sampled (0, 1, false, true), X-B3-Flags (1
// means debug, anything else nothing). Of a header that stands twice the first counts. A decision may stand alone.
ContextError parse_b3_headers(Carrier carrier, ForeignContext& parsed) noexcept;
HeadersOut format_b3_headers(const ForeignContext& context);

// Jaeger's uber-trace-id: TRACE:SPAN:PARENT:FLAGS, hex digits of either case, up to 32, 16, 16 and 2, padded on the
// left with zeros; %3A is a colon. Of the flags 1 means sampled and 2 debug, others are passed over. There is no
// deferred: it is formatted as denied.
ContextError parse_jaeger(std::string_view text, ForeignContext& parsed) noexcept;
std::string format_jaeger(const ForeignContext& context);

// AWS X-Amzn-Trace-Id: Root=1-EPOCH-REST, Parent=SPAN and Sampled=0, 1 or ?, in any order, separated by semicolons; hex
// digits of either case, 8, 24 and 16 of them. Other keys are passed over. Without Parent the span ID is zero; without
// Sampled, or with ?, it is deferred. There is no debug: it is formatted as sampled. At most 8,192 characters.
ContextError parse_xray(std::string_view text, ForeignContext& parsed) noexcept;
std::string format_xray(const ForeignContext& context);

// A context stored as JSON: {"traceId": 32 hex digits, "spanId": 16, "traceFlags": 0..255 or "01", "traceState": text},
// digits of either case, the last two may be missing; "isRemote": false is known too. Or a stored carrier:
// {"traceparent": text, "tracestate": text}. Other members are passed over. At most 65,536 bytes, nested up to 16 deep.
// The trace state is taken as it is: check_trace_state() judges it. One that is no text is kept as its JSON, which is
// never a tracestate.
ContextError parse_stored_context(std::string_view json, SpanContext& context) noexcept;
// The first form, on one line; traceState only if not empty, isRemote only if false.
std::string format_stored_context(const SpanContext& context);

// Where a context came from.
enum class ContextFormat : std::uint8_t { none = 0, w3c = 1, b3 = 2, b3_headers = 3, jaeger = 4, xray = 5 };

// What extract_context() met on its way.
struct Extraction {
  ContextFormat format = ContextFormat::none;     // where the context came from
  ContextError passed_over = ContextError::none;  // why an earlier format that is there was refused, the first such
  ContextError trace_state = ContextError::none;  // bad_trace_state: refused, the context comes without
  bool operator==(const Extraction&) const noexcept = default;
};
// The context of a carrier: the first of W3C, B3 in one header, B3 in several, Jaeger and X-Ray that names a span. A
// b3 header that parses hides the X-B3 ones, also when it holds a decision alone. Several tracestate headers are joined
// in order. On error: the reason of the first format that is there, no_context if
// none is. Cost: one pass over the headers' names.
ContextError extract_context(Carrier carrier, SpanContext& context, Extraction* extraction = nullptr) noexcept;

}  // namespace v1
}  // namespace entail
