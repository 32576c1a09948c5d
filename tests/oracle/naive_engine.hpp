// The whole engine again, written from the specification with maps and loops, without regard for speed. The real
// engine is compared with it (G1) and shares no logic with it. Never linked outside tests.
//
// Omitted, since the comparison does not need them: eviction and byte budgets (docs/design.md 3.7, 3.8, and those of
// 3.10 except max_traces_per_origin), forgetting records, th under `probability: consistent`, and `compat: collector`.
// Thread rule: Confined. Memory: keeps everything.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "entail/options.hpp"
#include "tests/oracle/policy_oracle.hpp"
#include "tests/oracle/reach_oracle.hpp"
#include "tests/oracle/truncation_oracle.hpp"
#include "tests/workload/otlp_plain.hpp"

namespace entail::oracle {

// One line of the decision log. Direction and path may have several right values: may_be_* and NaiveEngine::leads.
struct Decision {
  TraceId trace_id;
  std::uint64_t arrival_second = 0;
  unsigned revision = 0;
  bool keep = false;
  std::string reason;
  std::string policy;
  bool origin = false;
  bool revived = false;
  std::optional<unsigned> hops;
  bool keep_is_old = false;  // the keep behind `hops` came in an earlier tick: edges may be newer
  bool may_be_linked = false;
  bool may_be_linking = false;
  std::string loss;
  std::uint64_t not_followed = 0;
  std::uint64_t links_dropped_upstream = 0;
  std::uint64_t spans = 0;
  std::vector<TraceId> linked;
};

struct EmittedSpan {
  const workload::Span* span = nullptr;  // lives as long as the oracle, as does
  const workload::Attributes* resource = nullptr;
  std::string trace_state;
  std::string parent_span_id;
  std::uint32_t dropped_links_count = 0;
  std::optional<TruncatedLinks> truncated;  // of a span with more links than the budget
  bool carries_reason = false;
};

struct TickResult {
  std::vector<Decision> decisions;  // by (arrival second, trace ID)
  std::vector<EmittedSpan> emitted;
};

struct Counts {
  std::uint64_t spans_received = 0, spans_emitted = 0, spans_dropped = 0, spans_held = 0;
  std::map<std::string, std::uint64_t> spans_rejected;
  std::uint64_t traces = 0, kept = 0, dropped = 0, pending = 0, origins = 0, revived = 0;
  std::map<std::string, std::uint64_t> kept_by_policy;
  std::map<std::string, std::uint64_t> dropped_by_policy;  // for good
  std::map<unsigned, std::uint64_t> kept_by_link;          // by hops
  std::uint64_t links_received = 0, links_edges = 0, links_same_trace = 0, links_null_target = 0,
                links_bad_tracestate = 0;
  std::map<std::string, std::uint64_t> links_invalid;
  std::uint64_t links_emitted = 0, links_dropped = 0, links_held = 0, links_restored = 0, links_duplicates = 0,
                spans_sampled = 0;
  std::map<std::string, std::uint64_t> losses;
};

enum class Phase { absent, pending, kept, retained, sealed };

class NaiveEngine {
 public:
  explicit NaiveEngine(const Options& options);

  void ingest(const workload::Request& request);
  TickResult tick(std::int64_t now_ns) { return run_tick(now_ns, false); }
  TickResult drain(std::int64_t now_ns) { return run_tick(now_ns, true); }

  Counts counts() const;
  Phase phase(TraceId id) const;
  std::set<TraceId> kept() const;
  bool is_origin(TraceId id) const { return origins_.contains(id); }
  bool leads(const std::vector<TraceId>& path, std::optional<Way> way) const { return links_.leads(path, way); }

 private:
  struct Trace {
    Phase phase = Phase::absent;
    std::int64_t arrival_ns = 0;
    std::int64_t due_ns = 0;
    std::int64_t dropped_at_ns = 0;
    SeenSpans spans;  // all that arrived before it was sealed
    SeenSpans late;   // those that arrived after
    std::size_t late_settled = 0;
    std::size_t emitted = 0;  // of spans
    OwnVerdict own;
    Answers answers;
    bool certain = false;  // as an origin: kept by more than probability
    bool kept_by_link = false;
    bool revived = false;
    bool erase_threshold = false;
    std::optional<Hops> hops;  // of a keep by link, or of a loss, at that time
    std::int64_t hops_at_ns = 0;
    std::string loss;
    unsigned revision = 0;
    bool to_log = false;
    std::uint64_t dropped_upstream = 0;
  };

  TickResult run_tick(std::int64_t now_ns, bool drain);
  void accept(const SeenSpan& seen);
  void accept_link(TraceId id, const workload::Span& span, const workload::Link& link);
  void judge(TraceId id, Trace& trace, bool due);
  void judge_late_spans(TraceId id, Trace& trace);
  void become_origin(TraceId id, Trace& trace, bool certain);
  void settle(TraceId id, Trace& trace, bool due);
  void settle_reached();
  void drop(TraceId id, Trace& trace);
  void note_kept(TraceId id, const Trace& trace);
  std::optional<Hops> admit(TraceId id);
  void keep(Trace& trace, std::optional<Hops> hops, bool erase_threshold);
  void note_loss(TraceId id, Trace& trace, const std::string& loss);
  void emit(TraceId id, Trace& trace, TickResult& result);
  EmittedSpan print(TraceId id, const Trace& trace, const SeenSpan& seen);
  void seal(Trace& trace);
  void count_dropped(const workload::Span& span);
  Decision describe(TraceId id, const Trace& trace) const;
  TargetState target_state(TraceId id) const;
  std::vector<TraceId> in_order(const std::set<TraceId>& ids) const;
  bool is_reached(TraceId id) const { return reach_.contains(id); }

  const Options options_;
  Policies policies_;
  LinkGraph links_;
  std::map<TraceId, Trace> traces_;
  std::set<TraceId> with_new_spans_;
  std::set<TraceId> pending_;
  std::set<TraceId> retained_;
  std::set<TraceId> kept_with_spans_;  // kept, with spans to emit
  std::set<TraceId> origins_;
  Reach reach_;
  Reach certain_reach_;  // from origins not kept by probability alone
  struct Candidate {     // reached, but not kept or vetoed by its own policies
    unsigned hops;
    std::int64_t arrival_second;
    TraceId id;
    bool due;
    auto operator<=>(const Candidate&) const = default;
  };
  std::vector<Candidate> candidates_;                    // of the running tick
  std::map<TraceId, Reach> reach_of_origin_;             // the same, computed on demand
  std::map<TraceId, std::uint64_t> kept_by_origin_;      // those whose reason names it
  std::map<TraceId, std::uint64_t> truncated_links_to_;  // truncated links, by target not yet an origin
  std::int64_t now_ns_ = 0;
  Counts counts_;
};

// The index of the span that carries the reason of its trace (docs/design.md 3.12).
std::size_t reason_span(const SeenSpans& spans);

}  // namespace entail::oracle
