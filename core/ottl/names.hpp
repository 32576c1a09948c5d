// The paths and enums that a condition may name. Everything else is refused when a configuration is read.
// Thread rule: Immutable.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ottl/value.hpp"

namespace entail::ottl {

// What the conditions of a list are evaluated on.
enum class Context : std::uint8_t { span, spanevent };

// Where a path leads. Its name before the first dot: span, spanevent, resource, instrumentation_scope (or scope).
enum class Holder : std::uint8_t { span, event, resource, scope };
constexpr std::size_t kHolderCount = 4;

enum class Field : std::uint8_t {
  name,
  kind,
  kind_text,
  kind_enum_text,
  start_ns,
  end_ns,
  start_time,
  end_time,
  status_code,
  status_message,
  status,
  trace_state,  // with an index: one entry
  trace_id,
  span_id,
  parent_span_id,
  trace_id_text,  // hexadecimal digits, of zeros too
  span_id_text,
  parent_span_id_text,
  events,
  links,
  dropped_attributes,
  dropped_events,
  dropped_links,
  flags,
  event_name,
  event_ns,
  event_time,
  event_dropped_attributes,
  scope_name,
  scope_version,
  scope_dropped_attributes,
  scope_schema_url,
  resource_dropped_attributes,
  resource_schema_url,
};

struct FieldRow {
  Holder holder;
  std::string_view name;
  Field field;
  Value::Kind kind;
};
std::span<const FieldRow> field_rows() noexcept;
// Why a path that the Collector knows is refused; empty if there is nothing to say.
std::string_view refused_path(std::string_view written) noexcept;
// Every path that may stand in a context, as it is written there.
std::vector<std::string_view> path_names(Context context);
// The holder that a first word names, if it names one.
std::optional<Holder> holder_of(std::string_view word, Context context) noexcept;

// STATUS_CODE_ERROR, SPAN_KIND_SERVER and the like.
std::optional<std::int64_t> enum_value(std::string_view name) noexcept;
std::vector<std::string_view> enum_names();

}  // namespace entail::ottl
