// G10: the cost of ingest() and tick() depends on new and due data, not on what is held. Steps are counted, not timed:
// the rooms base, graph, policy, propagate, store and engine are compiled again for this program, with a call in every
// basic block (-fsanitize-coverage=trace-pc), and each call is a step. The system and memcpy() are not
// counted.
//
// Each case holds 1, 2 and 4 times as much, then does the same work again; the steps must not grow with what is held.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "entail/entail.hpp"
#include "tests/pressure/request_writer.hpp"
#include "tests/workload/story.hpp"

namespace {
std::uint64_t steps = 0;  // these tests use one thread
}
extern "C" void __sanitizer_cov_trace_pc() { ++steps; }

namespace entail::pressure {
namespace {

constexpr std::uint64_t kRepeats = 9;  // medians: occasionally a window begins, or a filter is built
constexpr double kGrowthMax = 1.3;     // for costs that grow with the logarithm
constexpr std::uint64_t kSlack = 3000;

TraceId trace_of(std::uint64_t number) {
  return {number * 0x9e3779b97f4a7c15ULL + 7, (number + 1) * 0xbf58476d1ce4e5b9ULL};
}

Options growth_options() {
  Options options = workload::error_options();
  options.tail_sampling.decision_wait_ns = kNanosPerSecond;
  options.retain.window_ns = 10'000 * kNanosPerSecond;
  options.retain.records_ns = 100'000 * kNanosPerSecond;
  options.memory_limit_bytes = 4ULL << 30;
  return options;
}

class Host {
 public:
  explicit Host(const Options& options) {
    std::string why;
    auto opened = Engine::open(options, sink_, &why);
    EXPECT_TRUE(opened.ok()) << why;
    engine_ = std::move(*opened);
    tick();
  }
  void add(const LoadSpan& span) {
    writer_.add(span);
    if (writer_.span_count() == 1000) send();
  }
  void send() {
    const Bytes request = writer_.finish();
    Result<void> taken = engine_->ingest(request);
    for (int tries = 0; tries < 4 && !taken.ok(); ++tries) {  // a larger window
      tick();
      taken = engine_->ingest(request);
    }
    EXPECT_TRUE(taken.ok()) << describe(taken.error());
  }
  void tick() { EXPECT_TRUE(engine_->tick(now_ns_).ok()); }
  void advance(std::int64_t seconds = 1) {
    now_ns_ += seconds * kNanosPerSecond;
    tick();
  }
  // Until the work that arrived is done.
  void settle() {
    for (int i = 0; i < 12; ++i) advance();
  }
  Statistics statistics() const { return engine_->statistics(); }

 private:
  class NullSink final : public Sink {
    void on_batch(Bytes, std::uint64_t) override {}
    void on_decision(const DecisionRecord&) override {}
    bool wants_decisions() const noexcept override { return false; }
  };

