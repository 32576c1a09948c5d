// Stalls with concurrent threads: lanes stall at random points of ingest() until the windows have rotated
// 1 to 20 times, while other lanes and the ticks continue. The schedule is not repeatable; the kept set must be.
//
// ENTAIL_RUNS=1000 runs that many seeds; ENTAIL_SEED=n runs one.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "entail/entail.hpp"
#include "sync/sync_point.hpp"
#include "tests/engine/comparison_checks.hpp"
#include "tests/engine/seed_range.hpp"
#include "tests/oracle/naive_engine.hpp"
#include "tests/pressure/moving_workload.hpp"
#include "tests/workload/otlp_writer.hpp"

namespace entail::pressure {
namespace {

constexpr std::uint64_t kWindowsHeldMax = 20;

// Holds threads that call ingest() at points that the thread's own random choose. Thread rule: Guarded (by mutex_).
class Holder final : public sync::PointListener {
 public:
  Holder(unsigned per_mille, std::uint64_t seed) : per_mille_(per_mille), seed_(seed) {
    sync::listen_to_sync_points(this);
  }
  ~Holder() { sync::listen_to_sync_points(nullptr); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  // A thread that calls this may be held from now on.
  void enlist(unsigned thread) { random_of_thread_ = std::make_unique<workload::Random>(seed_ * 31 + thread); }

  void reach(unsigned) noexcept override {
    if (random_of_thread_ == nullptr || random_of_thread_->below(1000) >= per_mille_) return;
    std::unique_lock lock(mutex_);
    const std::uint64_t until = steps_ + 1 + random_of_thread_->below(kWindowsHeldMax);
    ++held_;
    ++held_ever_;
    released_.wait(lock, [&] { return ending_ || steps_ >= until; });
    --held_;
  }

  void step() {
    const std::lock_guard lock(mutex_);
    ++steps_;
    released_.notify_all();
  }
  void end() {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    released_.notify_all();
  }
  unsigned held() {
    const std::lock_guard lock(mutex_);
    return held_;
  }
  std::uint64_t held_ever() const noexcept { return held_ever_; }

 private:
  static thread_local std::unique_ptr<workload::Random> random_of_thread_;
  const unsigned per_mille_;
  const std::uint64_t seed_;
  std::mutex mutex_;
  std::condition_variable released_;
  std::uint64_t steps_ = 0;
  unsigned held_ = 0;
  std::uint64_t held_ever_ = 0;
  bool ending_ = false;
};
thread_local std::unique_ptr<workload::Random> Holder::random_of_thread_;

// Requests that wait for a thread. Thread rule: Guarded (by mutex_).
class Queue {
 public:
  void push(const std::string* request) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(request);
    changed_.notify_one();
  }
  // Null: the queue is closed.
  const std::string* pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
    if (waiting_.empty()) return nullptr;
    const std::string* request = waiting_.front();
    waiting_.pop_front();
    return request;
  }
  bool empty() {
    const std::lock_guard lock(mutex_);
    return waiting_.empty();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<const std::string*> waiting_;
  bool closed_ = false;
};

Bytes as_bytes(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

// One span of every trace, so that none is absent while a lane is held.
workload::Request roster(const workload::Workload& workload) {
  std::set<workload::ByteString> traces;
  for (const workload::Step& step : workload.steps)
    for (const workload::Request& request : step.requests)
      for (const workload::Span& span : request.groups[0].spans) {
        traces.insert(span.trace_id);
        for (const workload::Link& link : span.links) traces.insert(link.trace_id);
      }
  workload::Request request;
  request.groups.push_back({{}, {}});
  for (const workload::ByteString& trace : traces) {
    workload::Span span;
    span.trace_id = trace;
    span.span_id = trace.substr(0, 8);
    request.groups[0].spans.push_back(std::move(span));
  }
  return request;
}

class ThreadedRun {
 public:
  ThreadedRun(workload::Workload workload, unsigned threads, unsigned per_mille, std::uint64_t seed)
      : workload_(std::move(workload)), threads_(threads), holder_(per_mille, seed) {
    workload_.steps.front().requests.push_back(roster(workload_));
  }

  std::vector<std::string> run() {
    std::string why;
    auto opened = Engine::open(workload_.options, sink_, &why);
    if (!opened) return {"open: " + why};
    engine_ = std::move(*opened);
    tick(workload_.steps.front().tick_ns);  // requests before the first tick would have arrived at 0, and be due
    for (const workload::Request& request : workload_.steps.front().requests) {
      const std::string bytes = workload::encode(request);
      if (!engine_->ingest(as_bytes(bytes)).ok()) return {"the first request is refused"};
    }
    tick(workload_.steps.front().tick_ns);
    std::vector<std::thread> threads;
    for (unsigned thread = 0; thread < threads_; ++thread) threads.emplace_back([this, thread] { feed(thread); });
    for (std::size_t step = 1; step < workload_.steps.size(); ++step) {
      for (const workload::Request& request : workload_.steps[step].requests)
        queue_.push(&encoded_.emplace_back(workload::encode(request)));
      // Until all requests are taken or every thread is held, no longer: a tick may meet a batch anywhere.
      for (int turns = 0; turns < 50 && !queue_.empty() && holder_.held() < threads_; ++turns)
        std::this_thread::yield();
      tick(workload_.steps[step].tick_ns);
      holder_.step();
    }
    holder_.end();
    while (!queue_.empty()) std::this_thread::yield();
    queue_.close();
    for (std::thread& thread : threads) thread.join();
    finish();
    return faults_;
  }
  std::uint64_t held_ever() const noexcept { return holder_.held_ever(); }
  std::uint64_t kept() const noexcept { return kept_.size(); }

 private:
  void feed(unsigned thread) {
    holder_.enlist(thread);
    while (const std::string* request = queue_.pop()) {
      const Result<void> taken = engine_->ingest(as_bytes(*request));
      const std::lock_guard lock(refused_mutex_);
      if (taken.error().code() == ErrorCode::no_room)
        refused_.push_back(request);
      else if (!taken.ok())
        faults_.push_back("ingest: " + describe(taken.error()));
    }
  }

  void tick(std::int64_t now_ns) {
    now_ns_ = now_ns;
    if (const Result<void> ticked = engine_->tick(now_ns); !ticked.ok()) {
      const std::lock_guard lock(refused_mutex_);
      faults_.push_back("tick: " + describe(ticked.error()));
    }
    take_decisions();
    static_cast<void>(sink_.take_batches());
  }

  // All traces are pending to the end, so each is decided once; a second record means that the engine took one trace
  // for two.
  void take_decisions() {
    for (const DecisionRecord& record : sink_.take_decisions()) {
      if (record.verdict == Verdict::keep) kept_.insert(record.trace_id);
      if (record.revision == 0 && !decided_.insert(record.trace_id).second) {
        const std::lock_guard lock(refused_mutex_);
        faults_.push_back("trace " + to_hex(record.trace_id) + " has a second record");
      }
    }
  }

  void finish() {
    tick(now_ns_);
    for (const std::string* request : refused_) {
      for (int ticks = 0; engine_->ingest(as_bytes(*request)).error().code() == ErrorCode::no_room; ++ticks) {
        if (ticks == 2) faults_.push_back("a request is refused permanently");
        if (ticks == 2) return;
        tick(now_ns_);
      }
    }
    for (int i = 0; i < 3; ++i) tick(now_ns_);
    if (!engine_->drain(now_ns_).ok()) faults_.push_back("drain failed");
    take_decisions();
    const Statistics statistics = engine_->statistics();
    engine_test::check_conservation(statistics, faults_);
    oracle::NaiveEngine oracle(workload_.options);
    for (const workload::Step& step : workload_.steps)
      for (const workload::Request& request : step.requests) oracle.ingest(request);
    static_cast<void>(oracle.drain(now_ns_));
    if (statistics.spans.emitted != oracle.counts().spans_emitted) {
      faults_.push_back("emitted " + std::to_string(statistics.spans.emitted) + " spans, not " +
                        std::to_string(oracle.counts().spans_emitted) + "; dropped " +
                        std::to_string(statistics.spans.dropped) + ", held " + std::to_string(statistics.spans.held));
      for (const NamedCount& loss : statistics.losses)
        faults_.push_back("loss " + loss.name + ": " + std::to_string(loss.count));
    }
    for (const TraceId trace : oracle.kept())
      if (!kept_.contains(trace)) faults_.push_back("trace " + to_hex(trace) + " is to be kept, and was not");
    for (const TraceId trace : kept_)
      if (!oracle.kept().contains(trace)) faults_.push_back("trace " + to_hex(trace) + " was kept, and is not to be");
  }

  workload::Workload workload_;
  const unsigned threads_;
  Holder holder_;
  Queue queue_;
  PollSink sink_;
  std::unique_ptr<Engine> engine_;
  std::deque<std::string> encoded_;
  std::int64_t now_ns_ = 0;
  std::set<TraceId> kept_;
  std::set<TraceId> decided_;
  std::mutex refused_mutex_;  // guards the next two members while threads run
  std::vector<const std::string*> refused_;
  std::vector<std::string> faults_;
};

TEST(ThreadedStalls, LoseNoKeep) {
  const char* runs = std::getenv("ENTAIL_RUNS");
  const auto [first, end] = engine_test::seed_range(0, runs == nullptr ? 60 : std::strtoull(runs, nullptr, 10));
  std::uint64_t held = 0, kept = 0;
  for (std::uint64_t seed = first; seed < end; ++seed) {
    workload::Random random(seed);
    MovingShape shape = random_shape(random);
    shape.steps = 4 + random.below(kWindowsHeldMax);
    shape.stays_pending = true;
    const unsigned threads = 1 + static_cast<unsigned>(seed % 8);
    const auto per_mille = static_cast<unsigned>(random.between(1, 20));
    ThreadedRun run(moving_workload(random, shape), threads, per_mille, seed);
    const std::vector<std::string> faults = run.run();
    for (const std::string& fault : faults) ADD_FAILURE() << fault;
    ASSERT_TRUE(faults.empty()) << threads << " threads; "
                                << engine_test::rerun_command(seed, "pressure_test", "ThreadedStalls.LoseNoKeep");
    held += run.held_ever();
    kept += run.kept();
  }
  if (end - first < 20) return;
  EXPECT_GT(held, end - first);
  EXPECT_GT(kept, end - first);
}

}  // namespace
}  // namespace entail::pressure
