#include "engine/trace_sizes.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "otlp/fields.hpp"
#include "wire/field_cursor.hpp"
#include "wire/range.hpp"
#include "wire/writer.hpp"

namespace entail::engine {

namespace {

constexpr std::uint64_t kEmptyFieldBytes = 2;  // tag and length 0: the Collector writes some fields always

bool has_field(Bytes bytes, wire::Range range, std::uint32_t number) noexcept {
  wire::FieldCursor cursor(bytes, range);
  wire::FieldView field;
  while (cursor.next(field))
    if (field.number == number) return true;
  return false;
}

std::uint64_t span_bytes(const otlp::Decoded& decoded, const otlp::SpanView& span) noexcept {
  bool has_parent = false;
  bool has_status = false;
  wire::FieldCursor cursor(decoded.bytes, span.payload);
  for (wire::FieldView field; cursor.next(field) && !(has_parent && has_status);) {
    has_parent |= field.number == otlp::span_field::kParentSpanId.number;
    has_status |= field.number == otlp::span_field::kStatus.number;
  }
  const std::uint64_t added = (has_parent ? 0 : kEmptyFieldBytes) + (has_status ? 0 : kEmptyFieldBytes);
  return wire::length_field_size(otlp::scope_spans_field::kSpans.number, span.payload.size + added);
}

// The fields of a ResourceSpans or ScopeSpans beside its items; field 1 is the resource or scope.
template <class View>
std::uint64_t envelope_bytes(const otlp::Decoded& decoded, const View& view) noexcept {
  std::uint64_t bytes = 0;
  bool is_there = false;
  for (std::uint32_t i = 0; i < view.field_count; ++i) {
    const wire::Range range = decoded.fields[view.first_field + i];
    bytes += range.size;
    is_there |= has_field(decoded.bytes, range, 1);
  }
  return bytes + (is_there ? 0 : kEmptyFieldBytes);
}

}  // namespace

void add_sizes(const otlp::Decoded& decoded, const std::vector<std::uint32_t>& accepted,
               const std::vector<TraceId>& ids, std::vector<std::uint64_t>& sizes) {
  sizes.assign(accepted.size(), 0);
  const auto key = [&](std::uint32_t i) {
    const std::uint32_t scope = decoded.spans[accepted[i]].scope;
    return std::tuple(decoded.scopes[scope].resource, ids[i], scope, i);
  };
  std::vector<std::uint32_t> order(accepted.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    const auto [resource, id, first_scope, first] = key(order[begin]);
    std::uint64_t batch = envelope_bytes(decoded, decoded.resources[resource]);
    while (end < order.size() && decoded.scopes[decoded.spans[accepted[order[end]]].scope].resource == resource &&
           ids[order[end]] == id) {
      const std::uint32_t scope = decoded.spans[accepted[order[end]]].scope;
      std::uint64_t part = envelope_bytes(decoded, decoded.scopes[scope]);
      for (; end < order.size() && decoded.spans[accepted[order[end]]].scope == scope && ids[order[end]] == id; ++end)
        part += span_bytes(decoded, decoded.spans[accepted[order[end]]]);
      batch += wire::length_field_size(otlp::resource_spans_field::kScopeSpans.number, part);
    }
    sizes[first] = wire::length_field_size(otlp::request_field::kResourceSpans.number, batch);
  }
}

}  // namespace entail::engine
