#include "macro/hand_written.hpp"

#include <cmath>
#include <unordered_set>

namespace entail::bench {
namespace {

// As in policies.yaml.
constexpr std::int64_t kDecisionWaitNs = 5 * kNanosPerSecond;
constexpr std::int64_t kRetainNs = 10 * kNanosPerSecond;
constexpr std::uint64_t kLatencyNs = 2'000'000'000;
constexpr double kChance = 0.01;
constexpr unsigned kHopsMax = 4;

bool by_chance(const std::string& trace_id) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : "default-hash-seed" + trace_id) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  return hash <= static_cast<std::uint64_t>(std::ldexp(kChance, 64));
}

bool has_gold_tier(const google::protobuf::RepeatedPtrField<otlp_proto::KeyValue>& attributes) {
  for (const otlp_proto::KeyValue& attribute : attributes)
    if (attribute.key() == "app.tier" && attribute.value().string_value() == "gold") return true;
  return false;
}

}  // namespace

bool HandWritten::ingest(unsigned, Bytes bytes) {
  otlp_proto::TracesData request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
  const std::lock_guard lock(mutex_);
  for (otlp_proto::ResourceSpans& resource_spans : *request.mutable_resource_spans())
    for (otlp_proto::ScopeSpans& scope_spans : *resource_spans.mutable_scope_spans()) {
      auto envelope = std::make_shared<Envelope>(Envelope{resource_spans.resource(), scope_spans.scope()});
      for (otlp_proto::Span& span : *scope_spans.mutable_spans()) add_span(envelope, std::move(span));
    }
  return true;
}

void HandWritten::add_span(const std::shared_ptr<const Envelope>& envelope, otlp_proto::Span&& span) {
  const std::string id = span.trace_id();
  Trace& trace = traces_[id];
  if (trace.phase == Phase::absent) {
    trace.phase = Phase::pending;
    pending_.emplace_back(now_ns_ + kDecisionWaitNs, id);
  }
  for (const otlp_proto::Span::Link& link : span.links()) {
    if (link.trace_id() == id) continue;
    trace.linked.push_back(link.trace_id());
    traces_[link.trace_id()].linking.push_back(id);  // no rehash invalidates `trace`: nodes do not move
  }
  if (trace.phase != Phase::dropped) trace.spans.push_back({envelope, std::move(span)});
  if (trace.phase == Phase::kept) emit(trace);
}

bool HandWritten::tick(std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  now_ns_ = now_ns;
  decide_until(now_ns, false);
  return true;
}

bool HandWritten::finish(std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  now_ns_ = now_ns;
  decide_until(now_ns, true);
  return true;
}

void HandWritten::decide_until(std::int64_t now_ns, bool all) {
  std::vector<std::pair<std::string, bool>> due;
  for (; !pending_.empty() && (all || pending_.front().first <= now_ns); pending_.pop_front()) {
    const std::string& id = pending_.front().second;
    bool error = false;
    due.emplace_back(id, policies_keep(id, traces_[id], error));
    if (!error) continue;
    spread(id, true);
    spread(id, false);
  }
  for (const auto& [id, keep] : due) {
    Trace& trace = traces_[id];
    if (keep || trace.reached) {
      trace.phase = Phase::kept;
      emit(trace);
    } else {
      trace.phase = Phase::retained;
      retained_.emplace_back(now_ns + kRetainNs, id);
    }
  }
  for (; !retained_.empty() && retained_.front().first <= now_ns; retained_.pop_front()) {
    Trace& trace = traces_[retained_.front().second];
    if (trace.phase != Phase::retained) continue;
    trace.phase = Phase::dropped;
    trace.spans = {};
  }
}

bool HandWritten::policies_keep(const std::string& id, const Trace& trace, bool& error) const {
  std::uint64_t start = ~std::uint64_t{0};
  std::uint64_t end = 0;
  bool gold = false;
  for (const Held& held : trace.spans) {
    if (held.span.status().code() == otlp_proto::Status::STATUS_CODE_ERROR) error = true;
    start = std::min<std::uint64_t>(start, held.span.start_time_unix_nano());
    end = std::max<std::uint64_t>(end, held.span.end_time_unix_nano());
    gold = gold || has_gold_tier(held.envelope->resource.attributes()) || has_gold_tier(held.span.attributes());
  }
  return error || (!errors_only_ && (gold || (end > start && end - start >= kLatencyNs) || by_chance(id)));
}

void HandWritten::spread(const std::string& origin, bool toward_linked) {
  std::unordered_set<std::string> seen = {origin};
  std::vector<std::string> ring = {origin};
  for (unsigned hop = 0; hop < kHopsMax && !ring.empty(); ++hop) {
    std::vector<std::string> next;
    for (const std::string& id : ring) {
      const Trace& from = traces_[id];
      for (const std::string& to : toward_linked ? from.linked : from.linking) {
        if (!seen.insert(to).second) continue;
        next.push_back(to);
        Trace& trace = traces_[to];
        trace.reached = true;
        if (trace.phase != Phase::retained) continue;
        trace.phase = Phase::kept;
        emit(trace);
      }
    }
    ring.swap(next);
  }
}

void HandWritten::emit(Trace& trace) {
  otlp_proto::TracesData out;
  for (Held& held : trace.spans) {
    otlp_proto::ResourceSpans& resource_spans = *out.add_resource_spans();
    *resource_spans.mutable_resource() = held.envelope->resource;
    otlp_proto::ScopeSpans& scope_spans = *resource_spans.add_scope_spans();
    *scope_spans.mutable_scope() = held.envelope->scope;
    *scope_spans.add_spans() = std::move(held.span);
  }
  trace.spans = {};
  Buffer bytes(out.ByteSizeLong());
  out.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  batches.push_back(std::move(bytes));
}

}  // namespace entail::bench
