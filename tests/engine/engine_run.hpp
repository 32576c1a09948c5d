// An engine that records its output, decoded, by trace. For hand-written tests.
// Thread rule: Confined, except for ingest_or_tick(), which any number of threads may call concurrently.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "entail/entail.hpp"
#include "tests/oracle/context_oracle.hpp"
#include "tests/workload/otlp_reader.hpp"
#include "tests/workload/otlp_writer.hpp"

namespace entail::engine_test {

inline Bytes as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline Options options_of(const std::string& yaml) {
  ConfigResult parsed = parse_options(yaml);
  for (const ConfigMessage& error : parsed.errors)
    ADD_FAILURE() << error.line << ":" << error.column << " " << error.text;
  return parsed.options.value_or(Options{});
}

class EngineRun {
 public:
  explicit EngineRun(const Options& options) {
    std::string why;
    auto opened = Engine::open(options, sink_, &why);
    if (opened)
      engine_ = std::move(*opened);
    else
      ADD_FAILURE() << describe(opened.error()) << ": " << why;
  }

  void ingest(const Request& request) { expect(engine_->ingest(request)); }
  void ingest(const workload::Request& request) {
    const std::string bytes = workload::encode(request);
    expect(ingest_or_tick(bytes));
  }
  // As every host must: on no_room, a tick with the same now, then another attempt. Other threads may take the room
  // that one tick makes, so it may need more than one.
  Result<void> ingest_or_tick(const std::string& bytes) {
    Result<void> taken = engine_->ingest(as_bytes(bytes));
    for (int tries = 0; tries < 8 && taken.error().code() == ErrorCode::no_room; ++tries) {
      {
        const std::lock_guard lock(ticking_);
        expect(engine_->tick(now_ns_));
        take();
      }
      taken = engine_->ingest(as_bytes(bytes));
    }
    return taken;
  }
  void tick(std::int64_t second) {
    now_ns_ = second * kNanosPerSecond;
    expect(engine_->tick(now_ns_));
    take();
  }
  void drain(std::int64_t second) {
    expect(engine_->drain(second * kNanosPerSecond));
    take();
  }
  Engine& engine() { return *engine_; }

  bool kept(const workload::ByteString& trace) const { return emitted.contains(trace); }
  std::uint64_t loss(const std::string& name) const {
    for (const NamedCount& count : engine_->statistics().losses)
      if (count.name == name) return count.count;
    return 0;
  }

  std::map<workload::ByteString, DecisionRecord> records;               // the highest revision of each trace
  std::map<workload::ByteString, std::vector<workload::Span>> emitted;  // by trace, in the order of emission
  std::size_t batch_count = 0;

 private:
  static void expect(const Result<void>& result) { EXPECT_TRUE(result.ok()) << describe(result.error()); }

  void take() {
    for (DecisionRecord& record : sink_.take_decisions())
      records[oracle::bytes_of(record.trace_id)] = std::move(record);
    for (const auto& batch : sink_.take_batches()) {
      workload::Request request;
      EXPECT_TRUE(workload::decode({reinterpret_cast<const char*>(batch.data()), batch.size()}, request));
      ++batch_count;
      for (workload::SpanGroup& group : request.groups)
        for (workload::Span& span : group.spans) emitted[span.trace_id].push_back(std::move(span));
    }
  }

  PollSink sink_;
  std::unique_ptr<Engine> engine_;
  std::int64_t now_ns_ = 0;
  std::mutex ticking_;
};

}  // namespace entail::engine_test
