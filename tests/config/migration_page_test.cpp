// docs/migration.md states for every key and policy of the Collector how the configuration reader treats it: each
// row's example is loaded, and the row must describe the result.
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <iterator>
#include <sstream>

#include "config/option_table.hpp"
#include "parsed.hpp"
#include "policy/type.hpp"

namespace entail::config {
namespace {

const std::string& page() {
  static const std::string text = [] {
    std::ifstream file(ENTAIL_SOURCE_DIR "/docs/migration.md");
    return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  }();
  return text;
}

// The cells of a row, without backquotes.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  for (std::size_t at = line.find('|'); at + 1 < line.size();) {
    const std::size_t end = line.find('|', at + 1);
    if (end == std::string::npos) break;
    std::string cell = line.substr(at + 1, end - at - 1);
    cell.erase(0, cell.find_first_not_of(" `"));
    cell.erase(cell.find_last_not_of(" `") + 1);
    cells.push_back(cell);
    at = end;
  }
  return cells;
}

struct Row {
  std::string name, example, here;
};

std::vector<Row> rows() {
  std::vector<Row> rows;
  std::istringstream lines(page());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `")) continue;
    const std::vector<std::string> cells = cells_of(line);
    EXPECT_EQ(cells.size(), 4u) << line;
    if (cells.size() == 4) rows.push_back({cells[0], cells[1], cells[2]});
  }
  return rows;
}

std::string yaml_of(const Row& row) {
  const bool is_policy = row.example.starts_with("{");
  const bool is_policies = row.example.starts_with("policies:");
  return "tail_sampling:\n  " + std::string(is_policy ? "policies: [" : "") + row.example + (is_policy ? "]\n" : "\n") +
         (is_policy || is_policies ? "" : "  policies: [{name: a, type: always_sample}]\n");
}

TEST(MigrationPage, DescribesEachExampleCorrectly) {
  unsigned warned = 0, plain = 0;
  for (const Row& row : rows()) {
    const ConfigResult result = parsed(yaml_of(row));
    EXPECT_EQ(texts_of(result.errors), std::vector<std::string>()) << row.example;
    if (row.here == "warning") {
      ASSERT_EQ(result.warnings.size(), 1u) << row.example;
      EXPECT_TRUE(contains(result.warnings[0].text, " is not used: ")) << row.example;
      ++warned;
    } else {
      EXPECT_TRUE(row.here == "same" || row.here == "better") << row.name << ": " << row.here;
      EXPECT_EQ(texts_of(result.warnings), std::vector<std::string>()) << row.example;
      ++plain;
    }
  }
  EXPECT_GE(warned, 10u);
  EXPECT_GE(plain, 20u);
}

bool has_row(const std::string& name) {
  for (const Row& row : rows())
    if (row.name == name) return true;
  return false;
}

TEST(MigrationPage, DocumentsEveryKeyOfTheProcessor) {
  constexpr std::string_view kPrefix = "tail_sampling.";
  unsigned keys = 0;
  for (const option::Row<Options>& row : option_table()) {
    if (!row.key.starts_with(kPrefix)) continue;
    EXPECT_TRUE(has_row(std::string(row.key.substr(kPrefix.size())))) << row.key;
    ++keys;
  }
  EXPECT_EQ(keys, 14u);
}

TEST(MigrationPage, DocumentsEveryPolicy_AndEveryKeyOfItsBlock) {
  for (const policy::Type& type : policy::types()) {
    const std::string name(type.name);
    if (!has_row(name)) continue;  // described in prose, or not a type of the Collector
    for (const option::Row<PolicyOptions>& field : type.rows) {
      bool shown = false;
      for (const Row& row : rows()) shown |= row.name == name && contains(row.example, std::string(field.key) + ": ");
      EXPECT_TRUE(shown) << name << "." << field.key;
    }
  }
  // Those of the Collector, as its documentation lists them.
  for (const char* type : {"always_sample", "latency", "numeric_attribute", "probabilistic", "status_code",
                           "string_attribute", "rate_limiting", "bytes_limiting", "span_count", "trace_state",
                           "boolean_attribute", "trace_flags", "and", "not", "drop"})
    EXPECT_TRUE(has_row(type)) << type;
  for (const char* type : {"composite", "ottl_condition"})
    EXPECT_TRUE(contains(page(), "- `" + std::string(type) + "`: ")) << type;
}

// What compat: collector changes about warnings: another test loads the example; without compat the
// same text warns.
TEST(MigrationPage, ZeroIsABound_ExceptWithCompat) {
  const std::string block =
      "{name: a, type: numeric_attribute, numeric_attribute: {key: k, min_value: 0, max_value: 10}}";
  EXPECT_TRUE(contains(only_warning(of_policies(block)), "0 is a bound;"));
  accepted(of_policies(block) + "compat: collector\n");
  // Not shorter than decision_wait: a warning, as documented.
  EXPECT_TRUE(contains(only_warning("tail_sampling: {decision_wait: 5s, decision_wait_after_root_received: 5s, "
                                    "policies: [{name: a, type: always_sample}]}\n"),
                       "without effect"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: and, and: {and_sub_policy: [{type: drop, drop: "
                                              "{drop_sub_policy: [{type: trace_flags}]}}]}}")),
                       "a drop policy cannot be a part"));
}

}  // namespace
}  // namespace entail::config
