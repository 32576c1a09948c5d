#include "tests/oracle/naive_engine.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "tests/oracle/context_oracle.hpp"
#include "tests/workload/otlp_writer.hpp"

namespace entail::oracle {
namespace {

using workload::Link;
using workload::Span;

bool is_zero(const std::string& id) { return id.find_first_not_of('\0') == std::string::npos; }
bool has_parent(const Span& span) { return !is_zero(span.parent_span_id); }
// Downstream readers treat a parent ID of the wrong length as absent.
bool leaves_with_parent(const Span& span) { return !is_zero(emitted_id(span.parent_span_id, 8)); }
unsigned least(const Hops& hops) {
  if (hops[0] == 0 || hops[1] == 0) return hops[0] + hops[1];
  return std::min(hops[0], hops[1]);
}

std::uint64_t field_bytes(std::uint64_t payload) {
  std::uint64_t length = 1;
  for (std::uint64_t rest = payload >> 7; rest != 0; rest >>= 7) ++length;
  return 1 + length + payload;
}

// Of each trace in the group, the size of a ResourceSpans with its spans alone, as the Collector writes it: with a
// parent and a status on each span, empty if need be.
std::map<std::string, std::uint64_t> bytes_by_trace(const workload::SpanGroup& group) {
  const std::string empty = workload::encode({{{group.resource, {}}}});
  std::uint64_t envelope = empty.size();  // until its header is off
  while (field_bytes(envelope) > empty.size()) --envelope;
  envelope -= 4;  // the empty scope in its message
  std::map<std::string, std::uint64_t> bytes;
  for (const Span& span : group.spans) {
    if (!bad_reason(span.trace_id, span.span_id).empty()) continue;
    const std::uint64_t added = (span.parent_span_id.empty() ? 2 : 0) + (span.status_code == 0 ? 2 : 0);
    bytes[span.trace_id] += field_bytes(workload::encode_span(span).size() + added);
  }
  for (auto& [trace, spans] : bytes) spans = field_bytes(envelope + field_bytes(2 + spans));
  return bytes;
}

}  // namespace

std::size_t reason_span(const SeenSpans& spans) {
  std::set<std::string> present;
  for (const SeenSpan& seen : spans) present.insert(seen.span.span_id);
  const auto rank = [&](const Span& span) {
    const int parent = !leaves_with_parent(span) ? 0 : present.contains(span.parent_span_id) ? 2 : 1;
    return std::tuple(parent, span.start_ns, span.span_id);
  };
  std::size_t best = 0;
  for (std::size_t i = 1; i < spans.size(); ++i)
    if (rank(spans[i].span) < rank(spans[best].span)) best = i;
  return best;
}

NaiveEngine::NaiveEngine(const Options& options) : options_(options), policies_(options), links_(options) {}

void NaiveEngine::ingest(const workload::Request& request) {
  for (const workload::SpanGroup& group : request.groups) {
    const auto resource = std::make_shared<const workload::Attributes>(group.resource);
    std::map<std::string, std::uint64_t> bytes = bytes_by_trace(group);
    for (const Span& span : group.spans) {
      ++counts_.spans_received;
      const std::string reason = bad_reason(span.trace_id, span.span_id);
      if (reason.empty())
        accept({resource, span, std::exchange(bytes[span.trace_id], 0)});
      else
        ++counts_.spans_rejected[reason];
    }
  }
}

void NaiveEngine::accept(const SeenSpan& seen) {
  const Span& span = seen.span;
  const TraceId id = trace_id_of(span.trace_id);
  Trace& trace = traces_[id];
  const TailSamplingOptions& sampling = options_.tail_sampling;
  if (trace.phase == Phase::absent) {
    trace.phase = Phase::pending;
    trace.arrival_ns = now_ns_;
    trace.due_ns = now_ns_ + sampling.decision_wait_ns;
    pending_.insert(id);
    ++counts_.traces;
  }
  if (!has_parent(span) && sampling.decision_wait_after_root_received_ns > 0)
    trace.due_ns = std::min(trace.due_ns, now_ns_ + sampling.decision_wait_after_root_received_ns);
  with_new_spans_.insert(id);
  if (trace.phase == Phase::kept) kept_with_spans_.insert(id);
  trace.dropped_upstream += span.dropped_links_count;
  (trace.phase == Phase::sealed ? trace.late : trace.spans).push_back(seen);
  counts_.losses["policy_error"] += policies_.errors_on(seen);
  for (const Link& link : span.links) accept_link(id, span, link);
}

void NaiveEngine::accept_link(TraceId id, const Span& span, const Link& link) {
  ++counts_.links_received;
  const std::string reason = bad_reason(link.trace_id, link.span_id);
  if (reason == "all_zero" && (!link.attributes.empty() || !link.trace_state.empty())) {
    ++counts_.links_null_target;
    return;
  }
  if (!reason.empty()) {
    ++counts_.links_invalid[reason];
    return;
  }
  if (!is_sound(link.trace_state)) ++counts_.links_bad_tracestate;
  const TraceId to = trace_id_of(link.trace_id);
  if (to == id) {
    ++counts_.links_same_trace;
    return;
  }
  ++counts_.links_edges;
  links_.add(id, span, to, link);
}

std::vector<TraceId> NaiveEngine::in_order(const std::set<TraceId>& ids) const {
  std::vector<TraceId> out(ids.begin(), ids.end());
  const auto key = [&](TraceId id) { return std::pair(traces_.at(id).arrival_ns / kNanosPerSecond, id); };
  std::sort(out.begin(), out.end(), [&](TraceId a, TraceId b) { return key(a) < key(b); });
  return out;
}

// The order of docs/design.md 3.0. Step 0, eviction, is omitted.
TickResult NaiveEngine::run_tick(std::int64_t now_ns, bool drain) {
  now_ns_ = now_ns;
  TickResult result;
  std::set<TraceId> due;
  for (const TraceId id : pending_)
    if (drain || now_ns >= traces_[id].due_ns) due.insert(id);

  std::set<TraceId> to_judge = due;
  to_judge.insert(with_new_spans_.begin(), with_new_spans_.end());
  std::vector<Policies::Due> to_decide;
  for (const TraceId id : in_order(due)) to_decide.push_back({id, &traces_[id].spans, &traces_[id].answers});
  policies_.share_limits(to_decide, now_ns);
  for (const TraceId id : in_order(to_judge)) judge(id, traces_[id], due.contains(id));
  with_new_spans_.clear();

  const auto is_present = [&](TraceId id) { return phase(id) != Phase::absent; };
  reach_ = links_.carry(origins_, is_present);
  std::set<TraceId> certain;
  for (const TraceId id : origins_)
    if (traces_[id].certain) certain.insert(id);
  certain_reach_ = certain == origins_ ? reach_ : LinkGraph(links_).carry(certain, is_present);

  for (const TraceId id : due) settle(id, traces_[id], true);
  for (const TraceId id : std::set<TraceId>(retained_)) settle(id, traces_[id], false);
  settle_reached();
  for (auto& [id, hops] : reach_) {
    const auto found = traces_.find(id);
    if (found == traces_.end() || found->second.phase != Phase::sealed) continue;
    note_loss(id, found->second, found->second.own.vetoed ? "keep_refused" : "keep_after_seal");
  }

  std::set<TraceId> logged;
  for (const auto& [id, trace] : traces_)
    if (trace.to_log) logged.insert(id);
  for (const TraceId id : in_order(logged)) {
    Trace& trace = traces_[id];
    result.decisions.push_back(describe(id, trace));
    ++trace.revision;
    trace.to_log = false;
  }
  for (const TraceId id : kept_with_spans_) emit(id, traces_[id], result);
  kept_with_spans_.clear();

  for (const TraceId id : std::set<TraceId>(retained_)) {
    Trace& trace = traces_[id];
    if (!drain && !trace.own.vetoed && now_ns < trace.dropped_at_ns + options_.retain.window_ns) continue;
    seal(trace);
    retained_.erase(id);
  }
  return result;
}

void NaiveEngine::judge(TraceId id, Trace& trace, bool due) {
  if (trace.phase == Phase::sealed) {
    judge_late_spans(id, trace);
    return;
  }
  if (trace.phase == Phase::pending && !due) {
    if (origins_.contains(id)) return;
    if (const auto early = policies_.early_origin(id, trace.spans); early.origin)
      become_origin(id, trace, early.certain);
    return;
  }
  if (trace.phase == Phase::kept && origins_.contains(id)) return;  // its state can no longer change
  const bool was_by_chance = trace.own.by_chance;
  const OwnVerdict verdict = policies_.judge(id, trace.spans, trace.answers, now_ns_);
  if (trace.phase != Phase::kept || (verdict.origin && !trace.own.keep)) trace.own = verdict;
  if (!verdict.origin) return;
  // The policies that kept a trace at its decision count, not those that late spans add.
  const bool was_kept_by_policy = trace.phase == Phase::kept && !trace.kept_by_link;
  become_origin(id, trace, !(was_kept_by_policy ? was_by_chance : verdict.by_chance));
}

void NaiveEngine::judge_late_spans(TraceId id, Trace& trace) {
  for (; trace.late_settled < trace.late.size(); ++trace.late_settled) {
    const SeenSpan& late = trace.late[trace.late_settled];
    if (!trace.own.vetoed && policies_.would_be_origin(id, late)) ++counts_.losses["late_origin"];
    count_dropped(late.span);
  }
}

void NaiveEngine::become_origin(TraceId id, Trace& trace, bool certain) {
  trace.certain |= certain;
  if (!origins_.insert(id).second) return;
  if (trace.phase == Phase::kept) trace.to_log = true;
  if (const auto truncated = truncated_links_to_.find(id); truncated != truncated_links_to_.end()) {
    counts_.losses["late_pin"] += truncated->second;
    truncated_links_to_.erase(truncated);
  }
}

void NaiveEngine::settle(TraceId id, Trace& trace, bool due) {
  if (trace.own.keep) {
    trace.revived = !due && is_reached(id);
    // A deterministic origin would have kept it too, so probability did not keep it alone.
    keep(trace, std::nullopt, trace.own.by_chance && !certain_reach_.contains(id));
    ++counts_.kept_by_policy[trace.own.policy];
    note_kept(id, trace);
  } else if (is_reached(id) && !trace.own.vetoed) {
    candidates_.push_back({least(reach_[id]), trace.arrival_ns / kNanosPerSecond, id, due});
  } else {
    if (due) drop(id, trace);
    if (is_reached(id)) note_loss(id, trace, "keep_refused");
  }
}

// Fewest hops first, as long as the origins have room (docs/design.md 3.10).
void NaiveEngine::settle_reached() {
  std::sort(candidates_.begin(), candidates_.end());
  for (const Candidate& candidate : candidates_) {
    Trace& trace = traces_[candidate.id];
    const std::optional<Hops> hops = admit(candidate.id);
    if (hops) {
      trace.revived = !candidate.due;
      keep(trace, hops, !certain_reach_.contains(candidate.id));
      ++counts_.kept_by_link[least(*hops)];
      note_kept(candidate.id, trace);
      continue;
    }
    if (candidate.due) drop(candidate.id, trace);
    note_loss(candidate.id, trace, "max_traces_per_origin");
  }
  candidates_.clear();
  reach_of_origin_.clear();
}

// The hops from the nearest origin with room, among the nearest and the next eight; none: no such origin.
std::optional<Hops> NaiveEngine::admit(TraceId id) {
  const std::uint64_t most = options_.links.propagate.max_traces_per_origin;
  if (traces_.size() <= most) return reach_[id];  // no origin can have reached its limit
  std::vector<std::pair<unsigned, TraceId>> nearest;
  for (const TraceId origin : origins_) {
    auto found = reach_of_origin_.find(origin);
    if (found == reach_of_origin_.end()) {
      const auto is_present = [&](TraceId trace) { return phase(trace) != Phase::absent; };
      found = reach_of_origin_.emplace(origin, LinkGraph(links_).carry({origin}, is_present)).first;
    }
    if (const auto reached = found->second.find(id); reached != found->second.end())
      nearest.emplace_back(least(reached->second), origin);
  }
  std::sort(nearest.begin(), nearest.end());
  if (nearest.size() > 9) nearest.resize(9);
  for (const auto& [hops, origin] : nearest) {
    if (kept_by_origin_[origin] >= most) continue;
    ++kept_by_origin_[origin];
    return reach_of_origin_[origin][id];
  }
  return std::nullopt;
}

void NaiveEngine::drop(TraceId id, Trace& trace) {
  trace.phase = Phase::retained;
  trace.dropped_at_ns = now_ns_;
  trace.to_log = true;
  pending_.erase(id);
  retained_.insert(id);
}

void NaiveEngine::note_kept(TraceId id, const Trace& trace) {
  counts_.revived += trace.revived;
  pending_.erase(id);
  retained_.erase(id);
  kept_with_spans_.insert(id);
}

void NaiveEngine::keep(Trace& trace, std::optional<Hops> hops, bool erase_threshold) {
  trace.phase = Phase::kept;
  trace.loss.clear();
  trace.kept_by_link = hops.has_value();
  trace.hops = hops;
  trace.hops_at_ns = now_ns_;
  trace.erase_threshold = erase_threshold;
  trace.to_log = true;
}

void NaiveEngine::note_loss(TraceId id, Trace& trace, const std::string& loss) {
  if (!trace.loss.empty()) return;
  trace.loss = loss;
  trace.hops = reach_[id];
  trace.hops_at_ns = now_ns_;
  trace.to_log = true;
  ++counts_.losses[loss];
}

TargetState NaiveEngine::target_state(TraceId id) const {
  if (origins_.contains(id)) return TargetState::origin;
  switch (phase(id)) {
    case Phase::kept:
      return TargetState::reached;
    case Phase::pending:
      return is_reached(id) ? TargetState::reached : TargetState::open;
    case Phase::absent:
      return TargetState::open;
    case Phase::retained:
    case Phase::sealed:
      return TargetState::closed;
  }
  return TargetState::open;
}

void NaiveEngine::emit(TraceId id, Trace& trace, TickResult& result) {
  const std::size_t carrier = trace.emitted == 0 ? reason_span(trace.spans) : trace.spans.size();
  for (std::size_t i = trace.emitted; i < trace.spans.size(); ++i) {
    EmittedSpan out = print(id, trace, trace.spans[i]);
    out.carries_reason = i == carrier;
    ++counts_.spans_emitted;
    result.emitted.push_back(std::move(out));
  }
  trace.emitted = trace.spans.size();
}

EmittedSpan NaiveEngine::print(TraceId id, const Trace& trace, const SeenSpan& seen) {
  const Span& span = seen.span;
  EmittedSpan out;
  out.span = &span;
  out.resource = seen.resource.get();
  out.trace_state = trace.erase_threshold ? without_threshold(span.trace_state) : span.trace_state;
  out.dropped_links_count = span.dropped_links_count;
  out.parent_span_id = emitted_id(span.parent_span_id, 8);
  if (out.parent_span_id != span.parent_span_id) ++counts_.losses["bad_parent"];
  const std::size_t budget = options_.links.sample.max_links_per_span;
  if (span.links.size() <= budget) {
    counts_.links_emitted += span.links.size();
    return out;
  }
  out.truncated =
      truncate_links(span, budget, options_.links.sample.seed, [&](TraceId to) { return target_state(to); });
  const std::uint64_t truncated = span.links.size() - out.truncated->emitted.size();
  out.dropped_links_count = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(span.dropped_links_count + truncated, std::numeric_limits<std::uint32_t>::max()));
  counts_.links_emitted += out.truncated->emitted.size();
  counts_.links_dropped += truncated;
  counts_.links_restored += out.truncated->restored.size();
  counts_.links_duplicates += out.truncated->duplicates;
  ++counts_.spans_sampled;
  for (const std::size_t index : out.truncated->not_emitted) {
    const TraceId to = trace_id_of(span.links[index].trace_id);
    if (to != id && !origins_.contains(to)) ++truncated_links_to_[to];
  }
  return out;
}

