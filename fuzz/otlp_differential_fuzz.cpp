// Any bytes to decode() and to protobuf C++: both reject, or both read the same; and what BatchWriter writes of the
// spans is, to protobuf, the spans that came in.
#include <algorithm>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "emit/batch_writer.hpp"
#include "otlp/decode.hpp"
#include "tests/otlp/decode_oracle.hpp"

namespace {

using namespace entail;
using otlp_test::as_string;
using otlp_test::may_hold_long_varint;

// A span with its context, as protobuf reads it.
std::vector<std::string> spans_of(const otlp_lax::TracesData& data) {
  std::vector<std::string> all;
  for (const auto& resource : data.resource_spans()) {
    otlp_lax::ResourceSpans around_resource = resource;
    around_resource.clear_scope_spans();
    for (const auto& scope : resource.scope_spans()) {
      otlp_lax::ScopeSpans around_scope = scope;
      around_scope.clear_spans();
      for (const auto& span : scope.spans())
        all.push_back(otlp_test::deterministic(around_resource) + '\0' + otlp_test::deterministic(around_scope) + '\0' +
                      otlp_test::deterministic(span));
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::string own_fields(const otlp::Decoded& decoded, std::uint32_t first, std::uint32_t count) {
  std::string all;
  for (std::uint32_t i = first; i < first + count; ++i) all += as_string(wire::slice(decoded.bytes, decoded.fields[i]));
  return all;
}

void check_emitted(const otlp::Decoded& decoded, const otlp_lax::TracesData& wanted) {
  emit::BatchWriter writer(UINT64_MAX);
  for (const otlp::SpanView& span : decoded.spans) {
    const otlp::ScopeView& scope = decoded.scopes[span.scope];
    const otlp::ResourceView& resource = decoded.resources[scope.resource];
    const std::string resource_fields = own_fields(decoded, resource.first_field, resource.field_count);
    const std::string scope_fields = own_fields(decoded, scope.first_field, scope.field_count);
    const Bytes resource_bytes = otlp_test::as_bytes(resource_fields);
    const Bytes scope_bytes = otlp_test::as_bytes(scope_fields);
    ENTAIL_CHECK(!writer.add({resource_bytes, base::digest(resource_bytes), scope_bytes, base::digest(scope_bytes),
                              wire::slice(decoded.bytes, span.payload)}));
  }
  otlp_lax::TracesData emitted;
  ENTAIL_CHECK(otlp_test::oracle_parse(writer.take(), emitted));
  ENTAIL_CHECK(spans_of(emitted) == spans_of(wanted));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static otlp::Decoded decoded;
  const Bytes bytes(data, size);
  otlp_lax::TracesData wanted;
  const bool good = otlp_test::oracle_parse(bytes, wanted);
  const Result<void> result = otlp::decode(bytes, nullptr, decoded);
  if (good != result.ok()) {
    ENTAIL_CHECK(may_hold_long_varint(bytes) || result.error().code() == ErrorCode::too_deep);
    return 0;
  }
  if (!good || may_hold_long_varint(bytes)) return 0;
  ENTAIL_CHECK(otlp_test::Comparison(decoded).run(wanted).empty());
  check_emitted(decoded, wanted);
  return 0;
}
