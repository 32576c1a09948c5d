#include "engine/entry_span.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include "notes/span_note.hpp"
#include "otlp/decode.hpp"
#include "wire/range.hpp"

namespace entail::engine {

namespace {

struct Candidate {
  store::HeldSpan held;
  std::uint64_t start_ns = 0;
  SpanId span_id;
  SpanId parent;
};

}  // namespace

std::optional<store::HeldSpan> entry_span(const store::HeldSpans& spans, const store::TakenSpans& taken) {
  std::vector<Candidate> candidates;
  std::vector<SpanId> ids;
  spans.visit(taken, [&](const store::HeldSpan& span) {
    const otlp::SpanView view = otlp::read_span(span.payload);
    candidates.push_back({span, view.start_ns, base::span_id_of(wire::slice(span.payload, view.span_id)),
                          base::span_id_of(wire::slice(span.payload, view.parent_span_id))});
    ids.push_back(candidates.back().span_id);
  });
  std::sort(ids.begin(), ids.end());
  const auto order = [&](const Candidate& span) {
    const int rank = span.parent.is_zero() ? 0 : (std::binary_search(ids.begin(), ids.end(), span.parent) ? 2 : 1);
    return std::tuple(rank, span.start_ns, span.span_id, span.held.payload.size());
  };
  const auto first = std::min_element(candidates.begin(), candidates.end(),
                                      [&](const Candidate& a, const Candidate& b) { return order(a) < order(b); });
  if (first == candidates.end()) return std::nullopt;
  return first->held;
}

void note_entry(const Traces& traces, RecordId id, const store::TakenSpans& taken) {
  const std::optional<store::HeldSpan> entry = entry_span(traces.spans, taken);
  if (!entry) return;
  const otlp::SpanView view = otlp::read_span(entry->payload);
  const SpanId span_id = base::load_span_id(wire::slice(entry->payload, view.span_id).data());
  traces.details.set_entry(
      id, notes::make_note({entry->payload, notes::service_of(entry->scope->resource->bytes()), view.start_ns, span_id},
                           notes::kRoot));
}

}  // namespace entail::engine
