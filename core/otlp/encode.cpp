#include "otlp/encode.hpp"

#include <bit>

#include "base/bytes.hpp"

namespace entail::otlp {
namespace {

constexpr std::uint32_t kString = any_value_field::kString.number;
constexpr std::uint32_t kBool = any_value_field::kBool.number;
constexpr std::uint32_t kInt = any_value_field::kInt.number;
constexpr std::uint32_t kDouble = any_value_field::kDouble.number;
constexpr std::uint32_t kArray = any_value_field::kArray.number;
constexpr std::uint32_t kElement = list_field::kValues.number;

// Size of the ArrayValue message.
std::size_t array_size(std::span<const std::string> value) noexcept {
  std::size_t size = 0;
  for (const std::string& element : value) size += wire::length_field_size(kElement, AnyValueSize{}(element));
  return size;
}

}  // namespace

std::size_t AnyValueSize::operator()(std::string_view value) const noexcept {
  return wire::length_field_size(kString, value.size());
}
std::size_t AnyValueSize::operator()(std::int64_t value) const noexcept {
  return wire::varint_field_size(kInt, static_cast<std::uint64_t>(value));
}
std::size_t AnyValueSize::operator()(double) const noexcept { return wire::fixed64_field_size(kDouble); }
std::size_t AnyValueSize::operator()(bool value) const noexcept { return wire::varint_field_size(kBool, value); }
std::size_t AnyValueSize::operator()(std::span<const std::string> value) const noexcept {
  return wire::length_field_size(kArray, array_size(value));
}

void AppendAnyValue::operator()(std::string_view value) const {
  wire::append_bytes_field(out, kString, base::bytes_of(value));
}
void AppendAnyValue::operator()(std::int64_t value) const {
  wire::append_varint_field(out, kInt, static_cast<std::uint64_t>(value));
}
void AppendAnyValue::operator()(double value) const {
  wire::append_fixed64_field(out, kDouble, std::bit_cast<std::uint64_t>(value));
}
void AppendAnyValue::operator()(bool value) const { wire::append_varint_field(out, kBool, value); }
void AppendAnyValue::operator()(std::span<const std::string> value) const {
  wire::append_length_header(out, kArray, array_size(value));
  for (const std::string& element : value) {
    wire::append_length_header(out, kElement, AnyValueSize{}(element));
    (*this)(std::string_view(element));
  }
}

void append_link_ids(TraceId trace_id, SpanId span_id, wire::Buffer& out) {
  std::uint8_t trace_bytes[16];
  base::store_trace_id(trace_bytes, trace_id);
  wire::append_bytes_field(out, link_field::kTraceId.number, trace_bytes);
  std::uint8_t span_bytes[8];
  base::store_be64(span_bytes, span_id.value);
  wire::append_bytes_field(out, link_field::kSpanId.number, span_bytes);
}

}  // namespace entail::otlp
