// On the bundled captures the C interface produces the same bytes and records as the C++ API.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "entail/entail.hpp"
#include "tests/capi/c_engine.hpp"

namespace entail::capi_test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kConfig = R"(
tail_sampling:
  policies:
    - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
    - {name: some, type: probabilistic, probabilistic: {sampling_percentage: 10}}
links: {propagate: {max_hops: {linked: 3, linking: 3}}, sample: {max_links_per_span: 16}}
)";

struct Result {
  std::vector<std::string> batches;
  std::vector<std::string> records;  // as JSON
  std::uint64_t kept = 0;
  std::uint64_t links_emitted = 0;
};

std::vector<std::string> texts_of(const fs::path& path) {
  const std::string bytes = workload::read_file(path.string());
  return path.extension() == ".jsonl" ? workload::split_lines(bytes) : workload::split_frames(bytes);
}

// A request arrives at the largest end time seen so far; the tick follows it.
Result by_cpp(const fs::path& path) {
  Result result;
  const ConfigResult config = parse_options(kConfig);
  PollSink sink;
  auto opened = Engine::open(*config.options, sink);
  EXPECT_TRUE(opened.ok());
  Engine& engine = **opened;
  Request request;
  std::int64_t now_ns = 0;
  for (const std::string& text : texts_of(path)) {
    const bool is_json = path.extension() == ".jsonl";
    const auto parsed = is_json
                            ? request.parse_json(text)
                            : request.parse_protobuf({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    EXPECT_TRUE(parsed.ok());
    if (request.signal() == Request::Signal::traces) {
      EXPECT_TRUE(engine.ingest(request).ok());
    }
    now_ns = std::max(now_ns, request.end_time_max_ns());
    EXPECT_TRUE(engine.tick(now_ns).ok());
  }
  EXPECT_TRUE(engine.drain(now_ns).ok());
  for (const auto& batch : sink.take_batches()) result.batches.emplace_back(batch.begin(), batch.end());
  for (const DecisionRecord& record : sink.take_decisions()) append_json(record, result.records.emplace_back());
  result.kept = engine.statistics().traces.kept;
  result.links_emitted = engine.statistics().links.emitted;
  return result;
}

Result by_c(const fs::path& path) {
  Result result;
  const OpenEngine engine(kConfig);
  std::int64_t now_ns = 0;
  for (const std::string& text : texts_of(path)) {
    entail_ingest_receipt_t receipt = ENTAIL_INGEST_RECEIPT_INIT;
    entail_error_t error = ENTAIL_ERROR_INIT;
    const bool is_json = path.extension() == ".jsonl";
    EXPECT_EQ(is_json ? entail_ingest_otlp_json(engine, text.data(), text.size(), &receipt, &error)
                      : entail_ingest_otlp(engine, reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                           &receipt, &error),
              ENTAIL_OK)
        << error.message;
    now_ns = std::max(now_ns, receipt.end_time_max_ns);
    EXPECT_EQ(entail_tick(engine, now_ns, &error), ENTAIL_OK) << error.message;
  }
  EXPECT_EQ(entail_drain(engine, now_ns, nullptr), ENTAIL_OK);
  std::vector<Decision> decisions;
  poll_all(engine, result.batches, decisions);
  for (Decision& decision : decisions) result.records.push_back(std::move(decision.json));
  const entail_statistics_t counts = statistics_of(engine);
  expect_conserved(counts);
  result.kept = counts.traces_kept;
  result.links_emitted = counts.links_emitted;
  return result;
}

TEST(Golden, CInterfaceMatchesTheCppApi) {
  const fs::path golden = fs::path(ENTAIL_SOURCE_DIR) / "tests/golden";
  std::size_t files = 0, kept = 0, batches = 0;
  for (const char* folder : {"sdk", "otel_demo_capture"}) {
    for (const fs::directory_entry& entry : fs::directory_iterator(golden / folder)) {
      const std::string name = entry.path().filename().string();
      if (!name.ends_with(".jsonl") && !name.ends_with(".otlp.bin")) continue;
      SCOPED_TRACE(name);
      const Result cpp = by_cpp(entry.path());
      const Result c = by_c(entry.path());
      EXPECT_EQ(c.batches, cpp.batches);
      EXPECT_EQ(c.records, cpp.records);
      EXPECT_EQ(c.kept, cpp.kept);
      EXPECT_EQ(c.links_emitted, cpp.links_emitted);
      EXPECT_FALSE(c.records.empty());
      ++files;
      kept += c.kept;
      batches += c.batches.size();
    }
  }
  EXPECT_GE(files, 25u);
  EXPECT_GT(kept, 50u);
  EXPECT_GT(batches, files / 2);
}

}  // namespace
}  // namespace entail::capi_test
