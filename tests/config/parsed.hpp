// Shorthand for tests that read configurations.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "entail/options.hpp"

namespace entail::config {

// Without the warning that no policy makes origins, which is about none of these configurations
// (ParseOptions.WarnsIfNoPolicyMakesOrigins).
inline ConfigResult parsed(std::string_view yaml, const Options& defaults = Options(),
                           const ConfigContext& context = ConfigContext()) {
  ConfigResult result = entail::parse_options(yaml, defaults, context);
  std::erase_if(result.warnings, [&](const ConfigMessage& warning) { return warning.text == result.no_origins; });
  return result;
}

inline std::string message_text(const ConfigMessage& message) {
  return std::to_string(message.line) + ":" + std::to_string(message.column) + ": " + message.text;
}

inline std::vector<std::string> texts_of(const std::vector<ConfigMessage>& messages) {
  std::vector<std::string> texts;
  for (const ConfigMessage& message : messages) texts.push_back(message_text(message));
  return texts;
}

// The only error of a text, as "line:column: what".
inline std::string only_error(std::string_view yaml) {
  const ConfigResult result = parsed(yaml);
  EXPECT_FALSE(result.options.has_value());
  EXPECT_EQ(result.errors.size(), 1u) << ::testing::PrintToString(texts_of(result.errors));
  return result.errors.empty() ? std::string() : message_text(result.errors[0]);
}

inline std::string only_warning(std::string_view yaml) {
  const ConfigResult result = parsed(yaml);
  EXPECT_TRUE(result.options.has_value()) << ::testing::PrintToString(texts_of(result.errors));
  EXPECT_EQ(result.warnings.size(), 1u) << ::testing::PrintToString(texts_of(result.warnings));
  return result.warnings.empty() ? std::string() : message_text(result.warnings[0]);
}

// The options of a text without errors or warnings.
inline Options accepted(std::string_view yaml) {
  ConfigResult result = parsed(yaml);
  EXPECT_EQ(texts_of(result.errors), std::vector<std::string>());
  EXPECT_EQ(texts_of(result.warnings), std::vector<std::string>());
  return result.options.value_or(Options());
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// A configuration whose first line contains one policy; more starts on line 2.
inline std::string with_policy(std::string_view more) {
  return "tail_sampling: {policies: [{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}]}\n" +
         std::string(more);
}

// The policy, or the list of policies, in flow style, on line 1 from column 28 on.
inline std::string of_policies(std::string_view policies) {
  return "tail_sampling: {policies: [" + std::string(policies) + "]}\n";
}

// Its only policy.
inline PolicyOptions one(std::string_view policy) {
  const Options options = accepted(of_policies(policy));
  EXPECT_EQ(options.tail_sampling.policies.size(), 1u);
  return options.tail_sampling.policies.empty() ? PolicyOptions() : options.tail_sampling.policies[0];
}

}  // namespace entail::config
