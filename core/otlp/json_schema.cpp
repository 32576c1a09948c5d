#include "otlp/json_schema.hpp"

#include <cstddef>

#include "otlp/fields.hpp"

namespace entail::otlp {
namespace {

constexpr std::string_view kSpanKinds[] = {"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER",
                                           "SPAN_KIND_CLIENT",      "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"};
constexpr std::string_view kStatusCodes[] = {"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"};

constexpr JsonField scalar(std::string_view name, wire::Field field, JsonKind kind) {
  return {.name = name, .key = JsonName(name), .proto = field, .kind = kind};
}
constexpr JsonField identifier(std::string_view name, wire::Field field, std::uint8_t id_size) {
  return {.name = name, .key = JsonName(name), .proto = field, .kind = JsonKind::identifier, .id_size = id_size};
}
constexpr JsonField enumeration(std::string_view name, wire::Field field, std::span<const std::string_view> names) {
  return {.name = name, .key = JsonName(name), .proto = field, .kind = JsonKind::enumeration, .names = names};
}
constexpr JsonField one(std::string_view name, wire::Field field, JsonMessage message) {
  return {.name = name, .key = JsonName(name), .proto = field, .kind = JsonKind::message, .message = message};
}
constexpr JsonField many(std::string_view name, wire::Field field, JsonMessage message) {
  return {.name = name,
          .key = JsonName(name),
          .proto = field,
          .kind = JsonKind::message,
          .repeated = true,
          .message = message};
}
constexpr JsonField strings(std::string_view name, wire::Field field) {
  return {.name = name, .key = JsonName(name), .proto = field, .kind = JsonKind::string, .repeated = true};
}

constexpr JsonField kRequest[] = {many("resourceSpans", request_field::kResourceSpans, JsonMessage::resource_spans)};
constexpr JsonField kResourceSpans[] = {one("resource", resource_spans_field::kResource, JsonMessage::resource),
                                        many("scopeSpans", resource_spans_field::kScopeSpans, JsonMessage::scope_spans),
                                        scalar("schemaUrl", resource_spans_field::kSchemaUrl, JsonKind::string)};
constexpr JsonField kResource[] = {
    many("attributes", resource_field::kAttributes, JsonMessage::key_value),
    scalar("droppedAttributesCount", resource_field::kDroppedAttributesCount, JsonKind::uint32),
    many("entityRefs", resource_field::kEntityRefs, JsonMessage::entity_ref)};
constexpr JsonField kEntityRef[] = {scalar("schemaUrl", entity_ref_field::kSchemaUrl, JsonKind::string),
                                    scalar("type", entity_ref_field::kType, JsonKind::string),
                                    strings("idKeys", entity_ref_field::kIdKeys),
                                    strings("descriptionKeys", entity_ref_field::kDescriptionKeys)};
constexpr JsonField kScopeSpans[] = {one("scope", scope_spans_field::kScope, JsonMessage::scope),
                                     many("spans", scope_spans_field::kSpans, JsonMessage::span),
                                     scalar("schemaUrl", scope_spans_field::kSchemaUrl, JsonKind::string)};
constexpr JsonField kScope[] = {
    scalar("name", scope_field::kName, JsonKind::string), scalar("version", scope_field::kVersion, JsonKind::string),
    many("attributes", scope_field::kAttributes, JsonMessage::key_value),
    scalar("droppedAttributesCount", scope_field::kDroppedAttributesCount, JsonKind::uint32)};
constexpr JsonField kSpan[] = {identifier("traceId", span_field::kTraceId, 16),
                               identifier("spanId", span_field::kSpanId, 8),
                               scalar("traceState", span_field::kTraceState, JsonKind::string),
                               identifier("parentSpanId", span_field::kParentSpanId, 8),
                               scalar("flags", span_field::kFlags, JsonKind::fixed32),
                               scalar("name", span_field::kName, JsonKind::string),
                               enumeration("kind", span_field::kKind, kSpanKinds),
                               scalar("startTimeUnixNano", span_field::kStartTime, JsonKind::fixed64),
                               scalar("endTimeUnixNano", span_field::kEndTime, JsonKind::fixed64),
                               many("attributes", span_field::kAttributes, JsonMessage::key_value),
                               scalar("droppedAttributesCount", span_field::kDroppedAttributesCount, JsonKind::uint32),
                               many("events", span_field::kEvents, JsonMessage::event),
                               scalar("droppedEventsCount", span_field::kDroppedEventsCount, JsonKind::uint32),
                               many("links", span_field::kLinks, JsonMessage::link),
                               scalar("droppedLinksCount", span_field::kDroppedLinksCount, JsonKind::uint32),
                               one("status", span_field::kStatus, JsonMessage::status)};
constexpr JsonField kEvent[] = {
    scalar("timeUnixNano", event_field::kTime, JsonKind::fixed64), scalar("name", event_field::kName, JsonKind::string),
    many("attributes", event_field::kAttributes, JsonMessage::key_value),
    scalar("droppedAttributesCount", event_field::kDroppedAttributesCount, JsonKind::uint32)};
constexpr JsonField kLink[] = {identifier("traceId", link_field::kTraceId, 16),
                               identifier("spanId", link_field::kSpanId, 8),
                               scalar("traceState", link_field::kTraceState, JsonKind::string),
                               many("attributes", link_field::kAttributes, JsonMessage::key_value),
                               scalar("droppedAttributesCount", link_field::kDroppedAttributesCount, JsonKind::uint32),
                               scalar("flags", link_field::kFlags, JsonKind::fixed32)};
constexpr JsonField kStatus[] = {scalar("message", status_field::kMessage, JsonKind::string),
                                 enumeration("code", status_field::kCode, kStatusCodes)};
constexpr JsonField kKeyValue[] = {scalar("key", key_value_field::kKey, JsonKind::string),
                                   one("value", key_value_field::kValue, JsonMessage::any_value),
                                   scalar("keyStrindex", key_value_field::kKeyIndex, JsonKind::int32)};
constexpr JsonField kAnyValue[] = {scalar("stringValue", any_value_field::kString, JsonKind::string),
                                   scalar("intValue", any_value_field::kInt, JsonKind::int64),
                                   scalar("boolValue", any_value_field::kBool, JsonKind::boolean),
                                   scalar("doubleValue", any_value_field::kDouble, JsonKind::floating),
                                   one("arrayValue", any_value_field::kArray, JsonMessage::array_value),
                                   one("kvlistValue", any_value_field::kMap, JsonMessage::key_value_list),
                                   scalar("bytesValue", any_value_field::kBytes, JsonKind::bytes),
                                   scalar("stringValueStrindex", any_value_field::kStringIndex, JsonKind::int32)};
constexpr JsonField kArrayValue[] = {many("values", list_field::kValues, JsonMessage::any_value)};
constexpr JsonField kKeyValueList[] = {many("values", list_field::kValues, JsonMessage::key_value)};

constexpr JsonSchema schema(JsonMessage message, std::span<const JsonField> fields, std::uint8_t length_size) {
  JsonSchema made{.message = message, .fields = fields, .length_size = length_size};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    made.index_by_number[fields[i].proto.number] = static_cast<std::uint8_t>(i + 1);
  }
  return made;
}

constexpr JsonSchema kSchemas[] = {
    {},
    schema(JsonMessage::request, kRequest, 4),
    schema(JsonMessage::resource_spans, kResourceSpans, 3),
    schema(JsonMessage::resource, kResource, 2),
    schema(JsonMessage::entity_ref, kEntityRef, 1),
    schema(JsonMessage::scope_spans, kScopeSpans, 3),
    schema(JsonMessage::scope, kScope, 1),
    schema(JsonMessage::span, kSpan, 2),
    schema(JsonMessage::event, kEvent, 2),
    schema(JsonMessage::link, kLink, 1),
    schema(JsonMessage::status, kStatus, 1),
    schema(JsonMessage::key_value, kKeyValue, 1),
    schema(JsonMessage::any_value, kAnyValue, 1),
    schema(JsonMessage::array_value, kArrayValue, 1),
    schema(JsonMessage::key_value_list, kKeyValueList, 1),
};

// The table is indexed by JsonMessage, the printer has one slot per field, JsonName holds so many characters, and a
// field's kind says how it is encoded.
constexpr bool schemas_are_good() {
  for (std::size_t i = 0; i < std::size(kSchemas); ++i) {
    if (static_cast<std::size_t>(kSchemas[i].message) != i || kSchemas[i].fields.size() > kJsonFieldsMax) return false;
    for (const JsonField& field : kSchemas[i].fields) {
      if (field.name.size() > kJsonNameSizeMax || field.proto.type != wire_type_of(field.kind)) return false;
    }
  }
  return true;
}
static_assert(schemas_are_good());

}  // namespace

const JsonSchema& json_schema(JsonMessage message) noexcept { return kSchemas[static_cast<std::size_t>(message)]; }

}  // namespace entail::otlp
