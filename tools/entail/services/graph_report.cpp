#include "services/graph_report.hpp"

#include <algorithm>

#include "output/diagram_text.hpp"
#include "output/figure_text.hpp"
#include "output/grid.hpp"
#include "output/json_text.hpp"

namespace entail::cli {
namespace {

constexpr std::size_t kRowsShown = 40;

const char* kind_name(EdgeKind kind) { return kind == EdgeKind::call ? "call" : "link"; }

void quantiles_field(JsonText& json, std::string_view name, const DurationSketch& sketch) {
  json.key(name).begin_object().field("count", sketch.count());
  if (sketch.count() != 0) json.field("p50", sketch.percentile(50)).field("p99", sketch.percentile(99));
  json.end_object();
}

void ends_fields(JsonText& json, const ServiceGraph& graph) {
  const ServiceGraph::Ends calls = graph.ends(EdgeKind::call);
  const ServiceGraph::Ends links = graph.ends(EdgeKind::link);
  json.key("parents").begin_object();
  json.field("named", calls.named).field("within_service", calls.within_service).field("absent", calls.absent);
  json.field("forgotten", calls.forgotten).field("other_edges", calls.other_edges).end_object();
  json.key("links").begin_object();
  json.field("named", links.named).field("invalid", graph.invalid_links()).field("absent", links.absent);
  json.field("forgotten", links.forgotten).field("other_edges", links.other_edges).end_object();
}

std::string quantile_text(const DurationSketch& sketch, unsigned percent) {
  return sketch.count() == 0 ? "" : duration_text(sketch.percentile(percent));
}

std::string count_text(std::uint64_t count) { return count == 0 ? "" : grouped(count); }

Grid node_grid(const ServiceGraph& graph, Paint paint) {
  Grid grid(paint, {"Service", "spans", "errors", ""});
  std::vector<std::uint16_t> order;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i)
    if (graph.nodes()[i].spans != 0) order.push_back(static_cast<std::uint16_t>(i));
  std::ranges::stable_sort(order, std::greater(), [&](std::uint16_t i) { return graph.nodes()[i].spans; });
  for (std::size_t i = 0; i < std::min(order.size(), kRowsShown); ++i) {
    const ServiceGraph::Node& node = graph.nodes()[order[i]];
    grid.row({graph.services().shown(order[i]), grouped(node.spans), count_text(node.errors),
              node.errors == 0 ? "" : percent_text(node.errors, node.spans)});
  }
  if (order.size() > kRowsShown) grid.line("(" + grouped(order.size() - kRowsShown) + " more with --format json)");
  return grid;
}

Grid edge_grid(const ServiceGraph& graph, EdgeKind kind, Paint paint) {
  Grid grid(paint,
            {kind == EdgeKind::call ? "Calls" : "Links", "count", "errors", "delay p50", "delay p99", "duration p99"});
  std::size_t count = 0;
  for (const ServiceGraph::Edge* const edge : graph.edges()) {
    if (edge->kind != kind || ++count > kRowsShown) continue;
    grid.row({graph.services().shown(edge->from) + " > " + graph.services().shown(edge->to), grouped(edge->count),
              count_text(edge->errors), quantile_text(edge->delay_ns, 50), quantile_text(edge->delay_ns, 99),
              quantile_text(edge->duration_ns, 99)});
  }
  if (count > kRowsShown) grid.line("(" + grouped(count - kRowsShown) + " more with --format json)");
  return grid;
}

std::string unresolved_text(const ServiceGraph& graph) {
  std::string text;
  for (const EdgeKind kind : {EdgeKind::call, EdgeKind::link}) {
    const ServiceGraph::Ends ends = graph.ends(kind);
    const std::string what = kind == EdgeKind::call ? "parents" : "linked spans";
    if (ends.absent > 0) text += what + " not in the input: " + grouped(ends.absent) + "\n";
    if (ends.forgotten > 0)
      text += what + " too far from the spans that name them: " + grouped(ends.forgotten) + "; raise --spans-max\n";
    if (ends.other_edges > 0) text += what + " between further services: " + grouped(ends.other_edges) + "\n";
  }
  return text;
}

// "1,234, 12 errors, p99 1.50 s": what a picture says of an edge.
std::string edge_label(const ServiceGraph::Edge& edge) {
  std::string label = grouped(edge.count);
  if (edge.errors > 0) label += ", " + plural(edge.errors, "error", "errors");
  const DurationSketch& shown = edge.kind == EdgeKind::call ? edge.duration_ns : edge.delay_ns;
  if (shown.count() > 0) label += ", p99 " + duration_text(shown.percentile(99));
  return label;
}

}  // namespace

