// Contexts stored as JSON.
#include <new>

#include "links/foreign.hpp"
#include "links/json_object.hpp"
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

ContextError collect(std::string_view json, StoredMembers& members) {
  JsonObject object(json);
  JsonMember member;
  std::string key;
  while (object.next(member)) {
    unescape_json(member.key, key);
    for (unsigned i = 0; i < std::size(kNames); ++i) {
      if (key != kNames[i].name) continue;
      if ((members.found & 1u << i) != 0) return ContextError::duplicate_field;
      members.found |= 1u << i;
      members.*kNames[i].member = member;
    }
  }
  return object.error();
}

// Absent or null: empty. Not a string: kept as JSON, which is never a valid tracestate.
void read_trace_state(const JsonMember& member, std::string& trace_state) {
  if (member.kind == JsonKind::string)
    unescape_json(member.value, trace_state);
  else if (member.kind != JsonKind::null)
    trace_state.assign(member.value);
  else
    trace_state.clear();
}

bool parse_flags(const JsonMember& member, std::uint8_t& flags) noexcept {
  std::uint64_t value = 0;
  if (member.kind == JsonKind::string) {
    if (member.value.empty() || member.value.size() > 2 || !parse_hex(member.value, HexCase::either, value))
      return false;
  } else if (member.kind == JsonKind::number) {
    if (member.value.size() > 3) return false;
    for (const char c : member.value) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
  } else {
    return member.kind == JsonKind::null;
  }
  flags = static_cast<std::uint8_t>(value);
  return value <= 255;
}

ContextError read_ids(const StoredMembers& members, SpanContext& parsed) {
  if ((members.found & kTraceIdBit) == 0 || (members.found & kSpanIdBit) == 0) return ContextError::missing_field;
  if (members.trace_id.kind != JsonKind::string || !from_hex(members.trace_id.value, parsed.trace_id))
    return ContextError::bad_trace_id;
  if (parsed.trace_id.is_zero()) return ContextError::zero_trace_id;
  if (members.span_id.kind != JsonKind::string || members.span_id.value.size() != 16 ||
      !parse_hex(members.span_id.value, HexCase::either, parsed.span_id))
    return ContextError::bad_span_id;
  if (parsed.span_id.is_zero()) return ContextError::zero_span_id;
  if (!parse_flags(members.flags, parsed.flags)) return ContextError::bad_flags;
  parsed.is_remote = members.is_remote.value != "false" || members.is_remote.kind != JsonKind::boolean;
  read_trace_state(members.trace_state, parsed.trace_state);
  return ContextError::none;
}

ContextError read_stored(std::string_view json, SpanContext& parsed) {
  if (json.size() > kStoredBytesMax) return ContextError::too_long;
  StoredMembers members;
  if (const ContextError error = collect(json, members); error != ContextError::none) return error;
  if ((members.found & kTraceparentBit) == 0) return read_ids(members, parsed);
  if ((members.found & (kTraceIdBit | kSpanIdBit)) != 0) return ContextError::duplicate_field;
  if (members.traceparent.kind != JsonKind::string) return ContextError::bad_version;
  std::string text;
  unescape_json(members.traceparent.value, text);
  if (const ContextError error = parse_traceparent(text, parsed); error != ContextError::none) return error;
  read_trace_state(members.tracestate, parsed.trace_state);
  return ContextError::none;
}

}  // namespace
}  // namespace links

inline namespace v1 {

ContextError parse_stored_context(std::string_view json, SpanContext& context) noexcept {
  try {
    SpanContext parsed;
    const ContextError error = links::read_stored(json, parsed);
    if (error == ContextError::none) context = std::move(parsed);
    return error;
  } catch (const std::bad_alloc&) {
    return ContextError::out_of_memory;
  }
}

std::string format_stored_context(const SpanContext& context) {
  if (!context.is_valid()) return {};
  std::string text = "{\"traceId\":\"";
  links::append_id(context.trace_id, text);
  text += "\",\"spanId\":\"";
  links::append_id(context.span_id, text);
  text += "\",\"traceFlags\":";
  text += std::to_string(context.flags);
  if (!context.trace_state.empty()) {
    text += ",\"traceState\":";
    text::append_json_string(context.trace_state, text);
  }
  if (!context.is_remote) text += ",\"isRemote\":false";
  text += '}';
  return text;
}

}  // namespace v1
}  // namespace entail
