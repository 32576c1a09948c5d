#include "tests/engine/comparison.hpp"

#include <algorithm>
#include <memory>
#include <thread>

#include "entail/entail.hpp"
#include "tests/engine/comparison_checks.hpp"
#include "tests/oracle/naive_engine.hpp"
#include "tests/workload/otlp_writer.hpp"

namespace entail::engine_test {
namespace {

class Comparison {
 public:
  Comparison(const workload::Workload& workload, unsigned threads)
      : workload_(workload), threads_(threads), oracle_(workload.options) {}

  Outcome run() {
    play();
    return {differences_, oracle_.counts()};
  }

 private:
  void play() {
    std::string why;
    auto opened = Engine::open(workload_.options, sink_, &why);
    if (!opened) {
      differences_.push_back("open: " + describe(opened.error()) + ": " + why);
      return;
    }
    engine_ = std::move(*opened);
    std::int64_t now_ns = 0;
    for (std::size_t i = 0; i < workload_.steps.size() && differences_.empty(); ++i) {
      const workload::Step& step = workload_.steps[i];
      now_ns = step.tick_ns;
      ingest(step.requests);
      check_conservation(engine_->statistics(), differences_);
      if (differences_.empty()) settle(engine_->tick(now_ns), oracle_.tick(now_ns), now_ns);
      for (std::string& difference : differences_) difference.insert(0, "step " + std::to_string(i) + ": ");
    }
    if (!differences_.empty()) return;
    now_ns += kNanosPerSecond;
    settle(engine_->drain(now_ns), oracle_.drain(now_ns), now_ns);
    if (engine_->statistics().spans.held != 0) differences_.push_back("spans are held after the end");
    for (std::string& difference : differences_) difference.insert(0, "drain: ");
  }

  void ingest(const std::vector<workload::Request>& requests) {
    std::vector<std::string> encoded;
    for (const workload::Request& request : requests) {
      encoded.push_back(encode(request));
      oracle_.ingest(request);
    }
    std::vector<Error> errors(threads_);
    const auto feed = [&](unsigned thread) {
      for (std::size_t i = thread; i < encoded.size(); i += threads_) {
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(encoded[i].data());
        if (const auto taken = engine_->ingest(Bytes(bytes, encoded[i].size())); !taken) errors[thread] = taken.error();
      }
    };
    std::vector<std::thread> others;
    for (unsigned thread = 1; thread < std::min<std::size_t>(threads_, encoded.size()); ++thread)
      others.emplace_back(feed, thread);
    feed(0);
    for (std::thread& other : others) other.join();
    for (const Error error : errors)
      if (error.code() != ErrorCode::none) differences_.push_back("ingest: " + describe(error));
  }

  void settle(const Result<void>& ticked, const oracle::TickResult& expected, std::int64_t now_ns) {
    if (!ticked) {
      differences_.push_back("tick: " + describe(ticked.error()));
      return;
    }
    const std::vector<DecisionRecord> decisions = sink_.take_decisions();
    check_decisions(expected.decisions, decisions, {workload_.options, oracle_, workload_.whole_seconds, now_ns},
                    differences_);
    check_emission(expected.emitted, sink_.take_batches(), decisions, workload_.options, differences_);
    const Statistics statistics = engine_->statistics();
    check_conservation(statistics, differences_);
    check_statistics(oracle_.counts(), statistics, differences_);
  }

  const workload::Workload& workload_;
  const unsigned threads_;
  oracle::NaiveEngine oracle_;
  PollSink sink_;
  std::unique_ptr<Engine> engine_;
  Differences differences_;
};

}  // namespace

Outcome compare(const workload::Workload& workload, unsigned threads) { return Comparison(workload, threads).run(); }

}  // namespace entail::engine_test
