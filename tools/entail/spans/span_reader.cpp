#include "spans/span_reader.hpp"

#include <array>
#include <charconv>

namespace entail::cli {
namespace {

using simdjson::dom::element;

constexpr std::string_view kNoParent = "0000000000000000";

std::string_view text_of(const element& value) {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? text : std::string_view();
}

std::int64_t number_of(const element& value) {
  std::int64_t number = 0;
  return value.get(number) == simdjson::SUCCESS ? number : 0;
}

JsonList list_of(const element& value) {
  simdjson::dom::array list;
  return value.get(list) == simdjson::SUCCESS ? JsonList(list) : std::nullopt;
}

std::optional<std::int64_t> time_of(const element& value) {
  const std::string_view digits = text_of(value);
  std::int64_t ns = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), ns);
  if (problem != std::errc() || ns <= 0) return std::nullopt;
  return ns;
}

void read_status(const element& status, SpanView& span) {
  simdjson::dom::object fields;
  if (status.get(fields) != simdjson::SUCCESS) return;
  for (const auto field : fields) {
    if (field.key == "code") span.status_code = number_of(field.value);
    if (field.key == "message") span.status_message = text_of(field.value);
  }
}

void read_field(std::string_view key, const element& value, SpanView& span) {
  if (key == "traceId") {
    span.trace_id = text_of(value);
  } else if (key == "spanId") {
    span.span_id = text_of(value);
  } else if (key == "parentSpanId") {
    const std::string_view parent = text_of(value);
    span.parent_span_id = parent == kNoParent ? std::string_view() : parent;
  } else if (key == "traceState") {
    span.trace_state = text_of(value);
  } else if (key == "flags") {
    span.flags = static_cast<std::uint64_t>(number_of(value));
  } else if (key == "name") {
    span.name = text_of(value);
  } else if (key == "kind") {
    span.kind = number_of(value);
  } else if (key == "startTimeUnixNano") {
    span.start_ns = time_of(value);
  } else if (key == "endTimeUnixNano") {
    span.end_ns = time_of(value);
  } else if (key == "attributes") {
    span.attributes = list_of(value);
  } else if (key == "events") {
    span.events = list_of(value);
  } else if (key == "links") {
    span.links = list_of(value);
  } else if (key == "status") {
    read_status(value, span);
  }
}

std::string name_of(std::int64_t number, std::span<const std::string_view> names) {
  return number >= 0 && static_cast<std::size_t>(number) < names.size()
             ? std::string(names[static_cast<std::size_t>(number)])
             : std::to_string(number);
}

}  // namespace

bool read_span(const element& span, SpanView& view) {
  simdjson::dom::object fields;
  if (span.get(fields) != simdjson::SUCCESS) return false;
  for (const auto field : fields) read_field(field.key, field.value, view);
  return true;
}

std::string kind_name(std::int64_t kind) {
  constexpr std::array<std::string_view, 6> kNames = {"UNSPECIFIED", "INTERNAL", "SERVER",
                                                      "CLIENT",      "PRODUCER", "CONSUMER"};
  return name_of(kind, kNames);
}

std::string status_name(std::int64_t code) {
  constexpr std::array<std::string_view, 3> kNames = {"UNSET", "OK", "ERROR"};
  return name_of(code, kNames);
}

LinkView link_view(const element& link) {
  LinkView view;
  simdjson::dom::object fields;
  if (link.get(fields) != simdjson::SUCCESS) return view;
  for (const auto field : fields) {
    if (field.key == "traceId") view.trace_id = text_of(field.value);
    if (field.key == "spanId") view.span_id = text_of(field.value);
    if (field.key == "traceState") view.trace_state = text_of(field.value);
    if (field.key == "attributes") view.attributes = list_of(field.value);
  }
  return view;
}

EventView event_view(const element& event) {
  EventView view;
  simdjson::dom::object fields;
  if (event.get(fields) != simdjson::SUCCESS) return view;
  for (const auto field : fields) {
    if (field.key == "timeUnixNano") view.time_ns = time_of(field.value);
    if (field.key == "name") view.name = text_of(field.value);
    if (field.key == "attributes") view.attributes = list_of(field.value);
  }
  return view;
}

std::string_view type_of(const LinkView& link) {
  for (const std::string_view key : {link_key::kType, link_key::kRelationship}) {
    const std::optional<std::string_view> type = text_attribute(link.attributes, key);
    if (type && !type->empty()) return *type;
  }
  return {};
}

// What the JSON form does not tell: the size of each span, and whether its IDs are valid.
class SpanReader::FactVisitor final : public RequestVisitor {
 public:
  explicit FactVisitor(std::vector<SpanFact>& facts) : facts_(facts) {}
  void on_span(const SpanInfo& span) override { facts_.push_back({span.size_bytes, span.problem.empty()}); }
  void on_link(const SpanInfo&, const LinkInfo&) override {}

 private:
  std::vector<SpanFact>& facts_;
};

bool SpanReader::read(const Request& request, const std::function<void(const SpanView&)>& each) {
  const Result<Bytes> repaired = repair_otlp(request.protobuf(), repaired_);
  json_.clear();
  if (!repaired || !append_otlp_json(*repaired, json_)) return false;
  element document;
  if (parser_.parse(json_).get(document) != simdjson::SUCCESS) return false;
  facts_.clear();
  next_fact_ = 0;
  FactVisitor visitor(facts_);
  request.visit(visitor);
  const JsonList resources = list_at(document, "resourceSpans");
  if (!resources) return true;
  for (const element resource_spans : *resources) {
    SpanView span;
    element resource;
    JsonList attributes;
    if (resource_spans["resource"].get(resource) == simdjson::SUCCESS) attributes = list_at(resource, "attributes");
    span.service = text_attribute(attributes, "service.name").value_or(std::string_view());
    resource_.clear();
    append_plain_attributes(attributes, resource_);
    span.resource = resource_;
    span.resource_attributes = attributes;
    const JsonList scopes = list_at(resource_spans, "scopeSpans");
    if (!scopes) continue;
    for (const element scope_spans : *scopes) read_scope(scope_spans, span, each);
  }
  return true;
}

// `span` holds what the resource says.
void SpanReader::read_scope(const element& scope_spans, SpanView& span,
                            const std::function<void(const SpanView&)>& each) {
  const auto scope_text = [&](const char* key) {
    std::string_view text;
    return scope_spans["scope"][key].get(text) == simdjson::SUCCESS ? text : std::string_view();
  };
  span.scope_name = scope_text("name");
  span.scope_version = scope_text("version");
  const JsonList spans = list_at(scope_spans, "spans");
  if (!spans) return;
  for (const element item : *spans) {
    const SpanFact fact = next_fact_ < facts_.size() ? facts_[next_fact_] : SpanFact();
    ++next_fact_;
    if (!fact.valid) {
      ++rejected_;
      continue;
    }
    SpanView one = span;
    one.size_bytes = fact.size_bytes;
    if (read_span(item, one)) each(one);
  }
}

}  // namespace entail::cli
