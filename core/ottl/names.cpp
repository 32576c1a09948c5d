#include "ottl/names.hpp"

#include <array>

namespace entail::ottl {

namespace {

using Kind = Value::Kind;

constexpr std::array kFields = {
    FieldRow{Holder::span, "name", Field::name, Kind::text},
    FieldRow{Holder::span, "kind", Field::kind, Kind::integer},
    FieldRow{Holder::span, "kind.string", Field::kind_text, Kind::text},
    FieldRow{Holder::span, "kind.deprecated_string", Field::kind_enum_text, Kind::text},
    FieldRow{Holder::span, "start_time_unix_nano", Field::start_ns, Kind::integer},
    FieldRow{Holder::span, "end_time_unix_nano", Field::end_ns, Kind::integer},
    FieldRow{Holder::span, "start_time", Field::start_time, Kind::time},
    FieldRow{Holder::span, "end_time", Field::end_time, Kind::time},
    FieldRow{Holder::span, "status", Field::status, Kind::status},
    FieldRow{Holder::span, "status.code", Field::status_code, Kind::integer},
    FieldRow{Holder::span, "status.message", Field::status_message, Kind::text},
    FieldRow{Holder::span, "trace_state", Field::trace_state, Kind::text},
    FieldRow{Holder::span, "trace_id", Field::trace_id, Kind::trace_id},
    FieldRow{Holder::span, "span_id", Field::span_id, Kind::span_id},
    FieldRow{Holder::span, "parent_span_id", Field::parent_span_id, Kind::span_id},
    FieldRow{Holder::span, "trace_id.string", Field::trace_id_text, Kind::text},
    FieldRow{Holder::span, "span_id.string", Field::span_id_text, Kind::text},
    FieldRow{Holder::span, "parent_span_id.string", Field::parent_span_id_text, Kind::text},
    FieldRow{Holder::span, "events", Field::events, Kind::events},
    FieldRow{Holder::span, "links", Field::links, Kind::links},
    FieldRow{Holder::span, "dropped_attributes_count", Field::dropped_attributes, Kind::integer},
    FieldRow{Holder::span, "dropped_events_count", Field::dropped_events, Kind::integer},
    FieldRow{Holder::span, "dropped_links_count", Field::dropped_links, Kind::integer},
    FieldRow{Holder::span, "flags", Field::flags, Kind::integer},
    FieldRow{Holder::event, "name", Field::event_name, Kind::text},
    FieldRow{Holder::event, "time_unix_nano", Field::event_ns, Kind::integer},
    FieldRow{Holder::event, "time", Field::event_time, Kind::time},
    FieldRow{Holder::event, "dropped_attributes_count", Field::event_dropped_attributes, Kind::integer},
    FieldRow{Holder::scope, "name", Field::scope_name, Kind::text},
    FieldRow{Holder::scope, "version", Field::scope_version, Kind::text},
    FieldRow{Holder::scope, "dropped_attributes_count", Field::scope_dropped_attributes, Kind::integer},
    FieldRow{Holder::scope, "schema_url", Field::scope_schema_url, Kind::text},
    FieldRow{Holder::resource, "dropped_attributes_count", Field::resource_dropped_attributes, Kind::integer},
    FieldRow{Holder::resource, "schema_url", Field::resource_schema_url, Kind::text},
};

struct Enum {
  std::string_view name;
  std::int64_t value;
};
constexpr std::array kEnums = {
    Enum{"STATUS_CODE_UNSET", 0},     Enum{"STATUS_CODE_OK", 1},     Enum{"STATUS_CODE_ERROR", 2},
    Enum{"SPAN_KIND_UNSPECIFIED", 0}, Enum{"SPAN_KIND_INTERNAL", 1}, Enum{"SPAN_KIND_SERVER", 2},
    Enum{"SPAN_KIND_CLIENT", 3},      Enum{"SPAN_KIND_PRODUCER", 4}, Enum{"SPAN_KIND_CONSUMER", 5},
};

constexpr std::array<std::string_view, 8> kPathsOfAll = {"resource.attributes",
                                                         "resource.dropped_attributes_count",
                                                         "resource.schema_url",
                                                         "instrumentation_scope.attributes",
                                                         "instrumentation_scope.name",
                                                         "instrumentation_scope.version",
                                                         "instrumentation_scope.dropped_attributes_count",
                                                         "instrumentation_scope.schema_url"};

struct RefusedPath {
  std::string_view name;  // or its first word, with a dot
  std::string_view reason;
};
constexpr std::array kRefusedPaths = {
    RefusedPath{"event_index", "the tail sampler does not number events: the Collector fails on each of them"},
    RefusedPath{"spanevent.event_index",
                "the tail sampler does not number events: the Collector fails on each of them"},
    RefusedPath{"otelcol.", "the tail sampler does not keep what the Collector knew of the client"},
    RefusedPath{"cache", "a condition cannot fill the cache, so it is always empty"},
    RefusedPath{"span.cache", "a condition cannot fill the cache, so it is always empty"},
    RefusedPath{"spanevent.cache", "a condition cannot fill the cache, so it is always empty"},
};

}  // namespace

std::string_view refused_path(std::string_view written) noexcept {
  for (const RefusedPath& row : kRefusedPaths)
    if (row.name.ends_with('.') ? written.starts_with(row.name) : written == row.name) return row.reason;
  return {};
}

std::span<const FieldRow> field_rows() noexcept { return kFields; }

std::optional<Holder> holder_of(std::string_view word, Context context) noexcept {
  if (word == "span") return Holder::span;
  if (word == "spanevent" && context == Context::spanevent) return Holder::event;
  if (word == "resource") return Holder::resource;
  if (word == "instrumentation_scope" || word == "scope") return Holder::scope;
  return std::nullopt;
}

std::vector<std::string_view> path_names(Context context) {
  const Holder own = context == Context::span ? Holder::span : Holder::event;
  std::vector<std::string_view> names = {"attributes"};
  for (const FieldRow& row : kFields)
    if (row.holder == own) names.push_back(row.name);
  names.insert(names.end(), kPathsOfAll.begin(), kPathsOfAll.end());
  return names;
}

std::optional<std::int64_t> enum_value(std::string_view name) noexcept {
  for (const Enum& known : kEnums)
    if (known.name == name) return known.value;
  return std::nullopt;
}

std::vector<std::string_view> enum_names() {
  std::vector<std::string_view> names;
  for (const Enum& known : kEnums) names.push_back(known.name);
  return names;
}

}  // namespace entail::ottl
