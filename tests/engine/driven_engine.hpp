// An engine with a sink that keeps what it gives out, driven by requests as bytes. For tests of whole stories.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "entail/entail.hpp"
#include "tests/workload/otlp_reader.hpp"

namespace entail::testing_engine {

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The requests of a capture: u32 big-endian frames for .bin, else one a line.
inline std::vector<std::string> read_requests(const std::string& path) {
  const std::string bytes = read_file(path);
  std::vector<std::string> requests;
  const bool is_binary = path.ends_with(".bin");
  for (std::size_t at = 0; at < bytes.size();) {
    if (is_binary) {
      std::size_t size = 0;
      for (int i = 0; i < 4; ++i) size = size << 8 | static_cast<std::uint8_t>(bytes[at + static_cast<std::size_t>(i)]);
      requests.push_back(bytes.substr(at + 4, size));
      at += 4 + size;
    } else {
      const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
      if (end > at) requests.push_back(bytes.substr(at, end - at));
      at = end + 1;
    }
  }
  return requests;
}

inline Result<void> parse(Request& request, const std::string& bytes) {
  if (!bytes.empty() && bytes.front() == '{') return request.parse_json(bytes);
  return request.parse_protobuf({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

struct DrivenEngine {
  PollSink sink;
  std::unique_ptr<Engine> engine;
  std::map<TraceId, DecisionRecord> last;  // the highest revision of each trace
  std::vector<workload::Span> emitted;
  std::int64_t now_ns = 0;
  std::mutex ticking;  // of threads that ingest at once

  // config: YAML, of which JSON is a part.
  explicit DrivenEngine(const std::string& config) {
    ConfigResult parsed = parse_options(config);
    for (const ConfigMessage& error : parsed.errors)
      ADD_FAILURE() << error.line << ":" << error.column << " " << error.text;
    auto opened = Engine::open(parsed.options.value(), sink);
    engine = std::move(opened).value();
  }
  void ingest(const std::string& bytes) {
    Request request;
    ASSERT_TRUE(parse(request, bytes).ok());
    Result<void> taken = engine->ingest(request);
    // As the contract says: no room means tick with the same now, then try again.
    for (int tries = 0; tries < 8 && taken.error().code() == ErrorCode::no_room; ++tries) {
      {
        const std::lock_guard lock(ticking);
        tick(now_ns);
      }
      taken = engine->ingest(request);
    }
    ASSERT_TRUE(taken.ok()) << describe(taken.error());
  }
  void tick(std::int64_t time_ns) {
    now_ns = time_ns;
    ASSERT_TRUE(engine->tick(now_ns).ok());
    take();
  }
  void drain(std::int64_t time_ns) {
    ASSERT_TRUE(engine->drain(time_ns).ok());
    take();
  }
  void take() {
    for (DecisionRecord& record : sink.take_decisions()) last[record.trace_id] = std::move(record);
    for (const auto& batch : sink.take_batches()) {
      workload::Request request;
      ASSERT_TRUE(workload::decode({reinterpret_cast<const char*>(batch.data()), batch.size()}, request));
      for (const auto& group : request.groups) emitted.insert(emitted.end(), group.spans.begin(), group.spans.end());
    }
  }
  std::set<std::string> emitted_trace_ids() const {
    std::set<std::string> ids;
    for (const workload::Span& span : emitted) ids.insert(span.trace_id);
    return ids;
  }
};

inline TraceId id_of(const std::string& bytes) {
  TraceId id;
  for (std::size_t i = 0; i < 16; ++i) {
    std::uint64_t& half = i < 8 ? id.hi : id.lo;
    half = half << 8 | static_cast<std::uint8_t>(bytes.at(i));
  }
  return id;
}

}  // namespace entail::testing_engine
