// The context of a carrier: one walk over the headers' names, then the formats in their order.
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
  const auto take_first = [](const Header& header, std::string_view name, const Header*& first) {
    if (first == nullptr && is_header(header.name, name)) first = &header;
  };
  for (const Header& header : carrier) {
    // Of all names here none is shorter than b3 or longer than x-b3-parentspanid.
    if (header.name.size() < 2 || header.name.size() > 17) continue;
    if (is_header(header.name, "traceparent")) {
      ++known.traceparent_count;
      known.traceparent = &header;
    }
    known.has_tracestate |= is_header(header.name, kTracestateName);
    take_first(header, "b3", known.b3);
    take_first(header, "uber-trace-id", known.jaeger);
    take_first(header, "x-amzn-trace-id", known.xray);
    take_b3_header(header, known.b3_fields);
  }
  return known;
}

// The tracestate headers, joined by commas. bad_trace_state when they do not parse; trace_state is empty then. What
// can fail for want of memory comes first, and changes nothing.
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

// All but the trace state, whose memory stays where it is.
void assign_ids(const SpanContext& from, SpanContext& to) noexcept {
  to.trace_id = from.trace_id;
  to.span_id = from.span_id;
  to.flags = from.flags;
  to.is_remote = from.is_remote;
}

// One try for each format that is there.
class Extractor {
 public:
  Extractor(SpanContext& context, Extraction& extraction) noexcept : context_(context), extraction_(extraction) {}

  // True if the format gave a context.
  bool take(ContextError error, ContextFormat format) noexcept {
    if (error == ContextError::none) {
      extraction_.format = format;
      extraction_.passed_over = first_error_;
      return true;
    }
    if (first_error_ == ContextError::none) first_error_ = error;
    return false;
  }
  bool take_foreign(ContextError error, ContextFormat format) noexcept {
    if (error == ContextError::none && !foreign_.context.is_valid()) error = ContextError::no_ids;
    if (!take(error, format)) return false;
    assign_ids(foreign_.context, context_);
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
    SpanContext read;
    const ContextError error = known.traceparent_count > 1 ? ContextError::duplicate_header
                                                           : parse_traceparent(known.traceparent->value, read);
    if (extractor.take(error, ContextFormat::w3c)) {
      if (known.has_tracestate)
        extraction.trace_state = join_trace_state(carrier, context.trace_state);
      else
        context.trace_state.clear();
      assign_ids(read, context);
      return ContextError::none;
    }
  }
  bool b3_is_sound = false;
  if (known.b3 != nullptr) {
    const ContextError error = parse_b3(known.b3->value, extractor.foreign());
    b3_is_sound = error == ContextError::none;
    if (extractor.take_foreign(error, ContextFormat::b3)) return ContextError::none;
  }
  if (known.b3_fields.any() && !b3_is_sound &&
      extractor.take_foreign(parse_b3_fields(known.b3_fields, extractor.foreign()), ContextFormat::b3_headers))
    return ContextError::none;
  if (known.jaeger != nullptr &&
      extractor.take_foreign(parse_jaeger(known.jaeger->value, extractor.foreign()), ContextFormat::jaeger))
    return ContextError::none;
  if (known.xray != nullptr &&
      extractor.take_foreign(parse_xray(known.xray->value, extractor.foreign()), ContextFormat::xray))
    return ContextError::none;
  return extractor.error();
}

}  // namespace
}  // namespace links

inline namespace v1 {

ContextError extract_context(Carrier carrier, SpanContext& context, Extraction* extraction) noexcept {
  Extraction met;
  ContextError error = ContextError::out_of_memory;
  try {
    error = links::extract(carrier, context, met);
  } catch (const std::bad_alloc&) {
    met = {};
  }
  if (extraction != nullptr) *extraction = met;
  return error;
}

}  // namespace v1
}  // namespace entail
