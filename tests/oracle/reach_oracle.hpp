// How far keeps propagate (docs/design.md 3.3 to 3.5): all links ever seen, and a new breadth-first search for each
// query. The cap of 3.5 covers only the simple case in which all neighbours are present when the keep
// is propagated. Thread rule: Confined. Cost: all links, per query.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "entail/options.hpp"
#include "tests/workload/otlp_plain.hpp"

namespace entail::oracle {

enum Way : unsigned { kLinkedWay = 0, kLinkingWay = 1 };

// Hops of the nearest keep by direction; 0 = not reached. In component mode the first counts both directions.
using Hops = std::array<unsigned, 2>;
using Reach = std::unordered_map<TraceId, Hops>;

class LinkGraph {
 public:
  explicit LinkGraph(const Options& options) : options_(options) {}

  // A good link from a span of trace `from` to a different trace `to`.
  void add(TraceId from, const workload::Span& span, TraceId to, const workload::Link& link);
  // Propagates the keeps of these origins as far as they reach.
  Reach carry(const std::set<TraceId>& origins, const std::function<bool(TraceId)>& is_present);
  // True if links lead along this path from its first trace, each step in the given direction (any, if none is given)
  // and within the limits of its hop.
  bool leads(const std::vector<TraceId>& path, std::optional<Way> way) const;

  std::vector<TraceId> linked(TraceId id) const;  // ascending
  std::uint64_t not_followed(TraceId id) const;

 private:
  struct LinkFacts {
    std::array<unsigned, 2> last_hop{};
    std::array<std::uint64_t, 2> far_hash{};
    bool on_error_span = false;
    unsigned rank = 2;
  };
  using Neighbours = std::unordered_map<TraceId, std::vector<LinkFacts>>;

  unsigned last_hop(const workload::Link& link, Way way) const;
  bool passes(const std::vector<LinkFacts>& links, Way way, unsigned hop) const;
  std::vector<TraceId> step(TraceId from, Way way, unsigned hop, const std::function<bool(TraceId)>& is_present);

  const Options options_;
  std::array<std::unordered_map<TraceId, Neighbours>, 2> neighbours_;
  std::array<std::unordered_map<TraceId, std::set<TraceId>>, 2> followed_;
  std::array<std::unordered_map<TraceId, std::set<TraceId>>, 2> not_followed_;
};

}  // namespace entail::oracle
