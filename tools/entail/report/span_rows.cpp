#include "report/span_rows.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace entail::cli::report {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

std::string_view text_at(const element& object, const char* key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

array array_at(const element& object, const char* key) {
  static const simdjson::padded_string kEmpty("[]", 2);
  static simdjson::dom::parser parser;
  static const array kNothing = parser.parse(kEmpty).get_array().value();
  array found;
  return object[key].get(found) == simdjson::SUCCESS ? found : kNothing;
}

// A whole number, which OTLP/JSON writes as a string if it has 64 bits.
std::int64_t number_at(const element& object, const char* key) {
  std::int64_t number = 0;
  if (object[key].get(number) == simdjson::SUCCESS) return number;
  const std::string_view text = text_at(object, key);
  std::uint64_t large = 0;
  if (text.starts_with('-'))
    std::from_chars(text.data(), text.data() + text.size(), number);
  else if (std::from_chars(text.data(), text.data() + text.size(), large).ec == std::errc())
    number = static_cast<std::int64_t>(large);
  return number;
}

SpanId span_id_at(const element& object, const char* key) {
  const std::string_view text = text_at(object, key);
  SpanId id;
  if (text.size() == 16) std::from_chars(text.data(), text.data() + text.size(), id.value, 16);
  return id;
}

TraceId trace_id_at(const element& object) {
  const auto id = from_hex(text_at(object, "traceId"));
  return id ? *id : TraceId();
}

// The value of an attribute whose value is a string.
std::string_view string_value(const element& attribute) {
  std::string_view text;
  return attribute["value"]["stringValue"].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

constexpr std::string_view kPrefix = "entail.links.";

// True if `key` is one of a truncation's attributes; then its value is in `row`.
bool take_attribute(std::string_view key, const element& attribute, TruncationRow& row) {
  if (!key.starts_with(kPrefix)) return false;
  key.remove_prefix(kPrefix.size());
  element value;
  if (attribute["value"].get(value) != simdjson::SUCCESS) return false;
  const auto count = [&] { return static_cast<std::uint64_t>(number_at(value, "intValue")); };
  constexpr std::pair<std::string_view, std::uint64_t TruncationRow::*> kCounts[] = {
      {"received", &TruncationRow::received},   {"emitted", &TruncationRow::emitted},
      {"dropped", &TruncationRow::dropped},     {"dropped_upstream", &TruncationRow::dropped_upstream},
      {"malformed", &TruncationRow::malformed}, {"duplicates", &TruncationRow::duplicates},
      {"seed", &TruncationRow::seed},
  };
  for (const auto& [name, member] : kCounts) {
    if (key != name) continue;
    row.*member = count();
    return true;
  }
  constexpr std::pair<std::string_view, std::string TruncationRow::*> kTexts[] = {
      {"threshold.uniform", &TruncationRow::threshold_uniform},
      {"threshold.consistent", &TruncationRow::threshold_consistent},
      {"algorithm", &TruncationRow::algorithm},
  };
  for (const auto& [name, member] : kTexts) {
    if (key != name) continue;
    row.*member = string_value(attribute).substr(0, 64);
    return true;
  }
  for (std::size_t i = 0; i < TruncationRow::kStrata.size(); ++i) {
    const std::string_view stratum = TruncationRow::kStrata[i];
    if (!key.starts_with(stratum)) continue;
    if (key.substr(stratum.size()) == ".received") row.strata[i].received = count();
    if (key.substr(stratum.size()) == ".emitted") row.strata[i].emitted = count();
    return true;
  }
  return false;
}

}  // namespace

std::uint64_t TraceSpans::bytes() const noexcept {
  return sizeof(TraceSpans) + spans.capacity() * sizeof(SpanRow) + links.capacity() * sizeof(LinkRow) +
         truncations.capacity() * (sizeof(TruncationRow) + 64);
}

struct SpanReader::State {
  State(NameTable& table, bool named) : names(table), with_names(named) {}

  NameTable& names;
  const bool with_names;
  simdjson::dom::parser parser;
  std::string text;
  std::vector<std::uint8_t> repaired;

  NameId name(std::string_view shown) { return with_names ? names.number(shown) : NameTable::kNone; }

  NameId service_of(const element& resource_spans) {
    element resource;
    if (resource_spans["resource"].get(resource) != simdjson::SUCCESS) return NameTable::kNone;
    for (const element& attribute : array_at(resource, "attributes"))
      if (text_at(attribute, "key") == "service.name") return name(string_value(attribute));
    return NameTable::kNone;
  }

  void read_link(const element& link, std::uint32_t span, TraceSpans& trace) {
    LinkRow row{span, trace_id_at(link), span_id_at(link, "spanId"), NameTable::kNone};
    if (row.trace_id.is_zero()) return;
    if (trace.links.size() >= TraceSpans::kLinksMax) {
      ++trace.links_left_out;
      return;
    }
    for (const element& attribute : array_at(link, "attributes")) {
      const std::string_view key = text_at(attribute, "key");
      if (key != "link.type" && key != "link.relationship") continue;
      if (row.type == NameTable::kNone) row.type = name(string_value(attribute));
    }
    trace.links.push_back(row);
  }

  void read_span(const element& span, NameId service, const Place& place) {
    const TraceId trace_id = trace_id_at(span);
    const SpanId span_id = span_id_at(span, "spanId");
    if (trace_id.is_zero() || span_id.is_zero()) return;
    TraceSpans* const trace = place(trace_id);
    if (!trace) return;
    if (trace->spans.size() >= TraceSpans::kSpansMax) {
      ++trace->spans_left_out;
      return;
    }
    SpanRow row;
    row.id = span_id;
    row.parent = span_id_at(span, "parentSpanId");
    row.start_ns = number_at(span, "startTimeUnixNano");
    row.end_ns = number_at(span, "endTimeUnixNano");
    row.service = service;
    row.name = name(text_at(span, "name"));
    row.kind = static_cast<std::uint8_t>(std::clamp<std::int64_t>(number_at(span, "kind"), 0, 5));
    element status;
    if (span["status"].get(status) == simdjson::SUCCESS) {
      row.status = static_cast<std::uint8_t>(std::clamp<std::int64_t>(number_at(status, "code"), 0, 3));
      row.message = name(text_at(status, "message"));
    }
    const auto index = static_cast<std::uint32_t>(trace->spans.size());
    TruncationRow truncation;
    truncation.span = index;
    bool truncated = false;
    for (const element& attribute : array_at(span, "attributes"))
      truncated |= take_attribute(text_at(attribute, "key"), attribute, truncation);
    if (truncated) trace->truncations.push_back(std::move(truncation));
    const array links = array_at(span, "links");
    row.links = static_cast<std::uint32_t>(links.size());
    for (const element& link : links) read_link(link, index, *trace);
    trace->spans.push_back(row);
  }
};

SpanReader::SpanReader(NameTable& names, bool with_names) : state_(std::make_unique<State>(names, with_names)) {}
SpanReader::~SpanReader() = default;

bool SpanReader::read(Bytes traces_data, const Place& place) {
  const Result<Bytes> repaired = repair_otlp(traces_data, state_->repaired);
  state_->text.clear();
  if (!repaired || !append_otlp_json(*repaired, state_->text)) return false;
  element message;
  if (state_->parser.parse(state_->text).get(message) != simdjson::SUCCESS) return false;
  for (const element& resource_spans : array_at(message, "resourceSpans")) {
    const NameId service = state_->service_of(resource_spans);
    for (const element& scope_spans : array_at(resource_spans, "scopeSpans"))
      for (const element& span : array_at(scope_spans, "spans")) state_->read_span(span, service, place);
  }
  return true;
}

}  // namespace entail::cli::report
