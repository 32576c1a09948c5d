// A carrier, one line per header: the links that a LinkBuilder makes of it decode, with the extracted IDs;
// every carrier gives a link or a reason.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "entail/link_builder.hpp"
#include "otlp/decode.hpp"
#include "wire/writer.hpp"

using namespace entail;

namespace {

std::vector<Header> headers_of(std::string_view text) {
  std::vector<Header> headers;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos)
      headers.push_back({line, {}});
    else
      headers.push_back({line.substr(0, colon), line.substr(colon + 1)});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return headers;
}

// The only link of a request that consists of the builder's fields.
void check_link(const LinkBuilder& builder, const SpanContext& context) {
  wire::Buffer scope_spans;
  wire::append_bytes_field(scope_spans, 2, builder.span_fields());
  wire::Buffer resource_spans;
  wire::append_bytes_field(resource_spans, 2, scope_spans);
  wire::Buffer request;
  wire::append_bytes_field(request, 1, resource_spans);
  otlp::Decoded decoded;
  ENTAIL_CHECK(otlp::decode(request, nullptr, decoded).ok());
  ENTAIL_CHECK(decoded.spans.size() == 1 && decoded.link_count == builder.link_count());
  otlp::LinkCursor cursor(decoded, decoded.spans[0]);
  otlp::LinkView link;
  ENTAIL_CHECK(cursor.next(link));
  ENTAIL_CHECK(base::load_trace_id(wire::slice(request, link.trace_id).data()) == context.trace_id);
  ENTAIL_CHECK(base::load_span_id(wire::slice(request, link.span_id).data()) == context.span_id);
  ENTAIL_CHECK(link.trace_state.size == context.trace_state.size());
  ENTAIL_CHECK(link.flags == (context.flags | 0x300u));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<Header> headers = headers_of(text);
  SpanContext context;
  const auto extraction = extract_context(headers, context);
  LinkBuilder builder;
  // Any text as an attribute, too: it is written, or omitted and counted.
  const LinkAttribute attributes[] = {{text.substr(0, text.size() / 2), text}, {"n", static_cast<std::int64_t>(size)}};
  LinkDetails details;
  details.type = link_type::kEventSource;
  details.attributes = attributes;
  ENTAIL_CHECK(builder.add(Carrier(headers), details).error() == extraction.error());
  ENTAIL_CHECK(builder.link_count() + builder.refused_count() == 1);
  if (!extraction.ok()) {
    ENTAIL_CHECK(context == SpanContext{} && builder.refused(extraction.error()) == 1);
    return 0;
  }
  ENTAIL_CHECK(context.is_valid() && context.is_remote && extraction->format != ContextFormat::none);
  ENTAIL_CHECK(check_trace_state(context.trace_state).ok());
  check_link(builder, context);
  return 0;
}
