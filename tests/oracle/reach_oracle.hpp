// How far keeps go (docs/design.md 3.3 to 3.5): all links of all time, and a breadth-first walk from scratch each time
// it is asked. The cap of 3.5 is kept for the simple case alone, in which all neighbours are present when the keep
// leaves. Thread rule: Confined. Cost: all links, per question.
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

// Hops of the nearest keep by way; 0 = none came. In component mode both ways count in the first.
using Hops = std::array<unsigned, 2>;
using Reach = std::unordered_map<TraceId, Hops>;

class LinkGraph {
 public:
  explicit LinkGraph(const Options& options) : options_(options) {}

  // A good link from a span of trace `from` to trace `to`, which is another one.
  void add(TraceId from, const workload::Span& span, TraceId to, const workload::Link& link);
  // Carries the keeps of these origins as far as they go.
  Reach carry(const std::set<TraceId>& origins, const std::function<bool(TraceId)>& is_present);
  // Do links lead along this path from its first trace, each step in the given way (any way if none is given) and
  // within the limits of its hop?
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
