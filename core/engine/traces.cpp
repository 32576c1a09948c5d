#include "engine/traces.hpp"

#include <algorithm>

#include "emit/batch_writer.hpp"
#include "engine/truncated_span.hpp"
#include "otlp/decode.hpp"

namespace entail::engine {

policy::Facts Traces::facts(RecordId id) const noexcept {
  const Record& record = ledger[id];
  policy::Facts facts = payload(record.node).fold().facts(shape.fold);
  for (graph::NodeId node = older(record, record.node); node != 0; node = graph.older(node))
    facts.merge(payload(node).fold().facts(shape.fold));
  return facts;
}

policy::OwnVerdict Traces::evaluate(RecordId id, const policy::Facts& known, std::int64_t now_ns) const {
  policy::StatefulAnswers none;
  policy::StatefulAnswers& answers = policies.has_stateful() ? ledger.answers(id) : none;
  return policies.evaluate(known, trace_id(id), answers, now_ns, true);
}

// Puts the span into a request of its own, which the policies read as usual.
bool Traces::would_be_origin(const store::HeldSpan& span, TraceId id, std::int64_t now_ns) const {
  emit::BatchWriter single(0);
  const store::Envelope& scope = *span.scope;
  single.add({scope.resource->bytes(), scope.resource->digest, scope.bytes(), scope.digest, span.payload, nullptr});
  otlp::Decoded decoded;
  if (!otlp::decode(single.take(), nullptr, decoded).ok() || decoded.spans.size() != 1) return false;
  policy::Bits resource_bits{};
  policies.match_resource(decoded, decoded.resources[0], resource_bits);
  policy::Facts known;
  policies.match_span(decoded, decoded.spans[0], resource_bits, known, {now_ns, seed});
  if (policies.reads_links()) {
    policy::LinkFacts links;
    if (span.truncated != nullptr)
      links = span.truncated->link_facts;
    else
      policies.match_links(decoded, decoded.spans[0], links);
    known.join(links);
  }
  return policies.would_be_origin(known, id);
}

// The keys are fetched once and side by side, not in every comparison.
void Traces::sort_by_arrival(std::vector<RecordId>& ids) const {
  constexpr std::size_t kAhead = 16;
  std::vector<std::pair<ArrivalKey, RecordId>> arrivals;
  arrivals.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i + 2 * kAhead < ids.size()) ledger.prefetch(ids[i + 2 * kAhead]);
    if (i + kAhead < ids.size()) graph.prefetch_key(ledger[ids[i + kAhead]].node);
    arrivals.emplace_back(arrival_key(ids[i]), ids[i]);
  }
  std::sort(arrivals.begin(), arrivals.end());
  std::transform(arrivals.begin(), arrivals.end(), ids.begin(), [](const auto& arrival) { return arrival.second; });
}

}  // namespace entail::engine
