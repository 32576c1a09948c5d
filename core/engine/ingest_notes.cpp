// ingest(): what the details of decision records need (notes/trace_words.hpp, policy/near_numbers.hpp).
#include <algorithm>
#include <array>
#include <utility>

#include "engine/intake.hpp"
#include "notes/span_note.hpp"
#include "otlp/decode.hpp"
#include "sync/fetch_max.hpp"
#include "wire/field_cursor.hpp"
#include "wire/range.hpp"

namespace entail::engine {

using wire::slice;

namespace {

bool is_root_span(const otlp::Decoded& decoded, const otlp::SpanView& span) noexcept {
  return span.parent_span_id.size != sizeof(SpanId) || context::is_zero(slice(decoded.bytes, span.parent_span_id));
}

}  // namespace

// If every span is noted. Names and messages are part of the request, and no longer in a note than there.
std::uint64_t Intake::note_bytes_max(const otlp::Decoded& decoded) noexcept {
  std::size_t service_max = 0;
  for (const otlp::ResourceView& resource : decoded.resources)
    for (std::uint32_t i = 0; i < resource.field_count; ++i)
      service_max = std::max(service_max,
                             notes::service_of(slice(decoded.bytes, decoded.fields[resource.first_field + i])).size());
  constexpr std::uint64_t kRounding = 16;
  const std::uint64_t each = notes::SpanNote::bytes_for(std::min(service_max, notes::kTextMax)) + kRounding;
  return decoded.spans.size() * each +
         std::min<std::uint64_t>(decoded.spans.size() * 2 * notes::kTextMax, decoded.bytes.size());
}

// The numbers of each resource that count for a policy's distance.
void Intake::measure_resources(Lane& lane, const otlp::Decoded& decoded) const {
  lane.near_numbers.assign(decoded.resources.size() * shape_.near_number_count, 0);
  for (std::size_t i = 0; i < decoded.resources.size(); ++i) {
    const otlp::ResourceView& resource = decoded.resources[i];
    for (std::uint32_t index = 0; index < resource.field_count; ++index) {
      wire::FieldCursor cursor(decoded.bytes, decoded.fields[resource.first_field + index]);
      for (wire::FieldView field; cursor.next(field);)
        if (field.is(otlp::resource_spans_field::kResource))
          policies_.near_numbers().measure_resource(decoded.bytes, field.payload,
                                                    &lane.near_numbers[i * shape_.near_number_count]);
    }
  }
}

void Intake::measure_numbers(const Lane& lane, const otlp::Decoded& decoded, const otlp::SpanView& span,
                             TracePayload& payload) const {
  std::array<std::uint64_t, policy::kNearNumbersMax> words{};
  const std::size_t resource = decoded.scopes[span.scope].resource;
  std::copy_n(&lane.near_numbers[resource * shape_.near_number_count], shape_.near_number_count, words.begin());
  policies_.near_numbers().measure_span(decoded, span, words.data());
  for (unsigned i = 0; i < shape_.near_number_count; ++i)
    if (words[i] != 0) sync::fetch_max(payload.near_number(shape_, i), words[i]);
}

// PROTOCOL span_notes N1 to N3. False: no memory.
bool Intake::note_span(Lane& lane, const otlp::Decoded& decoded, const otlp::SpanView& span, TracePayload& payload) {
  const store::Envelope& resource = *lane.scopes[span.scope]->resource;
  const notes::SpanFacts facts{span.start_ns, notes::resource_key(resource.digest.low), is_root_span(decoded, span),
                               span.status_code == otlp::kStatusError};
  notes::TraceWords& words = payload.notes(shape_);
  if (const std::uint16_t roles = words.wanted(facts); roles != 0) [[unlikely]] {
    const SpanId id = base::load_span_id(slice(decoded.bytes, span.span_id).data());
    std::optional<std::string_view>& service = lane.services[decoded.scopes[span.scope].resource];
    if (!service) service = notes::service_of(resource.bytes());
    notes::SpanNotePointer note =
        notes::make_note({slice(decoded.bytes, span.payload), *service, span.start_ns, id}, roles);
    if (note == nullptr) return false;
    admission_.add_note(note->bytes());
    words.push(note.release(), roles, facts);
  }
  if (facts.is_error) words.count_error();
  if (shape_.near_number_count != 0) measure_numbers(lane, decoded, span, payload);
  return true;
}

}  // namespace entail::engine
