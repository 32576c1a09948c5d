// Ingesting a request when memory runs out, at every allocation in turn: ingested completely or not at all, and
// everything that could not be stored is counted.
#include <gtest/gtest.h>

#include <thread>

#include "tests/capi/c_engine.hpp"
#include "tests/capi/failing_memory.hpp"

namespace entail::capi_test {
namespace {

// When memory runs out, RE2 drops what it builds at its first matches, which AddressSanitizer reports as a leak; and it
// throws out of a pthread_once, which never returns under ThreadSanitizer.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::string_view kRegularExpressions = "false";
#else
constexpr std::string_view kRegularExpressions = "true";
#endif
const std::string kConfig = R"(
memory_limit: 16MiB
tail_sampling:
  policies:
    - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
    - name: shops
      type: string_attribute
      string_attribute: {key: shop, values: ["a.*b"], enabled_regex_matching: )" +
                            std::string(kRegularExpressions) + R"(}
links: {sample: {max_links_per_span: 8}}
)";
constexpr unsigned kSpans = 102;

// Links inside and outside the request, a truncated span, and a refused span.
workload::Request request() {
  workload::Request made;
  for (unsigned group = 0; group < 2; ++group) {
    made.groups.push_back({{{"service.name", std::string("shop")}}, {}});
    for (unsigned i = 0; i < 50; ++i) {
      workload::Span span = span_of(1 + group * 50 + i, i % 5 == 0, {i, i + 7});
      span.attributes.push_back({"shop", std::string("a-long-name-b")});
      made.groups.back().spans.push_back(std::move(span));
    }
  }
  std::vector<unsigned> many(40);
  for (unsigned i = 0; i < many.size(); ++i) many[i] = 1000 + i;
  made.groups.back().spans.push_back(span_of(500, true, many));
  made.groups.back().spans.push_back(span_of(501, true));
  made.groups.back().spans.back().span_id = "short";
  return made;
}

struct Tried {
  entail_status_t status = ENTAIL_OK;
  bool failed = false;
};

// On a separate thread, whose parser has no buffers yet.
Tried try_ingest(entail_engine_t* engine, const std::string& bytes, bool is_json, std::int64_t failure, bool ever) {
  Tried tried;
  std::thread([&] {
    const FailingMemory memory(failure, ever);
    tried.status =
        is_json ? entail_ingest_otlp_json(engine, bytes.data(), bytes.size(), nullptr, nullptr) : ingest(engine, bytes);
    tried.failed = memory.has_failed();
  }).join();
  return tried;
}

// REQUIRES that the bytes are kSpans spans. Returns the number of allocations that were made to fail.
std::int64_t fail_each(const std::string& bytes, bool is_json, bool ever) {
  std::uint64_t refused = 0, lost = 0;
  for (std::int64_t failure = 0; failure < 10'000; ++failure) {
    SCOPED_TRACE(failure);
    const OpenEngine engine(kConfig);
    Tried tried = try_ingest(engine, bytes, is_json, failure, ever);
    const bool failed = tried.failed;
    if (tried.status != ENTAIL_OK) {
      EXPECT_TRUE(tried.status == ENTAIL_E_MEMORY || tried.status == ENTAIL_E_NO_ROOM) << tried.status;
      EXPECT_TRUE(failed);
      EXPECT_EQ(statistics_of(engine).spans_received, 0u);
      EXPECT_EQ(statistics_of(engine).links_received, 0u);
      ++refused;
      for (int tries = 0; tried.status != ENTAIL_OK && tries < 8; ++tries) {
        EXPECT_EQ(entail_tick(engine, 0, nullptr), ENTAIL_OK);
        tried = try_ingest(engine, bytes, is_json, 1'000'000, ever);
      }
      EXPECT_EQ(tried.status, ENTAIL_OK);
    }
    EXPECT_EQ(entail_drain(engine, kSecond, nullptr), ENTAIL_OK);
    const entail_statistics_t counts = statistics_of(engine);
    EXPECT_EQ(counts.spans_received, kSpans);
    EXPECT_EQ(counts.spans_rejected, 1u);
    EXPECT_EQ(counts.spans_held, 0u);
    expect_conserved(counts);
    lost += counts.spans_lost;
    if (!failed) {
      EXPECT_GT(refused, 10u);
      EXPECT_GT(lost, 0u);
      return failure;
    }
    if (testing::Test::HasFailure()) break;
  }
  return 0;
}

class IngestWithoutMemory : public testing::TestWithParam<bool> {};

TEST_P(IngestWithoutMemory, IngestsARequestCompletelyOrNotAtAll) {
  EXPECT_GT(fail_each(workload::encode(request()), false, GetParam()), 20);
}

TEST_P(IngestWithoutMemory, IngestsJsonCompletelyOrNotAtAll) {
  const std::string bytes = workload::encode(request());
  std::string json(1 << 20, '\0');
  std::size_t size = 0;
  ASSERT_EQ(entail_otlp_to_json(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), json.data(),
                                json.size(), &size, nullptr),
            ENTAIL_OK);
  json.resize(size);
  EXPECT_GT(fail_each(json, true, GetParam()), 20);
}

INSTANTIATE_TEST_SUITE_P(OnceAndFromThenOn, IngestWithoutMemory, testing::Bool(),
                         [](const auto& test) { return test.param ? "FromThenOn" : "Once"; });

}  // namespace
}  // namespace entail::capi_test
