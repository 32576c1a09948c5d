#include "survey/link_survey.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "output/shown_text.hpp"

namespace entail::cli {
namespace {

// Sorts `values` in part.
Spread spread_of(std::vector<std::int64_t>& values) {
  Spread spread;
  spread.count = values.size();
  if (values.empty()) return spread;
  const auto at = [&](std::size_t rank) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rank), values.end());
    return values[rank];
  };
  // Nearest rank: the smallest value that is not below the given share of all.
  spread.p50 = at((values.size() + 1) / 2 - 1);
  spread.p99 = at((values.size() * 99 + 99) / 100 - 1);
  spread.max = *std::max_element(values.begin(), values.end());
  return spread;
}

constexpr std::size_t kTextBytesMax = 128;  // of names and types

// A time that a clock may have shown, as for the engine's own clock (docs/design.md 3.0).
bool is_time(std::uint64_t ns) noexcept { return ns != 0 && ns <= std::uint64_t{INT64_MAX}; }

std::string normal_type(std::string_view text) {
  std::string type = utf8_text(text, kTextBytesMax);
  std::replace(type.begin(), type.end(), '-', '_');
  return type;
}

// The representative of a trace's component; halves the path on the way (union-find).
std::uint32_t find_root(std::vector<std::uint32_t>& parents, std::uint32_t at) {
  while (parents[at] != at) at = parents[at] = parents[parents[at]];
  return at;
}

}  // namespace

void Histogram::add(std::uint64_t size) noexcept {
  const auto bucket = size < 2 ? static_cast<std::size_t>(size) : std::size_t{1} + std::bit_width(size - 1);
  ++counts[std::min(bucket, kBuckets - 1)];
  max = std::max(max, size);
}

std::string Histogram::label(std::size_t bucket) {
  if (bucket < 3) return std::to_string(bucket);
  const std::uint64_t last = std::uint64_t{1} << (bucket - 1);
  return std::to_string(last / 2 + 1) + "-" + std::to_string(last);
}

void LinkSurvey::add(const Request& request, const Place& place) {
  ++result_.requests;
  place_ = &place;
  request.visit(*this);
}

Place LinkSurvey::place_of(std::uint64_t offset) const {
  Place place = *place_;
  if (place.kind == Place::Kind::byte) place.at += offset;
  return place;
}

void LinkSurvey::on_span(const SpanInfo& span) {
  ++result_.spans;
  result_.links_per_span.add(span.link_count);
  result_.spans_with_links += span.link_count != 0;
  result_.dropped_upstream += span.dropped_links_count;
  result_.spans_cut_upstream += span.dropped_links_count != 0;
  if (span.link_count != 0) note_large(span);
  if (span.problem.empty())
    spans_.push_back({span.trace_id, span.span_id, span.start_ns, span.end_ns});
  else
    note_bad(span.problem, span.trace_id, span.offset, result_.rejected, result_.rejected_first);
}

// Counts by reason, and keeps the place of the first of each.
void LinkSurvey::note_bad(std::string_view problem, TraceId trace_id, std::uint64_t offset,
                          SurveyResult::Counts& counts, std::vector<SurveyResult::Bad>& first) const {
  const std::string reason(problem);
  if (++counts[reason] == 1) first.push_back({reason, trace_id, place_of(offset)});
}

void LinkSurvey::note_large(const SpanInfo& span) {
  std::vector<SurveyResult::Large>& largest = result_.largest;
  if (largest.size() == kTopMax && largest.back().links >= span.link_count) return;
  const auto at = std::find_if(largest.begin(), largest.end(),
                               [&](const SurveyResult::Large& other) { return other.links < span.link_count; });
  largest.insert(at, {span.trace_id, span.span_id, utf8_text(span.service, kTextBytesMax),
                      utf8_text(span.name, kTextBytesMax), span.link_count, span.size_bytes, place_of(span.offset)});
  if (largest.size() > kTopMax) largest.pop_back();
}

// The engine refuses a span with a bad ID and what is on it: such links are counted apart, and nowhere else.
void LinkSurvey::on_link(const SpanInfo& span, const LinkInfo& link) {
  ++result_.links;
  if (!span.problem.empty()) {
    ++result_.on_rejected_spans;
    return;
  }
  result_.bad_tracestate += link.bad_tracestate;
  count_types(link);
  if (link.problem == "null_target") {
    ++result_.null_target;
  } else if (!link.problem.empty()) {
    note_bad(link.problem, span.trace_id, link.offset, result_.invalid, result_.invalid_first);
  } else {
    ++(link.trace_id == span.trace_id ? result_.same_trace : result_.edges);
    links_.push_back({span.trace_id, link.trace_id, link.span_id, span.start_ns});
  }
}

// A link counts once for each of its types, however often it names it.
void LinkSurvey::count_types(const LinkInfo& link) {
  std::vector<std::string> types;
  for (const std::string_view text : link.types)
    if (!text.empty()) types.push_back(normal_type(text));
  std::sort(types.begin(), types.end());
  types.erase(std::unique(types.begin(), types.end()), types.end());
  result_.untyped += types.empty();
  for (std::string& type : types) {
    const auto known = result_.by_type.find(type);
    if (known != result_.by_type.end())
      ++known->second;
    else if (result_.by_type.size() < kTypesMax)
      result_.by_type.emplace(std::move(type), 1);
    else
      ++result_.other_types;
  }
}

