// A list of operations through the engine and through the oracle, compared after every tick (G1, G3).
//   bytes 0-3   seed of the options: policies, hops, link types, samples, waits (tests/workload/random_options.hpp)
//   then pairs  operation and operand: a span of one of 16 traces, an attribute, a link, the end of a request,
//               a tick after so many seconds
#include <algorithm>
#include <cstdio>

#include "base/check.hpp"
#include "tests/engine/comparison.hpp"
#include "tests/workload/random_options.hpp"
#include "tests/workload/story.hpp"

namespace {

using namespace entail;

constexpr std::size_t kOperationsMax = 400;
constexpr std::int64_t kStartNs = 1'700'000'000LL * kNanosPerSecond;

class Story {
 public:
  explicit Story(std::uint64_t seed) {
    workload::Random random(seed);
    workload_.options = workload::random_options(random);
  }

  void apply(std::uint8_t operation, std::uint8_t about) {
    switch (operation % 8) {
      case 0:
      case 1:
        begin_span(about);
        break;
      case 2:
      case 3:
        add_link(about);
        break;
      case 4:
        add_attribute(about);
        break;
      case 5:
        end_request();
        break;
      default:
        tick(about);
    }
  }
  workload::Workload take() {
    tick(1);
    return std::move(workload_);
  }

 private:
  // Bits 0-3 the trace, 4 ERROR, 5 a child, 6 with flags, 7 slow.
  void begin_span(std::uint8_t about) {
    workload::Span span = workload::make_span(about & 15, (about & 16) != 0 ? 2 : 0, ++spans_);
    if ((about & 32) != 0) span.parent_span_id = workload::span_bytes(about);
    if ((about & 64) != 0) span.flags = 1;
    if ((about & 128) != 0) span.end_ns += 400'000'000;
    request_spans_.push_back(std::move(span));
  }
  // Bits 0-3 the linked trace, 4 a retry, 5 a bad ID, 6 sampled, 7 repeats the previous one.
  void add_link(std::uint8_t about) {
    if (request_spans_.empty()) return;
    workload::Link link = workload::make_link(about & 15, (about & 128) != 0 ? 1 : ++spans_);
    if ((about & 16) != 0) link.attributes.push_back({"link.type", std::string("retry_of")});
    if ((about & 32) != 0) link.trace_id.resize(about & 15);
    if ((about & 64) != 0) link.flags = 1;
    request_spans_.back().links.push_back(std::move(link));
  }
  void add_attribute(std::uint8_t about) {
    if (request_spans_.empty()) return;
    workload::Attributes& attributes = request_spans_.back().attributes;
    const char* const keys[] = {"http.status", "score", "user", "tier"};
    const char* const key = keys[about & 3];
    if (workload::find(attributes, key) != nullptr) return;
    if ((about & 4) != 0) {
      attributes.push_back({key, "user-" + std::to_string(about >> 3)});
    } else {
      attributes.push_back({key, std::int64_t{about >> 3} * 100});
    }
  }
  void end_request() {
    if (request_spans_.empty()) return;
    requests_.push_back(workload::make_request(std::exchange(request_spans_, {})));
  }
  // Time ends before the first record may be forgotten: when to forget is the engine's choice, and the oracle never
  // does.
  void tick(std::uint8_t about) {
    end_request();
    now_ns_ = std::min(now_ns_ + std::int64_t{about & 63} * kNanosPerSecond,
                       kStartNs + workload_.options.retain.records_ns - kNanosPerSecond);
    workload_.steps.push_back({std::exchange(requests_, {}), now_ns_});
  }

  workload::Workload workload_;
  std::vector<workload::Span> request_spans_;
  std::vector<workload::Request> requests_;
  std::int64_t now_ns_ = kStartNs;
  std::uint64_t spans_ = 1;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  Story story(data[0] | std::uint64_t{data[1]} << 8 | std::uint64_t{data[2]} << 16 | std::uint64_t{data[3]} << 24);
  for (std::size_t at = 4; at + 1 < size && at < 4 + 2 * kOperationsMax; at += 2) story.apply(data[at], data[at + 1]);
  const engine_test::Outcome outcome = engine_test::compare(story.take(), 1);
  for (const std::string& difference : outcome.differences) std::fprintf(stderr, "%s\n", difference.c_str());
  ENTAIL_CHECK(outcome.differences.empty());
  return 0;
}
