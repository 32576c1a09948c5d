// What a condition may name: paths, functions, enums. Everything else is refused when a configuration is read.
// Thread rule: Immutable.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ottl/value.hpp"

namespace entail::ottl {

// What the conditions of a list are asked of.
enum class Context : std::uint8_t { span, spanevent };

// Where a path leads. Its name before the first dot: span, spanevent, resource, instrumentation_scope (or scope).
enum class Holder : std::uint8_t { span, event, resource, scope };
constexpr std::size_t kHolderCount = 4;

enum class Field : std::uint8_t {
  name,
  kind,
  kind_text,
  start_ns,
  end_ns,
  start_time,
  end_time,
  status_code,
  status_message,
  trace_state,  // with an index: one entry
  trace_id,     // IDs are read as hexadecimal text; empty for an ID of zeros
  span_id,
  parent_span_id,
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
};

struct FieldRow {
  Holder holder;
  std::string_view name;
  Field field;
  Value::Kind kind;
};
std::span<const FieldRow> field_rows() noexcept;
// Every path that may stand in a context, as it is written there.
std::vector<std::string_view> path_names(Context context);
// The holder that a first word names, if it names one.
std::optional<Holder> holder_of(std::string_view word, Context context) noexcept;

enum class Function : std::uint8_t {
  is_match,
  has_prefix,
  has_suffix,
  len,
  is_string,
  is_int,
  is_double,
  is_bool,
  is_list,
  is_map,
  to_int,
  to_double,
  to_string,
  to_bool,
  concat,
  substring,
  to_lower_case,
  to_upper_case,
  is_root_span,
  contains_value,
  duration,
  hours,
  minutes,
  seconds,
  milliseconds,
  microseconds,
  nanoseconds,
  unix_seconds,
  unix_milli,
  unix_micro,
  unix_nano,
};

enum class Argument : std::uint8_t { any, text, whole, list, duration, time, pattern, duration_text };

struct FunctionRow {
  std::string_view name;
  Function function;
  Value::Kind result;
  std::array<Argument, 3> arguments;
  std::uint8_t argument_count;
  std::string_view usage;
};
const FunctionRow* find_function(std::string_view name) noexcept;
std::vector<std::string_view> function_names();

// STATUS_CODE_ERROR, SPAN_KIND_SERVER and the like.
std::optional<std::int64_t> enum_value(std::string_view name) noexcept;
std::vector<std::string_view> enum_names();

}  // namespace entail::ottl