SurveyResult LinkSurvey::finish() {
  std::sort(spans_.begin(), spans_.end());
  resolve_links();
  const std::vector<TraceId> traces = number_traces();
  const std::vector<Edge> edges = distinct_edges(traces);
  result_.distinct_edges = edges.size();
  count_components(traces.size(), edges);
  count_degrees(traces, edges);
  return std::move(result_);
}

void LinkSurvey::resolve_links() {
  std::vector<std::int64_t> delays;
  for (const LinkRow& link : links_) {
    const auto first_span = std::lower_bound(spans_.begin(), spans_.end(), link.linked,
                                             [](const SpanRow& row, TraceId id) { return row.trace_id < id; });
    if (first_span == spans_.end() || first_span->trace_id != link.linked) {
      ++result_.trace_absent;
      continue;
    }
    // Of spans that were sent twice, the one that began first.
    const auto found = std::lower_bound(first_span, spans_.end(), SpanRow{link.linked, link.linked_span, 0, 0});
    if (found == spans_.end() || found->trace_id != link.linked || found->span_id != link.linked_span) {
      ++result_.span_absent;
      continue;
    }
    ++result_.resolved;
    if (!is_time(link.start_ns) || !is_time(found->end_ns) || found->end_ns < found->start_ns)
      ++result_.untimed;
    else if (link.start_ns < found->end_ns)
      ++result_.overlapping;
    else
      delays.push_back(static_cast<std::int64_t>(link.start_ns - found->end_ns));
  }
  result_.delay_ns = spread_of(delays);
}

// All traces that have spans or that links lead to, ascending: a trace's number is its index.
std::vector<TraceId> LinkSurvey::number_traces() {
  std::vector<TraceId> traces;
  traces.reserve(spans_.size());
  for (const SpanRow& span : spans_)
    if (traces.empty() || traces.back() != span.trace_id) traces.push_back(span.trace_id);
  result_.traces = traces.size();
  for (const LinkRow& link : links_) traces.push_back(link.linked);
  std::sort(traces.begin(), traces.end());
  traces.erase(std::unique(traces.begin(), traces.end()), traces.end());
  return traces;
}

std::vector<LinkSurvey::Edge> LinkSurvey::distinct_edges(const std::vector<TraceId>& traces) const {
  const auto number = [&](TraceId id) {
    return static_cast<std::uint32_t>(std::lower_bound(traces.begin(), traces.end(), id) - traces.begin());
  };
  std::vector<Edge> edges;
  edges.reserve(links_.size());
  for (const LinkRow& link : links_)
    if (link.linking != link.linked) edges.push_back({number(link.linking), number(link.linked)});
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  return edges;
}

void LinkSurvey::count_degrees(const std::vector<TraceId>& traces, std::vector<Edge> edges) {
  const auto count = [&](auto trace_of, std::vector<SurveyResult::Degree>& top) {
    std::vector<std::int64_t> degrees;
    for (auto first = edges.begin(); first != edges.end();) {
      const std::uint32_t trace = trace_of(*first);
      const auto end = std::find_if(first, edges.end(), [&](const Edge& edge) { return trace_of(edge) != trace; });
      const auto degree = static_cast<std::uint64_t>(end - first);
      degrees.push_back(static_cast<std::int64_t>(degree));
      const auto at =
          std::find_if(top.begin(), top.end(), [&](const SurveyResult::Degree& other) { return other.count < degree; });
      if (at != top.end() || top.size() < kTopMax) top.insert(at, {traces[trace], degree});
      if (top.size() > kTopMax) top.pop_back();
      first = end;
    }
    return spread_of(degrees);
  };
  result_.fan_out = count([](const Edge& edge) { return edge.linking; }, result_.most_linking_to);
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
    return a.linked != b.linked ? a.linked < b.linked : a.linking < b.linking;
  });
  result_.fan_in = count([](const Edge& edge) { return edge.linked; }, result_.most_linked_from);
}

void LinkSurvey::count_components(std::size_t trace_count, const std::vector<Edge>& edges) {
  std::vector<std::uint32_t> parents(trace_count);
  std::iota(parents.begin(), parents.end(), 0u);
  std::vector<std::uint64_t> sizes(trace_count, 1);
  for (const Edge& edge : edges) {
    std::uint32_t a = find_root(parents, edge.linking);
    std::uint32_t b = find_root(parents, edge.linked);
    if (a == b) continue;
    if (sizes[a] < sizes[b]) std::swap(a, b);
    parents[b] = a;
    sizes[a] += sizes[b];
  }
  for (std::uint32_t trace = 0; trace < trace_count; ++trace) {
    if (parents[trace] != trace || sizes[trace] < 2) continue;
    ++result_.components;
    result_.component_sizes.add(sizes[trace]);
  }
  result_.largest_component = result_.component_sizes.max;
}

}  // namespace entail::cli
