// What a configuration refers to beyond itself: variables, one of several components, and the resource around it.
#include "tests/config/parsed.hpp"

namespace entail::config {
namespace {

constexpr const char* kVariables =
    "tail_sampling:\n"
    "  decision_wait: ${env:WAIT}\n"
    "  policies:\n"
    "    - {name: \"p-${SHOP}-$$\", type: probabilistic, probabilistic: {sampling_percentage: \"${env:SHARE:-5}\"}}\n";

ConfigResult with_variables(std::map<std::string, std::string> variables, std::string_view yaml = kVariables) {
  ConfigContext context;
  context.environment = std::move(variables);
  return parsed(yaml, Options(), context);
}

std::string only_error_of(const ConfigResult& result) {
  EXPECT_EQ(result.errors.size(), 1u) << ::testing::PrintToString(texts_of(result.errors));
  return result.errors.empty() ? "" : message_text(result.errors[0]);
}

TEST(ConfigContext, VariablesAreSingleValues_TakenAsTheyAre) {
  const ConfigResult result = with_variables({{"WAIT", "7s"}, {"SHOP", "${env:WAIT}: $$ #"}});
  ASSERT_TRUE(result.options.has_value()) << ::testing::PrintToString(texts_of(result.errors));
  EXPECT_EQ(result.options->tail_sampling.decision_wait_ns, 7 * kNanosPerSecond);
  EXPECT_EQ(result.options->tail_sampling.policies.at(0).name, "p-${env:WAIT}: $$ #-$");
  EXPECT_EQ(only_error_of(with_variables({{"WAIT", "soon"}, {"SHOP", ""}})).substr(0, 5), "2:18:");
}

TEST(ConfigContext, AVariableWithoutAValue_IsAnErrorWithItsPlace) {
  EXPECT_EQ(only_error_of(with_variables({{"SHOP", "a"}})),
            "2:18: tail_sampling.decision_wait: '${env:WAIT}': the variable WAIT has no value");
  const std::string text = "tail_sampling: {decision_wait: '";
  for (const char* const wrong : {"${file:wait}", "${env:}", "${env:1A}", "${env:WAIT", "${env:A B}"})
    EXPECT_EQ(with_variables({{"WAIT", "1s"}}, text + wrong + "'}").errors.size() >= 1, true) << wrong;
  // Without an environment nothing is expanded, not even to a default.
  EXPECT_TRUE(parsed(kVariables).errors.size() >= 2);
}

// Only what is read of a Collector configuration needs values.
TEST(ConfigContext, OtherComponentsNeedNoValues) {
  const ConfigResult result = with_variables(
      {{"WAIT", "7s"}},
      "receivers: {otlp: {endpoint: '${env:HOST}:4317'}}\n"
      "processors: {tail_sampling: {decision_wait: '${env:WAIT}', policies: [{name: a, type: always_sample}]}}\n");
  ASSERT_TRUE(result.options.has_value()) << ::testing::PrintToString(texts_of(result.errors));
}

constexpr const char* kInstances =
    "processors:\n"
    "  tail_sampling/errors: {decision_wait: 1s, policies: [{name: a, type: always_sample}]}\n"
    "  tail_sampling/some: {decision_wait: 2s, policies: [{name: a, type: always_sample}]}\n"
    "  entail: {decision_wait: 3s, policies: [{name: a, type: always_sample}]}\n"
    "receivers:\n"
    "  entail/some: {decision_wait: 4s, policies: [{name: a, type: always_sample}]}\n";

TEST(ConfigContext, Instance_ChoosesByIdOrName) {
  const auto wait_of = [](const char* instance) -> std::int64_t {
    const ConfigResult result = parsed(kInstances, Options(), {.instance = instance, .environment = {}});
    return result.options ? result.options->tail_sampling.decision_wait_ns / kNanosPerSecond : -1;
  };
  EXPECT_EQ(wait_of("errors"), 1);
  EXPECT_EQ(wait_of("tail_sampling/errors"), 1);
  EXPECT_EQ(wait_of("tail_sampling/some"), 2);
  EXPECT_EQ(wait_of("entail/some"), 4);
  EXPECT_EQ(wait_of("entail"), 3);
  EXPECT_EQ(wait_of(""), 3);
  const auto error_of = [](const char* yaml, const char* instance) {
    return only_error_of(parsed(yaml, Options(), {.instance = instance, .environment = {}}));
  };
  EXPECT_EQ(error_of(kInstances, "some"),
            "6:3: both 'tail_sampling/some' and 'entail/some' are instances named 'some'; write the whole ID");
  EXPECT_EQ(error_of(kInstances, "erors"),
            "2:3: no instance 'erors'; there are: tail_sampling/errors, tail_sampling/some, entail, entail/some");
}

constexpr const char* kBody =
    "processors:\n"
    "  tail_sampling:\n"
    "    decision_wait: 9s\n"
    "    polices: []\n";

std::string indented(const std::string& text, const std::string& indentation) {
  std::string out = indentation;
  for (const char c : text) out += c == '\n' ? "\n" + indentation : std::string(1, c);
  return out + "\n";
}

TEST(ConfigContext, KubernetesResource_AsMapOrString_KeepsItsPlaces) {
  const std::string head =
      "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {name: gateway}\nspec:\n"
      "  mode: deployment\n  config:";
  const std::string good = std::string(kBody).replace(std::string(kBody).find("polices: []"), 11,
                                                      "policies: [{name: a, type: always_sample}]");
  for (const char* const begin : {"\n", " |\n", " |-\n", " |\n\n   \n"}) {
    const ConfigResult result = parsed(head + begin + indented(good, "    "));
    ASSERT_TRUE(result.options.has_value()) << begin << ::testing::PrintToString(texts_of(result.errors));
    EXPECT_EQ(result.options->tail_sampling.decision_wait_ns, 9 * kNanosPerSecond);
    const ConfigResult wrong = parsed(head + begin + indented(kBody, "    "));
    const std::size_t line =
        6 + static_cast<std::size_t>(std::count(begin, begin + std::string_view(begin).size(), '\n')) + 3;
    ASSERT_GE(wrong.errors.size(), 1u);
    EXPECT_TRUE(std::ranges::any_of(wrong.errors,
                                    [&](const ConfigMessage& message) {
                                      return message.line == line && message.column == 9 &&
                                             message.text.find("polices") != std::string::npos;
                                    }))
        << begin << ::testing::PrintToString(texts_of(wrong.errors));
  }
  // As kubectl may print it; places inside are those of the string.
  const std::string quoted = R"(kind: OpenTelemetryCollector
spec: {config: "tail_sampling: {policies: [{name: a, type: always_sample}], decision_wait: soon}"})";
  EXPECT_EQ(only_error_of(parsed(quoted)).substr(0, 5), "2:16:");
}

TEST(ConfigContext, KubernetesResource_WithoutAConfiguration) {
  EXPECT_EQ(only_error_of(parsed("kind: OpenTelemetryCollector\n")),
            "1:1: this OpenTelemetryCollector has no spec.config");
  EXPECT_EQ(only_error_of(parsed("kind: OpenTelemetryCollector\nspec: {mode: sidecar}\n")),
            "2:1: this OpenTelemetryCollector has no spec.config");
  EXPECT_EQ(parsed("kind: OpenTelemetryCollector\nspec: {config: '{'}\n").errors.size(), 1u);
}

}  // namespace
}  // namespace entail::config
