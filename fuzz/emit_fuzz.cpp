// Whatever decode() accepts, BatchWriter writes again: all spans with their bytes, in messages that decode() accepts;
// and a span with every edit applied still decodes, with the links it was given.
#include <algorithm>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "emit/batch_writer.hpp"
#include "otlp/decode.hpp"
#include "wire/writer.hpp"

namespace {

using namespace entail;

wire::Buffer own_fields(const otlp::Decoded& decoded, std::uint32_t first, std::uint32_t count) {
  wire::Buffer all;
  for (std::uint32_t i = first; i < first + count; ++i)
    wire::append_bytes(all, wire::slice(decoded.bytes, decoded.fields[i]));
  return all;
}

// A span with its context: equal before and after, in whichever message.
struct Emitted {
  wire::Buffer resource, scope, payload;
  auto operator<=>(const Emitted&) const = default;
};

std::vector<Emitted> spans_of(const otlp::Decoded& decoded) {
  std::vector<Emitted> all;
  for (const otlp::SpanView& span : decoded.spans) {
    const otlp::ScopeView& scope = decoded.scopes[span.scope];
    const otlp::ResourceView& resource = decoded.resources[scope.resource];
    const Bytes payload = wire::slice(decoded.bytes, span.payload);
    all.push_back({own_fields(decoded, resource.first_field, resource.field_count),
                   own_fields(decoded, scope.first_field, scope.field_count),
                   wire::Buffer(payload.begin(), payload.end())});
  }
  return all;
}

void take(emit::BatchWriter& writer, std::vector<Emitted>& out) {
  otlp::Decoded decoded;
  const std::uint64_t count = writer.span_count();
  ENTAIL_CHECK(otlp::decode(writer.take(), nullptr, decoded).ok());
  ENTAIL_CHECK(decoded.spans.size() == count);
  for (Emitted& span : spans_of(decoded)) out.push_back(std::move(span));
}

void check_copy(const std::vector<Emitted>& spans, std::uint64_t batch_bytes_max) {
  emit::BatchWriter writer(batch_bytes_max);
  std::vector<Emitted> out;
  for (const Emitted& span : spans) {
    if (writer.add({span.resource, base::digest(span.resource), span.scope, base::digest(span.scope), span.payload}))
      take(writer, out);
  }
  while (!writer.empty()) take(writer, out);
  std::vector<Emitted> wanted = spans;
  std::sort(wanted.begin(), wanted.end());
  std::sort(out.begin(), out.end());
  ENTAIL_CHECK(out == wanted);
}

void check_edit(const Emitted& span) {
  wire::Buffer link;
  emit::append_restored_link({1, 2}, {3}, link);
  const std::vector<Bytes> links = {link, link};
  const std::vector<emit::Attribute> attributes = {
      {"k", true}, {"entail.keep.reason", std::string("policy")}, {"", std::monostate{}}};
  const emit::SpanEdit edit{.replace_trace_state = true,
                            .trace_state = "ot=th:8",
                            .replace_links = true,
                            .link_fields = links,
                            .dropped_links_count = 7,
                            .attributes = attributes};
  emit::BatchWriter writer(1 << 20);
  ENTAIL_CHECK(!writer.add(
      {span.resource, base::digest(span.resource), span.scope, base::digest(span.scope), span.payload, &edit}));
  otlp::Decoded decoded;
  ENTAIL_CHECK(otlp::decode(writer.take(), nullptr, decoded).ok());
  ENTAIL_CHECK(decoded.spans.size() == 1 && decoded.spans[0].link_count == 2 &&
               decoded.spans[0].dropped_links_count == 7);
  ENTAIL_CHECK(decoded.spans[0].trace_state.size == edit.trace_state.size() && decoded.spans[0].attribute_count >= 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  otlp::Decoded decoded;
  if (!otlp::decode({data, size}, nullptr, decoded).ok()) return 0;
  const std::vector<Emitted> spans = spans_of(decoded);
  check_copy(spans, UINT64_MAX);
  check_copy(spans, size / 2);
  if (!spans.empty()) check_edit(spans.front());
  return 0;
}
