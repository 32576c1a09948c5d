// The services of some inputs as nodes; calls (a parent in another service) and links between spans as edges.
//
// An edge leads from the service of the parent or of the linked span to that of the called or of the linking one: from
// cause to consequence. Its delay is measured from the start of the parent, or from the end of the linked span, to the
// start of the other one.
//
// Conservation: parents = within one service + the sum of call edges + unresolved; links likewise, but for services: a
// link within one service is an edge.
//
// Thread rule: Confined. Memory: a SpanIndex; kServicesMax names; at most 16 KiB for each edge, kEdgesMax of them.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "entail/entail.hpp"
#include "name_table.hpp"
#include "services/duration_sketch.hpp"
#include "services/span_index.hpp"

namespace entail::cli {

class ServiceGraph final : public RequestVisitor {
 public:
  static constexpr std::size_t kServicesMax = 1024;
  static constexpr std::size_t kEdgesMax = 4096;

  struct Node {
    std::uint64_t spans = 0;
    std::uint64_t errors = 0;
  };
  struct Edge {
    EdgeKind kind = EdgeKind::call;
    std::uint16_t from = 0, to = 0;  // of services()
    std::uint64_t count = 0;
    std::uint64_t errors = 0;         // the called or linking span has status ERROR
    std::uint64_t overlapping = 0;    // it began before the delay begins to count
    DurationSketch delay_ns = {};     // of those that did not, with usable times
    DurationSketch duration_ns = {};  // of the called or linking span
  };
  // By EdgeKind: calls, links.
  struct Ends {
    std::uint64_t named = 0;           // spans with a parent; links
    std::uint64_t within_service = 0;  // calls: the parent is in the same service, which is no edge
    std::uint64_t absent = 0;          // the span that is named is not in the inputs
    std::uint64_t forgotten = 0;       // it was not known, or no longer, when it was looked for
    std::uint64_t other_edges = 0;     // resolved, but between services beyond kEdgesMax
  };

  explicit ServiceGraph(std::size_t entries_max = SpanIndex::kEntriesMax);

  void add(const Request& request) { request.visit(*this); }
  void on_span(const SpanInfo& span) override;
  void on_link(const SpanInfo& span, const LinkInfo& link) override;

  const NameTable& services() const noexcept { return services_; }
  // By services().
  const std::vector<Node>& nodes() const noexcept { return nodes_; }
  // Most spans first; calls before links.
  std::vector<const Edge*> edges() const;
  Ends ends(EdgeKind kind) const noexcept;
  std::uint64_t spans() const noexcept { return spans_; }
  std::uint64_t rejected() const noexcept { return rejected_; }            // spans with invalid IDs
  std::uint64_t invalid_links() const noexcept { return invalid_links_; }  // those of rejected spans included

 private:
  SpanEnd end_of(const SpanInfo& span);
  void resolve(EdgeKind kind, const SpanEnd& named, const SpanEnd& naming);

  SpanIndex index_;
  NameTable services_{kServicesMax};
  std::vector<Node> nodes_;
  std::unordered_map<std::uint64_t, Edge> edges_;
  std::array<Ends, 2> ends_;
  std::uint64_t spans_ = 0, rejected_ = 0, invalid_links_ = 0;
};

}  // namespace entail::cli
