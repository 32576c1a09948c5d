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

// Joins the tracestate headers with commas. Returns bad_trace_state, with trace_state empty, if the result does not
// parse. Reserves first, so that std::bad_alloc leaves trace_state unchanged.
ContextError join_trace_state(Carrier carrier, std::string& trace_state) {
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
  const ContextError error = check_trace_state(trace_state);
  if (error != ContextError::none) trace_state.clear();
  return error;
}

// Copies all but the trace state, so that its buffer can be reused.
void assign_all_but_trace_state(const SpanContext& from, SpanContext& to) noexcept {
  to.trace_id = from.trace_id;
  to.span_id = from.span_id;
  to.flags = from.flags;
  to.is_remote = from.is_remote;
}

// Records the outcome of each format tried.
class Extractor {
 public:
  Extractor(SpanContext& context, Extraction& extraction) noexcept : context_(context), extraction_(extraction) {}

  // True if the format yielded a context.
  bool accept(ContextError error, ContextFormat format) noexcept {
    if (error == ContextError::none) {
      extraction_.format = format;
      extraction_.passed_over = first_error_;
      return true;
    }
    if (first_error_ == ContextError::none) first_error_ = error;
    return false;
  }
  bool accept_foreign(ContextError error, ContextFormat format) noexcept {
    if (error == ContextError::none && !foreign_.context.is_valid()) error = ContextError::no_ids;
    if (!accept(error, format)) return false;
    assign_all_but_trace_state(foreign_.context, context_);
    context_.trace_state.clear();
    return true;
  }
  ForeignContext& foreign() noexcept { return foreign_; }
  ContextError error() const noexcept {
    return first_error_ == ContextError::none ? ContextError::no_context : first_error_;
  }

 private:
  SpanContext& context_;
  Extraction& extraction_;
  ForeignContext foreign_;
  ContextError first_error_ = ContextError::none;
};

ContextError extract(Carrier carrier, SpanContext& context, Extraction& extraction) {
  const KnownHeaders known = find_headers(carrier);
  Extractor extractor(context, extraction);
  if (known.traceparent != nullptr) {
    SpanContext parsed;
    const ContextError error = known.traceparent_count > 1 ? ContextError::duplicate_header
                                                           : parse_traceparent(known.traceparent->value, parsed);
    if (extractor.accept(error, ContextFormat::w3c)) {
      if (known.has_tracestate)
        extraction.trace_state = join_trace_state(carrier, context.trace_state);
      else
        context.trace_state.clear();
      assign_all_but_trace_state(parsed, context);
      return ContextError::none;
    }
  }
  bool b3_is_valid = false;
  if (known.b3 != nullptr) {
    const ContextError error = parse_b3(known.b3->value, extractor.foreign());
    b3_is_valid = error == ContextError::none;
    if (extractor.accept_foreign(error, ContextFormat::b3)) return ContextError::none;
  }
  if (known.b3_fields.any() && !b3_is_valid &&
      extractor.accept_foreign(parse_b3_fields(known.b3_fields, extractor.foreign()), ContextFormat::b3_headers))
    return ContextError::none;
  if (known.jaeger != nullptr &&
      extractor.accept_foreign(parse_jaeger(known.jaeger->value, extractor.foreign()), ContextFormat::jaeger))
    return ContextError::none;
  if (known.xray != nullptr &&
      extractor.accept_foreign(parse_xray(known.xray->value, extractor.foreign()), ContextFormat::xray))
    return ContextError::none;
  return extractor.error();
}

}  // namespace
}  // namespace links

inline namespace v1 {

ContextError extract_context(Carrier carrier, SpanContext& context, Extraction* extraction) noexcept {
  Extraction result;
  ContextError error = ContextError::out_of_memory;
  try {
    error = links::extract(carrier, context, result);
  } catch (const std::bad_alloc&) {
    result = {};
  }
  if (extraction != nullptr) *extraction = result;
  return error;
}

}  // namespace v1
}  // namespace entail
