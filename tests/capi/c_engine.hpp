// An engine behind the C interface for tests: opened from YAML, its output as plain values.
// Thread rule: Confined, as entail.h requires for each call.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "entail/entail.h"
#include "tests/workload/otlp_reader.hpp"
#include "tests/workload/otlp_writer.hpp"

namespace entail::capi_test {

constexpr std::string_view kErrors =
    "tail_sampling: {policies: [{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}]}";
constexpr std::int64_t kSecond = 1'000'000'000;

inline entail_status_t open(const entail_open_options_t* options, std::string_view yaml, entail_engine_t** engine,
                            entail_error_t* error = nullptr) {
  return entail_engine_open(options, yaml.data(), yaml.size(), engine, error);
}

inline entail_status_t ingest(entail_engine_t* engine, std::string_view bytes, entail_error_t* error = nullptr) {
  return entail_ingest_otlp(engine, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), nullptr, error);
}

inline entail_statistics_t statistics_of(entail_engine_t* engine) {
  entail_statistics_t statistics = ENTAIL_STATISTICS_INIT;
  EXPECT_EQ(entail_statistics(engine, &statistics, nullptr), ENTAIL_OK);
  return statistics;
}

inline void expect_conserved(const entail_statistics_t& counts) {
  EXPECT_EQ(counts.spans_received, counts.spans_emitted + counts.spans_dropped + counts.spans_rejected +
                                       counts.spans_lost + counts.spans_held);
  EXPECT_EQ(counts.links_received, counts.links_emitted + counts.links_dropped + counts.links_held);
  EXPECT_EQ(counts.links_received,
            counts.links_edges + counts.links_same_trace + counts.links_null_target + counts.links_invalid);
}

// One decision with copies of everything it points to.
struct Decision {
  entail_decision_t plain = ENTAIL_DECISION_INIT;  // its pointers are no longer valid
  std::string reason, policy, loss, path, linked, json;
};

inline Decision copy_of(const entail_decision_t& decision) {
  const auto ids = [](const std::uint8_t* bytes, std::uint64_t count) {
    return std::string(reinterpret_cast<const char*>(bytes), count * 16);
  };
  return {decision,
          decision.reason,
          decision.policy,
          decision.loss,
          ids(decision.path, decision.path_count),
          ids(decision.linked, decision.linked_count),
          std::string(decision.json, decision.json_size)};
}

// Everything that is ready to be polled.
inline void poll_all(entail_engine_t* engine, std::vector<std::string>& batches, std::vector<Decision>& decisions) {
  for (std::size_t size = 0;;) {
    std::string batch;
    if (entail_poll_batch(engine, nullptr, 0, &size, nullptr, nullptr) == ENTAIL_NOTHING) break;
    batch.resize(size);
    ASSERT_EQ(
        entail_poll_batch(engine, reinterpret_cast<std::uint8_t*>(batch.data()), batch.size(), &size, nullptr, nullptr),
        ENTAIL_OK);
    batches.push_back(std::move(batch));
  }
  entail_decision_t decision = ENTAIL_DECISION_INIT;
  while (entail_poll_decision(engine, &decision, nullptr) == ENTAIL_OK) decisions.push_back(copy_of(decision));
}

// Closes the engine it owns.
class OpenEngine {
 public:
  explicit OpenEngine(std::string_view yaml = kErrors, std::uint32_t flags = ENTAIL_OPEN_POLL_DECISIONS) {
    entail_open_options_t options = ENTAIL_OPEN_OPTIONS_INIT;
    options.flags = flags;
    open_with(options, yaml);
  }
  OpenEngine(const entail_open_options_t& options, std::string_view yaml) { open_with(options, yaml); }
  ~OpenEngine() { entail_engine_close(engine_); }
  OpenEngine(const OpenEngine&) = delete;
  OpenEngine& operator=(const OpenEngine&) = delete;
  operator entail_engine_t*() const { return engine_; }  // NOLINT(google-explicit-constructor)

 private:
  void open_with(const entail_open_options_t& options, std::string_view yaml) {
    entail_error_t error = ENTAIL_ERROR_INIT;
    EXPECT_EQ(open(&options, yaml, &engine_, &error), ENTAIL_OK) << error.message;
  }
  entail_engine_t* engine_ = nullptr;
};

// A trace of one span; links lead to the given traces.
inline workload::Span span_of(unsigned trace, bool is_error, const std::vector<unsigned>& links = {}) {
  const auto trace_id = [](unsigned number) {
    std::string id(16, '\1');
    for (unsigned i = 0; i < 4; ++i) id[12 + i] = static_cast<char>(number >> (24 - 8 * i));
    return id;
  };
  workload::Span span;
  span.trace_id = trace_id(trace);
  span.span_id = "spanspan";
  span.name = "work";
  span.start_ns = 1;
  span.end_ns = 2;
  span.status_code = is_error ? 2 : 0;
  for (const unsigned far : links) {
    workload::Link link;
    link.trace_id = trace_id(far);
    link.span_id = "spanspan";
    span.links.push_back(std::move(link));
  }
  return span;
}

inline std::string request_of(std::vector<workload::Span> spans) {
  workload::Request request;
  request.groups.push_back({{}, std::move(spans)});
  return workload::encode(request);
}

}  // namespace entail::capi_test
