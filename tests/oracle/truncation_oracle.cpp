#include "tests/oracle/truncation_oracle.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <tuple>
#include <utility>

#include "tests/oracle/context_oracle.hpp"

namespace entail::oracle {
namespace {

struct Candidate {
  std::size_t index = 0;
  TraceId trace_id;
  std::uint64_t hash = 0;                              // H
  std::pair<std::uint64_t, std::uint64_t> consistent;  // C
};
using Candidates = std::vector<Candidate>;

struct Sorted {
  Candidates good;  // no duplicates, in arrival order
  std::vector<std::size_t> null_targets;
  std::vector<std::size_t> malformed;
};

Sorted sort_out(const workload::Span& span, std::uint64_t seed, TruncatedLinks& out) {
  Sorted sorted;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < span.links.size(); ++i) {
    const workload::Link& link = span.links[i];
    const std::string reason = bad_reason(link.trace_id, link.span_id);
    if (reason == "all_zero" && (!link.attributes.empty() || !link.trace_state.empty())) {
      sorted.null_targets.push_back(i);
    } else if (!reason.empty()) {
      sorted.malformed.push_back(i);
    } else if (!seen.insert(link.trace_id + link.span_id).second) {
      ++out.duplicates;
    } else {
      const TraceId id = trace_id_of(link.trace_id);
      const std::uint64_t hash = sampling_hash(id, span_id_of(link.span_id), seed);
      const std::uint64_t randomness = randomness_in(link.trace_state).value_or(id.lo & (kRandomnessEnd - 1));
      sorted.good.push_back({i, id, hash, {kRandomnessEnd - 1 - randomness, hash}});
    }
  }
  return sorted;
}

bool by_hash(const Candidate& a, const Candidate& b) { return a.hash < b.hash; }
bool by_consistent(const Candidate& a, const Candidate& b) { return a.consistent < b.consistent; }

// The sketch U: the smallest by H. Sets the first excluded key.
Candidates uniform_sketch(Candidates good, std::size_t budget, TruncatedLinks& out) {
  std::sort(good.begin(), good.end(), by_hash);
  if (good.size() > budget) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(good[budget].hash));
    out.threshold_uniform = text;
    good.resize(budget);
  }
  return good;
}

// The sketch C: the smallest link of each linked trace, and of these the smallest by C.
Candidates consistent_sketch(const Candidates& good, std::size_t budget, TruncatedLinks& out) {
  std::map<TraceId, Candidate> by_trace;
  for (const Candidate& candidate : good) {
    const auto [at, added] = by_trace.try_emplace(candidate.trace_id, candidate);
    if (!added) at->second = std::min(at->second, candidate, by_consistent);
  }
  Candidates sketch;
  for (const auto& [id, candidate] : by_trace) sketch.push_back(candidate);
  std::sort(sketch.begin(), sketch.end(), by_consistent);
  if (sketch.size() > budget) {
    char text[33];
    const auto [first, second] = sketch[budget].consistent;
    std::snprintf(text, sizeof text, "%014llx:%016llx", static_cast<unsigned long long>(first),
                  static_cast<unsigned long long>(second));
    out.threshold_consistent = text;
    sketch.resize(budget);
  }
  return sketch;
}

}  // namespace

TruncatedLinks truncate_links(const workload::Span& span, std::size_t budget, std::uint64_t seed,
                              const std::function<TargetState(TraceId)>& target_state) {
  TruncatedLinks out;
  out.received = span.links.size();
  Sorted sorted = sort_out(span, seed, out);
  out.malformed = sorted.malformed.size();
  const Candidates uniform = uniform_sketch(sorted.good, budget, out);
  const Candidates consistent = consistent_sketch(sorted.good, budget, out);

  const TraceId own = trace_id_of(span.trace_id);
  const auto state_of = [&](TraceId id) { return id == own ? TargetState::open : target_state(id); };
  std::set<std::size_t> chosen;
  const auto choose = [&](std::size_t index, Stratum* stratum) {
    if (chosen.size() == budget || !chosen.insert(index).second) return false;
    if (stratum != nullptr) ++stratum->emitted;
    return true;
  };

  for (const Candidate& candidate : sorted.good) {
    const TargetState where = state_of(candidate.trace_id);
    ++(where == TargetState::open ? out.open : where == TargetState::closed ? out.closed : out.pinned).received;
  }
  out.closed.received += sorted.null_targets.size();

  Candidates by_key = sorted.good;
  std::sort(by_key.begin(), by_key.end(), by_consistent);
  for (const TargetState group : {TargetState::origin, TargetState::reached})
    for (const Candidate& candidate : by_key)
      if (state_of(candidate.trace_id) == group) choose(candidate.index, &out.pinned);

  const auto has_index = [](const Candidates& list, std::size_t index) {
    return std::any_of(list.begin(), list.end(), [&](const Candidate& candidate) { return candidate.index == index; });
  };
  for (const std::size_t index : chosen)
    if (!has_index(uniform, index) && !has_index(consistent, index)) out.restored.insert(index);

  for (const auto& [group, stratum] :
       {std::pair(TargetState::open, &out.open), std::pair(TargetState::closed, &out.closed)}) {
    std::size_t next[2] = {0, 0};
    const Candidates* lists[2] = {&consistent, &uniform};
    // One from each list in turn; links already chosen, or of another group, do not use up a turn.
    for (unsigned turn = 0; next[0] < lists[0]->size() || next[1] < lists[1]->size(); ++turn) {
      const Candidates& list = *lists[turn % 2];
      std::size_t& at = next[turn % 2];
      while (at < list.size()) {
        const Candidate& candidate = list[at++];
        if (state_of(candidate.trace_id) == group && choose(candidate.index, stratum)) break;
      }
    }
  }
  for (const std::size_t index : sorted.null_targets) choose(index, &out.closed);
  for (const std::size_t index : sorted.malformed) choose(index, nullptr);

  out.emitted.assign(chosen.begin(), chosen.end());
  for (const Candidate& candidate : sorted.good)
    if (!chosen.contains(candidate.index)) out.not_emitted.push_back(candidate.index);
  return out;
}

}  // namespace entail::oracle
