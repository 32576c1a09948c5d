// decode() compared with protobuf C++: the same result on real captures, on random encodings, truncated and corrupted.
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "otlp/decode.hpp"
#include "tests/otlp/decode_oracle.hpp"

namespace entail::otlp_test {
namespace {

const std::string kGolden = std::string(ENTAIL_SOURCE_DIR) + "/tests/golden/";

struct Tally {
  std::uint64_t accepted = 0, refused = 0, excused = 0;
};

void compare(Bytes bytes, otlp::Decoded& decoded, Tally& tally) {
  // An exact copy on the heap, so that a sanitizer detects reads beyond the end.
  const std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
  otlp_lax::TracesData wanted;
  const bool good = oracle_parse(copy, wanted);
  const Result<void> result = otlp::decode(copy, nullptr, decoded);
  if (good != result.ok()) {
    const bool excused = may_hold_long_varint(copy) || result.error().code() == ErrorCode::too_deep;
    ASSERT_TRUE(excused) << (good ? "refused: " + describe(result.error()) : "accepted") << " "
                         << ::testing::PrintToString(copy);
    ++tally.excused;
    return;
  }
  if (!good) {
    ASSERT_LE(result.error().offset(), copy.size());
    ASSERT_TRUE(decoded.spans.empty() && decoded.fields.empty() && decoded.resources.empty());
    ++tally.refused;
    return;
  }
  ++tally.accepted;
  ASSERT_EQ(Comparison(decoded).run(wanted), "");
}

std::vector<std::string> golden_requests() {
  std::vector<std::string> requests;
  for (const auto& entry : std::filesystem::directory_iterator(kGolden + "sdk")) {
    if (entry.path().extension() != ".bin") continue;
    for (std::string& frame : read_frames(entry.path())) requests.push_back(std::move(frame));
  }
  requests.push_back(read_file(kGolden + "duckdb-otlp/otlp_traces.pb"));
  requests.push_back(read_file(kGolden + "duckdb-otlp/traces-initial.otlp.pb"));
  // protobuf's own JSON reader decodes the hexadecimal IDs as base64: longer IDs, which do not matter here.
  std::istringstream lines(read_file(kGolden + "otel_demo_capture/otel_demo_2024-10-30.mixed.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    otlp_proto::TracesData data;
    google::protobuf::util::JsonParseOptions options;
    if (line.find("resourceSpans") == std::string::npos) continue;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(line, &data, options).ok());
    requests.push_back(data.SerializeAsString());
  }
  return requests;
}

TEST(DecodeDifferential, MatchesProtobuf_OnCapturesInEveryFieldOrder) {
  Random random(11);
  otlp::Decoded decoded;
  Tally tally;
  std::size_t spans = 0, links = 0;
  const auto requests = golden_requests();
  for (const std::string& request : requests) {
    ASSERT_NO_FATAL_FAILURE(compare(as_bytes(request), decoded, tally));
    spans += decoded.spans.size();
    links += decoded.link_count;
    const std::size_t request_spans = decoded.spans.size();
    const auto& type = *otlp_lax::TracesData::descriptor();
    ASSERT_NO_FATAL_FAILURE(compare(as_bytes(reordered(request, type, nullptr)), decoded, tally));
    ASSERT_EQ(decoded.spans.size(), request_spans);
    ASSERT_NO_FATAL_FAILURE(compare(as_bytes(reordered(request, type, &random)), decoded, tally));
    ASSERT_EQ(decoded.spans.size(), request_spans);
  }
  EXPECT_EQ(tally.accepted, 3 * requests.size());
  EXPECT_GT(requests.size(), 60u);
  EXPECT_GT(spans, 547u);  // the demo capture alone
  EXPECT_GT(links, 53u);
}

TEST(DecodeDifferential, MatchesProtobuf_OnCapturesTruncatedAtEveryByte) {
  otlp::Decoded decoded;
  Tally tally;
  for (const std::string& request : read_frames(kGolden + "sdk/py_odd_links.otlp.bin")) {
    for (std::size_t size = 0; size < request.size(); ++size) {
      ASSERT_NO_FATAL_FAILURE(compare(as_bytes(request).first(size), decoded, tally)) << size;
    }
  }
  EXPECT_GT(tally.refused, 1000u);
}

TEST(DecodeDifferential, MatchesProtobuf_OnRandomMessages) {
  Random random(12);
  otlp::Decoded decoded;
  Tally tally;
  std::uint64_t spans = 0, links = 0;
  for (int i = 0; i < 15000; ++i) {
    const Buffer bytes = RandomMessage(random, i % 8 == 0).make(*otlp_lax::TracesData::descriptor());
    ASSERT_NO_FATAL_FAILURE(compare(bytes, decoded, tally)) << "message " << i;
    spans += decoded.spans.size();
    links += decoded.link_count;
  }
  EXPECT_EQ(tally.accepted, 15000u);
  EXPECT_GT(spans, 4000u);
  EXPECT_GT(links, 800u);
}

TEST(DecodeDifferential, MatchesProtobuf_OnRandomMessagesTruncatedAtEveryByte) {
  Random random(13);
  otlp::Decoded decoded;
  Tally tally;
  for (int i = 0; i < 300; ++i) {
    const Buffer bytes = RandomMessage(random, false).make(*otlp_lax::TracesData::descriptor());
    for (std::size_t size = 0; size < bytes.size() && size < 2000; ++size) {
      ASSERT_NO_FATAL_FAILURE(compare(Bytes(bytes).first(size), decoded, tally)) << "message " << i << " at " << size;
    }
  }
  EXPECT_GT(tally.refused, 10000u);
  EXPECT_LT(tally.excused, (tally.refused + tally.accepted) / 20);
}

TEST(DecodeDifferential, MatchesProtobuf_OnCorruptedMessages) {
  Random random(14);
  otlp::Decoded decoded;
  Tally tally;
  for (int i = 0; i < 20000; ++i) {
    Buffer bytes = RandomMessage(random, i % 4 == 0).make(*otlp_lax::TracesData::descriptor());
    if (bytes.empty()) continue;
    for (std::uint64_t n = 1 + random() % 3; n > 0; --n) {
      std::uint8_t& byte = bytes[random() % bytes.size()];
      byte = random() % 2 == 0 ? static_cast<std::uint8_t>(byte ^ 1u << random() % 8)
                               : static_cast<std::uint8_t>(random());
    }
    ASSERT_NO_FATAL_FAILURE(compare(bytes, decoded, tally)) << "message " << i;
  }
  EXPECT_GT(tally.refused, 2000u);
  EXPECT_GT(tally.accepted, 2000u);
  EXPECT_LT(tally.excused, 400u);
}

}  // namespace
}  // namespace entail::otlp_test
