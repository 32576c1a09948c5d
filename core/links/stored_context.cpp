// Contexts stored as JSON.
#include <new>

#include "links/foreign.hpp"
#include "links/json_object.hpp"
#include "text/hex.hpp"
#include "text/json_string.hpp"

namespace entail {
namespace links {
namespace {

constexpr std::size_t kStoredBytesMax = 65536;

// The members with a meaning; each may occur once.
struct StoredMembers {
  JsonMember trace_id, span_id, flags, trace_state, is_remote, traceparent, tracestate;
  unsigned found = 0;  // bit i: kNames[i] is present
};

struct MemberName {
  std::string_view name;
  JsonMember StoredMembers::* member;
};
constexpr MemberName kNames[] = {
    {"traceId", &StoredMembers::trace_id},      {"spanId", &StoredMembers::span_id},
    {"traceFlags", &StoredMembers::flags},      {"traceState", &StoredMembers::trace_state},
    {"isRemote", &StoredMembers::is_remote},    {"traceparent", &StoredMembers::traceparent},
    {"tracestate", &StoredMembers::tracestate},
};
constexpr unsigned kTraceIdBit = 1;
constexpr unsigned kSpanIdBit = 2;
constexpr unsigned kTraceparentBit = 32;

Result<StoredMembers, ContextError> collect(std::string_view json) {
  StoredMembers members;
  JsonObject object(json);
  JsonMember member;
  std::string key;
  while (object.next(member)) {
    key.clear();
    text::append_unescaped(member.key, key);
    for (unsigned i = 0; i < std::size(kNames); ++i) {
      if (key != kNames[i].name) continue;
      if ((members.found & 1u << i) != 0) return ContextError::duplicate_field;
      members.found |= 1u << i;
      members.*kNames[i].member = member;
    }
  }
  if (const Result<void, ContextError> result = object.result(); !result.ok()) return result.error();
  return members;
}

// Absent or null: empty. Not a string: kept as JSON, which is never a valid tracestate.
void read_trace_state(const JsonMember& member, std::string& trace_state) {
  trace_state.clear();
  if (member.kind == JsonKind::string)
    text::append_unescaped(member.value, trace_state);
  else if (member.kind != JsonKind::null)
    trace_state.assign(member.value);
}

// Absent or null: 0.
Result<std::uint8_t, ContextError> parse_flags(const JsonMember& member) noexcept {
  std::uint64_t value = 0;
  if (member.kind == JsonKind::string) {
    const auto parsed = parse_hex(member.value, HexCase::either);
    if (member.value.empty() || member.value.size() > 2 || !parsed.ok()) return ContextError::bad_flags;
    value = *parsed;
  } else if (member.kind == JsonKind::number) {
    if (member.value.size() > 3) return ContextError::bad_flags;
    for (const char c : member.value) {
      if (c < '0' || c > '9') return ContextError::bad_flags;
      value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
  } else if (member.kind != JsonKind::null) {
    return ContextError::bad_flags;
  }
  if (value > 255) return ContextError::bad_flags;
  return static_cast<std::uint8_t>(value);
}

Result<SpanContext, ContextError> read_ids(const StoredMembers& members) {
  SpanContext parsed;
  if ((members.found & kTraceIdBit) == 0 || (members.found & kSpanIdBit) == 0) return ContextError::missing_field;
  const auto trace_id = from_hex(members.trace_id.value);
  if (members.trace_id.kind != JsonKind::string || !trace_id.ok()) return ContextError::bad_trace_id;
  if (trace_id->is_zero()) return ContextError::zero_trace_id;
  const auto span_id = text::parse_span_id(members.span_id.value, HexCase::either);
  if (members.span_id.kind != JsonKind::string || members.span_id.value.size() != 16 || !span_id.ok())
    return ContextError::bad_span_id;
  if (span_id->is_zero()) return ContextError::zero_span_id;
  parsed.trace_id = *trace_id;
  parsed.span_id = *span_id;
  const Result<std::uint8_t, ContextError> flags = parse_flags(members.flags);
  if (!flags.ok()) return flags.error();
  parsed.flags = *flags;
  parsed.is_remote = members.is_remote.value != "false" || members.is_remote.kind != JsonKind::boolean;
  read_trace_state(members.trace_state, parsed.trace_state);
  return parsed;
}

Result<SpanContext, ContextError> read_stored(std::string_view json) {
  if (json.size() > kStoredBytesMax) return ContextError::too_long;
  const Result<StoredMembers, ContextError> collected = collect(json);
  if (!collected.ok()) return collected.error();
  const StoredMembers& members = *collected;
  if ((members.found & kTraceparentBit) == 0) return read_ids(members);
  if ((members.found & (kTraceIdBit | kSpanIdBit)) != 0) return ContextError::duplicate_field;
  if (members.traceparent.kind != JsonKind::string) return ContextError::bad_version;
  std::string text;
  text::append_unescaped(members.traceparent.value, text);
  Result<SpanContext, ContextError> parsed = parse_traceparent(text);
  if (parsed.ok()) read_trace_state(members.tracestate, parsed->trace_state);
  return parsed;
}

}  // namespace
}  // namespace links

inline namespace v1 {

Result<SpanContext, ContextError> parse_stored_context(std::string_view json) noexcept {
  try {
    return links::read_stored(json);
  } catch (const std::bad_alloc&) {
    return ContextError::out_of_memory;
  }
}

std::string format_stored_context(const SpanContext& context) {
  if (!context.is_valid()) return {};
  std::string text = "{\"traceId\":\"";
  text::append_hex(context.trace_id, text);
  text += "\",\"spanId\":\"";
  text::append_hex(context.span_id, text);
  text += "\",\"traceFlags\":";
  text += std::to_string(context.flags);
  if (!context.trace_state.empty()) {
    text += ",\"traceState\":";
    text::append_json_string(context.trace_state, text, text::JsonEscapes::html);
  }
  if (!context.is_remote) text += ",\"isRemote\":false";
  text += '}';
  return text;
}

}  // namespace v1
}  // namespace entail
