// One line of the decision log (docs/formats.md "Decision log"): all fields, always, in the order of that table; those
// from root_service on only if the record has them. Few and long appends: a log has a line for every trace.
#include <charconv>
#include <cmath>

#include "entail/entail.hpp"
#include "text/decimal.hpp"
#include "text/hex.hpp"
#include "text/json_string.hpp"
#include "text/timestamp.hpp"

namespace entail {
inline namespace v1 {
namespace {

void append_text(std::string_view text, std::string& out) {
  text::append_json_string(text, out, text::JsonEscapes::required);
}

void append_text_or_null(std::string_view text, std::string& out) {
  if (text.empty()) {
    out += "null";
  } else {
    append_text(text, out);
  }
}

void append_number(std::uint64_t value, std::string& out) {
  if (value < 10) return out.push_back(static_cast<char>('0' + value));
  char digits[20];
  const auto [end, fault] = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, static_cast<std::size_t>(end - digits));
}

// JSON has no infinities.
void append_measure(double value, std::string& out) {
  if (std::isfinite(value)) {
    text::append_decimal(value, out);
  } else {
    out += "null";
  }
}

// A name of this library, which needs no escapes.
void append_name_or_null(std::string_view name, std::string& out) {
  if (name.empty()) {
    out += "null";
    return;
  }
  out.push_back('"');
  out += name;
  out.push_back('"');
}

// Exact, without trailing zeros.
void append_millis(std::int64_t time_ns, std::string& out) {
  const std::uint64_t magnitude =
      time_ns < 0 ? 0 - static_cast<std::uint64_t>(time_ns) : static_cast<std::uint64_t>(time_ns);
  if (time_ns < 0) out.push_back('-');
  text::append_scaled<6>(magnitude, out);
}

void append_id(TraceId id, std::string& out) {
  char text[34] = {'"'};
  text::write_hex(id.hi, 16, text + 1);
  text::write_hex(id.lo, 16, text + 17);
  text[33] = '"';
  out.append(text, sizeof text);
}

template <auto append, class T>
void append_or_null(const std::optional<T>& value, std::string& out) {
  if (value) {
    append(*value, out);
  } else {
    out += "null";
  }
}

void append_ids(const std::vector<TraceId>& ids, std::string& out) {
  out.push_back('[');
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i != 0) out.push_back(',');
    append_id(ids[i], out);
  }
  out.push_back(']');
}

std::string_view verdict_name(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::undecided:
      return "undecided";
    case Verdict::drop:
      return "drop";
    case Verdict::keep:
      return "keep";
  }
  return {};
}

void append_nearest(const std::vector<NearPolicy>& nearest, std::string& out) {
  out += ",\"nearest\":[";
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    out += i == 0 ? "{\"policy\":" : ",{\"policy\":";
    append_text(nearest[i].policy, out);
    out += ",\"value\":";
    append_measure(nearest[i].value, out);
    out += ",\"threshold\":";
    append_measure(nearest[i].threshold, out);
    out += ",\"why\":";
    append_text(nearest[i].why, out);
    out.push_back('}');
  }
  out.push_back(']');
}

void append_detail(const TraceDetail& detail, std::string& out) {
  out += ",\"root_service\":";
  append_text_or_null(detail.root_service, out);
  out += ",\"root_name\":";
  append_text_or_null(detail.root_name, out);
  if (detail.start_ns && *detail.start_ns >= 0) {
    out += ",\"start\":\"";
    text::append_timestamp(*detail.start_ns, out);
    out += "\",\"duration_ms\":";
  } else {
    out += ",\"start\":null,\"duration_ms\":";
  }
  append_or_null<append_millis>(detail.duration_ns, out);
  out += ",\"services\":[";
  for (std::size_t i = 0; i < detail.services.size(); ++i) {
    if (i != 0) out.push_back(',');
    append_text(detail.services[i], out);
  }
  out += "],\"errors\":";
  append_number(detail.errors, out);
  if (detail.error) {
    out += ",\"error\":{\"service\":";
    append_text_or_null(detail.error->service, out);
    out += ",\"name\":";
    append_text_or_null(detail.error->name, out);
    out += ",\"message\":";
    append_text_or_null(detail.error->message, out);
    out += "},\"bytes\":";
  } else {
    out += ",\"error\":null,\"bytes\":";
  }
  append_number(detail.bytes, out);
  append_nearest(detail.nearest, out);
}

}  // namespace

std::string_view direction_name(Direction direction) noexcept {
  switch (direction) {
    case Direction::none:
      return {};
    case Direction::linked:
      return "linked";
    case Direction::linking:
      return "linking";
    case Direction::mixed:
      return "mixed";
  }
  return {};
}

void append_json(const DecisionRecord& record, std::string& out) {
  out += "{\"trace_id\":";
  append_id(record.trace_id, out);
  out += ",\"revision\":";
  append_number(record.revision, out);
  out += ",\"decided_at\":\"";
  text::append_timestamp(record.decided_at_ns, out);
  out += "\",\"verdict\":";
  append_name_or_null(verdict_name(record.verdict), out);
  out += ",\"reason\":";
  append_name_or_null(record.reason, out);
  out += ",\"policy\":";
  append_text_or_null(record.policy, out);
  out += record.origin ? ",\"origin\":true" : ",\"origin\":false";
  out += record.revived ? ",\"revived\":true" : ",\"revived\":false";
  out += ",\"origin_trace_id\":";
  append_or_null<append_id>(record.origin_trace_id, out);
  out += ",\"direction\":";
  append_name_or_null(direction_name(record.direction), out);
  out += ",\"hops\":";
  append_or_null<append_number>(record.hops, out);
  if (record.path.empty()) {
    out += ",\"path\":null,\"loss\":";
  } else {
    out += ",\"path\":";
    append_ids(record.path, out);
    out += ",\"loss\":";
  }
  append_name_or_null(record.loss, out);
  out += ",\"not_followed\":";
  append_number(record.not_followed, out);
  out += ",\"links_dropped_upstream\":";
  append_number(record.links_dropped_upstream, out);
  out += ",\"spans\":";
  append_number(record.spans, out);
  out += ",\"linked_total\":";
  append_number(record.linked_total, out);
  out += ",\"linked\":";
  append_ids(record.linked, out);
  if (record.detail) append_detail(*record.detail, out);
  out.push_back('}');
}

}  // namespace v1
}  // namespace entail
