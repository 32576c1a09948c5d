// The chains of a report: what the keep of each origin kept, and which of them a page has room for.
//
// A chain's traces are those whose records name its origin, which each trace does for the nearest one alone. Its *cone*
// has also those that other origins reach sooner: every kept trace that links lead to, or come from, in one direction.
// Thread rule: Confined; the rows must not change. Memory: some 100 bytes for each origin and 16 for each edge.
#pragma once

#include <vector>

#include "report/trace_rows.hpp"

namespace entail::cli::report {

struct Chain {
  RowIndex origin = kNoRow;
  std::uint64_t traces = 0, spans = 0, errors = 0;    // of the origin, and of the traces whose records name it
  std::uint64_t sealed = 0;                           // traces that the keep reached too late
  std::int64_t last_ns = 0;                           // the latest start of them, else decision
  std::vector<std::uint32_t> linked, linking, mixed;  // kept traces by hops, from 1
  std::uint64_t alike = 0;                            // chains of the same signature, this one included
  std::uint64_t signature = 0;
  std::size_t begin = 0, end = 0;  // of its traces but the origin, in a list by hops
};

// Why a chain was chosen.
enum class Rank : std::uint8_t { largest, latest, unusual };

// What a page shows.
struct Choice {
  struct Shown {
    std::size_t chain = 0;  // index in chains
    Rank rank = Rank::largest;
  };
  std::vector<Shown> shown;      // in the order of choice
  std::vector<bool> in_page;     // by row: it has an entry
  std::vector<bool> with_spans;  // by row: of a chain, so its spans are shown
};

class Chains {
 public:
  static constexpr std::size_t kConeTracesMax = 2000;  // of one origin, the nearest
  static constexpr std::size_t kNeighboursMax = 16;    // traces that were not kept, for each trace of a chain

  Chains(const std::vector<TraceRow>& rows, const std::vector<Edge>& edges);

  const std::vector<Chain>& all() const noexcept { return chains_; }
  // As many chains as fit into `bytes`: the next largest, latest and most unusual in turn.
  Choice choose(std::uint64_t bytes) const;
  // The rows at the other end of the edges of a row, linked and linking.
  template <class Each>
  void for_each_neighbour(RowIndex row, Each each) const {
    for (std::size_t i = out_begin_[row]; i < out_begin_[row + 1]; ++i) each(edges_[i].linked, true);
    for (std::size_t i = in_begin_[row]; i < in_begin_[row + 1]; ++i) each(in_[i], false);
  }

 private:
  void count_chains();
  void count(const TraceRow& row, Chain& chain) const;
  void list_traces(const std::vector<std::size_t>& chain_of);
  void sign();
  std::vector<RowIndex> cone_of(const Chain& chain) const;
  std::vector<std::vector<std::size_t>> rankings() const;
  void add_neighbours(RowIndex row, Choice& choice, std::uint64_t& cost) const;

  const std::vector<TraceRow>& rows_;
  const std::vector<Edge>& edges_;  // sorted by linking: the outgoing edges
  std::vector<std::size_t> out_begin_, in_begin_;
  std::vector<RowIndex> in_;
  std::vector<Chain> chains_;
  std::vector<RowIndex> traces_;  // of all chains
};

}  // namespace entail::cli::report
