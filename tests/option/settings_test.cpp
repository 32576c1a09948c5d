// Options that live in Options::settings or PolicyOptions::settings: defaults, bounds, kinds, unknown keys.
#include <gtest/gtest.h>

#include "option/findings.hpp"
#include "option/row.hpp"

namespace entail::option {
namespace {

const std::vector<Row<PolicyOptions>>& rows() {
  static const std::vector<Row<PolicyOptions>> all = {
      setting<PolicyOptions>({.key = "min_errors", .kind = Kind::whole, .bounds = {-5, 100}}, std::int64_t{2}),
      setting<PolicyOptions>({.key = "names", .kind = Kind::texts, .bounds = {0, 3}, .presence = Presence::required},
                             {}),
      setting<PolicyOptions>({.key = "share", .kind = Kind::percentage, .bounds = {0, 100}}, 0.5),
      row<PolicyOptions, [](auto& p) -> auto& { return p.threshold_ms; }>(
          {.key = "threshold_ms", .kind = Kind::whole})};
  return all;
}

std::vector<std::string> faults(const PolicyOptions& policy) {
  Findings findings;
  for (const Row<PolicyOptions>& row : rows())
    findings.check_value(row, row.get(policy), "p." + std::string(row.key), std::string(row.key));
  findings.check_settings<PolicyOptions>(policy, rows(), "p.", "policy 'a'");
  std::vector<std::string> texts;
  for (const Finding& finding : findings.list) texts.push_back(finding.path + ": " + finding.text);
  return texts;
}

TEST(Settings, HaveDefaultsAndKeepValues) {
  PolicyOptions policy;
  EXPECT_EQ(rows()[0].get(policy), OptionValue(std::int64_t{2}));
  rows()[0].set(policy, std::int64_t{7});
  EXPECT_EQ(rows()[0].get(policy), OptionValue(std::int64_t{7}));
  EXPECT_EQ(policy.settings.at("min_errors"), OptionValue(std::int64_t{7}));
  policy.settings["min_errors"] = {};  // not set
  EXPECT_EQ(rows()[0].get(policy), OptionValue(std::int64_t{2}));
  EXPECT_EQ(policy.threshold_ms, 0);
}

TEST(Settings, AreCheckedByKindAndBounds) {
  PolicyOptions policy;
  EXPECT_EQ(faults(policy), std::vector<std::string>{"p.names: names is required: a list of at most 3 strings"});
  policy.settings["names"] = std::vector<std::string>{"x"};
  EXPECT_EQ(faults(policy), std::vector<std::string>{});
  policy.settings["min_errors"] = std::int64_t{101};
  EXPECT_EQ(faults(policy),
            std::vector<std::string>{"p.min_errors: min_errors: expected a whole number from -5 to 100"});
  policy.settings["min_errors"] = std::int64_t{-6};
  EXPECT_EQ(faults(policy).size(), 1u);
  policy.settings["min_errors"] = "5";
  EXPECT_EQ(faults(policy),
            std::vector<std::string>{"p.min_errors: min_errors: expected a whole number from -5 to 100"});
  policy.settings["min_errors"] = std::int64_t{-5};
  policy.settings["share"] = std::int64_t{5};
  EXPECT_EQ(faults(policy), std::vector<std::string>{"p.share: share: expected a number from 0 to 100"});
}

TEST(Settings, UnknownKeysAreErrors) {
  PolicyOptions policy;
  policy.settings["names"] = std::vector<std::string>{};
  policy.settings["min_error"] = std::int64_t{1};
  policy.settings["threshold_ms"] = std::int64_t{1};  // has a field, so it is no setting
  EXPECT_EQ(
      faults(policy),
      (std::vector<std::string>{
          "p.min_error: policy 'a': unknown setting 'min_error'; did you mean 'min_errors'?",
          "p.threshold_ms: policy 'a': unknown setting 'threshold_ms'; expected one of: min_errors, names, share"}));
}

}  // namespace
}  // namespace entail::option
