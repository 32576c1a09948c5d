// `entail size` from outside. tests/pressure compares its estimate with engines.
#include <sstream>

#include "command_run.hpp"

namespace entail::cli {
namespace {

using namespace test;

class SizeCommand : public CommandTest {
 protected:
  simdjson::dom::element json(const std::string& arguments) {
    const Outcome outcome = run("size " + arguments + " --json");
    EXPECT_EQ(outcome.exit_code, 0) << arguments << outcome.err;
    return parse(parser_, outcome.out);
  }
  std::uint64_t total(const std::string& arguments) { return number(json(arguments), "/memory/total_bytes"); }

  simdjson::dom::parser parser_;
};

TEST_F(SizeCommand, PartsAddUp_AndTheAdviceFits) {
  for (const std::string arguments :
       {"--spans-per-second 1000", "--spans-per-second 200000 --links-per-trace 3 --absent-per-trace 1",
        "--spans-per-second 20000 --decisions-detail none --retain-records 10m"}) {
    const auto size = json(arguments);
    std::uint64_t sum = 0;
    for (const char* const part : {"spans", "graph", "records", "details", "scratch"})
      sum += number(size, ("/memory/" + std::string(part) + "_bytes").c_str());
    EXPECT_EQ(number(size, "/memory/total_bytes"), sum) << arguments;
    const std::uint64_t limit = number(size, "/memory_limit_bytes");
    EXPECT_LE(sum, limit / 4 * 3) << arguments;
    EXPECT_GT(number(size, "/library_bytes_max"), limit) << arguments;
    EXPECT_GT(number(size, "/container_processor_bytes"), number(size, "/library_bytes_max")) << arguments;
    EXPECT_GT(number(size, "/container_receiver_bytes"), number(size, "/container_processor_bytes")) << arguments;
    EXPECT_TRUE(json(arguments + " --memory-limit " + std::to_string(limit))["fits"].get_bool().value()) << arguments;
  }
}

TEST_F(SizeCommand, FollowsTheLoadAndTheOptions) {
  const std::string base = "--spans-per-second 20000 ";
  const std::uint64_t usual = total(base);
  EXPECT_GT(total("--spans-per-second 40000"), usual * 9 / 5);
  EXPECT_LT(total(base + "--decisions-detail ids"), usual * 3 / 4);
  EXPECT_LT(total(base + "--retain-records 10m"), usual / 2);
  EXPECT_GT(total(base + "--decision-wait 2m"), usual);
  EXPECT_GT(total(base + "--links-per-trace 10"), usual);
  EXPECT_GT(total(base + "--bytes-per-span 2000"), usual);
  EXPECT_GT(total(base + "--spans-per-trace 2"), usual);
  write_file(path("a.yaml"), buffer("tail_sampling:\n  decision_wait: 5s\n  policies:\n"
                                    "    - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}\n"
                                    "retain: {window: 10s, records: 10m}\n"));
  const auto configured = json(base + "-c a.yaml");
  EXPECT_EQ(number(configured, "/options/decision_wait_ns"), 5'000'000'000u);
  EXPECT_EQ(number(configured, "/options/retain_records_ns"), 600'000'000'000u);
  EXPECT_EQ(number(json(base + "-c a.yaml --retain-records 1h"), "/options/retain_records_ns"), 3'600'000'000'000u);
}

TEST_F(SizeCommand, ComputesTheRateThatFits) {
  const auto fitting = json("--memory-limit 512MiB");
  EXPECT_TRUE(fitting["fits"].get_bool().value());
  const auto rate = static_cast<std::uint64_t>(fitting["load"]["spans_per_second"].get_double().value());
  EXPECT_GT(rate, 100u);
  const auto over = json("--memory-limit 512MiB --spans-per-second " + std::to_string(rate + 1));
  EXPECT_FALSE(over["fits"].get_bool().value());
  EXPECT_NE(over["exceeds"].get_array().value().size(), 0u);
  EXPECT_TRUE(contains(run("size --memory-limit 512MiB --spans-per-second 900000").out, "memory_limit is too low"));
}

TEST_F(SizeCommand, TellsWhenNoMemoryIsEnough) {
  write_file(path("low.yaml"), buffer("tail_sampling: {policies: [{name: errors, type: status_code, status_code: "
                                      "{status_codes: [ERROR]}}]}\nretain: {max_bytes: 1KiB}\n"));
  const auto none = json("--spans-per-second 20000 -c low.yaml");
  EXPECT_FALSE(none["fits"].get_bool().value());
  EXPECT_EQ(std::string_view(none["exceeds"].at(0).get_string().value()), "retain.max_bytes");
  EXPECT_TRUE(contains(run("size --spans-per-second 20000 -c low.yaml").out, "No such load fits"));
}

TEST_F(SizeCommand, AdvisesNoLessForMoreLanesOrSpans) {
  std::uint64_t before = 0;
  for (const char* const lanes : {"1", "2", "64", "150", "160", "256"}) {
    const std::uint64_t limit =
        number(json("--spans-per-second 5000 --retain-records 10m --requests-at-once " + std::string(lanes)),
               "/memory_limit_bytes");
    EXPECT_GE(limit, before) << lanes;
    before = limit;
  }
  const std::uint64_t below = number(json("--spans-per-second 62 --max-request 4MiB"), "/memory_limit_bytes");
  const std::uint64_t above = number(json("--spans-per-second 63 --max-request 4MiB"), "/memory_limit_bytes");
  EXPECT_GE(above, below);
  EXPECT_LE(above, below + (16u << 20));
}

TEST_F(SizeCommand, AdvisesNoLimitsWhenNoneIsEnough) {
  const std::string load = "--spans-per-second 1000 --bytes-per-span 1000000000";
  const auto none = json(load);
  EXPECT_FALSE(none["fits"].get_bool().value());
  EXPECT_NE(none["exceeds"].get_array().value().size(), 0u);
  for (const char* const limit :
       {"memory_limit_bytes", "library_bytes_max", "container_processor_bytes", "container_receiver_bytes"})
    EXPECT_TRUE(none[limit].is_null()) << limit;
  const std::string table = run("size " + load).out;
  EXPECT_TRUE(contains(table, "No such load fits")) << table;
  EXPECT_FALSE(contains(table, "Set\n")) << table;
  EXPECT_FALSE(contains(table, "container")) << table;
}

TEST_F(SizeCommand, TellsThatLargeRequestsAreRefused) {
  const auto refused = json("--memory-limit 16MiB");
  EXPECT_FALSE(refused["fits"].get_bool().value());
  ASSERT_EQ(refused["exceeds"].get_array().value().size(), 1u);
  EXPECT_EQ(std::string_view(refused["exceeds"].at(0).get_string().value()), "max_request");
  EXPECT_TRUE(contains(run("size --memory-limit 16MiB").out, "max_request_body_size"));
  EXPECT_TRUE(json("--memory-limit 16MiB --max-request 4MiB")["fits"].get_bool().value());
  EXPECT_EQ(number(json("--spans-per-second 9 --max-request 1TiB"), "/memory_limit_bytes"), 4ull << 40);
}

TEST_F(SizeCommand, NamesTheOptionAndItsBounds) {
  const std::pair<std::string, std::string> messages[] = {
      {"--memory-limit 0", "--memory-limit: expected a size from 16MiB to 16TiB, such as 512MiB, found '0'"},
      {"--memory-limit 17TiB", "--memory-limit: expected a size from 16MiB to 16TiB, such as 512MiB, found '17TiB'"},
      {"--max-request 4611686018427387904", "--max-request: expected a size from 1 to 1TiB"},
      {"--max-request 0", "--max-request: expected a size from 1 to 1TiB"},
      {"--retain-records 99999999h", "--retain-records: expected a duration from 0s to 168h"},
      {"--decision-wait 169h", "--decision-wait: expected a duration from 0s to 168h"},
      {"--retain-window '1s}'", "--retain-window: expected a duration such as 30s, found '1s}'"},
      {"--absent-per-trace 2", "--absent-per-trace: expected no more than --links-per-trace (0), found '2'"},
      {"--links-per-trace 1 --absent-per-trace 1.5", "no more than --links-per-trace (1), found '1.5'"},
      {"--instance x", "--instance, --env and --env-file need a configuration (-c)"},
      {"--env A=b", "--instance, --env and --env-file need a configuration (-c)"}};
  for (const auto& [arguments, message] : messages) {
    const Outcome outcome = run("size --spans-per-second 5 " + arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
    EXPECT_TRUE(contains(outcome.err, message)) << arguments << " " << outcome.err;
  }
}

TEST_F(SizeCommand, RefusesWrongUsage) {
  for (const std::string arguments :
       {"", "--spans-per-second many", "--spans-per-second 0", "--spans-per-second 1e5", "--spans-per-second -5",
        "--spans-per-second nan", "--memory-limit 12parsecs", "--memory-limit 1KiB", "--spans-per-second 5 --kept 101",
        "--spans-per-second 5 --decision-wait soon", "--spans-per-second 5 --decision-wait '1s}'",
        "--spans-per-second 5 --requests-at-once 0", "--spans-per-second 5 --decisions-detail some",
        "--spans-per-second 5 -c missing.yaml", "--spans-per-second 5 surplus"}) {
    const Outcome outcome = run("size " + arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
    EXPECT_NE(outcome.err, "") << arguments;
  }
}

TEST_F(SizeCommand, FitsEightyColumns) {
  std::istringstream lines(run("size --spans-per-second 999999999 --links-per-trace 9").out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
}

}  // namespace
}  // namespace entail::cli
