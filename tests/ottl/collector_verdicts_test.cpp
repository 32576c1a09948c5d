// Each condition of collector_verdicts.txt gives what the Collector's own code gave: every converter with its usual and
// its odd arguments, paths, comparisons, and random conditions of all these.
#include <gtest/gtest.h>

#include <fstream>

#include "otlp/decode.hpp"
#include "otlp/json.hpp"
#include "ottl/evaluation.hpp"

namespace entail::ottl {
namespace {

struct RecordedSpan {
  otlp::JsonRequest request;
  otlp::Decoded decoded;
};

std::unique_ptr<RecordedSpan> read_span(const std::string& json) {
  auto span = std::make_unique<RecordedSpan>();
  otlp::JsonReader reader;
  EXPECT_TRUE(reader.read(json, span->request).ok());
  EXPECT_TRUE(otlp::decode(span->request.protobuf, nullptr, span->decoded).ok());
  return span;
}

// 'y', 'n' or 'e' for each span; "refused: why" if the condition does not compile.
std::string verdicts_of(std::string condition, const std::vector<std::unique_ptr<RecordedSpan>>& spans) {
  constexpr std::string_view kOfEvent = "event: ";
  const bool of_event = condition.starts_with(kOfEvent);
  if (of_event) condition.erase(0, kOfEvent.size());
  Result<Program, Fault> program = compile(condition, of_event ? Context::spanevent : Context::span);
  if (!program.ok()) return "refused: " + program.error().text;
  std::vector<SlotKey> keys;
  for (AttributePath& path : program->attributes) {
    path.slot = static_cast<std::uint16_t>(keys.size());
    keys.push_back({path.holder, path.key});
  }
  std::string verdicts;
  for (const auto& span : spans) {
    Source source(span->decoded, span->decoded.spans[0], keys, {1'700'000'100'000'000'000, 7});
    if (of_event) {
      EXPECT_TRUE(source.next_event());
    }
    const Outcome outcome = Evaluation(*program, source).run();
    verdicts += outcome == Outcome::yes ? 'y' : outcome == Outcome::no ? 'n' : 'e';
  }
  return verdicts;
}

TEST(CollectorVerdicts, EveryRecordedConditionAgrees) {
  std::ifstream file(ENTAIL_SOURCE_DIR "/tests/ottl/collector_verdicts.txt");
  std::vector<std::unique_ptr<RecordedSpan>> spans;
  std::size_t count = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    if (line.starts_with("span: ")) {
      spans.push_back(read_span(line.substr(6)));
      continue;
    }
    const std::size_t space = line.find(' ');
    ASSERT_EQ(space, spans.size()) << line;
    EXPECT_EQ(verdicts_of(line.substr(space + 1), spans), line.substr(0, space)) << line;
    ++count;
  }
  EXPECT_GT(count, 2000u);
}

// A converter that the file does not name was forgotten there.
TEST(CollectorVerdicts, NameEveryConverter) {
  std::ifstream file(ENTAIL_SOURCE_DIR "/tests/ottl/collector_verdicts.txt");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  for (const std::string_view name : function_names()) {
    if (name == "Now" || name == "UUID" || name == "UUIDv7") continue;  // differ each time
    EXPECT_NE(text.find(std::string(name) + "("), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace entail::ottl
