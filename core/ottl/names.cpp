#include "ottl/names.hpp"

namespace entail::ottl {

namespace {

using Kind = Value::Kind;

constexpr std::array kFields = {
    FieldRow{Holder::span, "name", Field::name, Kind::text},
    FieldRow{Holder::span, "kind", Field::kind, Kind::integer},
    FieldRow{Holder::span, "kind.string", Field::kind_text, Kind::text},
    FieldRow{Holder::span, "start_time_unix_nano", Field::start_ns, Kind::integer},
    FieldRow{Holder::span, "end_time_unix_nano", Field::end_ns, Kind::integer},
    FieldRow{Holder::span, "start_time", Field::start_time, Kind::time},
    FieldRow{Holder::span, "end_time", Field::end_time, Kind::time},
    FieldRow{Holder::span, "status.code", Field::status_code, Kind::integer},
    FieldRow{Holder::span, "status.message", Field::status_message, Kind::text},
    FieldRow{Holder::span, "trace_state", Field::trace_state, Kind::text},
    FieldRow{Holder::span, "trace_id.string", Field::trace_id, Kind::text},
    FieldRow{Holder::span, "span_id.string", Field::span_id, Kind::text},
    FieldRow{Holder::span, "parent_span_id.string", Field::parent_span_id, Kind::text},
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
};

using Arguments = std::array<Argument, 3>;
constexpr Arguments kNone{};
constexpr Arguments kText{Argument::text};
constexpr Arguments kTwoTexts{Argument::text, Argument::text};
constexpr Arguments kSpan{Argument::duration};
constexpr Arguments kTime{Argument::time};

constexpr std::array kFunctions = {
    FunctionRow{
        "IsMatch", Function::is_match, Kind::boolean, {Argument::any, Argument::pattern}, 2, "IsMatch(name, \"^GET\")"},
    FunctionRow{"HasPrefix", Function::has_prefix, Kind::boolean, kTwoTexts, 2, "HasPrefix(name, \"GET\")"},
    FunctionRow{"HasSuffix", Function::has_suffix, Kind::boolean, kTwoTexts, 2, "HasSuffix(name, \"/health\")"},
    FunctionRow{"Len", Function::len, Kind::integer, kNone, 1, "Len(name)"},
    FunctionRow{"IsString", Function::is_string, Kind::boolean, kNone, 1, "IsString(attributes[\"key\"])"},
    FunctionRow{"IsInt", Function::is_int, Kind::boolean, kNone, 1, "IsInt(attributes[\"key\"])"},
    FunctionRow{"IsDouble", Function::is_double, Kind::boolean, kNone, 1, "IsDouble(attributes[\"key\"])"},
    FunctionRow{"IsBool", Function::is_bool, Kind::boolean, kNone, 1, "IsBool(attributes[\"key\"])"},
    FunctionRow{"IsList", Function::is_list, Kind::boolean, kNone, 1, "IsList(attributes[\"key\"])"},
    FunctionRow{"IsMap", Function::is_map, Kind::boolean, kNone, 1, "IsMap(attributes[\"key\"])"},
    FunctionRow{"Int", Function::to_int, Kind::integer, kNone, 1, "Int(attributes[\"key\"])"},
    FunctionRow{"Double", Function::to_double, Kind::floating, kNone, 1, "Double(attributes[\"key\"])"},
    FunctionRow{"String", Function::to_string, Kind::text, kNone, 1, "String(attributes[\"key\"])"},
    FunctionRow{"Bool", Function::to_bool, Kind::boolean, kNone, 1, "Bool(attributes[\"key\"])"},
    FunctionRow{"Concat",
                Function::concat,
                Kind::text,
                {Argument::list, Argument::text},
                2,
                "Concat([name, kind.string], \"-\")"},
    FunctionRow{"Substring",
                Function::substring,
                Kind::text,
                {Argument::text, Argument::whole, Argument::whole},
                3,
                "Substring(name, 0, 3)"},
    FunctionRow{"ToLowerCase", Function::to_lower_case, Kind::text, kText, 1, "ToLowerCase(name)"},
    FunctionRow{"ToUpperCase", Function::to_upper_case, Kind::text, kText, 1, "ToUpperCase(name)"},
    FunctionRow{"IsRootSpan", Function::is_root_span, Kind::boolean, kNone, 0, "IsRootSpan()"},
    FunctionRow{"ContainsValue",
                Function::contains_value,
                Kind::boolean,
                {Argument::list, Argument::any},
                2,
                "ContainsValue(attributes[\"tags\"], \"blue\")"},
    FunctionRow{"Duration", Function::duration, Kind::duration, {Argument::duration_text}, 1, "Duration(\"500ms\")"},
    FunctionRow{"Hours", Function::hours, Kind::floating, kSpan, 1, "Hours(end_time - start_time)"},
    FunctionRow{"Minutes", Function::minutes, Kind::floating, kSpan, 1, "Minutes(end_time - start_time)"},
    FunctionRow{"Seconds", Function::seconds, Kind::floating, kSpan, 1, "Seconds(end_time - start_time)"},
    FunctionRow{"Milliseconds", Function::milliseconds, Kind::integer, kSpan, 1, "Milliseconds(end_time - start_time)"},
    FunctionRow{"Microseconds", Function::microseconds, Kind::integer, kSpan, 1, "Microseconds(end_time - start_time)"},
    FunctionRow{"Nanoseconds", Function::nanoseconds, Kind::integer, kSpan, 1, "Nanoseconds(end_time - start_time)"},
    FunctionRow{"UnixSeconds", Function::unix_seconds, Kind::integer, kTime, 1, "UnixSeconds(start_time)"},
    FunctionRow{"UnixMilli", Function::unix_milli, Kind::integer, kTime, 1, "UnixMilli(start_time)"},
    FunctionRow{"UnixMicro", Function::unix_micro, Kind::integer, kTime, 1, "UnixMicro(start_time)"},
    FunctionRow{"UnixNano", Function::unix_nano, Kind::integer, kTime, 1, "UnixNano(start_time)"},
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

constexpr std::array<std::string_view, 4> kPathsOfAll = {"resource.attributes", "instrumentation_scope.attributes",
                                                         "instrumentation_scope.name", "instrumentation_scope.version"};

}  // namespace

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

const FunctionRow* find_function(std::string_view name) noexcept {
  for (const FunctionRow& row : kFunctions)
    if (row.name == name) return &row;
  return nullptr;
}

std::vector<std::string_view> function_names() {
  std::vector<std::string_view> names;
  for (const FunctionRow& row : kFunctions) names.push_back(row.name);
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
