// The links of one request: counted, sampled where a span has too many, and published as edges at both ends.
#include <algorithm>

#include "engine/impl.hpp"
#include "policy/link_types.hpp"

namespace entail {
inline namespace v1 {

using context::Identity;
using engine::Lane;
using graph::EdgeCell;
using wire::slice;

// Samples the links of a span that has too many, before any of its edges is published.
void Engine::Impl::sample_links(Lane& lane, const wire::Decoded& decoded, std::uint32_t accepted) {
  const wire::SpanView& span = decoded.spans[lane.accepted[accepted]];
  lane.cuts.push_back(std::make_unique<store::CutSpan>());
  store::CutSpan& cut = *lane.cuts.back();
  reservoir::LinkSampler& sampler = lane.sampler;
  sampler.begin(options.links.sample.max_links_per_span, options.links.sample.seed, span.link_count);
  std::uint32_t index = 0;
  wire::LinkView link;
  for (wire::LinkCursor cursor(decoded, span); cursor.next(link); ++index) {
    cut.field_bytes += link.field.size;
    const Bytes trace = slice(decoded.bytes, link.trace_id);
    const Bytes far = slice(decoded.bytes, link.span_id);
    const bool has_payload = link.attribute_count != 0 || link.trace_state.size != 0;
    const Identity identity = context::classify(trace, far, link.bad_hex, has_payload);
    if (identity != Identity::good) {
      sampler.add_other(identity, index, link.field.offset, link.field.size);
      continue;
    }
    const TraceId id = base::load_trace_id(trace.data());
    std::uint64_t randomness = context::randomness(id.lo, context::OtState{});
    if (link.trace_state.size != 0) {
      context::OtState ot;
      const Bytes text = slice(decoded.bytes, link.trace_state);
      (void)context::parse_tracestate({reinterpret_cast<const char*>(text.data()), text.size()}, ot);
      if (ot.randomness) cut.randomness.emplace_back(index, *ot.randomness);
      randomness = context::randomness(id.lo, ot);
    }
    sampler.add_good(id, base::load_span_id(far.data()), randomness, index, link.field.offset, link.field.size);
  }
  cut.links = sampler.finish();
  cut.duplicates.assign(sampler.duplicate_indices().begin(), sampler.duplicate_indices().end());
  for (reservoir::SavedLink& saved : cut.links.saved) {
    const Bytes field = decoded.bytes.subspan(saved.offset, saved.size);
    saved.offset = static_cast<std::uint32_t>(cut.link_bytes.size());
    cut.link_bytes.insert(cut.link_bytes.end(), field.begin(), field.end());
  }
}

void Engine::Impl::count_link(Lane& lane, Identity identity) {
  lane.counts.links_received.add(1);
  if (identity == Identity::null_target) {
    lane.counts.links_null_target.add(1);
  } else if (identity != Identity::good) {
    lane.counts.links_invalid[static_cast<unsigned>(identity)].add(1);
  }
}

// Reads the link's types once, for the limits that they set (DESIGN 3.4) and for the policies that ask for them.
Engine::Impl::TypeLimits Engine::Impl::read_types(Lane& lane, const wire::Decoded& decoded, const wire::LinkView& link,
                                                  policy::LinkFacts* facts) {
  TypeLimits limits;
  const auto visit = [&](std::string_view type) {
    if (facts != nullptr) policies->match_link_type(type, facts->bits);
    const auto rule = type_rules.find(type);
    if (rule == type_rules.end()) return;
    limits.linked = std::min(limits.linked, rule->second.linked);
    limits.linking = std::min(limits.linking, rule->second.linking);
  };
  const std::uint64_t unread =
      policy::for_each_link_type(decoded.bytes, link, options.links.propagate.type_keys, visit);
  if (unread != 0) lane.counts.link_types_unread.add(unread);
  return limits;
}

// Reads the links of one accepted span: counts them, samples them if they are too many, and notes which lead to
// another trace. Their nodes are looked up together, in place_links().
void Engine::Impl::read_links(Lane& lane, graph::Writer& writer, const wire::Decoded& decoded, std::uint32_t accepted) {
  lane.first_cell.push_back(static_cast<std::uint32_t>(lane.cells.size()));
  const wire::SpanView& span = decoded.spans[lane.accepted[accepted]];
  if (span.link_count == 0) return;
  const TraceId own_id = lane.trace_ids[accepted];
  const bool is_cut = span.link_count > options.links.sample.max_links_per_span;
  const bool policies_read_types = policies->reads_link_types();
  policy::LinkFacts* const facts = lane.link_facts.empty() ? nullptr : &lane.link_facts[accepted];
  std::span<const std::uint32_t> duplicates;
  if (is_cut) duplicates = lane.cuts[lane.next_cut++]->duplicates;
  const std::size_t first_cell = lane.cells.size();
  wire::LinkCursor cursor(decoded, span);
  wire::LinkView link;
  std::uint64_t edges = 0;
  while (cursor.next(link)) {
    const Bytes trace = slice(decoded.bytes, link.trace_id);
    const Bytes far = slice(decoded.bytes, link.span_id);
    const bool has_payload = link.attribute_count != 0 || link.trace_state.size != 0;
    const Identity identity = context::classify(trace, far, link.bad_hex, has_payload);
    count_link(lane, identity);
    TypeLimits limits;
    if (policies_read_types) limits = read_types(lane, decoded, link, facts);
    if (facts != nullptr && identity == Identity::good) ++facts->links;
    if (link.trace_state.size != 0) {
      context::OtState ot;
      const Bytes text = slice(decoded.bytes, link.trace_state);
      const auto error = context::parse_tracestate({reinterpret_cast<const char*>(text.data()), text.size()}, ot);
      if (error != context::TracestateError::none) lane.counts.links_bad_tracestate.add(1);
    }
    const auto cell = static_cast<std::uint32_t>(lane.cells.size());
    const bool is_duplicate = !duplicates.empty() && duplicates.front() == cell - first_cell;
    if (is_duplicate) duplicates = duplicates.subspan(1);
    lane.cells.push_back({});
    lane.far_spans.push_back({});
    if (identity != Identity::good) continue;
    const TraceId far_id = base::load_trace_id(trace.data());
    lane.far_spans.back() = base::load_span_id(far.data());
    if (far_id == own_id) {
      lane.counts.links_same_trace.add(1);
      continue;
    }
    ++edges;
    if (read_link_types && !policies_read_types) limits = read_types(lane, decoded, link, nullptr);
    EdgeCell edge = EdgeCell::make(0, 0, limits.linked, limits.linking, span.status_code == 2, (link.flags & 1) != 0);
    if (is_cut && !is_duplicate) edge = edge.on_cut_span_too();
    lane.placed.push_back({cell, accepted, far_id, edge});
    if (lane.placed.size() >= engine::kPlacedMax) place_links(lane, writer);
  }
  lane.counts.links_edges.add(edges);
}

// Finds the far nodes of the noted links and publishes the reverse ends; the forward ends follow span by span.
void Engine::Impl::place_links(Lane& lane, graph::Writer& writer) {
  lane.link_ids.clear();
  for (const Lane::PlacedLink& link : lane.placed) lane.link_ids.push_back(link.trace_id);
  lane.link_nodes.resize(lane.link_ids.size());
  writer.find_or_insert(lane.link_ids, lane.link_nodes.data());
  lane.reverse.clear();
  for (std::size_t i = 0; i < lane.placed.size(); ++i) {
    const Lane::PlacedLink& link = lane.placed[i];
    const EdgeCell near = writer.cell(lane.nodes[link.span], 0, 0, false, false);
    const EdgeCell far = writer.cell(lane.link_nodes[i], 0, 0, false, false);
    lane.reverse.push_back(link.edge.with_node(near.offset(), near.sequence()));
    lane.cells[link.cell] = link.edge.with_node(far.offset(), far.sequence());
  }
  writer.append_in(lane.link_nodes, lane.reverse);
  lane.placed.clear();
}

}  // namespace v1
}  // namespace entail
