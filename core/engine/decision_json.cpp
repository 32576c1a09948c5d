// One line of the decision log (docs/formats.md "Decision log"): all fields, always, in the order of that table.
#include <cstdio>
#include <ctime>

#include "entail/entail.hpp"
#include "text/json_string.hpp"

namespace entail {
inline namespace v1 {
namespace {

void append_key(std::string_view key, std::string& out) {
  out += ",\"";
  out += key;
  out += "\":";
}

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

void append_ids(const std::vector<TraceId>& ids, std::string& out) {
  out.push_back('[');
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i != 0) out.push_back(',');
    append_text(to_hex(ids[i]), out);
  }
  out.push_back(']');
}

// RFC 3339, UTC, nine decimals.
std::string time_text(std::int64_t time_ns) {
  const std::time_t seconds = static_cast<std::time_t>(time_ns / kNanosPerSecond);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<int>(time_ns % kNanosPerSecond));
  return text;
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
  const auto number = [&](std::string_view key, std::uint64_t value) {
    append_key(key, out);
    out += std::to_string(value);
  };
  const auto text = [&](std::string_view key, std::string_view value) {
    append_key(key, out);
    append_text_or_null(value, out);
  };
  const auto flag = [&](std::string_view key, bool value) {
    append_key(key, out);
    out += value ? "true" : "false";
  };
  out += "{\"trace_id\":";
  append_text(to_hex(record.trace_id), out);
  number("revision", record.revision);
  text("decided_at", time_text(record.decided_at_ns));
  text("verdict", verdict_name(record.verdict));
  text("reason", record.reason);
  text("policy", record.policy);
  flag("origin", record.origin);
  flag("revived", record.revived);
  text("origin_trace_id", record.origin_trace_id ? to_hex(*record.origin_trace_id) : std::string{});
  text("direction", direction_name(record.direction));
  append_key("hops", out);
  out += record.hops ? std::to_string(*record.hops) : "null";
  append_key("path", out);
  if (record.path.empty()) {
    out += "null";
  } else {
    append_ids(record.path, out);
  }
  text("loss", record.loss);
  number("not_followed", record.not_followed);
  number("links_dropped_upstream", record.links_dropped_upstream);
  number("spans", record.spans);
  number("linked_total", record.linked_total);
  append_key("linked", out);
  append_ids(record.linked, out);
  out.push_back('}');
}

}  // namespace v1
}  // namespace entail