void NaiveEngine::seal(Trace& trace) {
  trace.phase = Phase::sealed;
  if (trace.own.vetoed) ++counts_.dropped_by_policy[trace.own.policy];
  for (const SeenSpan& seen : trace.spans) count_dropped(seen.span);
}

void NaiveEngine::count_dropped(const Span& span) {
  ++counts_.spans_dropped;
  counts_.links_dropped += span.links.size();
}

Decision NaiveEngine::describe(TraceId id, const Trace& trace) const {
  Decision out;
  out.trace_id = id;
  out.arrival_second = static_cast<std::uint64_t>(trace.arrival_ns / kNanosPerSecond);
  out.revision = trace.revision;
  out.keep = trace.phase == Phase::kept;
  if (out.keep)
    out.reason = trace.kept_by_link ? "link" : "policy";
  else
    out.reason = trace.own.vetoed ? "drop_policy" : "no_match";
  out.policy = trace.own.policy;
  out.origin = origins_.contains(id);
  out.revived = trace.revived;
  if (trace.hops) {
    out.hops = least(*trace.hops);
    out.keep_is_old = trace.hops_at_ns != now_ns_;
    out.may_be_linked = (*trace.hops)[kLinkedWay] == *out.hops;
    out.may_be_linking = (*trace.hops)[kLinkingWay] == *out.hops;
  }
  out.loss = trace.loss;
  out.not_followed = links_.not_followed(id);
  out.links_dropped_upstream = trace.dropped_upstream;
  out.spans = trace.spans.size() + trace.late.size();
  out.linked = links_.linked(id);
  return out;
}

