#include "report/span_rows.hpp"

#include <algorithm>
#include <charconv>

#include "spans/span_reader.hpp"

namespace entail::cli::report {
namespace {

using simdjson::dom::element;

SpanId span_id_of(std::string_view text) {
  SpanId id;
  if (text.size() == 16) std::from_chars(text.data(), text.data() + text.size(), id.value, 16);
  return id;
}

TraceId trace_id_of(std::string_view text) {
  const auto id = from_hex(text);
  return id ? *id : TraceId();
}

template <class Each>
void for_each(const JsonList& list, const Each& each) {
  if (!list) return;
  for (const element entry : *list) each(entry);
}

std::string_view text_at(const element& object, const char* key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

// OTLP/JSON writes integers as strings.
std::uint64_t integer_value(const element& attribute) {
  std::string_view text;
  std::int64_t number = 0;
  if (attribute["value"]["intValue"].get(text) == simdjson::SUCCESS)
    std::from_chars(text.data(), text.data() + text.size(), number);
  return static_cast<std::uint64_t>(number);
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
  if (attribute["value"].error() != simdjson::SUCCESS) return false;
  constexpr std::pair<std::string_view, std::uint64_t TruncationRow::*> kCounts[] = {
      {"received", &TruncationRow::received},   {"emitted", &TruncationRow::emitted},
      {"dropped", &TruncationRow::dropped},     {"dropped_upstream", &TruncationRow::dropped_upstream},
      {"malformed", &TruncationRow::malformed}, {"duplicates", &TruncationRow::duplicates},
      {"seed", &TruncationRow::seed},
  };
  for (const auto& [name, member] : kCounts) {
    if (key != name) continue;
    row.*member = integer_value(attribute);
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
    if (key.substr(stratum.size()) == ".received") row.strata[i].received = integer_value(attribute);
    if (key.substr(stratum.size()) == ".emitted") row.strata[i].emitted = integer_value(attribute);
    return true;
  }
  return false;
}

}  // namespace

std::uint64_t TraceSpans::bytes() const noexcept {
  return sizeof(TraceSpans) + spans.capacity() * sizeof(SpanRow) + links.capacity() * sizeof(LinkRow) +
         truncations.capacity() * (sizeof(TruncationRow) + 64);
}

struct SpanRowReader::State {
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
    return name(text_attribute(list_at(resource, "attributes"), "service.name").value_or(std::string_view()));
  }

  void read_link(const element& link, std::uint32_t span, TraceSpans& trace) {
    const LinkView view = link_view(link);
    const TraceId trace_id = trace_id_of(view.trace_id);
    if (trace_id.is_zero()) return;
    if (trace.links.size() >= TraceSpans::kLinksMax) {
      ++trace.links_left_out;
      return;
    }
    trace.links.push_back({span, trace_id, span_id_of(view.span_id), name(type_of(view))});
  }

  void take_span(const element& span, NameId service, const Place& place) {
    SpanView view;
    if (!read_span(span, view)) return;
    const TraceId trace_id = trace_id_of(view.trace_id);
    const SpanId span_id = span_id_of(view.span_id);
    if (trace_id.is_zero() || span_id.is_zero()) return;
    TraceSpans* const trace = place(trace_id);
    if (!trace) return;
    if (trace->spans.size() >= TraceSpans::kSpansMax) {
      ++trace->spans_left_out;
      return;
    }
    SpanRow row;
    row.id = span_id;
    row.parent = span_id_of(view.parent_span_id);
    row.start_ns = view.start_ns.value_or(0);
    row.end_ns = view.end_ns.value_or(0);
    row.service = service;
    row.name = name(view.name);
    row.kind = static_cast<std::uint8_t>(std::clamp<std::int64_t>(view.kind, 0, 5));
    row.status = static_cast<std::uint8_t>(std::clamp<std::int64_t>(view.status_code, 0, 3));
    row.message = name(view.status_message);
    const auto index = static_cast<std::uint32_t>(trace->spans.size());
    TruncationRow truncation;
    truncation.span = index;
    bool truncated = false;
    for_each(view.attributes, [&](const element& attribute) {
      truncated |= take_attribute(text_at(attribute, "key"), attribute, truncation);
    });
    if (truncated) trace->truncations.push_back(std::move(truncation));
    for_each(view.links, [&](const element& link) {
      ++row.links;
      read_link(link, index, *trace);
    });
    trace->spans.push_back(row);
  }
};

SpanRowReader::SpanRowReader(NameTable& names, bool with_names) : state_(std::make_unique<State>(names, with_names)) {}
SpanRowReader::~SpanRowReader() = default;

bool SpanRowReader::read(Bytes traces_data, const Place& place) {
  const Result<Bytes> repaired = repair_otlp(traces_data, state_->repaired);
  state_->text.clear();
  if (!repaired || !append_otlp_json(*repaired, state_->text)) return false;
  element message;
  if (state_->parser.parse(state_->text).get(message) != simdjson::SUCCESS) return false;
  for_each(list_at(message, "resourceSpans"), [&](const element& resource_spans) {
    const NameId service = state_->service_of(resource_spans);
    for_each(list_at(resource_spans, "scopeSpans"), [&](const element& scope_spans) {
      for_each(list_at(scope_spans, "spans"), [&](const element& span) { state_->take_span(span, service, place); });
    });
  });
  return true;
}

}  // namespace entail::cli::report
