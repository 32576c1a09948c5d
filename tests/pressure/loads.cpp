#include "tests/pressure/loads.hpp"

#include <algorithm>
#include <atomic>
#include <ostream>
#include <span>
#include <thread>
#include <utility>

#include "tests/pressure/request_writer.hpp"

namespace entail::pressure {
namespace {

constexpr std::size_t kSpansPerRequest = 500;
constexpr TraceId kHub{1, 1};

// A random-looking ID, the same for the same number.
std::uint64_t spread(std::uint64_t number) noexcept {
  number += 0x9e3779b97f4a7c15ULL;
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9ULL;
  number = (number ^ (number >> 27)) * 0x94d049bb133111ebULL;
  return number ^ (number >> 31);
}
TraceId trace_of(std::uint64_t number) noexcept { return {spread(number), spread(~number)}; }
TraceId absent_of(std::uint64_t number) noexcept {
  return {spread(number) | 1, spread(number ^ 0x5555555555555555ULL)};
}

std::uint64_t scaled(double amount, double scale) {
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(amount * scale));
}

// Adds spans and sends them in requests of kSpansPerRequest.
class Sender {
 public:
  explicit Sender(LoadHost& host) : host_(host) {}
  void add(const LoadSpan& span) {
    writer_.add(span);
    if (writer_.span_count() == kSpansPerRequest) send();
  }
  void send() {
    if (writer_.span_count() != 0) host_.send(writer_.finish());
  }