std::string graph_json(const ServiceGraph& graph, const RunFacts& facts) {
  JsonText json;
  json.begin_object().key("input").begin_object();
  input_fields(json, facts);
  json.end_object();
  json.key("spans").begin_object().field("received", graph.spans()).field("rejected", graph.rejected()).end_object();
  ends_fields(json, graph);
  json.key("nodes").begin_array();
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const ServiceGraph::Node& node = graph.nodes()[i];
    if (node.spans == 0) continue;
    json.begin_object();
    name_fields(json, "service", graph.services(), static_cast<std::uint16_t>(i));
    json.field("spans", node.spans).field("errors", node.errors).end_object();
  }
  json.end_array().key("edges").begin_array();
  for (const ServiceGraph::Edge* const edge : graph.edges()) {
    json.begin_object().field("kind", kind_name(edge->kind));
    name_fields(json, "from", graph.services(), edge->from);
    name_fields(json, "to", graph.services(), edge->to);
    json.field("count", edge->count).field("errors", edge->errors).field("overlapping", edge->overlapping);
    quantiles_field(json, "delay_ns", edge->delay_ns);
    quantiles_field(json, "duration_ns", edge->duration_ns);
    json.end_object();
  }
  return json.end_array().end_object().take() + "\n";
}

std::string graph_table(const ServiceGraph& graph, const RunFacts& facts, Paint paint) {
  std::string text;
  if (facts.interrupted) text += "interrupted: what was read so far\n";
  text += plural(graph.spans(), "span", "spans") + " from " + plural(facts.files, "input", "inputs") + "\n";
  if (graph.rejected() > 0) text += grouped(graph.rejected()) + " more have invalid IDs\n";
  text += unresolved_text(graph);
  const Grid calls = edge_grid(graph, EdgeKind::call, paint);
  const Grid links = edge_grid(graph, EdgeKind::link, paint);
  text += "\n" + node_grid(graph, paint).text();
  if (!calls.empty()) text += "\n" + calls.text();
  if (!links.empty()) text += "\n" + links.text();
  return text;
}

std::string graph_dot(const ServiceGraph& graph) {
  std::string text = "digraph services {\n  rankdir=LR;\n  node [shape=box];\n";
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const ServiceGraph::Node& node = graph.nodes()[i];
    if (node.spans == 0) continue;
    text += "  n" + std::to_string(i) + " [label=" + dot_quoted(graph.services().shown(static_cast<std::uint16_t>(i)));
    text += node.errors > 0 ? ", color=red];\n" : "];\n";
  }
  for (const ServiceGraph::Edge* const edge : graph.edges()) {
    text += "  n" + std::to_string(edge->from) + " -> n" + std::to_string(edge->to) +
            " [label=" + dot_quoted(edge_label(*edge));
    if (edge->kind == EdgeKind::link) text += ", style=dashed";
    if (edge->errors > 0) text += ", color=red";
    text += "];\n";
  }
  return text + "}\n";
}

std::string graph_mermaid(const ServiceGraph& graph) {
  std::string text = "flowchart LR\n";
  std::string failed;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const ServiceGraph::Node& node = graph.nodes()[i];
    if (node.spans == 0) continue;
    const std::string id = "n" + std::to_string(i);
    text += "  " + id + "[" + mermaid_quoted(graph.services().shown(static_cast<std::uint16_t>(i))) + "]\n";
    if (node.errors > 0) failed += (failed.empty() ? "" : ",") + id;
  }
  for (const ServiceGraph::Edge* const edge : graph.edges()) {
    const char* const arrow = edge->kind == EdgeKind::call ? " -->" : " -.->";
    text += "  n" + std::to_string(edge->from) + arrow + "|" + mermaid_quoted(edge_label(*edge)) + "| n" +
            std::to_string(edge->to) + "\n";
  }
  if (!failed.empty()) text += "  classDef failed stroke:#d00\n  class " + failed + " failed\n";
  return text;
}

}  // namespace entail::cli
