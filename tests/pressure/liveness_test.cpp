// G9: a request that fits is accepted after at most two ticks, at any time. tools/pressure runs the
// same loads at their full rates, at 128 MiB, 512 MiB and 2 GiB.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/pressure/loads.hpp"
#include "tests/pressure/request_writer.hpp"

namespace entail::pressure {
namespace {

constexpr double kScale = 0.25;  // of the rates; the limit is a sixteenth of the default

// Time until held spans and records use all their room. A hub takes longest.
std::uint64_t limit_of(const Load& load) { return (load.name == "hub" ? 16 : 32) << 20; }
std::int64_t seconds_of(const Load& load) { return load.name == "hub" ? 1200 : 75; }

class Liveness : public testing::TestWithParam<Load> {};
INSTANTIATE_TEST_SUITE_P(Loads, Liveness, testing::ValuesIn(liveness_loads(kScale)), [](const auto& load) {
  std::string name = load.param.name;
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
});

TEST_P(Liveness, AcceptsEveryRequest_WithinTwoTicks) {
  const Figures figures =
      run_apart(ENTAIL_BINARY_DIR "/bin/pressure_run", GetParam(), limit_of(GetParam()), seconds_of(GetParam()));
  EXPECT_EQ(figures.faults, 0u) << figures.fault;
  EXPECT_GT(figures.requests, 0u);
  EXPECT_LE(figures.refusals_in_row_max, 2u);
  EXPECT_EQ(figures.given_up, 0u) << "of " << figures.requests;
}

Options small_options() { return load_options(liveness_loads(1).front(), 16 << 20); }

// The engine is full.
void fill(LoadHost& host) {
  RequestWriter writer;
  for (std::uint64_t trace = 1; trace <= 80; ++trace) {
    writer.add({.trace = {trace, trace}, .pad_bytes = 512 << 10});
    EXPECT_TRUE(host.send(writer.finish()));
  }
}

TEST(RequestSize, IsRefused_BeyondAQuarterOfTheLimit) {
  LoadHost host(small_options());
  RequestWriter writer;
  for (const bool is_full : {false, true}) {
    if (is_full) fill(host);
    writer.add({.trace = {7, 7}, .pad_bytes = 5 << 20});
    EXPECT_EQ(host.engine().ingest(writer.finish()).error().code(), ErrorCode::too_large);
    // Small on the wire, but each link needs a node and two edge ends.
    std::vector<TraceId> links;
    for (std::uint64_t i = 1; i <= 110'000; ++i) links.push_back({i, i * 0x9e3779b97f4a7c15ULL});
    writer.add({.trace = {7, 8}, .links = links});
    EXPECT_EQ(host.engine().ingest(writer.finish()).error().code(), ErrorCode::too_large);
  }
}

TEST(RequestSize, IsAccepted_UpToAQuarterOfTheLimit_InAFullEngine) {
  LoadHost host(small_options());
  fill(host);
  RequestWriter writer;
  writer.add({.trace = {7, 7}, .pad_bytes = 3 << 20});
  EXPECT_TRUE(host.send(writer.finish()));
  std::vector<TraceId> links;
  for (std::uint64_t i = 1; i <= 12'000; ++i) links.push_back({i, i * 0x9e3779b97f4a7c15ULL});
  writer.add({.trace = {7, 8}, .links = links});
  EXPECT_TRUE(host.send(writer.finish()));
  EXPECT_EQ(host.finish().faults, 0u);
  EXPECT_LE(host.figures().refusals_in_row_max, 2u);
}

}  // namespace
}  // namespace entail::pressure
