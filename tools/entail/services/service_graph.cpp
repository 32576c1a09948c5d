#include "services/service_graph.hpp"

#include <algorithm>
#include <tuple>

namespace entail::cli {
namespace {

constexpr std::uint8_t kStatusError = 2;

// A time that a clock may have shown, as for the engine's own clock (docs/design.md 3.0).
bool is_time(std::uint64_t ns) noexcept { return ns != 0 && ns <= std::uint64_t{INT64_MAX}; }

}  // namespace

ServiceGraph::ServiceGraph(std::size_t entries_max)
    : index_([this](EdgeKind kind, const SpanEnd& named, const SpanEnd& naming) { resolve(kind, named, naming); },
             entries_max) {}

SpanEnd ServiceGraph::end_of(const SpanInfo& span) {
  return {span.start_ns, span.end_ns, services_.number(span.service), span.status_code == kStatusError};
}

void ServiceGraph::on_span(const SpanInfo& span) {
  if (!span.problem.empty()) {
    ++rejected_;
    return;
  }
  ++spans_;
  const SpanEnd end = end_of(span);
  if (nodes_.size() <= end.service) nodes_.resize(end.service + std::size_t{1});
  ++nodes_[end.service].spans;
  nodes_[end.service].errors += end.failed;
  index_.add(span.trace_id, span.span_id, end);
  if (span.parent_span_id.is_zero()) return;
  ++ends_[static_cast<std::size_t>(EdgeKind::call)].named;
  index_.refer(EdgeKind::call, span.trace_id, span.parent_span_id, end);
}

void ServiceGraph::on_link(const SpanInfo& span, const LinkInfo& link) {
  if (!span.problem.empty() || !link.problem.empty()) {
    ++invalid_links_;
    return;
  }
  ++ends_[static_cast<std::size_t>(EdgeKind::link)].named;
  index_.refer(EdgeKind::link, link.trace_id, link.span_id, end_of(span));
}

void ServiceGraph::resolve(EdgeKind kind, const SpanEnd& named, const SpanEnd& naming) {
  Ends& ends = ends_[static_cast<std::size_t>(kind)];
  if (kind == EdgeKind::call && named.service == naming.service) {
    ++ends.within_service;
    return;
  }
  const std::uint64_t key =
      std::uint64_t{named.service} << 32 | std::uint64_t{naming.service} << 8 | static_cast<std::uint64_t>(kind);
  auto at = edges_.find(key);
  if (at == edges_.end()) {
    if (edges_.size() >= kEdgesMax) {
      ++ends.other_edges;
      return;
    }
    at = edges_.emplace(key, Edge{kind, named.service, naming.service}).first;
  }
  Edge& edge = at->second;
  ++edge.count;
  edge.errors += naming.failed;
  const bool has_times = is_time(naming.start_ns) && is_time(naming.end_ns) && naming.end_ns >= naming.start_ns;
  if (has_times) edge.duration_ns.add(naming.end_ns - naming.start_ns);
  const std::uint64_t from_ns = kind == EdgeKind::call || !is_time(named.end_ns) ? named.start_ns : named.end_ns;
  if (!is_time(from_ns) || !is_time(naming.start_ns)) return;
  if (naming.start_ns < from_ns)
    ++edge.overlapping;
  else
    edge.delay_ns.add(naming.start_ns - from_ns);
}

std::vector<const ServiceGraph::Edge*> ServiceGraph::edges() const {
  std::vector<const Edge*> edges;
  for (const auto& [key, edge] : edges_) edges.push_back(&edge);
  std::ranges::sort(edges, {}, [this](const Edge* edge) {
    return std::tuple(edge->kind, ~edge->count, std::string_view(services_.name(edge->from)),
                      std::string_view(services_.name(edge->to)));
  });
  return edges;
}

ServiceGraph::Ends ServiceGraph::ends(EdgeKind kind) const noexcept {
  Ends ends = ends_[static_cast<std::size_t>(kind)];
  ends.forgotten = index_.forgotten(kind);
  // Once spans were forgotten, those that are still missing may have been among them.
  (index_.forgotten_spans() == 0 ? ends.absent : ends.forgotten) += index_.waiting(kind);
  return ends;
}

}  // namespace entail::cli
