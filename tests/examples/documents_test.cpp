// The pages: every link resolves, and every YAML block is a configuration that loads.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "entail/options.hpp"

namespace entail {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> documents() {
  const fs::path root = ENTAIL_SOURCE_DIR;
  std::vector<fs::path> paths;
  for (const char* const folder : {"", "docs"})
    for (const fs::directory_entry& entry : fs::directory_iterator(root / folder))
      if (entry.path().extension() == ".md") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

struct Block {
  std::string place;  // FILE:LINE
  std::string text;
};

std::vector<Block> yaml_blocks() {
  std::vector<Block> blocks;
  for (const fs::path& path : documents()) {
    std::istringstream lines(text_of(path));
    bool inside = false;
    unsigned number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      if (line.starts_with("```")) {
        inside = !inside && line == "```yaml";
        if (inside) blocks.push_back({path.filename().string() + ":" + std::to_string(number), ""});
      } else if (inside) {
        blocks.back().text += line + "\n";
      }
    }
  }
  return blocks;
}

// "# warns: TEXT" lines of a block: the warnings it must cause.
std::vector<std::string> announced(const std::string& text) {
  constexpr std::string_view kMark = "# warns: ";
  std::vector<std::string> warnings;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(kMark)) warnings.push_back(line.substr(kMark.size()));
  std::sort(warnings.begin(), warnings.end());
  return warnings;
}

TEST(Documents, YamlBlocksLoad_WithTheWarningsTheyAnnounce) {
  const std::vector<Block> blocks = yaml_blocks();
  EXPECT_GE(blocks.size(), 5u);
  for (const Block& block : blocks) {
    const ConfigResult result = parse_options(block.text);
    EXPECT_TRUE(result.options.has_value()) << block.place;
    for (const ConfigMessage& error : result.errors)
      ADD_FAILURE() << block.place << ", its line " << error.line << ": " << error.text;
    std::vector<std::string> warnings;
    for (const ConfigMessage& warning : result.warnings)
      if (warning.text != result.no_origins) warnings.push_back(warning.text);  // most show one policy alone
    std::sort(warnings.begin(), warnings.end());
    EXPECT_EQ(warnings, announced(block.text)) << block.place;
  }
}

// A target is a path relative to the page's folder; "#part" may follow.
TEST(Documents, HaveNoDeadLinks) {
  unsigned links = 0;
  for (const fs::path& document : documents()) {
    const std::string text = text_of(document);
    for (std::size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 1)) {
      const std::string target = text.substr(at + 2, text.find(')', at) - at - 2);
      if (target.starts_with("http")) continue;
      ++links;
      const std::string file = target.substr(0, target.find('#'));
      EXPECT_TRUE(file.empty() || fs::exists(document.parent_path() / file)) << document << ": " << target;
    }
  }
  EXPECT_GT(links, 20u);
}

}  // namespace
}  // namespace entail
