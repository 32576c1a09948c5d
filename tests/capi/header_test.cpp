// The snapshots in this folder list everything that entail.h declares: no addition can be forgotten there.
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>

#include "tests/capi/c_engine.hpp"

namespace entail::capi_test {
namespace {

std::string text_of(const char* path) {
  const std::string text = workload::read_file(std::string(ENTAIL_SOURCE_DIR "/") + path);
  EXPECT_FALSE(text.empty()) << path;
  return text;
}

std::string header() {
  static const std::regex comment(R"(/\*[^*]*\*+(?:[^/*][^*]*\*+)*/)");
  return std::regex_replace(text_of("core/include/entail/entail.h") + text_of("core/include/entail/entail_decision.h"),
                            comment, " ");
}

std::set<std::string> matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) found.insert((*at)[1]);
  return found;
}

TEST(CHeader, DeclaresEveryExportedSymbol) {
  const std::set<std::string> declared = matches(header(), std::regex(R"(\nENTAIL_API [^(;]*?(entail_\w+)\()"));
  const std::set<std::string> given = matches(text_of("tests/capi/symbols.txt"), std::regex(R"(T (entail_\w+)@@)"));
  EXPECT_GE(declared.size(), 18u);
  EXPECT_EQ(declared, given);
}

TEST(CHeader, LayoutSnapshotHasEveryField) {
  std::set<std::string> declared;
  const std::string text = header();
  const std::regex structure(R"(typedef struct (\w+) \{([^}]*)\})");
  const std::regex field(R"((\w+)(?:\[\d+\])?;)");
  for (std::sregex_iterator at(text.begin(), text.end(), structure), end; at != end; ++at) {
    declared.insert((*at)[1]);
    for (const std::string& name : matches((*at)[2], field)) declared.insert((*at)[1].str() + "." + name);
  }
  const std::set<std::string> laid_out = matches(text_of("tests/capi/layout.txt"), std::regex(R"((\S+) \d+ \d+\n)"));
  EXPECT_GE(declared.size(), 80u);
  EXPECT_EQ(declared, laid_out);
}

}  // namespace
}  // namespace entail::capi_test