Phase NaiveEngine::phase(TraceId id) const {
  const auto found = traces_.find(id);
  return found == traces_.end() ? Phase::absent : found->second.phase;
}

std::set<TraceId> NaiveEngine::kept() const {
  std::set<TraceId> out;
  for (const auto& [id, trace] : traces_)
    if (trace.phase == Phase::kept) out.insert(id);
  return out;
}

Counts NaiveEngine::counts() const {
  Counts out = counts_;
  out.origins = origins_.size();
  for (const auto& [id, trace] : traces_) {
    out.kept += trace.phase == Phase::kept;
    out.dropped += trace.phase == Phase::retained || trace.phase == Phase::sealed;
    out.pending += trace.phase == Phase::pending;
    if (trace.phase == Phase::sealed) continue;
    for (std::size_t i = trace.emitted; i < trace.spans.size(); ++i) {
      ++out.spans_held;
      out.links_held += trace.spans[i].span.links.size();
    }
  }
  for (const TraceId id : with_new_spans_) {  // late spans of sealed traces, not yet dropped
    const Trace& trace = traces_.at(id);
    for (std::size_t i = trace.late_settled; i < trace.late.size(); ++i) {
      ++out.spans_held;
      out.links_held += trace.late[i].span.links.size();
    }
  }
  return out;
}

}  // namespace entail::oracle
