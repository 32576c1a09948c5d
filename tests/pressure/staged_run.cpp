#include "tests/pressure/staged_run.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/engine/comparison_checks.hpp"
#include "tests/oracle/context_oracle.hpp"
#include "tests/workload/otlp_reader.hpp"
#include "tests/workload/otlp_writer.hpp"

namespace entail::pressure {
namespace {

constexpr int kTicksUntilTakenIn = 2;  // G9

Bytes as_bytes(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

}  // namespace

StagedRun::StagedRun(const workload::Workload& workload, const Stalls& stalls, bool exact, std::uint64_t seed)
    : workload_(workload), stalls_(stalls), exact_(exact), random_(seed) {}

std::vector<std::string> StagedRun::run() {
  std::string why;
  auto opened = Engine::open(workload_.options, sink_, &why);
  if (!opened) return {"open: " + why};
  engine_ = std::move(*opened);
  stage_ = std::make_unique<Stage>();
  for (const workload::Step& step : workload_.steps) {
    for (const workload::Request& request : step.requests) {
      begin(request);
      if (random_.chance(10)) resume_some();
    }
    ++step_;
    keep_alive(step_);
    tick(step.tick_ns);
    resume_some();
    if (!faults_.empty()) return std::move(faults_);
  }
  end(now_ns_ + kNanosPerSecond);
  check_end();
  stage_.reset();
  return std::move(faults_);
}

// Called at every point that an actor reaches.
bool StagedRun::holds(unsigned per_mille, unsigned point) {
  if (sync::kSyncPoints[point] == "graph:after_window_store") ++windows_begun_;
  return !ending_ && random_.below(1000) < per_mille;
}

Result<void> StagedRun::ingest(std::size_t request) {
  const Result<void> taken = engine_->ingest(as_bytes(encoded_[request]));
  if (taken.ok())
    for (const workload::SpanGroup& group : requests_[request].groups)
      for (const workload::Span& span : group.spans) last_seen_[span.trace_id] = step_;
  return taken;
}

void StagedRun::begin(const workload::Request& request) {
  while (batches_.size() >= std::max(stalls_.lanes, 1u)) {  // every thread of the host is inside ingest()
    stage_->resume(*std::next(batches_.begin(), static_cast<std::ptrdiff_t>(random_.below(batches_.size())))->actor);
    collect();
  }
  Batch& batch = batches_.emplace_back();
  batch.request = requests_.size();
  batch.windows_before = windows_begun_;
  requests_.push_back(request);
  encoded_.push_back(workload::encode(request));
  for (const workload::SpanGroup& group : request.groups)
    for (const workload::Span& span : group.spans) {
      last_seen_.try_emplace(span.trace_id, step_);
      for (const workload::Link& link : span.links) last_seen_.try_emplace(link.trace_id, step_);
    }
  const std::string name = "batch " + std::to_string(batch.request);
  batch.actor = &stage_->start(
      name, [this, &batch] { batch.taken = ingest(batch.request); },
      [this](unsigned point) { return holds(stalls_.ingest_per_mille, point); });
  if (!batch.actor->done()) schedule_.push_back(name + " held at " + std::string(batch.actor->point()));
  collect();
}

void StagedRun::keep_alive(std::size_t step) {
  workload::Request request;
  request.groups.push_back({{}, {}});
  for (const auto& [trace, last_seen] : last_seen_) {
    if (last_seen + 2 > step) continue;
    workload::Span span;
    span.trace_id = trace;
    span.span_id = workload::random_span_id(random_);
    span.parent_span_id = workload::random_span_id(random_);
    request.groups[0].spans.push_back(std::move(span));
  }
  if (request.groups[0].spans.empty()) return;
  requests_.push_back(request);
  encoded_.push_back(workload::encode(request));
  const std::size_t index = requests_.size() - 1;
  if (const Result<void> taken = ingest(index); taken.error().code() == ErrorCode::no_room)
    refused_.push_back(index);
  else if (!taken.ok())
    fault("ingest: " + describe(taken.error()));
}

// Removes the batches that have ended.
void StagedRun::collect() {
  for (auto batch = batches_.begin(); batch != batches_.end();) {
    if (!batch->actor->done()) {
      ++batch;
      continue;
    }
    const std::uint64_t windows = windows_begun_ - batch->windows_before;
    if (windows != 0) ++held_over_windows_;
    windows_while_held_max_ = std::max(windows_while_held_max_, windows);
    if (windows != 0)
      schedule_.push_back(batch->actor->name() + " ended after " + std::to_string(windows) + " windows");
    if (batch->taken.error().code() == ErrorCode::no_room)
      refused_.push_back(batch->request);
    else if (!batch->taken.ok())
      fault("ingest: " + describe(batch->taken.error()));
    batch = batches_.erase(batch);
  }
}

void StagedRun::resume_some() {
  for (Batch& batch : batches_)
    if (random_.chance(stalls_.resume_percent)) stage_->resume(*batch.actor);
  collect();
}

// A tick that may be held between its steps, while batches begin, resume and end.
void StagedRun::tick(std::int64_t now_ns) {
  now_ns_ = now_ns;
  Result<void> ticked;
  Actor& actor = stage_->start(
      "tick", [&] { ticked = engine_->tick(now_ns); },
      [this](unsigned point) { return holds(stalls_.tick_per_mille, point); });
  while (!actor.done()) {
    schedule_.push_back("tick held at " + std::string(actor.point()));
    resume_some();
    stage_->resume(actor);
  }
  schedule_.push_back("tick " + std::to_string(now_ns / kNanosPerSecond));
  if (!ticked.ok()) fault("tick: " + describe(ticked.error()));
  collect();
  take_output();
  if (batches_.empty()) check_statistics(engine_->statistics());
  take_back();
}

// Retries what found no room. While a lane is stalled it may fail again; otherwise two ticks must suffice.
void StagedRun::take_back() {
  for (std::deque<std::size_t> again = std::exchange(refused_, {}); !again.empty(); again.pop_front()) {
    Result<void> taken = ingest(again.front());
    for (int ticks = 1; taken.error().code() == ErrorCode::no_room && batches_.empty(); ++ticks) {
      if (ticks > kTicksUntilTakenIn) return fault("a request is refused repeatedly");
      if (const Result<void> ticked = engine_->tick(now_ns_); !ticked)
        return fault("tick: " + describe(ticked.error()));
      take_output();
      taken = ingest(again.front());
    }
    if (taken.error().code() == ErrorCode::no_room) refused_.push_back(again.front());
  }
}

void StagedRun::resume_all() {
  ending_ = true;
  for (Batch& batch : batches_) stage_->finish(*batch.actor);
  collect();
}

void StagedRun::end(std::int64_t now_ns) {
  resume_all();
  for (int i = 0; i < 3; ++i) tick(now_ns);
  if (!refused_.empty()) fault("a request is refused permanently");
  if (const Result<void> drained = engine_->drain(now_ns); !drained) fault("drain: " + describe(drained.error()));
  take_output();
  check_statistics(engine_->statistics());
}

void StagedRun::take_output() {
  // If all traces stay pending to the end, each is decided once; a second record means one trace taken for two.
  const bool one_record =
      exact_ && workload_.options.tail_sampling.decision_wait_ns > now_ns_ - workload_.steps[0].tick_ns;
  for (const DecisionRecord& record : sink_.take_decisions()) {
    if (one_record && record.revision == 0 && stories_.contains(record.trace_id))
      fault("trace " + to_hex(record.trace_id) + " has a second record" + stories_[record.trace_id]);
    stories_[record.trace_id] += " [" + std::to_string(now_ns_ / kNanosPerSecond) + " revision " +
                                 std::to_string(record.revision) +
                                 (record.verdict == Verdict::keep ? " keep " : " drop ") + std::string(record.reason) +
                                 ", " + std::to_string(record.spans) + " spans]";
    if (record.verdict == Verdict::keep)
      kept_.insert(record.trace_id);
    else if (exact_ && kept_.contains(record.trace_id))
      fault("trace " + to_hex(record.trace_id) + ": a keep became a drop" + stories_[record.trace_id]);
  }
  for (const std::vector<std::uint8_t>& bytes : sink_.take_batches()) {
    workload::Request batch;
    if (!workload::decode({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, batch))
      fault("an emitted batch is not OTLP");
    for (const workload::SpanGroup& group : batch.groups)
      for (const workload::Span& span : group.spans) {
        ++spans_emitted_;
        ++emitted_[span.span_id];
        error_spans_emitted_ += span.status_code == 2;
      }
  }
}

void StagedRun::check_statistics(const Statistics& statistics) {
  engine_test::check_conservation(statistics, faults_);
  if (statistics.spans.emitted != spans_emitted_)
    fault("emitted: " + std::to_string(statistics.spans.emitted) + " counted, " + std::to_string(spans_emitted_) +
          " given out");
}

void StagedRun::check_end() {
  oracle::NaiveEngine oracle(workload_.options);
  std::uint64_t spans = 0, error_spans = 0;
  for (const workload::Request& request : requests_) {
    oracle.ingest(request);
    for (const workload::SpanGroup& group : request.groups)
      for (const workload::Span& span : group.spans) {
        ++spans;
        error_spans += span.status_code == 2;
      }
  }
  static_cast<void>(oracle.drain(now_ns_));
  const Statistics statistics = engine_->statistics();
  for (const NamedCount& loss : statistics.losses) losses_[loss.name] = loss.count;
  if (statistics.spans.received != spans)
    fault("received " + std::to_string(statistics.spans.received) + " of " + std::to_string(spans) + " spans");
  if (statistics.spans.held != 0) fault(std::to_string(statistics.spans.held) + " spans are held after the end");
  if (error_spans_emitted_ + losses_["late_origin"] != error_spans)
    fault("of " + std::to_string(error_spans) + " ERROR spans " + std::to_string(error_spans_emitted_) +
          " were emitted and " + std::to_string(losses_["late_origin"]) + " counted as late_origin");
  const std::set<TraceId> expected = oracle.kept();
  std::uint64_t missing = 0;
  for (const TraceId trace : expected) {
    if (kept_.contains(trace)) continue;
    ++missing;
    if (exact_) fault("trace " + to_hex(trace) + " is to be kept, and was not" + stories_[trace]);
  }
  for (const TraceId trace : kept_)
    if (!expected.contains(trace)) fault("trace " + to_hex(trace) + " was kept, and is not to be" + stories_[trace]);
  if (exact_) {
    check_spans(expected);
    for (const char* loss : {"evicted", "records_forgotten", "keep_after_seal", "late_origin", "out_of_memory"})
      if (losses_[loss] != 0 && !(all_slots_held() && loss == std::string("records_forgotten")))
        fault("loss " + std::string(loss) + ": " + std::to_string(losses_[loss]));
  } else if (missing != 0 && losses_["evicted"] + losses_["records_forgotten"] == 0) {
    fault(std::to_string(missing) + " traces are missing, and nothing was evicted or forgotten");
  }
}

// There are 16 windows at once: a few are young, some stay free. If a lane pins one for as many rotations as remain,
// younger ones must close early, and what they forget is counted; no keep may be lost even then.
bool StagedRun::all_slots_held() const noexcept { return windows_while_held_max_ >= 9; }

// Each span of a kept trace was emitted once, and no other.
void StagedRun::check_spans(const std::set<TraceId>& kept) {
  for (std::size_t i = 0; i < requests_.size(); ++i)
    for (const workload::SpanGroup& group : requests_[i].groups)
      for (const workload::Span& span : group.spans) {
        const TraceId trace = oracle::trace_id_of(span.trace_id);
        const unsigned wanted = kept.contains(trace) ? 1 : 0;
        if (emitted_[span.span_id] != wanted)
          fault("batch " + std::to_string(i) + ": span " + workload::hex_of(span.span_id) + " of trace " +
                workload::hex_of(span.trace_id) + " was emitted " + std::to_string(emitted_[span.span_id]) +
                " times, not " + std::to_string(wanted) + stories_[trace]);
      }
}

}  // namespace entail::pressure