 private:
  LoadHost& host_;
  RequestWriter writer_;
};

// `rate` new traces per second, of one span; each with links to `links` absent traces of its own.
auto one_span_traces(std::uint64_t rate, std::size_t links, std::size_t pad_bytes) {
  return [=](LoadHost& host, std::int64_t seconds) {
    Sender sender(host);
    std::vector<TraceId> linked(links);
    std::uint64_t trace = 0, absent = 0;
    for (std::int64_t second = 0; second < seconds; ++second) {
      host.advance();
      for (std::uint64_t i = 0; i < rate; ++i) {
        for (TraceId& id : linked) id = absent_of(++absent);
        sender.add({.trace = trace_of(++trace), .pad_bytes = pad_bytes, .links = linked});
      }
      sender.send();
      if (second % 16 == 0) host.check_conservation();
    }
  };
}

// Traces that are kept, of which the sink accepts none: every span is held or a counted loss, in every tick.
auto kept_undelivered(std::uint64_t rate) {
  return [=](LoadHost& host, std::int64_t seconds) {
    Sender sender(host);
    std::uint64_t trace = 0;
    for (std::int64_t second = 0; second < seconds; ++second) {
      host.advance();
      host.check_conservation();
      for (std::uint64_t i = 0; i < rate; ++i) {
        const TraceId linked = absent_of(++trace);
        sender.add({.trace = trace_of(trace), .pad_bytes = 1000, .links = {&linked, 1}});
      }
      sender.send();
    }
    const Statistics statistics = host.engine().statistics();
    if (statistics.spans.lost.size() != 1 || statistics.spans.lost[0].name != "output_full")
      host.fault("the loss is not output_full");
    if (statistics.spans.emitted != 0 || statistics.output.waiting_spans == 0) host.fault("the sink accepted output");
    if (statistics.memory.output_bytes > host.options().memory_limit_bytes / 16) host.fault("too much output waits");
  };
}

// One request per second, with one new trace: a light sender must not wait for a heavy one.
void trickle(LoadHost& host, std::int64_t seconds, std::uint64_t first_trace) {
  Sender sender(host);
  for (std::int64_t second = 0; second < seconds; ++second) {
    host.advance();
    sender.add({.trace = trace_of(first_trace + static_cast<std::uint64_t>(second))});
    sender.send();
  }
}

// The same traces repeatedly, then an hour of single requests (a part of that in a short run).
auto recurring(std::uint64_t traces, std::uint64_t rate) {
  return [=](LoadHost& host, std::int64_t seconds) {
    constexpr int kRounds = 32;
    Sender sender(host);
    std::uint64_t sent = 0;
    for (int round = 0; round < kRounds; ++round)
      for (std::uint64_t i = 0; i < traces; ++i) {
        if (sent++ % rate == 0) host.advance();
        sender.add({.trace = trace_of(i), .span_id = static_cast<std::uint64_t>(round) + 1});
      }
    sender.send();
    trickle(host, 12 * seconds, 1ULL << 40);
  };
}

auto burst(std::uint64_t traces) {
  return [=](LoadHost& host, std::int64_t seconds) {
    Sender sender(host);
    for (std::uint64_t i = 0; i < traces; ++i) {
      if (i % (traces / 2) == 0) host.advance();
      sender.add({.trace = trace_of(i)});
    }
    sender.send();
    trickle(host, seconds, 1ULL << 40);
  };
}

// A failed trace that gets a span per minute, and `rate` links per second.
auto hub(std::uint64_t rate) {
  return [=](LoadHost& host, std::int64_t seconds) {
    Sender sender(host);
    std::uint64_t trace = 0;
    for (std::int64_t second = 0; second < seconds; ++second) {
      host.advance();
      if (second % 60 == 0)
        sender.add({.trace = kHub, .span_id = static_cast<std::uint64_t>(second) + 1, .is_error = true});
      for (std::uint64_t i = 0; i < rate; ++i) sender.add({.trace = trace_of(++trace), .links = {&kHub, 1}});
      sender.send();
      if (second % 64 == 0) host.check_conservation();
    }
  };
}

void shorten(Options& options) {  // data is held for seconds, not minutes
  options.tail_sampling.decision_wait_ns = 5 * kNanosPerSecond;
  options.retain.window_ns = 5 * kNanosPerSecond;
}

// Every second a new failed trace that all traces of that second link to.
auto kept_by_link(std::uint64_t rate) {
  return [=](LoadHost& host, std::int64_t seconds) {
    Sender sender(host);
    std::uint64_t trace = 0;
    for (std::int64_t second = 0; second < seconds; ++second) {
      host.advance();
      const TraceId origin = absent_of(1'000'000'000 + static_cast<std::uint64_t>(second));
      sender.add({.trace = origin, .is_error = true});
      for (std::uint64_t i = 0; i < rate; ++i)
        sender.add({.trace = trace_of(++trace), .pad_bytes = 100, .links = {&origin, 1}});
      sender.send();
    }
  };
}

void unbound(Options& options) {
  options.links.propagate.max_links_followed = 1'000'000;
  options.links.propagate.max_traces_per_origin = 1'000'000;
}

// Spans of a few traces with many links to absent ones. At most as many links as let one request take a quarter of the
// budget, including its nodes and edges.
auto wide_spans(std::uint64_t rate, std::uint64_t links_wanted) {
  return [=](LoadHost& host, std::int64_t seconds) {
    constexpr std::uint64_t kBytesPerLink = 256;  // on the wire, as node and as edge, with a margin
    const std::uint64_t links =
        std::min<std::uint64_t>(links_wanted, host.options().memory_limit_bytes / 4 / kBytesPerLink);
    RequestWriter writer;
    std::vector<TraceId> linked(links);
    std::uint64_t span = 0, absent = 0;
    for (std::int64_t second = 0; second < seconds; ++second) {
      host.advance();
      for (std::uint64_t i = 0; i < rate; ++i) {
        for (TraceId& id : linked) id = absent_of(++absent);
        ++span;
        writer.add({.trace = trace_of(span / 4), .span_id = span, .links = linked});
        host.send(writer.finish());
      }
    }
  };
}

auto large_spans(std::uint64_t rate) {
  return [=](LoadHost& host, std::int64_t seconds) {
    RequestWriter writer;
    std::uint64_t span = 0;
    for (std::int64_t second = 0; second < seconds; ++second) {
      host.advance();
      for (std::uint64_t i = 0; i < rate; ++i) {
        writer.add({.trace = trace_of(++span), .pad_bytes = 1 << 20});
        host.send(writer.finish());
      }
    }
  };
}

// All within one second, from four threads: no tick runs before each of them was refused. Concurrently admitted
// requests must count, too. The links lead to few traces, so that edges take the room, not nodes.
class OneSecond {
 public:
  // target(number): the trace that a link leads to.
  OneSecond(LoadHost& host, std::uint64_t round, TraceId (*target)(std::uint64_t))
      : host_(host), round_(round), target_(target) {}

  void run() {
    std::vector<std::thread> threads;
    for (std::uint64_t thread = 0; thread < kThreads; ++thread) threads.emplace_back([this, thread] { flood(thread); });
    while (running_.load() != 0) {
      host_.look_at_memory();
      std::this_thread::yield();
    }
    for (std::thread& thread : threads) thread.join();
    Figures& figures = host_.figures();
    figures.lanes = kThreads;
    figures.request_bytes_max = std::max(figures.request_bytes_max, largest_.load());
    figures.host_bytes = kThreads * (largest_.load() + kStackBytes);  // the encoded request, and its thread
    figures.requests += taken_.load();
    if (failed_.load()) host_.fault("an answer that is not no_room");
    if (taken_.load() == 0) host_.fault("nothing was ingested");
  }

  static constexpr std::uint64_t kTargets = 2'000, kTraces = 1'000;

 private:
  static constexpr unsigned kThreads = 4;
  static constexpr std::size_t kLinks = 128, kSpans = 20;
  static constexpr std::uint64_t kStackBytes = 64 << 10;

  void flood(std::uint64_t thread) {
    RequestWriter writer;
    std::vector<TraceId> linked(kLinks);
    std::uint64_t number = (round_ << 8 | thread) << 32;
    for (ErrorCode code = ErrorCode::none; code == ErrorCode::none;) {
      for (std::size_t i = 0; i < kSpans; ++i) {
        ++number;
        for (std::size_t k = 0; k < kLinks; ++k) linked[k] = target_(spread(number * kLinks + k));
        writer.add({.trace = trace_of(number % kTraces), .span_id = number, .links = linked});
      }
      const Bytes bytes = writer.finish();
      largest_.store(bytes.size());  // all have the same size
      code = host_.engine().ingest(bytes).error().code();
      if (code == ErrorCode::none) taken_.fetch_add(1);
      if (code != ErrorCode::none && code != ErrorCode::no_room) failed_.store(true);
    }
    running_.fetch_sub(1);
  }

  LoadHost& host_;
  const std::uint64_t round_;
  TraceId (*const target_)(std::uint64_t);
  std::atomic<unsigned> running_{kThreads};
  std::atomic<std::uint64_t> largest_{0}, taken_{0};
  std::atomic<bool> failed_{false};
};

void play_rounds(LoadHost& host, TraceId (*target)(std::uint64_t)) {
  for (std::uint64_t round = 1; round <= 3; ++round) {
    OneSecond(host, round, target).run();
    host.check_conservation();
    for (int i = 0; i < 2; ++i) host.tick();
  }
  trickle(host, 5, 1ULL << 60);
}

void one_second(LoadHost& host, std::int64_t) {
  RequestWriter writer;
  std::vector<TraceId> linked;
  for (std::uint64_t target = 0; target < OneSecond::kTargets; ++target) {
    linked.push_back(absent_of(target));
    if (linked.size() < 1000) continue;
    writer.add({.trace = trace_of(1 + target), .links = linked});
    host.send(writer.finish());
    linked.clear();
  }
  play_rounds(host, [](std::uint64_t random) { return absent_of(random % OneSecond::kTargets); });
}

// The links lead to the traces that hold the spans: a window closed early must keep the edges of those that remain.
void one_second_among(LoadHost& host, std::int64_t) {
  play_rounds(host, [](std::uint64_t random) { return trace_of(random % OneSecond::kTraces); });
}

// Ten requests per second of one trace each, with three spans; one trace in a hundred fails, and every trace links to
// the previous one. retain.records is at most a tenth of the time, so that the load is steady well before the first
// quarter ends.
void steady(LoadHost& host, std::int64_t seconds) {
  RequestWriter writer;
  std::uint64_t trace = 0;
  struct Quarter {
    std::uint64_t resident_peak = 0;
    std::int64_t tick_ns = 0;
  } quarters[4];
  for (std::int64_t second = 0; second < seconds; ++second) {
    Quarter& quarter = quarters[second * 4 / seconds];
    const std::int64_t before = host.figures().tick_ns;
    host.advance();
    quarter.tick_ns += host.figures().tick_ns - before;
    for (int i = 0; i < 10; ++i) {
      const TraceId linked = trace_of(trace++);
      for (std::uint64_t span = 1; span <= 3; ++span)
        writer.add({.trace = trace_of(trace),
                    .span_id = span,
                    .is_error = trace % 100 == 0,
                    .pad_bytes = 300,
                    .links = {&linked, span == 1 ? 1u : 0u}});
      host.send(writer.finish());
    }
    quarter.resident_peak = std::max(quarter.resident_peak, resident_bytes());
    if (second % 1024 == 0) host.check_conservation();
  }
  constexpr std::uint64_t kSlackBytes = 2 << 20;
  if (quarters[3].resident_peak > quarters[1].resident_peak + quarters[1].resident_peak / 50 + kSlackBytes)
    host.fault("resident memory grew from " + std::to_string(quarters[1].resident_peak >> 10) + " to " +
               std::to_string(quarters[3].resident_peak >> 10) + " KiB");
  // Time is noisy: only growth beyond the noise counts. Runs too short to tell are exempt.
  constexpr std::int64_t kEnoughSeconds = 20'000;
  if (seconds >= kEnoughSeconds && quarters[3].tick_ns > quarters[1].tick_ns * 5 / 4)
    host.fault("a quarter's ticks took " + std::to_string(quarters[1].tick_ns / 1000) + " us, the last one's " +
               std::to_string(quarters[3].tick_ns / 1000));
}

struct NamedLoad {
  std::string name;
  std::function<void(Options&)> configure;
  std::function<void(LoadHost&, std::int64_t)> play;
  OutputAnswer answer = OutputAnswer::accepted;
};
std::vector<Load> named(const std::string& family, double scale, std::vector<NamedLoad> loads) {
  std::vector<Load> out;
  for (NamedLoad& load : loads)
    out.push_back({family, scale, std::move(load.name), std::move(load.configure), std::move(load.play), load.answer});
  return out;
}

}  // namespace

std::vector<Load> liveness_loads(double scale) {
  const auto nothing = [](Options&) {};
  std::vector<NamedLoad> loads;
  for (const int rate : {5, 15, 40, 60}) {
    const std::string thousands = std::to_string(rate) + "k";
    loads.push_back({"one-span-" + thousands, nothing, one_span_traces(scaled(rate * 1000, scale), 0, 0)});
    loads.push_back({"absent-links-" + thousands, nothing, one_span_traces(scaled(rate * 1000, scale), 1, 0)});
  }
  loads.push_back({"recurring", nothing, recurring(scaled(240'000, scale), scaled(40'000, scale))});
  loads.push_back({"burst", nothing, burst(scaled(2'000'000, scale))});
  loads.push_back({"large-spans", nothing, large_spans(scaled(20, scale))});
  loads.push_back({"wide-spans", nothing, wide_spans(scaled(40, scale), 1000)});
  loads.push_back({"hub", shorten, hub(200)});
  loads.push_back({"long-wait", [](Options& o) { o.tail_sampling.decision_wait_ns = 600 * kNanosPerSecond; },
                   one_span_traces(scaled(5000, scale), 0, 200)});
  loads.push_back({"long-window", [](Options& o) { o.retain.window_ns = 3600 * kNanosPerSecond; },
                   one_span_traces(scaled(5000, scale), 0, 200)});
  loads.push_back({"kept-by-link", unbound, kept_by_link(scaled(5000, scale))});
  loads.push_back({"keep-all", keep_all, one_span_traces(scaled(20'000, scale), 1, 100)});
  loads.push_back({"declined", keep_all, kept_undelivered(scaled(20'000, scale)), OutputAnswer::declined});
  loads.push_back({"deferred", keep_all, kept_undelivered(scaled(20'000, scale)), OutputAnswer::deferred});
  return named("liveness", scale, std::move(loads));
}

std::vector<Load> memory_loads(double scale) {
  const auto nothing = [](Options&) {};
  std::vector<NamedLoad> loads = {
      {"unique-targets", nothing, one_span_traces(scaled(400, scale), 100, 0)},
      {"one-span", nothing, one_span_traces(scaled(40'000, scale), 0, 0)},
      {"large-spans", nothing, large_spans(scaled(40, scale))},
      {"truncated-1k", nothing, wide_spans(scaled(80, scale), 1000)},
      {"truncated-100k", nothing, wide_spans(1, 100'000)},
      {"hub", shorten, hub(200)},
      {"one-second", nothing, one_second},
      {"one-second-among", nothing, one_second_among},
      {"declined", keep_all, kept_undelivered(scaled(200, scale)), OutputAnswer::declined},
      {"deferred", keep_all, kept_undelivered(scaled(200, scale)), OutputAnswer::deferred},
  };
  return named("memory", scale, std::move(loads));
}

std::vector<Load> steady_loads() {
  return named("steady", 1, {{"steady", [](Options& o) { o.retain.records_ns = 600 * kNanosPerSecond; }, steady}});
}

std::vector<Load> loads_of(const std::string& family, double scale) {
  if (family == "liveness") return liveness_loads(scale);
  if (family == "memory") return memory_loads(scale);
  if (family == "steady") return steady_loads();
  return {};
}

std::ostream& operator<<(std::ostream& out, const Load& load) { return out << load.name; }

void keep_all(Options& options) {
  PolicyOptions all;
  all.name = "all";
  all.type = PolicyType::always_sample;
  options.tail_sampling.policies.push_back(all);
}

Options load_options(const Load& load, std::uint64_t memory_limit_bytes) {
  Options options;
  PolicyOptions errors;
  errors.name = "errors";
  errors.type = PolicyType::status_code;
  errors.status_code_mask = 4;
  options.tail_sampling.policies = {errors};
  options.memory_limit_bytes = memory_limit_bytes;
  load.configure(options);
  return options;
}

}  // namespace entail::pressure
