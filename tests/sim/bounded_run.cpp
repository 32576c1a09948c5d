#include "tests/sim/bounded_run.hpp"

#include <algorithm>

#include "tests/engine/comparison_checks.hpp"
#include "tests/oracle/context_oracle.hpp"
#include "tests/workload/otlp_reader.hpp"
#include "tests/workload/otlp_writer.hpp"

namespace entail::sim {
namespace {

// An engine's overhead beside its budget: the tables of an empty one, and one request in all its forms (G5).
constexpr std::uint64_t kEmptyEngineBytes = 2 << 20;
constexpr std::uint64_t kFormsOfARequest = 4;
// An upper bound on the overhead per span or link beside its bytes.
constexpr std::uint64_t kBytesOfAnEntry = 1024;
constexpr int kTicksToRoom = 2;  // G9

std::uint64_t sum(const std::vector<NamedCount>& counts) {
  std::uint64_t total = 0;
  for (const NamedCount& count : counts) total += count.count;
  return total;
}

std::uint64_t named(const std::vector<NamedCount>& counts, std::string_view name) {
  for (const NamedCount& count : counts)
    if (count.name == name) return count.count;
  return 0;
}

bool is_good(const workload::ByteString& trace, const workload::ByteString& span) {
  const auto good = [](const workload::ByteString& id, std::size_t size) {
    return id.size() == size && id.find_first_not_of('\0') != workload::ByteString::npos;
  };
  return good(trace, 16) && good(span, 8);
}

// Only a request that may need more than a quarter of the budget may be refused permanently (G9).
bool may_be_refused(const workload::Request& request, std::uint64_t bytes, std::uint64_t limit_bytes) {
  std::uint64_t entries = 0;
  for (const workload::SpanGroup& group : request.groups)
    for (const workload::Span& span : group.spans) entries += 1 + span.links.size();
  return bytes + entries * kBytesOfAnEntry > limit_bytes / 4;
}

}  // namespace

std::vector<std::string> BoundedRun::run() {
  std::string why;
  auto opened = Engine::open(workload_.options, sink_, &why);
  if (!opened) return {"open: " + why};
  engine_ = std::move(*opened);
  for (const workload::Step& step : workload_.steps) {
    for (const workload::Request& request : step.requests) ingest(request);
    settle(step.tick_ns, false);
    if (!faults_.empty()) return std::move(faults_);
  }
  settle(now_ns_ + kNanosPerSecond, true);
  if (faults_.empty()) check_end(engine_->statistics());
  return std::move(faults_);
}

void BoundedRun::ingest(const workload::Request& request) {
  const std::string bytes = workload::encode(request);
  largest_request_bytes_ = std::max<std::uint64_t>(largest_request_bytes_, bytes.size());
  const Bytes view(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  for (int ticks = 0;; ++ticks) {
    const Result<void> taken = engine_->ingest(view);
    if (taken.ok()) return note(request);
    const ErrorCode code = taken.error().code();
    if (code != ErrorCode::no_room && code != ErrorCode::too_large) return fault("ingest: " + describe(taken.error()));
    // Refused requests count only in the loss of that name.
    const char* const loss = code == ErrorCode::no_room ? "no_room" : "too_large";
    if (named(engine_->statistics().losses, loss) == 0) fault("a request was refused without a loss");
    if (code == ErrorCode::too_large || ticks == kTicksToRoom) {
      if (may_be_refused(request, bytes.size(), workload_.options.memory_limit_bytes)) return;
      return fault("a request of " + std::to_string(bytes.size()) + " bytes got no room after " +
                   std::to_string(ticks) + " ticks (G9): " + describe(taken.error()));
    }
    settle(now_ns_, false);
  }
}

void BoundedRun::note(const workload::Request& request) {
  for (const workload::SpanGroup& group : request.groups)
    for (const workload::Span& span : group.spans) {
      ++spans_taken_;
      if (!is_good(span.trace_id, span.span_id)) continue;
      ++in_[{span.trace_id, span.span_id}];
      error_spans_taken_ += span.status_code == 2;
      for (const workload::Link& link : span.links)
        if (is_good(link.trace_id, link.span_id)) edges_.insert({span.trace_id, link.trace_id});
    }
}

void BoundedRun::settle(std::int64_t now_ns, bool draining) {
  now_ns_ = std::max(now_ns_, now_ns);
  const Result<void> ticked = draining ? engine_->drain(now_ns_) : engine_->tick(now_ns_);
  if (!ticked.ok()) return fault("tick: " + describe(ticked.error()));
  const Statistics statistics = engine_->statistics();
  const std::vector<DecisionRecord> records = sink_.take_decisions();
  for (const DecisionRecord& record : records)
    if (record.verdict == Verdict::keep) traces_[oracle::bytes_of(record.trace_id)].kept = true;
  for (const DecisionRecord& record : records) check_record(record, statistics);
  for (const std::vector<std::uint8_t>& bytes : sink_.take_batches()) check_batch(bytes);
  engine_test::check_conservation(statistics, faults_);
  check_memory(statistics);
  if (statistics.spans.received != spans_taken_)
    fault("spans received: " + std::to_string(statistics.spans.received) + " of " + std::to_string(spans_taken_));
}

void BoundedRun::check_record(const DecisionRecord& record, const Statistics& statistics) {
  Known& known = traces_[oracle::bytes_of(record.trace_id)];
  const std::string trace = "trace " + to_hex(record.trace_id) + ": ";
  // A forgotten trace is new when it reappears.
  const bool may_be_forgotten = named(statistics.losses, "records_forgotten") != 0 ||
                                workload_.options.retain.records_ns < 3600 * kNanosPerSecond ||
                                now_ns_ - workload_.steps.front().tick_ns > workload_.options.retain.records_ns;
  if (record.revision != known.next_revision && !(record.revision == 0 && may_be_forgotten))
    fault(trace + "revision " + std::to_string(record.revision) + " after " + std::to_string(known.next_revision));
  known.next_revision = record.revision + 1;
  if (record.verdict == Verdict::undecided) fault(trace + "logged undecided");
  if (record.verdict == Verdict::drop && known.kept && !may_be_forgotten) fault(trace + "a keep became a drop");
  if (record.reason == "policy" && record.policy.empty()) fault(trace + "kept by no policy");
  if (record.reason == "link" || !record.path.empty()) check_path(record);
}

void BoundedRun::check_path(const DecisionRecord& record) {
  const std::string trace = "trace " + to_hex(record.trace_id) + ": ";
  if (record.path.empty() || !record.hops || record.path.size() != *record.hops + 1)
    return fault(trace + "the path does not have hops + 1 traces");
  if (record.path.back() != record.trace_id) fault(trace + "the path does not end here");
  if (!record.origin_trace_id || record.path.front() != *record.origin_trace_id)
    fault(trace + "the path does not begin at the origin");
  origins_.insert(record.path.front());
  for (std::size_t i = 0; i + 1 < record.path.size(); ++i) {
    const workload::ByteString near = oracle::bytes_of(record.path[i]);
    const workload::ByteString far = oracle::bytes_of(record.path[i + 1]);
    const bool linked = edges_.contains({near, far});
    const bool linking = edges_.contains({far, near});
    if ((record.direction == Direction::linked && !linked) || (record.direction == Direction::linking && !linking) ||
        (!linked && !linking))
      fault(trace + "no link leads from " + to_hex(record.path[i]) + " to " + to_hex(record.path[i + 1]));
  }
}

void BoundedRun::check_batch(const std::vector<std::uint8_t>& bytes) {
  workload::Request batch;
  if (!workload::decode({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, batch))
    return fault("an emitted batch is not OTLP");
  for (const workload::SpanGroup& group : batch.groups)
    for (const workload::Span& span : group.spans) {
      const SpanName name{span.trace_id, span.span_id};
      const auto known = traces_.find(span.trace_id);
      if (known == traces_.end() || !known->second.kept)
        fault("a span of " + workload::hex_of(span.trace_id) + " was emitted, and its trace was not kept");
      if (++out_[name] > in_[name])
        fault("span " + workload::hex_of(span.span_id) + " was emitted more often than it arrived");
      error_spans_emitted_ += span.status_code == 2;
    }
}

void BoundedRun::check_memory(const Statistics& statistics) {
  const std::uint64_t allowed =
      workload_.options.memory_limit_bytes + kEmptyEngineBytes + kFormsOfARequest * largest_request_bytes_;
  if (statistics.memory.total_bytes > allowed)
    fault("memory: " + std::to_string(statistics.memory.total_bytes) + " bytes held, " + std::to_string(allowed) +
          " allowed");
}

void BoundedRun::check_end(const Statistics& statistics) {
  if (statistics.spans.held != 0) fault("spans are held after the end");
  if (statistics.traces.pending != 0) fault("traces are pending after the end");
  // An origin may be known long before it is decided.
  for (const TraceId origin : origins_)
    if (!traces_[oracle::bytes_of(origin)].kept) fault("origin " + to_hex(origin) + " was never kept");
  // Late errors are a loss if they would have made an origin: by default, unless a drop policy matters.
  const Options& options = workload_.options;
  const std::vector<PolicyOptions>& policies = options.tail_sampling.policies;
  const auto keeps_errors = [](const PolicyOptions& policy) {
    return policy.type == PolicyType::status_code && (policy.status_code_mask & 4) != 0;
  };
  const auto drops = [](const PolicyOptions& policy) { return policy.type == PolicyType::drop_policy; };
  const bool all_errors_are_kept = !options.links.origins &&
                                   std::any_of(policies.begin(), policies.end(), keeps_errors) &&
                                   std::none_of(policies.begin(), policies.end(), drops);
  if (!all_errors_are_kept) return;
  const std::uint64_t missing = error_spans_taken_ - error_spans_emitted_;
  if (error_spans_emitted_ > error_spans_taken_ || missing > sum(statistics.spans.lost))
    fault(std::to_string(missing) + " error spans are missing, and only " + std::to_string(sum(statistics.spans.lost)) +
          " spans are counted as lost");
}

}  // namespace entail::sim
