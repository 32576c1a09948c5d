#include <array>

#include "entail/context.hpp"

namespace entail {
inline namespace v1 {
namespace {

struct Row {
  std::string_view name;
  std::string_view help;
};

// Indexed by number. A test checks the names against the enumerators.
constexpr std::array<Row, kContextErrorCount> kRows = {{
    {"none", "no error"},
    {"no_context", "no header of a known format"},
    {"no_ids", "a sampling decision or a trace ID without a span ID"},
    {"duplicate_header", "two traceparent headers"},
    {"too_short", "fewer characters than the format requires"},
    {"too_long", "more characters than the format allows"},
    {"bad_separator", "a missing or wrong separator between two fields"},
    {"bad_version", "not a version, or a version of unknown form"},
    {"forbidden_version", "version ff is forbidden"},
    {"trailing_data", "characters after the last field"},
    {"bad_trace_id", "the trace ID is not hex digits, or not as many as the format allows"},
    {"zero_trace_id", "the trace ID is all zero"},
    {"bad_span_id", "the span ID is not hex digits, or not as many as the format allows"},
    {"zero_span_id", "the span ID is all zero"},
    {"bad_parent_id", "the parent ID is not hex digits, or not as many as the format allows"},
    {"bad_sampling", "a sampling state that the format does not define"},
    {"bad_flags", "the flags are not hex digits, not as many as the format allows, or more than 255"},
    {"missing_field", "a required field is missing"},
    {"duplicate_field", "a field occurs twice, or one text has two contexts"},
    {"bad_json", "not a single JSON object"},
    {"too_deep", "JSON nested beyond the limit"},
    {"bad_trace_state", "a tracestate that does not parse"},
    {"bad_key", "a key that is empty or too long"},
    {"bad_attribute", "an attribute with an empty key, or a string that is not UTF-8"},
    {"duplicate_attribute", "an attribute whose key the link already has"},
    {"too_many_attributes", "more attributes than the limit"},
    {"no_room", "a limit on bytes or counts is reached"},
    {"out_of_memory", "the system is out of memory"},
    {"not_found", "a key that the store does not hold"},
}};

constexpr Row kUnknown = {"unknown", "unknown error"};

constexpr const Row& row(ContextError error) noexcept {
  const auto index = static_cast<unsigned>(error);
  return index < kContextErrorCount ? kRows[index] : kUnknown;
}

}  // namespace

std::string_view context_error_name(ContextError error) noexcept { return row(error).name; }
std::string_view describe(ContextError error) noexcept { return row(error).help; }

}  // namespace v1
}  // namespace entail
