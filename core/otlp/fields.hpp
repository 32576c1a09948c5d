// The fields of OTLP's trace messages, each named once, with its wire type: trace.proto, resource.proto and
// common.proto of opentelemetry-proto 1.x. Thread rule: Immutable.
#pragma once

#include "wire/field.hpp"

namespace entail::otlp {

namespace detail {
constexpr wire::Field varint(std::uint32_t number) noexcept { return {number, wire::WireType::varint}; }
constexpr wire::Field fixed64(std::uint32_t number) noexcept { return {number, wire::WireType::fixed64}; }
constexpr wire::Field fixed32(std::uint32_t number) noexcept { return {number, wire::WireType::fixed32}; }
constexpr wire::Field length(std::uint32_t number) noexcept { return {number, wire::WireType::length}; }
}  // namespace detail

// TracesData and ExportTraceServiceRequest have the same fields.
namespace request_field {
constexpr wire::Field kResourceSpans = detail::length(1);
}  // namespace request_field

namespace resource_spans_field {
constexpr wire::Field kResource = detail::length(1);
constexpr wire::Field kScopeSpans = detail::length(2);
constexpr wire::Field kSchemaUrl = detail::length(3);
}  // namespace resource_spans_field

namespace resource_field {
constexpr wire::Field kAttributes = detail::length(1);
constexpr wire::Field kDroppedAttributesCount = detail::varint(2);
constexpr wire::Field kEntityRefs = detail::length(3);
}  // namespace resource_field

namespace entity_ref_field {
constexpr wire::Field kSchemaUrl = detail::length(1);
constexpr wire::Field kType = detail::length(2);
constexpr wire::Field kIdKeys = detail::length(3);
constexpr wire::Field kDescriptionKeys = detail::length(4);
}  // namespace entity_ref_field

namespace scope_spans_field {
constexpr wire::Field kScope = detail::length(1);
constexpr wire::Field kSpans = detail::length(2);
constexpr wire::Field kSchemaUrl = detail::length(3);
}  // namespace scope_spans_field

// InstrumentationScope.
namespace scope_field {
constexpr wire::Field kName = detail::length(1);
constexpr wire::Field kVersion = detail::length(2);
constexpr wire::Field kAttributes = detail::length(3);
constexpr wire::Field kDroppedAttributesCount = detail::varint(4);
}  // namespace scope_field

namespace span_field {
constexpr wire::Field kTraceId = detail::length(1);
constexpr wire::Field kSpanId = detail::length(2);
constexpr wire::Field kTraceState = detail::length(3);
constexpr wire::Field kParentSpanId = detail::length(4);
constexpr wire::Field kName = detail::length(5);
constexpr wire::Field kKind = detail::varint(6);
constexpr wire::Field kStartTime = detail::fixed64(7);
constexpr wire::Field kEndTime = detail::fixed64(8);
constexpr wire::Field kAttributes = detail::length(9);
constexpr wire::Field kDroppedAttributesCount = detail::varint(10);
constexpr wire::Field kEvents = detail::length(11);
constexpr wire::Field kDroppedEventsCount = detail::varint(12);
constexpr wire::Field kLinks = detail::length(13);
constexpr wire::Field kDroppedLinksCount = detail::varint(14);
constexpr wire::Field kStatus = detail::length(15);
constexpr wire::Field kFlags = detail::fixed32(16);
}  // namespace span_field

// Span.Event.
namespace event_field {
constexpr wire::Field kTime = detail::fixed64(1);
constexpr wire::Field kName = detail::length(2);
constexpr wire::Field kAttributes = detail::length(3);
constexpr wire::Field kDroppedAttributesCount = detail::varint(4);
}  // namespace event_field

// Span.Link.
namespace link_field {
constexpr wire::Field kTraceId = detail::length(1);
constexpr wire::Field kSpanId = detail::length(2);
constexpr wire::Field kTraceState = detail::length(3);
constexpr wire::Field kAttributes = detail::length(4);
constexpr wire::Field kDroppedAttributesCount = detail::varint(5);
constexpr wire::Field kFlags = detail::fixed32(6);
}  // namespace link_field

namespace status_field {
constexpr wire::Field kMessage = detail::length(2);
constexpr wire::Field kCode = detail::varint(3);
}  // namespace status_field

namespace key_value_field {
constexpr wire::Field kKey = detail::length(1);
constexpr wire::Field kValue = detail::length(2);
constexpr wire::Field kKeyIndex = detail::varint(3);  // into a table of strings, which trace messages do not have
}  // namespace key_value_field

namespace any_value_field {
constexpr wire::Field kString = detail::length(1);
constexpr wire::Field kBool = detail::varint(2);
constexpr wire::Field kInt = detail::varint(3);
constexpr wire::Field kDouble = detail::fixed64(4);
constexpr wire::Field kArray = detail::length(5);
constexpr wire::Field kMap = detail::length(6);
constexpr wire::Field kBytes = detail::length(7);
constexpr wire::Field kStringIndex = detail::varint(8);
}  // namespace any_value_field

// ArrayValue and KeyValueList both have `values` alone.
namespace list_field {
constexpr wire::Field kValues = detail::length(1);
}  // namespace list_field

// Strict readers reject an ID that is neither empty nor of its size.
constexpr bool is_malformed_id(std::uint32_t size, std::uint32_t id_size) noexcept {
  return size != 0 && size != id_size;
}

constexpr std::uint32_t kStatusError = 2;  // STATUS_CODE_ERROR

// Bits of the flags of spans and links.
namespace flag {
constexpr std::uint32_t kSampled = 1;
constexpr std::uint32_t kHasIsRemote = 0x100;
constexpr std::uint32_t kIsRemote = 0x200;
}  // namespace flag

}  // namespace entail::otlp
