// The span of a trace that carries the reason why it was kept, and names the trace in its decision record
// (docs/design.md 3.12): one without a parent, else one whose parent is not among the spans, else any; of several the
// earliest start, then the smallest span ID. Thread rule: Confined (tick). Cost: n log n in the number of spans.
#pragma once

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <vector>

#include "engine/traces.hpp"
#include "store/held_spans.hpp"

namespace entail::engine {

// The index of the entry. Span: a struct with held, start_ns, span_id and parent. REQUIRES !spans.empty().
template <class Span>
std::size_t entry_index(const std::vector<Span>& spans) {
  std::vector<SpanId> ids;
  ids.reserve(spans.size());
  for (const Span& span : spans) ids.push_back(span.span_id);
  std::sort(ids.begin(), ids.end());
  const auto order_of = [&](const Span& span) {
    const int rank = span.parent.is_zero() ? 0 : (std::binary_search(ids.begin(), ids.end(), span.parent) ? 2 : 1);
    return std::tuple(rank, span.start_ns, span.span_id, span.held.payload.size());
  };
  std::size_t best = 0;
  auto best_order = order_of(spans[0]);
  for (std::size_t i = 1; i < spans.size(); ++i) {
    const auto order = order_of(spans[i]);
    if (!(order < best_order)) continue;
    best = i;
    best_order = order;
  }
  return best;
}

// Notes the entry in the place of a root, for the details of the trace's record. REQUIRES traces.details.wanted(), and
// `taken` to hold the spans of the trace.
void note_entry(const Traces& traces, RecordId id, const store::TakenSpans& taken);

}  // namespace entail::engine
