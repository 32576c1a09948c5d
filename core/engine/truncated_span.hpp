// What is kept of the links of a span with more than max_links_per_span: the bytes of the sampled links, and for every
// link its far node and span ID, so that a link to an origin can be rebuilt from its edge (docs/design.md 4.3). Thread
// rule: written by one lane before the span is published, then read by tick.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/large_pages.hpp"
#include "graph/edge_cell.hpp"
#include "policy/policy_set.hpp"
#include "reservoir/link_sample.hpp"
#include "store/held_spans.hpp"

namespace entail::store {

struct TruncatedSpan {
  reservoir::TruncatedLinks links;  // offsets lie in link_bytes
  base::LargeVector<std::uint8_t> link_bytes;
  base::LargeVector<graph::EdgeCell> cells;                         // by arrival index; word 0: no edge, or a duplicate
  base::LargeVector<SpanId> span_ids;                               // by arrival index
  std::vector<std::pair<std::uint32_t, std::uint64_t>> randomness;  // rv of the links that carry one, ascending index
  policy::LinkFacts link_facts;                                     // what policies need of its links
  std::uint32_t field_bytes = 0;                                    // of all its link fields, as received
  std::uint64_t bytes = 0;                                          // as counted in the store
};

}  // namespace entail::store
