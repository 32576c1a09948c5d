// A ServiceGraph as one JSON object, as tables for people, and as a picture. Thread rule: Immutable (functions).
#pragma once

#include <string>

#include "console.hpp"
#include "output/summary.hpp"
#include "services/service_graph.hpp"

namespace entail::cli {

// Of `facts` the input counts are used. One line, with a newline.
std::string graph_json(const ServiceGraph& graph, const RunFacts& facts);
std::string graph_table(const ServiceGraph& graph, const RunFacts& facts, Paint paint);
// Calls are solid arrows, links dashed ones; services and edges with errors are red.
std::string graph_dot(const ServiceGraph& graph);
std::string graph_mermaid(const ServiceGraph& graph);

}  // namespace entail::cli
