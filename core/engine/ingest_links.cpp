// The links of one request: counted, sampled where a span has too many, and published as edges at both ends.
#include <algorithm>

#include "base/bytes.hpp"
#include "base/prefetch.hpp"
#include "engine/intake.hpp"
#include "otlp/decode.hpp"
#include "policy/link_types.hpp"
#include "wire/range.hpp"

namespace entail::engine {

using context::Identity;
using graph::EdgeCell;
using wire::slice;

namespace {

// Until its far node is known, a cell holds in the node's place where in the request the far trace ID lies.
EdgeCell with_place(EdgeCell link, std::uint32_t place) noexcept {
  return link.with_node(place & graph::kOffsetMask, place >> graph::kOffsetBits);
}
std::uint32_t place_of(EdgeCell cell) noexcept { return cell.offset() | cell.sequence() << graph::kOffsetBits; }
TraceId far_id(const otlp::Decoded& decoded, EdgeCell cell) noexcept {
  return base::load_trace_id(decoded.bytes.data() + place_of(cell));
}

// How far ahead the trace ID of a link is prefetched: the processor's own reading ahead ends with each page.
constexpr std::size_t kPlacesAhead = 32;

}  // namespace

// Nothing of the links is counted before all are read.
void Intake::count_links(Lane& lane) noexcept {
  const Lane::LinkTally& tally = lane.link_tally;
  LaneCounts& counts = lane.counts;
  for (unsigned identity = 0; identity < context::kIdentityCount; ++identity) {
    const std::uint64_t count = tally.by_identity[identity];
    counts.links_received.add(count);
    if (identity > static_cast<unsigned>(Identity::null_target)) counts.links_invalid[identity].add(count);
  }
  counts.links_null_target.add(tally.by_identity[static_cast<unsigned>(Identity::null_target)]);
  counts.links_edges.add(tally.edges);
  counts.links_same_trace.add(tally.by_identity[static_cast<unsigned>(Identity::good)] - tally.edges);
  counts.links_bad_tracestate.add(tally.bad_tracestate);
  counts.link_types_unread.add(tally.types_unread);
}

// Reads the link's types once, for the limits that they set (docs/design.md 3.4) and for policies that need them.
Intake::TypeLimits Intake::read_types(Lane& lane, const otlp::Decoded& decoded, const otlp::LinkView& link,
                                      policy::LinkFacts* facts) {
  TypeLimits limits;
  const auto visit = [&](std::string_view type) {
    if (facts != nullptr) policies_.match_link_type(type, facts->bits);
    const auto rule = type_rules_.find(type);
    if (rule == type_rules_.end()) return;
    limits.linked = std::min(limits.linked, rule->second.linked);
    limits.linking = std::min(limits.linking, rule->second.linking);
  };
  lane.link_tally.types_unread +=
      policy::for_each_link_type(decoded.bytes, link, options_.links.propagate.type_keys, visit);
  return limits;
}

// The R that a link's tracestate sets, if it does.
std::optional<std::uint64_t> Intake::read_tracestate(Lane& lane, const otlp::Decoded& decoded,
                                                     const otlp::LinkView& link) noexcept {
  const auto ot = context::parse_tracestate(base::text_of(slice(decoded.bytes, link.trace_state)));
  if (ot.ok()) return ot->randomness;
  ++lane.link_tally.bad_tracestate;
  return std::nullopt;
}

// Reads the links of one accepted span: tallies them, samples them if they are too many, and notes which lead to
// another trace. Their nodes are looked up together, in place_links(). Nothing is published or counted yet.
void Intake::read_links(Lane& lane, const otlp::Decoded& decoded, std::uint32_t accepted) {
  lane.first_cell.push_back(static_cast<std::uint32_t>(lane.cells.size()));
  const otlp::SpanView& span = decoded.spans[lane.accepted[accepted]];
  if (span.link_count == 0) return;
  const TraceId own_id = lane.trace_ids[accepted];
  const bool policies_read_types = policies_.reads_link_types();
  const bool limits_read_types = read_link_types_ && !policies_read_types;
  const bool is_error = span.status_code == otlp::kStatusError;
  policy::LinkFacts* const facts = lane.link_facts.empty() ? nullptr : &lane.link_facts[accepted];
  store::TruncatedSpan* const truncated = begin_truncated(lane, span);
  Lane::LinkTally& tally = lane.link_tally;
  std::uint32_t index = 0;
  std::uint64_t good = 0;
  std::uint64_t edges = 0;
  std::uint32_t field_bytes = 0;
  otlp::LinkView link;
  for (otlp::LinkCursor cursor(decoded, span); cursor.next(link); ++index) {
    field_bytes += link.field.size;
    const Bytes trace = slice(decoded.bytes, link.trace_id);
    const Bytes far = slice(decoded.bytes, link.span_id);
    const bool has_payload = link.attribute_count != 0 || link.trace_state.size != 0;
    const Identity identity = context::classify(trace, far, link.bad_hex, has_payload);
    TypeLimits limits;
    if (policies_read_types) limits = read_types(lane, decoded, link, facts);
    std::optional<std::uint64_t> own_randomness;
    if (link.trace_state.size != 0) own_randomness = read_tracestate(lane, decoded, link);
    EdgeCell cell{};
    SpanId span_id{};
    if (identity != Identity::good) {
      ++tally.by_identity[static_cast<unsigned>(identity)];
      if (truncated != nullptr) lane.sampler.add_other(identity, index, link.field.offset, link.field.size);
    } else {
      ++good;
      const TraceId trace_id = base::load_trace_id(trace.data());
      span_id = base::load_span_id(far.data());
      if (truncated != nullptr) {
        if (own_randomness) truncated->randomness.emplace_back(index, *own_randomness);
        const std::uint64_t randomness = own_randomness.value_or(context::randomness(trace_id.lo, {}));
        lane.sampler.add_good(trace_id, span_id, randomness, index, link.field.offset, link.field.size);
      }
      if (trace_id != own_id) {
        ++edges;
        if (limits_read_types) limits = read_types(lane, decoded, link, nullptr);
        cell = with_place(EdgeCell::make(0, 0, limits.linked, limits.linking, is_error,
                                         (link.flags & otlp::flag::kSampled) != 0),
                          link.trace_id.offset)
                   .on_truncated_span(truncated != nullptr);
      }
    }
    lane.cells.push_back(cell);
    lane.far_spans.push_back(span_id);
  }
  tally.by_identity[static_cast<unsigned>(Identity::good)] += good;
  tally.edges += edges;
  if (facts != nullptr) facts->links += good;
  if (truncated == nullptr) return;
  truncated->field_bytes = field_bytes;
  finish_truncated(lane, decoded, accepted, *truncated);
}

// Null: the span has not too many links.
store::TruncatedSpan* Intake::begin_truncated(Lane& lane, const otlp::SpanView& span) {
  if (span.link_count <= options_.links.sample.max_links_per_span) return nullptr;
  lane.truncated_spans.push_back(std::make_unique<store::TruncatedSpan>());
  lane.sampler.begin(options_.links.sample.max_links_per_span, options_.links.sample.seed, span.link_count);
  return lane.truncated_spans.back().get();
}

// Takes the sample and the bytes of its links, and marks the edges that repeat another.
void Intake::finish_truncated(Lane& lane, const otlp::Decoded& decoded, std::uint32_t accepted,
                              store::TruncatedSpan& truncated) {
  EdgeCell* const cells = lane.cells.data() + lane.first_cell[accepted];
  const SpanId* const far_spans = lane.far_spans.data() + lane.first_cell[accepted];
  truncated.links = lane.sampler.finish([&](std::uint32_t index) {
    const EdgeCell cell = cells[index];
    const TraceId trace_id = cell.word == 0 ? lane.trace_ids[accepted] : far_id(decoded, cell);
    return reservoir::LinkIds{trace_id, far_spans[index]};
  });
  for (const std::uint32_t index : lane.sampler.duplicate_indices())
    if (cells[index].word != 0) cells[index] = cells[index].on_truncated_span(false);
  std::size_t size = 0;
  for (const reservoir::SavedLink& saved : truncated.links.saved) size += saved.size;
  truncated.link_bytes.reserve(size);
  for (reservoir::SavedLink& saved : truncated.links.saved) {
    const Bytes field = decoded.bytes.subspan(saved.offset, saved.size);
    saved.offset = static_cast<std::uint32_t>(truncated.link_bytes.size());
    truncated.link_bytes.insert(truncated.link_bytes.end(), field.begin(), field.end());
  }
}

// Finds the far nodes of the noted links and publishes the reverse ends; the forward ends follow span by span.
void Intake::place_links(Lane& lane, graph::Writer& writer, const otlp::Decoded& decoded) {
  const std::size_t cells_end = lane.cells.size();
  std::uint32_t cell = 0;
  for (std::uint32_t i = 0; i < lane.accepted.size(); ++i) {
    const graph::NodeId near = lane.nodes[i];
    for (const std::uint32_t end = cell + decoded.spans[lane.accepted[i]].link_count; cell < end; ++cell) {
      if (cell + kPlacesAhead < cells_end)
        base::prefetch_in_order(decoded.bytes.data() + place_of(lane.cells[cell + kPlacesAhead]));
      if (lane.cells[cell].word == 0) continue;
      lane.placed.push_back({cell, near});
      lane.link_ids.push_back(far_id(decoded, lane.cells[cell]));
      if (lane.placed.size() == kPlacedMax) place_noted(lane, writer);
    }
  }
  place_noted(lane, writer);
}

void Intake::place_noted(Lane& lane, graph::Writer& writer) {
  writer.find_or_insert(lane.link_ids, lane.link_nodes.data());
  for (std::size_t i = 0; i < lane.placed.size(); ++i) {
    EdgeCell& cell = lane.cells[lane.placed[i].cell];
    lane.reverse.push_back(writer.cell(lane.placed[i].near, cell));
    cell = writer.cell(lane.link_nodes[i], cell);
  }
  writer.append_in({lane.link_nodes.data(), lane.placed.size()}, lane.reverse);
  lane.placed.clear();
  lane.link_ids.clear();
  lane.reverse.clear();
}

}  // namespace entail::engine
