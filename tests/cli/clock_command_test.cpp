// Wrong clocks in the input: one span from the future changes nothing for the others (docs/design.md 3.0).
#include <sstream>

#include "command_run.hpp"

namespace entail::cli {
namespace {

using namespace test;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kBegin = 1'700'000'000 * kSecond;  // of the stories
constexpr const char* kStranger = "99999999999999999999999999999999";

// A request with one span that ends then, in a trace of its own.
std::string stranger(std::uint64_t end_ns) {
  return std::string(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":")") + kStranger +
         R"(","spanId":"9999999999999999","startTimeUnixNano":"1","endTimeUnixNano":")" + std::to_string(end_ns) +
         "\"}]}]}]}\n";
}

class ClockCommand : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    // A trace is dropped, retained and revived half a minute later: time matters.
    ASSERT_EQ(run("generate --scenario retry --attempts 3 --backoff-seconds 30 --to jsonl -o in.jsonl --config c.yaml")
                  .exit_code,
              0);
    std::istringstream text(read_file(path("in.jsonl")));
    for (std::string line; std::getline(text, line);) lines_.push_back(line + "\n");
    ASSERT_GE(lines_.size(), 4u);
    undisturbed_ = decide({joined(lines_)}, "").decisions;
  }

  static std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line;
    return text;
  }

  struct Result {
    std::string decisions;  // of all traces but the stranger's, in order
    std::uint64_t outliers = 0;
  };
  Result decide(const std::vector<std::string>& inputs, const std::string& options) {
    std::string command = "sample -c c.yaml --json -o kept --decisions log " + options;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      write_file(path("in" + std::to_string(i)), buffer(inputs[i]));
      command += " in" + std::to_string(i);
    }
    const Outcome outcome = run(command);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    Result result;
    std::istringstream log(read_file(path("log")));
    for (std::string line; std::getline(log, line);)
      if (!contains(line, kStranger)) result.decisions += line + "\n";
    simdjson::dom::parser parser;
    const auto summary = parse(parser, outcome.out);
    std::uint64_t count = 0;
    if (summary.at_pointer("/losses/clock_outlier").get(count) == simdjson::SUCCESS) result.outliers = count;
    expect_conserved(summary);
    return result;
  }

  std::vector<std::string> lines_;
  std::string undisturbed_;
};

TEST_F(ClockCommand, OneSpanFromTheFuture_ChangesNothing_WhereverItStands) {
  EXPECT_TRUE(contains(undisturbed_, "\"revived\":true")) << undisturbed_;
  for (const std::int64_t ahead_ns : {2 * 3600 * kSecond, 30 * 86'400 * kSecond, 2'500'000'000 * kSecond}) {
    for (std::size_t at = 0; at <= lines_.size(); ++at) {
      std::vector<std::string> lines = lines_;
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at),
                   stranger(static_cast<std::uint64_t>(kBegin + ahead_ns)));
      const Result result = decide({joined(lines)}, "");
      EXPECT_TRUE(result.decisions == undisturbed_) << ahead_ns << " at " << at << "\n" << result.decisions;
      EXPECT_EQ(result.outliers, 1u) << ahead_ns << " at " << at;
    }
  }
}

// A wrong end time does not hold back what follows it in its input.
TEST_F(ClockCommand, OneSpanFromTheFuture_InOneOfTwoInputs) {
  std::vector<std::string> odd, even;
  for (std::size_t i = 0; i < lines_.size(); ++i) (i % 2 ? odd : even).push_back(lines_[i]);
  ASSERT_TRUE(decide({joined(odd), joined(even)}, "").decisions == undisturbed_);
  // The last two places have no two requests behind them that say so; nothing is left to be held back there.
  for (std::size_t at = 0; at <= odd.size(); ++at) {
    std::vector<std::string> lines = odd;
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at),
                 stranger(static_cast<std::uint64_t>(kBegin + 7200 * kSecond)));
    for (std::size_t i = 0; i < 2; ++i) lines.push_back(stranger(static_cast<std::uint64_t>(kBegin + kSecond)));
    const Result result = decide({joined(lines), joined(even)}, "");
    EXPECT_TRUE(result.decisions == undisturbed_) << at << "\n" << result.decisions;
    EXPECT_EQ(result.outliers, 1u) << at;
  }
}

TEST_F(ClockCommand, ClockMax_BoundsWhatMovesTheClock) {
  std::vector<std::string> lines = lines_;
  for (const std::uint64_t seconds : {300, 301, 302})  // less than an hour ahead
    lines.insert(lines.begin() + 1, stranger(static_cast<std::uint64_t>(kBegin) + seconds * kSecond));
  EXPECT_FALSE(decide({joined(lines)}, "").decisions == undisturbed_);
  const Result bounded = decide({joined(lines)}, "--clock-max 2023-11-14T22:17:00Z");
  EXPECT_TRUE(bounded.decisions == undisturbed_) << bounded.decisions;
  EXPECT_EQ(bounded.outliers, 3u);
  EXPECT_TRUE(decide({joined(lines)}, "--clock-max 1700000220").decisions == undisturbed_);
  // A request may have both: what its other spans say counts.
  const std::string two_spans = stranger(static_cast<std::uint64_t>(kBegin + 300 * kSecond));
  EXPECT_EQ(decide({two_spans}, "--clock-max 2023-11-14").outliers, 1u);
}

}  // namespace
}  // namespace entail::cli
