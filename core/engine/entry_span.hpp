// The span of a trace that carries the reason why it was kept, and names the trace in its decision record
// (docs/design.md 3.12): the one without a parent, else one whose parent is not there; then the earliest start, then
// the smallest span ID. Thread rule: Confined (tick). Cost: reads all spans of the trace, n log n in their number.
#pragma once

#include <optional>

#include "engine/traces.hpp"
#include "store/held_spans.hpp"

namespace entail::engine {

// Nothing if there are no spans. The span is valid as long as `taken` is.
std::optional<store::HeldSpan> entry_span(const store::HeldSpans& spans, const store::TakenSpans& taken);
// Notes it in the place of a root, for the details of the trace's record. REQUIRES traces.details.wanted(), and `taken`
// to hold the spans of the trace.
void note_entry(const Traces& traces, RecordId id, const store::TakenSpans& taken);

}  // namespace entail::engine