  NullSink sink_;
  std::unique_ptr<Engine> engine_;
  RequestWriter writer_;
  std::int64_t now_ns_ = 1'700'000'000 * kNanosPerSecond;
};

// The median cost of repeated work; the work receives the number of the repetition.
std::uint64_t median_steps(const std::function<void(std::uint64_t)>& work) {
  std::array<std::uint64_t, kRepeats> taken{};
  for (std::uint64_t i = 0; i < kRepeats; ++i) {
    steps = 0;
    work(i);
    taken[i] = steps;
  }
  std::sort(taken.begin(), taken.end());
  return taken[kRepeats / 2];
}

// cost(n): the steps of some work; four times the size may cost `times` as many steps.
void expect_growth(const std::string& what, double times, const std::function<std::uint64_t(std::uint64_t)>& cost) {
  const std::uint64_t once = cost(1), twice = cost(2), four_times = cost(4);
  std::printf("%s: %llu, %llu, %llu steps\n", what.c_str(), static_cast<unsigned long long>(once),
              static_cast<unsigned long long>(twice), static_cast<unsigned long long>(four_times));
  EXPECT_GT(once, 0u) << "nothing is counted";
  EXPECT_LE(static_cast<double>(four_times), times * kGrowthMax * static_cast<double>(once) + kSlack) << what;
}
// The same work, with n times as much held.
void expect_flat(const std::string& what, const std::function<std::uint64_t(std::uint64_t)>& cost) {
  expect_growth(what, 1, cost);
}
// n times the work.
void expect_linear(const std::string& what, const std::function<std::uint64_t(std::uint64_t)>& cost) {
  expect_growth(what, 4, cost);
}

// A hundred new traces and the tick that adopts them.
std::uint64_t cost_of_hundred_traces(Host& host, bool with_tick_alone) {
  std::uint64_t next = 1'000'000'000;
  return median_steps([&](std::uint64_t) {
    if (!with_tick_alone) {
      for (int i = 0; i < 100; ++i) host.add({.trace = trace_of(next++)});
      host.send();
    }
    host.tick();
  });
}

void hold_traces(Host& host, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) host.add({.trace = trace_of(i)});
  host.send();
  host.settle();
}

TEST(Growth, OfRetainedTraces_DoesNotSlowOthers) {
  for (const bool with_tick_alone : {false, true})
    expect_flat(with_tick_alone ? "idle tick, retained traces" : "100 traces, retained traces", [&](std::uint64_t n) {
      Host host(growth_options());
      hold_traces(host, n * 30'000);
      EXPECT_GE(host.statistics().spans.held, n * 30'000);
      return cost_of_hundred_traces(host, with_tick_alone);
    });
}

TEST(Growth, OfRecords_DoesNotSlowOthers) {
  for (const bool with_tick_alone : {false, true})
    expect_flat(with_tick_alone ? "idle tick, records" : "100 traces, records", [&](std::uint64_t n) {
      Options options = growth_options();
      options.retain.window_ns = kNanosPerSecond;
      Host host(options);
      hold_traces(host, n * 30'000);
      EXPECT_EQ(host.statistics().spans.held, 0u);
      return cost_of_hundred_traces(host, with_tick_alone);
    });
}

TEST(Growth, OfPendingTraces_DoesNotSlowOthers) {
  expect_flat("100 traces, pending traces", [&](std::uint64_t n) {
    Options options = growth_options();
    options.tail_sampling.decision_wait_ns = 10'000 * kNanosPerSecond;
    Host host(options);
    hold_traces(host, n * 30'000);
    EXPECT_GE(host.statistics().traces.pending, n * 30'000);
    return cost_of_hundred_traces(host, false);
  });
}

constexpr TraceId kHub{77, 77};
enum class Neighbours { linking, linked_present, linked_absent };

// A failed trace with that many neighbours; then one new link at it, in the same direction, and the tick.
std::uint64_t cost_of_one_link(Neighbours kind, std::uint64_t neighbours) {
  Host host(growth_options());
  std::uint64_t span = 0;
  host.add({.trace = kHub, .is_error = true});
  for (std::uint64_t i = 0; i < neighbours; ++i) {
    const TraceId other = trace_of(i);
    if (kind == Neighbours::linking) {
      host.add({.trace = other, .links = {&kHub, 1}});
    } else {
      if (kind == Neighbours::linked_present) host.add({.trace = other});
      host.add({.trace = kHub, .span_id = ++span + 1, .links = {&other, 1}});
    }
  }
  host.send();
  host.settle();
  std::uint64_t next = 1'000'000'000;
  return median_steps([&](std::uint64_t) {
    const TraceId other = trace_of(next++);
    if (kind == Neighbours::linking)
      host.add({.trace = other, .links = {&kHub, 1}});
    else
      host.add({.trace = kHub, .span_id = next, .links = {&other, 1}});
    host.send();
    host.tick();
  });
}

TEST(Growth, OfAHub_DoesNotSlowItsNextLink) {
  expect_flat("one link to a hub", [](std::uint64_t n) { return cost_of_one_link(Neighbours::linking, n * 5000); });
  expect_flat("one link of a hub, present neighbours",
              [](std::uint64_t n) { return cost_of_one_link(Neighbours::linked_present, n * 5000); });
  expect_flat("one link of a hub, absent neighbours",
              [](std::uint64_t n) { return cost_of_one_link(Neighbours::linked_absent, n * 5000); });
}

// A kept span with many links, most of them truncated; then some of the linked traces fail, and each is a late pin.
TEST(Growth, OfTruncatedLinks_DoesNotSlowEachLateOrigin) {
  expect_flat("40 late origins, truncated links", [](std::uint64_t n) {
    Host host(growth_options());
    std::vector<TraceId> links;
    for (std::uint64_t i = 0; i < n * 5000; ++i) links.push_back(trace_of(i));
    host.add({.trace = kHub, .is_error = true, .links = links});
    host.send();
    host.settle();
    EXPECT_GT(host.statistics().spans.emitted, 0u);
    std::uint64_t next = 0;
    const std::uint64_t cost = median_steps([&](std::uint64_t) {
      for (int i = 0; i < 40; ++i) host.add({.trace = trace_of(next += 7), .span_id = next, .is_error = true});
      host.send();
      host.tick();
    });
    std::uint64_t late_pins = 0;
    for (const NamedCount& loss : host.statistics().losses)
      if (loss.name == "late_pin") late_pins = loss.count;
    EXPECT_GT(late_pins, 100u);
    return cost;
  });
}

// The same span, not emitted yet, while origins arrive: its links are examined once, not once per origin.
TEST(Growth, OfTruncatedLinksAndLateOrigins_CostsTheirSum_NotTheirProduct) {
  expect_linear("late origins and truncated links in one tick", [](std::uint64_t n) {
    Host host(growth_options());
    std::vector<TraceId> links;
    for (std::uint64_t i = 0; i < n * 2000; ++i) links.push_back(trace_of(i));
    host.add({.trace = kHub, .is_error = true, .links = links});
    host.send();
    host.settle();
    steps = 0;
    host.add({.trace = kHub, .span_id = 2, .links = links});
    host.send();
    for (std::uint64_t i = 0; i < n * 500; ++i) host.add({.trace = trace_of(i), .is_error = true});
    host.send();
    host.tick();
    return steps;
  });
}

// Every 64-bit constant in the hash functions: an attacker can read them, too.
std::vector<std::uint64_t> constants_of_the_hashes() {
  std::ifstream file(ENTAIL_SOURCE_DIR "/core/base/hash.hpp");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::regex number("0x[0-9a-f]{16}");
  std::vector<std::uint64_t> constants;
  for (std::sregex_iterator found(text.begin(), text.end(), number), end; found != end; ++found)
    constants.push_back(std::stoull(found->str(), nullptr, 16));
  return constants;
}

std::uint64_t cost_of_ids(const std::function<TraceId(std::uint64_t)>& id) {
  constexpr std::uint64_t kIds = 4000;
  Host host(growth_options());
  steps = 0;
  for (std::uint64_t i = 1; i <= kIds; ++i) {
    const TraceId linked = id(kIds + i);
    host.add({.trace = id(i), .links = {&linked, 1}});
  }
  host.send();
  host.settle();
  return steps;
}

TEST(Growth, OfATable_CostsNoMoreForAdversarialIds) {
  const std::uint64_t random = cost_of_ids(trace_of);
  const auto expect_cheap = [&](const std::string& what, const std::function<TraceId(std::uint64_t)>& id) {
    EXPECT_LE(cost_of_ids(id), 2 * random) << what;
  };
  expect_cheap("equal low halves", [](std::uint64_t i) { return TraceId{i, 5}; });
  expect_cheap("equal high halves", [](std::uint64_t i) { return TraceId{5, i}; });
  expect_cheap("low halves in steps of 2^32", [](std::uint64_t i) { return TraceId{5, i << 32}; });
  const std::vector<std::uint64_t> constants = constants_of_the_hashes();
  ASSERT_GE(constants.size(), 3u);
  for (const std::uint64_t constant : constants) {
    const std::string text = std::to_string(constant);
    expect_cheap("high half " + text, [&](std::uint64_t i) { return TraceId{constant, i}; });
    expect_cheap("low half " + text, [&](std::uint64_t i) { return TraceId{i, constant}; });
    expect_cheap("high half in steps of " + text, [&](std::uint64_t i) { return TraceId{i * constant, 5}; });
    expect_cheap("low half in steps of " + text, [&](std::uint64_t i) { return TraceId{5, i * constant}; });
    expect_cheap("both halves in steps of " + text,
                 [&](std::uint64_t i) { return TraceId{i * constant, i * constant}; });
  }
}

}  // namespace
}  // namespace entail::pressure
