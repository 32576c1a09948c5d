// G9 at its edge: a request that an empty engine accepts is accepted by one that is full of others like it, after at
// most two ticks, and one that can never fit is too_large at once. What is accepted stays within G5.
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "tests/pressure/load_host.hpp"
#include "tests/pressure/loads.hpp"
#include "tests/pressure/request_writer.hpp"

namespace entail::pressure {
namespace {

constexpr std::uint64_t kLimit = 16 << 20;
constexpr unsigned kRequests = 3;  // of one size, to one engine

TraceId trace_of(std::uint64_t number) { return {number * 0x9e3779b97f4a7c15ULL | 1, number}; }

struct Shape {
  std::string name;
  std::function<void(RequestWriter&, std::uint64_t& next_trace)> add;  // a part of a request
  std::uint64_t part_bytes;                                            // about
};

std::vector<Shape> shapes() {
  const auto spans = [](std::size_t links, bool are_new) {
    return [=](RequestWriter& writer, std::uint64_t& next) {
      std::vector<TraceId> linked(links);
      for (std::size_t i = 0; i < links; ++i) linked[i] = trace_of(are_new ? ++next : 1 + i % 1000);
      writer.add({.trace = trace_of(++next), .links = linked});
    };
  };
  return {{"a new trace in each span", spans(0, true), 60},
          {"links to new traces", spans(1000, true), 30'000},
          {"links to a few traces", spans(1000, false), 30'000},
          {"a link in each span", spans(1, true), 90}};
}

Options options_that_keep_all() {
  Options options;
  keep_all(options);
  options.tail_sampling.decision_wait_ns = 0;
  options.memory_limit_bytes = kLimit;
  return options;
}

Bytes request_of(const Shape& shape, std::uint64_t bytes, RequestWriter& writer, std::uint64_t& next_trace) {
  for (std::uint64_t size = 0; size + shape.part_bytes <= bytes; size += shape.part_bytes)
    shape.add(writer, next_trace);
  return writer.finish();
}

bool is_too_large(LoadHost& host, const Shape& shape, std::uint64_t request_bytes) {
  RequestWriter writer;
  std::uint64_t next_trace = 0;
  return host.engine().ingest(request_of(shape, request_bytes, writer, next_trace)).error().code() ==
         ErrorCode::too_large;
}

// The largest size of requests of this shape that is not too large, to half a hundredth of memory_limit.
std::uint64_t largest_of(LoadHost& host, const Shape& shape) {
  std::uint64_t accepted = kLimit / 20;
  std::uint64_t too_large = kLimit / 4;
  EXPECT_FALSE(is_too_large(host, shape, accepted)) << shape.name;
  while (too_large - accepted > kLimit / 200) {
    const std::uint64_t middle = (accepted + too_large) / 2;
    (is_too_large(host, shape, middle) ? too_large : accepted) = middle;
  }
  return accepted;
}

void expect_accepted(const Shape& shape, std::uint64_t request_bytes, OutputAnswer answer) {
  LoadHost host(options_that_keep_all(), answer);
  RequestWriter writer;
  std::uint64_t next_trace = 0;
  for (unsigned request = 0; request < kRequests; ++request) {
    EXPECT_TRUE(host.send(request_of(shape, request_bytes, writer, next_trace)))
        << shape.name << ", " << request_bytes * 100 / kLimit << " % of memory_limit";
    host.advance();
  }
  host.figures().host_bytes = 4 * request_bytes;  // the writer's buffers, which may double when they grow
  const Figures figures = host.finish();
  EXPECT_EQ(figures.faults, 0u) << figures.fault;
  EXPECT_LE(figures.refusals_in_row_max, 2u) << shape.name;
#ifdef __linux__
  EXPECT_LE(figures.resident_over_idle(), memory_bound(host.options(), figures)) << shape.name;
#endif
}

std::string name_of(OutputAnswer answer) {
  return answer == OutputAnswer::accepted ? "Accepts" : answer == OutputAnswer::declined ? "Declines" : "Defers";
}

class LargestRequest : public testing::TestWithParam<OutputAnswer> {};
INSTANTIATE_TEST_SUITE_P(Sinks, LargestRequest,
                         testing::Values(OutputAnswer::accepted, OutputAnswer::declined, OutputAnswer::deferred),
                         [](const auto& sink) { return name_of(sink.param); });

TEST_P(LargestRequest, IsAcceptedByAFullEngine) {
  LoadHost idle(options_that_keep_all(), GetParam());
  for (const Shape& shape : shapes()) expect_accepted(shape, largest_of(idle, shape), GetParam());
}

}  // namespace
}  // namespace entail::pressure
