#include <cstdio>
#include <span>

#include "macro/answer.hpp"
#include "macro/engine_target.hpp"
#include "macro/feed.hpp"
#include "macro/hand_written.hpp"
#include "macro/measures.hpp"

namespace entail::bench {
namespace {

// Memory is faulted in until the engine forgets for the first time and reuses what it forgot: about three times the
// records' minute, in engine time. The alternative warms up once.
constexpr std::int64_t kWarmingUpNs = 180 * kNanosPerSecond;

bool check(std::span<const Buffer> batches, const Load& load, bool links_cut, const char* sampler) {
  Answer answer;
  if (!read_answer(batches, answer)) return fail(std::string(sampler) + ": kept bytes that do not parse");
  const std::string fault = fault_in(answer, load, links_cut);
  return fault.empty() || fail(std::string(sampler) + ": " + fault);
}

// One engine takes one load after another, each with different traces, as it would for days: it forgets one load while
// the next one arrives.
class LoadMeasure {
 public:
  LoadMeasure(const std::string& name, const Settings& settings, Report& report)
      : spans_(settings.spans),
        load_(make_load(name, spans_)),
        target_(options_for(load_, settings.policies_yaml)),
        report_(report) {}
  bool ok() const { return !load_.requests.empty() && target_.ok(); }
  bool is_warm() const { return target_.ticked_ns >= kWarmingUpNs; }

  bool run_engine(unsigned threads, bool counts) {
    if (number_ != 0) load_ = make_load(load_.name, spans_, number_);
    ++number_;
    bool ok = false;
    const std::int64_t start_s = target_.ticked_ns / kNanosPerSecond;
    target_.kept.batch_count = 0;
    const Times times = feed(target_, load_, start_s, threads, ok, counts && threads == 1 ? &tick_s_ : nullptr);
    if (!ok) return fail("the engine refused something");
    if (counts) add("macro." + load_.name, threads, times);
    return check({target_.kept.batches.data(), target_.kept.batch_count}, load_, true, "engine");
  }

  bool run_hand_written(unsigned threads, bool counts) {
    HandWritten target(load_.errors_only);
    bool ok = false;
    const Times times = feed(target, load_, 0, threads, ok, nullptr);
    if (!ok) return fail("by hand: refused something");
    if (counts) add("macro.hand." + load_.name, threads, times);
    return check(target.batches, load_, false, "by hand");
  }

  void add_control() { report_.add("macro." + load_.name + ".control", "x", control()); }
  void add_ticks() {
    const std::string name = "macro." + load_.name + ".tick.";
    report_.add(name + "p50", "us", percentile(tick_s_, 0.5) * 1e6);
    report_.add(name + "p99", "us", percentile(tick_s_, 0.99) * 1e6);
    report_.add(name + "max", "us", percentile(tick_s_, 1) * 1e6);
    tick_s_.clear();
  }

 private:
  void add(const std::string& name, unsigned threads, Times times) {
    const bool by_link = load_.name == "million_links";
    const char* const unit = by_link ? "ns/link" : "ns/span";
    const double ns = 1e9 / static_cast<double>(by_link ? load_.links : load_.spans);
    const std::string of_threads = name + "." + std::to_string(threads);
    report_.add(of_threads + ".cpu", unit, times.cpu_s * ns);
    report_.add(of_threads + ".wall", unit, times.wall_s * ns);
  }

  const std::uint64_t spans_;
  std::uint64_t number_ = 0;  // of the next load
  Load load_;
  EngineTarget target_;
  Report& report_;
  std::vector<double> tick_s_;
};

}  // namespace

bool measure_load(const std::string& name, const Settings& settings, Report& report) {
  LoadMeasure measure(name, settings, report);
  if (!measure.ok()) return fail("no such load, or the engine does not open: " + name);
  // The cap on followed links, which decides what the hot producer keeps, is beyond a hand-written sampler.
  const bool by_hand = name != "hot_producer";
  const auto run_by_hand = [&](bool counts) {
    return !by_hand || (measure.run_hand_written(1, counts) && measure.run_hand_written(2, counts));
  };
  while (!measure.is_warm())
    if (!measure.run_engine(1, false)) return false;
  if (!settings.engine_only && !(measure.run_engine(2, false) && run_by_hand(false))) return false;
  for (unsigned i = 0; i < settings.repetitions; ++i) {
    if (!measure.run_engine(1, true)) return false;
    measure.add_ticks();
    if (settings.engine_only) continue;
    measure.add_control();
    if (!measure.run_engine(2, true)) return false;
    measure.add_control();
    if (!run_by_hand(true)) return false;
  }
  return true;
}

}  // namespace entail::bench
