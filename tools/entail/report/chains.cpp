#include "report/chains.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

namespace entail::cli::report {
namespace {

// What entries cost in a page, as JSON: measured means, somewhat above.
constexpr std::uint64_t kTraceBytes = 260, kStubBytes = 120, kSpanBytes = 75, kLinkBytes = 45;

std::uint64_t cost_of(const TraceRow& row) noexcept {
  if (row.shown)
    return kTraceBytes + row.shown->spans.size() * kSpanBytes + row.shown->links.size() * kLinkBytes +
           row.shown->truncations.size() * 500;
  const std::uint64_t spans = std::min<std::uint64_t>(row.counted.spans, TraceSpans::kSpansMax);
  return kTraceBytes + spans * kSpanBytes + std::min<std::uint64_t>(row.linked_total, 256) * kLinkBytes;
}

std::int64_t time_of(const TraceRow& row) noexcept { return row.start_ns != 0 ? row.start_ns : row.decided_at_ns; }

void count_hop(std::vector<std::uint32_t>& by_hops, std::uint32_t hops) {
  if (hops == 0 || hops > kHopsMax) return;
  if (by_hops.size() < hops) by_hops.resize(hops);
  ++by_hops[hops - 1];
}

std::uint64_t mixed_in(std::uint64_t hash, std::uint64_t value) noexcept {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
  return hash ^ (hash >> 29);
}

}  // namespace

Chains::Chains(const std::vector<TraceRow>& rows, const std::vector<Edge>& edges) : rows_(rows), edges_(edges) {
  out_begin_.assign(rows.size() + 1, 0);
  in_begin_.assign(rows.size() + 1, 0);
  for (const Edge& edge : edges) {
    ++out_begin_[edge.linking + 1];
    ++in_begin_[edge.linked + 1];
  }
  std::partial_sum(out_begin_.begin(), out_begin_.end(), out_begin_.begin());
  std::partial_sum(in_begin_.begin(), in_begin_.end(), in_begin_.begin());
  in_.resize(edges.size());
  std::vector<std::size_t> next(in_begin_.begin(), in_begin_.end() - 1);
  for (const Edge& edge : edges) in_[next[edge.linked]++] = edge.linking;
  count_chains();
  sign();
}

void Chains::count_chains() {
  constexpr std::size_t kNone = ~std::size_t{0};
  std::vector<std::size_t> chain_of(rows_.size(), kNone);
  for (RowIndex i = 0; i < rows_.size(); ++i) {
    if (!rows_[i].counted.origin || !rows_[i].is_kept()) continue;
    chain_of[i] = chains_.size();
    Chain& chain = chains_.emplace_back();
    chain.origin = i;
    count(rows_[i], chain);
  }
  for (RowIndex i = 0; i < rows_.size(); ++i) {
    const TraceRow& row = rows_[i];
    if (chain_of[i] != kNone || row.origin == kNoRow || chain_of[row.origin] == kNone) continue;
    Chain& chain = chains_[chain_of[row.origin]];
    if (row.is_kept() && row.counted.direction != Direction::none) {
      chain_of[i] = chain_of[row.origin];
      count(row, chain);
      count_hop(row.direction == Direction::linked    ? chain.linked
                : row.direction == Direction::linking ? chain.linking
                                                      : chain.mixed,
                row.hops);
    } else if (!row.is_kept() && row.has_record()) {
      ++chain.sealed;
    }
  }
  list_traces(chain_of);
}

void Chains::count(const TraceRow& row, Chain& chain) const {
  ++chain.traces;
  chain.spans += row.counted.spans;
  chain.errors += row.counted.errors;
  chain.last_ns = std::max(chain.last_ns, time_of(row));
}

void Chains::list_traces(const std::vector<std::size_t>& chain_of) {
  for (RowIndex i = 0; i < rows_.size(); ++i)
    if (chain_of[i] < chains_.size() && chains_[chain_of[i]].origin != i) traces_.push_back(i);
  std::sort(traces_.begin(), traces_.end(), [&](RowIndex a, RowIndex b) {
    return std::tuple(chain_of[a], rows_[a].hops, a) < std::tuple(chain_of[b], rows_[b].hops, b);
  });
  std::size_t at = 0;
  for (Chain& chain : chains_) {
    chain.begin = at;
    at += chain.traces - 1;
    chain.end = at;
  }
}

// Chains are alike if the same operation of the same service fails, with traces of the same hops and about as many.
void Chains::sign() {
  std::unordered_map<std::uint64_t, std::uint64_t> counts;
  for (Chain& chain : chains_) {
    const TraceRow& origin = rows_[chain.origin];
    std::uint64_t hash = 0;
    for (const std::uint64_t part :
         {std::uint64_t{origin.counted.service}, std::uint64_t{origin.name}, std::uint64_t{origin.error_service},
          std::uint64_t{origin.error_name}, std::uint64_t{origin.counted.policy}, std::uint64_t{chain.linked.size()},
          std::uint64_t{chain.linking.size()}, std::uint64_t{chain.mixed.size()},
          static_cast<std::uint64_t>(std::bit_width(chain.traces)), std::uint64_t{chain.sealed != 0}})
      hash = mixed_in(hash, part);
    chain.signature = hash;
    ++counts[hash];
  }
  for (Chain& chain : chains_) chain.alike = counts[chain.signature];
}

// The chain's own traces, then the others: nearest first, along links and against them, never turning.
std::vector<RowIndex> Chains::cone_of(const Chain& chain) const {
  std::vector<RowIndex> cone{chain.origin};
  for (std::size_t i = chain.begin; i < chain.end && cone.size() < kConeTracesMax; ++i) cone.push_back(traces_[i]);
  std::unordered_set<RowIndex> known(cone.begin(), cone.end());
  std::array<std::unordered_set<RowIndex>, 2> reached;
  const RowIndex origin = chain.origin;
  std::array<std::vector<RowIndex>, 2> frontiers{{{origin}, {origin}}};
  for (std::uint32_t hops = 0; hops < kHopsMax && cone.size() < kConeTracesMax; ++hops) {
    for (const bool along : {true, false}) {
      std::vector<RowIndex> next;
      for (const RowIndex row : frontiers[along]) {
        for_each_neighbour(row, [&](RowIndex other, bool is_linked) {
          if (is_linked != along || !rows_[other].is_kept() || cone.size() >= kConeTracesMax) return;
          if (!reached[along].insert(other).second) return;
          next.push_back(other);
          if (known.insert(other).second) cone.push_back(other);
        });
      }
      frontiers[along] = std::move(next);
    }
    if (frontiers[0].empty() && frontiers[1].empty()) break;
  }
  return cone;
}

std::vector<std::vector<std::size_t>> Chains::rankings() const {
  std::vector<std::size_t> order(chains_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto ranked = [&](auto less) {
    std::vector<std::size_t> ranking = order;
    std::stable_sort(ranking.begin(), ranking.end(), [&](std::size_t a, std::size_t b) {
      const auto key_a = less(chains_[a]), key_b = less(chains_[b]);
      return key_a != key_b ? key_a > key_b : rows_[chains_[a].origin].id < rows_[chains_[b].origin].id;
    });
    return ranking;
  };
  return {ranked([](const Chain& chain) { return std::pair(chain.traces, chain.spans); }),
          ranked([](const Chain& chain) { return std::pair(chain.last_ns, chain.traces); }),
          ranked([](const Chain& chain) { return std::pair(~chain.alike, chain.traces); })};
}

// Traces that a keep reached too late come first, then dropped ones, then absent ones.
void Chains::add_neighbours(RowIndex row, Choice& choice, std::uint64_t& cost) const {
  const auto rank_of = [&](RowIndex other) {
    return !rows_[other].has_record() ? 2 : rows_[other].origin == kNoRow ? 1 : 0;
  };
  std::size_t shown = 0;
  for (int rank = 0; rank < 3; ++rank) {
    for_each_neighbour(row, [&](RowIndex other, bool) {
      if (rows_[other].is_kept() || rank_of(other) != rank || shown >= kNeighboursMax) return;
      ++shown;
      if (choice.in_page[other]) return;
      choice.in_page[other] = true;
      cost += rank < 2 ? kTraceBytes : kStubBytes;
    });
  }
}

Choice Chains::choose(std::uint64_t bytes) const {
  Choice choice;
  choice.in_page.resize(rows_.size());
  choice.with_spans.resize(rows_.size());
  std::vector<bool> taken(chains_.size());
  const std::vector<std::vector<std::size_t>> ranked = rankings();
  std::array<std::size_t, 3> next = {};
  std::uint64_t cost = 0;
  for (std::size_t turn = 0; choice.shown.size() < chains_.size() && cost < bytes; ++turn) {
    const std::size_t rank = turn % ranked.size();
    while (next[rank] < chains_.size() && taken[ranked[rank][next[rank]]]) ++next[rank];
    if (next[rank] == chains_.size()) continue;
    const std::size_t chain = ranked[rank][next[rank]];
    taken[chain] = true;
    choice.shown.push_back({chain, static_cast<Rank>(rank)});
    cost += 150;
    for (const RowIndex row : cone_of(chains_[chain])) {
      if (choice.with_spans[row]) continue;
      if (cost >= bytes) break;
      choice.in_page[row] = choice.with_spans[row] = true;
      cost += cost_of(rows_[row]);
      add_neighbours(row, choice, cost);
    }
  }
  return choice;
}

}  // namespace entail::cli::report
