#include "viewer/jaeger_file.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "output/json_text.hpp"

namespace entail::cli {
namespace {

using simdjson::dom::element;

constexpr std::string_view kNoServiceName = "OTLPResourceNoServiceName";  // as Jaeger's receiver writes it
constexpr std::int64_t kSafeIntegerMax = (std::int64_t{1} << 53) - 1;     // of a JavaScript number
constexpr std::uint64_t kTraceBytes = 512;                                // that a trace takes beside its text

void begin_tag(JsonText& json, std::string_view key, std::string_view type) {
  json.begin_object().field("key", key).field("type", type).key("value");
}

void text_tag(JsonText& json, std::string_view key, std::string_view text) {
  begin_tag(json, key, "string");
  json.value(text).end_object();
}

void text_tag_unless_empty(JsonText& json, std::string_view key, std::string_view text) {
  if (!text.empty()) text_tag(json, key, text);
}

// Jaeger writes an integer as text where JavaScript would round it.
void integer_tag(JsonText& json, std::string_view key, std::string_view digits) {
  std::int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  begin_tag(json, key, "int64");
  if (number > kSafeIntegerMax || number < -kSafeIntegerMax)
    json.value(digits);
  else
    json.raw(digits);
  json.end_object();
}

void attribute_tag(JsonText& json, std::string_view key, const element& value) {
  std::string_view text;
  bool truth = false;
  double number = 0;
  if (value["stringValue"].get(text) == simdjson::SUCCESS) {
    text_tag(json, key, text);
  } else if (value["intValue"].get(text) == simdjson::SUCCESS) {
    integer_tag(json, key, text);
  } else if (value["boolValue"].get(truth) == simdjson::SUCCESS) {
    begin_tag(json, key, "bool");
    json.value(truth).end_object();
  } else if (value["doubleValue"].get(number) == simdjson::SUCCESS) {
    begin_tag(json, key, "float64");
    json.value(number).end_object();
  } else if (value["doubleValue"].get(text) == simdjson::SUCCESS) {
    text_tag(json, key, text);  // NaN or an infinity
  } else if (value["bytesValue"].get(text) == simdjson::SUCCESS) {
    begin_tag(json, key, "binary");
    json.value(text).end_object();
  } else {
    std::string plain;
    append_plain_value(value, plain);
    text_tag(json, key, plain == "null" ? std::string_view() : std::string_view(plain));
  }
}

// The attributes, except the one named `without`.
void attribute_tags(JsonText& json, const JsonList& attributes, std::string_view without = {}) {
  if (!attributes) return;
  for (const element attribute : *attributes) {
    std::string_view key;
    element value;
    if (attribute["key"].get(key) != simdjson::SUCCESS || key == without) continue;
    if (attribute["value"].get(value) == simdjson::SUCCESS)
      attribute_tag(json, key, value);
    else
      text_tag(json, key, "");
  }
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

void tags(JsonText& json, const SpanView& span) {
  json.key("tags").begin_array();
  attribute_tags(json, span.attributes);
  text_tag_unless_empty(json, "otel.scope.name", span.scope_name);
  text_tag_unless_empty(json, "otel.scope.version", span.scope_version);
  if (span.kind > 0) text_tag(json, "span.kind", lower(kind_name(span.kind)));
  if (span.status_code > 0) text_tag(json, "otel.status_code", status_name(span.status_code));
  text_tag_unless_empty(json, "otel.status_description", span.status_message);
  if (span.is_error()) {
    begin_tag(json, "error", "bool");
    json.value(true).end_object();
  }
  text_tag_unless_empty(json, "w3c.tracestate", span.trace_state);
  json.end_array();
}

void reference(JsonText& json, std::string_view kind, std::string_view trace_id, std::string_view span_id) {
  json.begin_object().field("refType", kind).field("traceID", trace_id).field("spanID", span_id).end_object();
}

void references(JsonText& json, const SpanView& span) {
  json.key("references").begin_array();
  if (!span.parent_span_id.empty()) reference(json, "CHILD_OF", span.trace_id, span.parent_span_id);
  if (span.links) {
    for (const element item : *span.links) {
      const LinkView link = link_view(item);
      const auto kind = text_attribute(link.attributes, "opentracing.ref_type");
      reference(json, kind == "child_of" ? "CHILD_OF" : "FOLLOWS_FROM", link.trace_id, link.span_id);
    }
  }
  json.end_array();
}

std::uint64_t micros(std::optional<std::int64_t> ns) { return static_cast<std::uint64_t>(ns.value_or(0)) / 1000; }

void link_log(JsonText& json, const SpanView& span, const LinkView& link) {
  json.begin_object().field("timestamp", micros(span.start_ns)).key("fields").begin_array();
  text_tag(json, "event", "link");
  text_tag(json, "link.trace_id", link.trace_id);
  text_tag(json, "link.span_id", link.span_id);
  text_tag_unless_empty(json, "link.trace_state", link.trace_state);
  attribute_tags(json, link.attributes);
  json.end_array().end_object();
}

void logs(JsonText& json, const SpanView& span) {
  json.key("logs").begin_array();
  if (span.events) {
    for (const element item : *span.events) {
      const EventView event = event_view(item);
      json.begin_object().field("timestamp", micros(event.time_ns ? event.time_ns : span.start_ns));
      json.key("fields").begin_array();
      text_tag_unless_empty(json, "event", event.name);
      attribute_tags(json, event.attributes);
      json.end_array().end_object();
    }
  }
  if (span.links) {
    for (const element item : *span.links) {
      const LinkView link = link_view(item);
      if (link.attributes || !link.trace_state.empty()) link_log(json, span, link);
    }
  }
  json.end_array();
}

void warnings(JsonText& json, const SpanView& span) {
  std::vector<std::string_view> texts;
  if (!span.start_ns) texts.push_back("the span has no start time");
  if (!span.end_ns) texts.push_back("the span has no end time");
  if (span.start_ns && span.end_ns && *span.end_ns < *span.start_ns) texts.push_back("the span ends before it begins");
  json.key("warnings");
  if (texts.empty()) {
    json.null();
    return;
  }
  json.begin_array();
  for (const std::string_view text : texts) json.value(text);
  json.end_array();
}

std::string span_json(const SpanView& span, std::size_t process) {
  JsonText json;
  json.begin_object().field("traceID", span.trace_id).field("spanID", span.span_id);
  json.field("flags", span.flags & 0xff).field("operationName", span.name);
  references(json, span);
  const bool timed = span.start_ns && span.end_ns && *span.end_ns >= *span.start_ns;
  json.field("startTime", micros(span.start_ns));
  json.field("duration", timed ? static_cast<std::uint64_t>(*span.end_ns - *span.start_ns) / 1000 : std::uint64_t{0});
  tags(json, span);
  logs(json, span);
  json.field("processID", "p" + std::to_string(process));
  warnings(json, span);
  json.end_object();
  return json.take();
}

}  // namespace

JaegerFile::Trace& JaegerFile::trace_of(std::string_view trace_id) {
  const auto [at, added] = trace_indexes_.try_emplace(std::string(trace_id), traces_.size());
  if (added) {
    traces_.emplace_back().id = trace_id;
    held_bytes_ += kTraceBytes;
  }
  return traces_[at->second];
}

std::size_t JaegerFile::process_of(Trace& trace, const SpanView& span) {
  const auto [at, added] =
      trace.process_numbers.try_emplace(std::string(span.resource), trace.process_numbers.size() + 1);
  if (!added) return at->second;
  JsonText json;
  json.begin_object().field("serviceName", span.service.empty() ? kNoServiceName : span.service);
  json.key("tags").begin_array();
  attribute_tags(json, span.resource_attributes, "service.name");
  json.end_array().end_object();
  if (!trace.processes.empty()) trace.processes += ',';
  trace.processes += "\"p" + std::to_string(at->second) + "\":" + json.take();
  return at->second;
}

void JaegerFile::add(const SpanView& span) {
  Trace& trace = trace_of(span.trace_id);
  const std::size_t processes_before = trace.processes.size();
  const std::size_t spans_before = trace.spans.size();
  const std::size_t process = process_of(trace, span);
  if (!trace.spans.empty()) trace.spans += ",\n";
  trace.spans += span_json(span, process);
  held_bytes_ += trace.spans.size() - spans_before + 2 * (trace.processes.size() - processes_before);
}

void JaegerFile::write(OutputFile& file) {
  file.write(std::string_view("{\"data\":["));
  std::string_view separator = "\n";
  for (const Trace& trace : traces_) {
    file.write(separator);
    separator = ",\n";
    file.write("{\"traceID\":\"" + trace.id + "\",\"spans\":[\n");
    file.write(std::string_view(trace.spans));
    file.write(std::string_view("],\"processes\":{"));
    file.write(std::string_view(trace.processes));
    file.write(std::string_view("},\"warnings\":null}"));
  }
  file.write("],\"total\":" + std::to_string(traces_.size()) + ",\"limit\":0,\"offset\":0,\"errors\":null}\n");
}

}  // namespace entail::cli
