// Extracts the context of a carrier: one pass over the header names, then the formats in order of precedence.
#include <new>

#include "context/tracestate.hpp"
#include "links/b3.hpp"
#include "links/foreign.hpp"

namespace entail {
namespace links {
namespace {

struct KnownHeaders {
  const Header* traceparent = nullptr;
  const Header* b3 = nullptr;
  const Header* jaeger = nullptr;
  const Header* xray = nullptr;
  B3Fields b3_fields;
  unsigned traceparent_count = 0;
  bool has_tracestate = false;
};

constexpr std::string_view kTracestateName = "tracestate";

KnownHeaders find_headers(Carrier carrier) noexcept {
  KnownHeaders known;
  const auto match_first = [](const Header& header, std::string_view name, const Header*& first) {
    if (first == nullptr && is_header(header.name, name)) first = &header;
  };
  for (const Header& header : carrier) {
    // The shortest name is b3, the longest x-b3-parentspanid.
    if (header.name.size() < 2 || header.name.size() > 17) continue;
    if (is_header(header.name, "traceparent")) {
      ++known.traceparent_count;
      known.traceparent = &header;
    }
    known.has_tracestate |= is_header(header.name, kTracestateName);
    match_first(header, "b3", known.b3);
    match_first(header, "uber-trace-id", known.jaeger);
    match_first(header, "x-amzn-trace-id", known.xray);
    collect_b3_header(header, known.b3_fields);
  }
  return known;
}

// Joins the tracestate headers with commas. Fails with bad_trace_state, with trace_state empty, if the result does not
// parse. Reserves first, so that std::bad_alloc leaves trace_state unchanged.
Result<void, ContextError> join_trace_state(Carrier carrier, std::string& trace_state) {
  std::size_t size = 0;
  for (const Header& header : carrier)
    if (is_header(header.name, kTracestateName)) size += trim_ows(header.value).size() + 1;
  if (size <= context::kTraceStateBytesMax) trace_state.reserve(size);
  trace_state.clear();
  if (size > context::kTraceStateBytesMax) return ContextError::bad_trace_state;
  for (const Header& header : carrier) {
    const std::string_view value = trim_ows(header.value);
    if (value.empty() || !is_header(header.name, kTracestateName)) continue;
    if (!trace_state.empty()) trace_state += ',';
    trace_state += value;
  }
  const Result<void, ContextError> checked = check_trace_state(trace_state);
  if (!checked.ok()) trace_state.clear();
  return checked;
}

// Copies all but the trace state, so that its buffer can be reused.
void assign_all_but_trace_state(const SpanContext& from, SpanContext& to) noexcept {
  to.trace_id = from.trace_id;
  to.span_id = from.span_id;
  to.flags = from.flags;
  to.is_remote = from.is_remote;
}

// Tries one format after the other and remembers the first error.
class Extractor {
 public:
  explicit Extractor(SpanContext& context) noexcept : context_(context) {}

  // Stores the context and returns true if the format yielded one that names a span. Keeps the buffer of trace_state,
  // which it leaves to the caller for W3C and clears for the other formats.
  bool accept_w3c(const Result<SpanContext, ContextError>& parsed) noexcept {
    if (!parsed.ok()) return reject(parsed.error());
    assign_all_but_trace_state(*parsed, context_);
    extraction_.format = ContextFormat::w3c;
    return true;
  }
  bool accept(const Result<ForeignContext, ContextError>& parsed, ContextFormat format) noexcept {
    if (!parsed.ok()) return reject(parsed.error());
    if (!parsed->context.is_valid()) return reject(ContextError::no_ids);
    assign_all_but_trace_state(parsed->context, context_);
    context_.trace_state.clear();
    extraction_.format = format;
    return true;
  }
  Extraction& extraction() noexcept { return extraction_; }
  ContextError error() const noexcept {
    return extraction_.passed_over == ContextError::none ? ContextError::no_context : extraction_.passed_over;
  }

 private:
  bool reject(ContextError error) noexcept {
    if (extraction_.passed_over == ContextError::none) extraction_.passed_over = error;
    return false;
  }

  SpanContext& context_;
  Extraction extraction_;
};

Result<Extraction, ContextError> extract(Carrier carrier, SpanContext& context) {
  const KnownHeaders known = find_headers(carrier);
  Extractor extractor(context);
  Extraction& extraction = extractor.extraction();
  if (known.traceparent != nullptr) {
    Result<SpanContext, ContextError> parsed = ContextError::duplicate_header;
    if (known.traceparent_count == 1) parsed = parse_traceparent(known.traceparent->value);
    // The trace state comes first: joining it may run out of memory, which must leave the context unchanged.
    if (parsed.ok() && known.has_tracestate)
      extraction.trace_state = join_trace_state(carrier, context.trace_state).error();
    else if (parsed.ok())
      context.trace_state.clear();
    if (extractor.accept_w3c(parsed)) return extraction;
  }
  bool b3_is_valid = false;
  if (known.b3 != nullptr) {
    const Result<ForeignContext, ContextError> parsed = parse_b3(known.b3->value);
    b3_is_valid = parsed.ok();
    if (extractor.accept(parsed, ContextFormat::b3)) return extraction;
  }
  if (known.b3_fields.any() && !b3_is_valid &&
      extractor.accept(parse_b3_fields(known.b3_fields), ContextFormat::b3_headers))
    return extraction;
  if (known.jaeger != nullptr && extractor.accept(parse_jaeger(known.jaeger->value), ContextFormat::jaeger))
    return extraction;
  if (known.xray != nullptr && extractor.accept(parse_xray(known.xray->value), ContextFormat::xray)) return extraction;
  return extractor.error();
}

}  // namespace
}  // namespace links

inline namespace v1 {

Result<Extraction, ContextError> extract_context(Carrier carrier, SpanContext& context) noexcept {
  try {
    return links::extract(carrier, context);
  } catch (const std::bad_alloc&) {
    return ContextError::out_of_memory;
  }
}

}  // namespace v1
}  // namespace entail
