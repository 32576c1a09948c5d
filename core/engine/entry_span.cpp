#include "engine/entry_span.hpp"

#include "base/bytes.hpp"
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

void note_entry(const Traces& traces, RecordId id, const store::TakenSpans& taken) {
  std::vector<Candidate> candidates;
  traces.spans.visit(taken, [&](const store::HeldSpan& span) {
    const otlp::SpanView view = otlp::read_span(span.payload);
    candidates.push_back({span, view.start_ns, base::span_id_of(wire::slice(span.payload, view.span_id)),
                          base::span_id_of(wire::slice(span.payload, view.parent_span_id))});
  });
  if (candidates.empty()) return;
  const Candidate& entry = candidates[entry_index(candidates)];
  const std::string_view service = notes::service_of(entry.held.scope->resource->bytes());
  traces.details.set_entry(
      id, notes::make_note({entry.held.payload, service, entry.start_ns, entry.span_id}, notes::kRoot));
}

}  // namespace entail::engine
