#include "engine/trace_sizes.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "otlp/fields.hpp"
#include "wire/field_cursor.hpp"
#include "wire/range.hpp"

namespace entail::engine {

namespace {

constexpr std::uint64_t kEmptyFieldBytes = 2;  // tag and length 0: the Collector writes some fields always

constexpr std::uint64_t field_bytes(std::uint64_t payload) noexcept {
  std::uint64_t length_bytes = 1;
  for (std::uint64_t rest = payload; rest >= 0x80; rest >>= 7) ++length_bytes;
  return 1 + length_bytes + payload;
}

bool has_field(Bytes bytes, wire::Range range, std::uint32_t number) noexcept {
  wire::FieldCursor cursor(bytes, range);
  wire::FieldView field;
  while (cursor.next(field))
    if (field.number == number) return true;
  return false;
}

std::uint64_t span_bytes(const otlp::Decoded& decoded, const otlp::SpanView& span) noexcept {
  std::uint64_t bytes = span.payload.size;
  if (!has_field(decoded.bytes, span.payload, otlp::span_field::kParentSpanId.number)) bytes += kEmptyFieldBytes;
  if (!has_field(decoded.bytes, span.payload, otlp::span_field::kStatus.number)) bytes += kEmptyFieldBytes;
  return field_bytes(bytes);
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
      batch += field_bytes(part);
    }
    sizes[first] = field_bytes(batch);
  }
}

}  // namespace entail::engine
