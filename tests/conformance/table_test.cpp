// The table in README.md is only as good as the tests that it lists: each exists, and no case of the suite is missing.
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace entail {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

const fs::path kTests = fs::path(ENTAIL_SOURCE_DIR) / "tests";

// "Suite.Name" of every TEST of the tree.
std::set<std::string> tests_that_exist() {
  std::set<std::string> names;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kTests)) {
    if (!entry.path().string().ends_with("_test.cpp")) continue;
    const std::string text = read_file(entry.path());
    constexpr std::string_view kMark = "\nTEST(";
    for (std::size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + 1)) {
      const std::size_t begin = at + kMark.size();
      const std::size_t comma = text.find(", ", begin);
      names.insert(text.substr(begin, comma - begin) + "." + text.substr(comma + 2, text.find(')', comma) - comma - 2));
    }
  }
  return names;
}

// The names in backquotes on the page of the form Suite.Name.
std::vector<std::string> tests_named(const std::string& page) {
  std::vector<std::string> names;
  for (std::size_t at = page.find('`'); at != std::string::npos;) {
    const std::size_t end = page.find('`', at + 1);
    if (end == std::string::npos) break;
    const std::string word = page.substr(at + 1, end - at - 1);
    const std::size_t dot = word.find('.');
    const bool is_test = dot != std::string::npos && dot + 1 < word.size() &&
                         std::isupper(static_cast<unsigned char>(word[0])) != 0 &&
                         word.find_first_of(" /:;=\"<>") == std::string::npos;
    if (is_test) names.push_back(word);
    at = page.find('`', end + 1);
  }
  return names;
}

TEST(ConformanceTable, ListsOnlyExistingTests) {
  const std::set<std::string> exist = tests_that_exist();
  EXPECT_GT(exist.size(), 500u);
  const std::vector<std::string> named = tests_named(read_file(kTests / "conformance/README.md"));
  EXPECT_GT(named.size(), 100u);
  for (const std::string& name : named) EXPECT_TRUE(exist.contains(name)) << name;
  EXPECT_FALSE(exist.contains("Conformance.NoSuchTest"));
  EXPECT_EQ(tests_named("`A.b`, `a.b`, `x = 1`, `B`, `C.D`"), (std::vector<std::string>{"A.b", "C.D"}));
}

// The 41 methods of the suite's test.py, by their names without "test_".
TEST(ConformanceTable, ListsEveryCaseOfTheSuite) {
  std::vector<std::string> cases = {"both_traceparent_and_tracestate_missing",
                                    "traceparent_included_tracestate_missing",
                                    "traceparent_duplicated",
                                    "traceparent_header_name",
                                    "traceparent_header_name_valid_casing",
                                    "traceparent_ows_handling",
                                    "multiple_requests_with_valid_traceparent",
                                    "multiple_requests_without_traceparent",
                                    "multiple_requests_with_illegal_traceparent",
                                    "propagates_random_flag"};
  for (const char* of_version : {"0x00", "0xcc", "0xff", "illegal_characters", "too_long", "too_short"})
    cases.push_back(std::string("traceparent_version_") + of_version);
  for (const char* of_id : {"all_zero", "illegal_characters", "too_long", "too_short"}) {
    cases.push_back(std::string("traceparent_trace_id_") + of_id);
    cases.push_back(std::string("traceparent_parent_id_") + of_id);
  }
  for (const char* of_flags : {"illegal_characters", "too_long", "too_short"})
    cases.push_back(std::string("traceparent_trace_flags_") + of_flags);
  for (const char* of_state :
       {"included_traceparent_missing", "included_traceparent_included", "header_name", "header_name_valid_casing",
        "empty_header", "multiple_headers_different_keys", "duplicated_keys", "all_allowed_characters", "ows_handling",
        "key_illegal_characters", "key_illegal_vendor_format", "member_count_limit", "key_length_limit",
        "value_illegal_characters"})
    cases.push_back(std::string("tracestate_") + of_state);
  EXPECT_EQ(cases.size(), 41u);
  const std::string page = read_file(kTests / "conformance/README.md");
  for (const std::string& name : cases) {
    EXPECT_NE(page.find("| " + name + " |"), std::string::npos) << name << " has no row";
    EXPECT_NE(page.find("." + name + "`"), std::string::npos) << name << " has no test";
  }
}

}  // namespace
}  // namespace entail
