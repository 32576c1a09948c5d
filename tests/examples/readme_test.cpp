// The README shows the files in examples/, and they work.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "entail/options.hpp"

namespace entail {
namespace {

std::string file_text(const std::string& path) {
  std::ifstream file(ENTAIL_SOURCE_DIR "/" + path);
  EXPECT_TRUE(file.good()) << path;
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

std::string fenced(const std::string& language, const std::string& text) {
  return "```" + language + "\n" + text + "```\n";
}

TEST(Readme, ShowsTheExamplesVerbatim) {
  const std::string readme = file_text("README.md");
  EXPECT_NE(readme.find(fenced("cpp", file_text("examples/embed.cpp"))), std::string::npos);
  EXPECT_NE(readme.find(fenced("yaml", file_text("examples/first.yaml"))), std::string::npos);
}

TEST(Readme, EmbedsInTwentyLines) {
  const std::string program = file_text("examples/embed.cpp");
  EXPECT_LE(std::count(program.begin(), program.end(), '\n'), 20);
}

TEST(Examples, LoadWithoutWarnings) {
  for (const char* path : {"examples/first.yaml", "examples/demo.yaml"}) {
    const ConfigResult result = parse_options(file_text(path));
    EXPECT_TRUE(result.options.has_value()) << path;
    EXPECT_TRUE(result.errors.empty() && result.warnings.empty()) << path;
  }
}

TEST(Embedding, ShowsTheExampleVerbatim) {
  const std::string page = file_text("docs/embedding.md");
  EXPECT_NE(page.find(fenced("c", file_text("examples/c/keep_errors.c"))), std::string::npos);
  for (const char* program : {"examples/c/keep_errors.c", "examples/cpp/keep_slow.cpp"}) {
    const std::string text = file_text(program);
    EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 80) << program;
  }
}

// The page says how to handle each status in the header.
TEST(Embedding, DocumentsEveryStatus) {
  const std::string header = file_text("core/include/entail/entail.h");
  const std::string page = file_text("docs/embedding.md");
  unsigned statuses = 0;
  const std::size_t end = header.find("/* Details of a failure");
  for (std::size_t at = header.find("#define ENTAIL_OK"); at < end; at = header.find("#define ENTAIL_", at + 1)) {
    const std::string name = header.substr(at + 8, header.find(' ', at + 8) - at - 8);
    EXPECT_NE(page.find("| `" + name + "` |"), std::string::npos) << name;
    ++statuses;
  }
  EXPECT_GE(statuses, 15u);
}

}  // namespace
}  // namespace entail
