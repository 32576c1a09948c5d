#include "tests/oracle/reach_oracle.hpp"

#include <algorithm>
#include <tuple>

#include "tests/oracle/context_oracle.hpp"

namespace entail::oracle {

unsigned LinkGraph::last_hop(const workload::Link& link, Way way) const {
  const PropagateOptions& propagate = options_.links.propagate;
  std::optional<unsigned> strictest;
  for (const workload::Attribute& attribute : link.attributes) {
    const auto* type = std::get_if<std::string>(&attribute.value);
    if (type == nullptr || std::count(propagate.type_keys.begin(), propagate.type_keys.end(), attribute.key) == 0)
      continue;
    std::string name = *type;
    std::replace(name.begin(), name.end(), '-', '_');
    const auto rule = propagate.types.find(name);
    if (rule == propagate.types.end()) continue;
    const auto limit = way == kLinkedWay ? rule->second.linked : rule->second.linking;
    if (limit) strictest = std::min(strictest.value_or(*limit), *limit);
  }
  return strictest.value_or(way == kLinkedWay ? propagate.max_hops_linked : propagate.max_hops_linking);
}

void LinkGraph::add(TraceId from, const workload::Span& span, TraceId to, const workload::Link& link) {
  LinkFacts facts;
  facts.last_hop = {last_hop(link, kLinkedWay), last_hop(link, kLinkingWay)};
  facts.on_error_span = span.status_code == 2;
  facts.rank = facts.on_error_span ? 0 : (link.flags & 1) != 0 ? 1 : 2;
  const std::uint64_t seed = options_.links.propagate.rank_seed.value_or(0);
  facts.far_hash = {sampling_hash(to, span_id_of(link.span_id), seed),
                    sampling_hash(from, span_id_of(span.span_id), seed)};
  neighbours_[kLinkedWay][from][to].push_back(facts);
  neighbours_[kLinkingWay][to][from].push_back(facts);
}

// Hop 1 is the step of an origin's own keep: a keep that came from a neighbour is at hop 2 or later.
bool LinkGraph::passes(const std::vector<LinkFacts>& links, Way way, unsigned hop) const {
  const bool only_errors =
      hop == 1 && way == kLinkedWay && options_.links.propagate.origin_links == OriginLinks::error_spans;
  return std::any_of(links.begin(), links.end(), [&](const LinkFacts& link) {
    return hop <= link.last_hop[way] && (!only_errors || link.on_error_span);
  });
}

std::vector<TraceId> LinkGraph::step(TraceId from, Way way, unsigned hop,
                                     const std::function<bool(TraceId)>& is_present) {
  std::vector<TraceId> out;
  const auto found = neighbours_[way].find(from);
  if (found == neighbours_[way].end()) return out;
  std::vector<std::tuple<unsigned, std::uint64_t, TraceId>> ranked;
  std::set<TraceId>& followed = followed_[way][from];
  for (const auto& [to, links] : found->second) {
    if (!passes(links, way, hop)) continue;
    if (!is_present(to) || followed.contains(to)) {
      out.push_back(to);
      continue;
    }
    auto best = std::tuple(3U, std::uint64_t{0}, to);
    for (const LinkFacts& link : links) best = std::min(best, std::tuple(link.rank, link.far_hash[way], to));
    ranked.push_back(best);
  }
  std::sort(ranked.begin(), ranked.end());
  for (const auto& [rank, hash, to] : ranked) {
    if (followed.size() < options_.links.propagate.max_links_followed) {
      followed.insert(to);
      not_followed_[way][from].erase(to);
      out.push_back(to);
    } else {
      not_followed_[way][from].insert(to);
    }
  }
  return out;
}

Reach LinkGraph::carry(const std::set<TraceId>& origins, const std::function<bool(TraceId)>& is_present) {
  Reach reach;
  const PropagateMode mode = options_.links.propagate.mode;
  if (mode == PropagateMode::none) return reach;
  // A layer counts hops together: one direction in a cone, both directions in a component.
  const unsigned layers = mode == PropagateMode::cone ? 2 : 1;
  for (unsigned layer = 0; layer < layers; ++layer) {
    std::vector<TraceId> frontier(origins.begin(), origins.end());
    for (unsigned hop = 1; !frontier.empty(); ++hop) {
      std::vector<TraceId> next;
      for (const TraceId from : frontier) {
        for (const Way way : {kLinkedWay, kLinkingWay}) {
          if (mode == PropagateMode::cone && way != layer) continue;
          for (const TraceId to : step(from, way, hop, is_present)) {
            unsigned& hops = reach[to][layer];
            if (hops != 0) continue;
            hops = hop;
            next.push_back(to);
          }
        }
      }
      frontier = std::move(next);
    }
  }
  return reach;
}

bool LinkGraph::leads(const std::vector<TraceId>& path, std::optional<Way> way) const {
  for (unsigned hop = 1; hop < path.size(); ++hop) {
    bool found = false;
    for (const Way tried : {kLinkedWay, kLinkingWay}) {
      if (way && *way != tried) continue;
      const auto from = neighbours_[tried].find(path[hop - 1]);
      if (from == neighbours_[tried].end()) continue;
      const auto links = from->second.find(path[hop]);
      found |= links != from->second.end() && passes(links->second, tried, hop);
    }
    if (!found) return false;
  }
  return true;
}

std::vector<TraceId> LinkGraph::linked(TraceId id) const {
  std::vector<TraceId> out;
  const auto found = neighbours_[kLinkedWay].find(id);
  if (found == neighbours_[kLinkedWay].end()) return out;
  for (const auto& [to, links] : found->second) out.push_back(to);
  std::sort(out.begin(), out.end());
  return out;
}

std::uint64_t LinkGraph::not_followed(TraceId id) const {
  std::uint64_t count = 0;
  for (const auto& by_trace : not_followed_)
    if (const auto found = by_trace.find(id); found != by_trace.end()) count += found->second.size();
  return count;
}

}  // namespace entail::oracle
