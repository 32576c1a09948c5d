#include "otlp/json_schema.hpp"

#include <cstddef>

namespace entail::otlp {
namespace {

constexpr std::string_view kSpanKinds[] = {"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER",
                                           "SPAN_KIND_CLIENT",      "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"};
constexpr std::string_view kStatusCodes[] = {"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"};

constexpr JsonField scalar(std::string_view name, std::uint8_t number, JsonKind kind) {
  return {.name = name, .key = JsonName(name), .number = number, .kind = kind};
}
constexpr JsonField identifier(std::string_view name, std::uint8_t number, std::uint8_t id_size) {
  return {.name = name, .key = JsonName(name), .number = number, .kind = JsonKind::identifier, .id_size = id_size};
}
constexpr JsonField enumeration(std::string_view name, std::uint8_t number, std::span<const std::string_view> names) {
  return {.name = name, .key = JsonName(name), .number = number, .kind = JsonKind::enumeration, .names = names};
}
constexpr JsonField one(std::string_view name, std::uint8_t number, JsonMessage message) {
  return {.name = name, .key = JsonName(name), .number = number, .kind = JsonKind::message, .message = message};
}
constexpr JsonField many(std::string_view name, std::uint8_t number, JsonMessage message) {
  return {.name = name,
          .key = JsonName(name),
          .number = number,
          .kind = JsonKind::message,
          .repeated = true,
          .message = message};
}
constexpr JsonField strings(std::string_view name, std::uint8_t number) {
  return {.name = name, .key = JsonName(name), .number = number, .kind = JsonKind::string, .repeated = true};
}

constexpr JsonField kRequest[] = {many("resourceSpans", 1, JsonMessage::resource_spans)};
constexpr JsonField kResourceSpans[] = {one("resource", 1, JsonMessage::resource),
                                        many("scopeSpans", 2, JsonMessage::scope_spans),
                                        scalar("schemaUrl", 3, JsonKind::string)};
constexpr JsonField kResource[] = {many("attributes", 1, JsonMessage::key_value),
                                   scalar("droppedAttributesCount", 2, JsonKind::uint32),
                                   many("entityRefs", 3, JsonMessage::entity_ref)};
constexpr JsonField kEntityRef[] = {scalar("schemaUrl", 1, JsonKind::string), scalar("type", 2, JsonKind::string),
                                    strings("idKeys", 3), strings("descriptionKeys", 4)};
constexpr JsonField kScopeSpans[] = {one("scope", 1, JsonMessage::scope), many("spans", 2, JsonMessage::span),
                                     scalar("schemaUrl", 3, JsonKind::string)};
constexpr JsonField kScope[] = {scalar("name", 1, JsonKind::string), scalar("version", 2, JsonKind::string),
                                many("attributes", 3, JsonMessage::key_value),
                                scalar("droppedAttributesCount", 4, JsonKind::uint32)};
constexpr JsonField kSpan[] = {identifier("traceId", 1, 16),
                               identifier("spanId", 2, 8),
                               scalar("traceState", 3, JsonKind::string),
                               identifier("parentSpanId", 4, 8),
                               scalar("flags", 16, JsonKind::fixed32),
                               scalar("name", 5, JsonKind::string),
                               enumeration("kind", 6, kSpanKinds),
                               scalar("startTimeUnixNano", 7, JsonKind::fixed64),
                               scalar("endTimeUnixNano", 8, JsonKind::fixed64),
                               many("attributes", 9, JsonMessage::key_value),
                               scalar("droppedAttributesCount", 10, JsonKind::uint32),
                               many("events", 11, JsonMessage::event),
                               scalar("droppedEventsCount", 12, JsonKind::uint32),
                               many("links", 13, JsonMessage::link),
                               scalar("droppedLinksCount", 14, JsonKind::uint32),
                               one("status", 15, JsonMessage::status)};
constexpr JsonField kEvent[] = {scalar("timeUnixNano", 1, JsonKind::fixed64), scalar("name", 2, JsonKind::string),
                                many("attributes", 3, JsonMessage::key_value),
                                scalar("droppedAttributesCount", 4, JsonKind::uint32)};
constexpr JsonField kLink[] = {identifier("traceId", 1, 16),
                               identifier("spanId", 2, 8),
                               scalar("traceState", 3, JsonKind::string),
                               many("attributes", 4, JsonMessage::key_value),
                               scalar("droppedAttributesCount", 5, JsonKind::uint32),
                               scalar("flags", 6, JsonKind::fixed32)};
constexpr JsonField kStatus[] = {scalar("message", 2, JsonKind::string), enumeration("code", 3, kStatusCodes)};
constexpr JsonField kKeyValue[] = {scalar("key", 1, JsonKind::string), one("value", 2, JsonMessage::any_value),
                                   scalar("keyStrindex", 3, JsonKind::int32)};
constexpr JsonField kAnyValue[] = {
    scalar("stringValue", 1, JsonKind::string),     scalar("intValue", 3, JsonKind::int64),
    scalar("boolValue", 2, JsonKind::boolean),      scalar("doubleValue", 4, JsonKind::floating),
    one("arrayValue", 5, JsonMessage::array_value), one("kvlistValue", 6, JsonMessage::key_value_list),
    scalar("bytesValue", 7, JsonKind::bytes),       scalar("stringValueStrindex", 8, JsonKind::int32)};
constexpr JsonField kArrayValue[] = {many("values", 1, JsonMessage::any_value)};
constexpr JsonField kKeyValueList[] = {many("values", 1, JsonMessage::key_value)};

constexpr JsonSchema schema(JsonMessage message, std::span<const JsonField> fields, std::uint8_t length_size) {
  JsonSchema made{.message = message, .fields = fields, .length_size = length_size};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    made.index_by_number[fields[i].number] = static_cast<std::uint8_t>(i + 1);
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

// The table is indexed by JsonMessage, the printer keeps one slot per field, and JsonName holds so many characters.
constexpr bool schemas_are_good() {
  for (std::size_t i = 0; i < std::size(kSchemas); ++i) {
    if (static_cast<std::size_t>(kSchemas[i].message) != i || kSchemas[i].fields.size() > kJsonFieldsMax) return false;
    for (const JsonField& field : kSchemas[i].fields) {
      if (field.name.size() > kJsonNameSizeMax) return false;
    }
  }
  return true;
}
static_assert(schemas_are_good());

}  // namespace

const JsonSchema& json_schema(JsonMessage message) noexcept { return kSchemas[static_cast<std::size_t>(message)]; }

}  // namespace entail::otlp
