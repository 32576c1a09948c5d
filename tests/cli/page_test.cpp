// docs/patterns.md and README.md: their commands run and print the output that the pages show.
#include "command_run.hpp"

namespace entail::cli {
namespace {

using namespace test;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// Reads the page block by block, and rewrites it with the commands' current output.
class PageTest : public CommandTest {
 protected:
  // In the test's folder, where `entail` is the built command.
  std::string shell(const std::string& command) const {
    const std::string program = ENTAIL_COMMAND;
    const std::string all = "cd '" + folder_ + "' && PATH='" + program.substr(0, program.rfind('/')) +
                            "':\"$PATH\" && { " + command + "; } >'" + path(".out") + "' 2>&1";
    const int status = std::system(all.c_str());
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << command << "\n" << read_file(path(".out"));
    return read_file(path(".out"));
  }

  // The commands of a console block, each with its output.
  std::string console(const std::vector<std::string>& block) {
    std::string text;
    for (const std::string& line : block) {
      if (!line.starts_with("$ ")) continue;
      const std::string command = line.substr(2);
      if (command.starts_with("entail generate ")) story_ = command;
      ++command_count_;
      text += line + "\n" + shell(command);
    }
    return text;
  }

  // An excerpt occurs in the traces of the last story, rendered as JSON.
  void expect_excerpt(const std::vector<std::string>& block) {
    std::string text;
    for (const std::string& line : block) text += line + "\n";
    const std::string name = story_.substr(0, story_.find(" -o "));
    shell(name + " --to jsonl -o excerpt.jsonl");
    simdjson::dom::parser parser;
    const std::string excerpt = simdjson::minify(parse(parser, text));
    EXPECT_TRUE(contains(read_file(path("excerpt.jsonl")), excerpt)) << name << "\n" << excerpt;
    ++excerpt_count_;
  }

  std::string rewritten(const std::string& page) {
    std::string text;
    std::vector<std::string> block;
    std::string kind;
    bool inside = false;
    for (const std::string& line : lines_of(page)) {
      const bool is_fence = line.starts_with("```");
      if (inside && !is_fence) {
        block.push_back(line);
        continue;
      }
      if (inside && kind == "console") {
        text += console(block);
      } else if (inside) {
        for (const std::string& kept : block) text += kept + "\n";
        if (kind == "json") expect_excerpt(block);
      }
      if (is_fence) {
        inside = !inside;
        kind = line.substr(3);
        block.clear();
      }
      text += line + "\n";
    }
    return text;
  }

  // Examples and captures under their names in the repository.
  void link_sources() const {
    std::filesystem::create_symlink(ENTAIL_SOURCE_DIR "/examples", path("examples"));
    std::filesystem::create_directories(path("tests"));
    std::filesystem::create_symlink(ENTAIL_SOURCE_DIR "/tests/golden", path("tests/golden"));
  }

  std::string story_;
  unsigned command_count_ = 0;
  unsigned excerpt_count_ = 0;
};

TEST_F(PageTest, PatternsPageShowsTheOutputOfItsCommands) {
  const std::string page = read_file(ENTAIL_SOURCE_DIR "/docs/patterns.md");
  ASSERT_FALSE(page.empty());
  const std::string now = rewritten(page);
  const std::vector<std::string> was = lines_of(page);
  const std::vector<std::string> is = lines_of(now);
  std::size_t first = 0;
  while (first < was.size() && first < is.size() && was[first] == is[first]) ++first;
  if (page != now) write_file(ENTAIL_BINARY_DIR "/patterns.md", buffer(now));
  EXPECT_TRUE(page == now) << "docs/patterns.md:" << first + 1 << ": "
                           << (first < is.size() ? is[first] : "the page ends here") << "\nThe page as it is now is "
                           << ENTAIL_BINARY_DIR "/patterns.md: read what changed, then copy it";
  EXPECT_GE(command_count_, 60u);
  EXPECT_GE(excerpt_count_, 16u);
}

// The page shows a million spans. What it says of the three failures does not depend on the load around them.
TEST_F(PageTest, IncidentPageShowsTheOutputOfItsCommands) {
  link_sources();
  std::string page = read_file(ENTAIL_SOURCE_DIR "/docs/incident.md");
  const std::string large = "--spans 1000000 ", small = "--spans 20000 ";
  const std::size_t at = page.find(large);
  ASSERT_NE(at, std::string::npos);
  page.replace(at, large.size(), small);
  std::string now = rewritten(page);
  if (page != now) {
    std::string written = now;
    written.replace(written.find(small), small.size(), large);
    write_file(ENTAIL_BINARY_DIR "/incident.md", buffer(written));
  }
  EXPECT_TRUE(page == now) << "The page as it is now is " ENTAIL_BINARY_DIR
                              "/incident.md: read what changed, then copy it";
  EXPECT_GE(command_count_, 8u);
}

// The README shows parts of the demo's output: whole lines, in order.
TEST_F(PageTest, ReadmeShowsTheOutputOfTheDemo) {
  const std::string readme = read_file(ENTAIL_SOURCE_DIR "/README.md");
  const std::size_t begin = readme.find("```console\n") + 11;
  const std::vector<std::string> shown = lines_of(readme.substr(begin, readme.find("```", begin) - begin));
  link_sources();
  std::filesystem::create_directories(path("out/demo"));
  std::vector<std::string> printed;
  std::size_t next = 0;
  for (const std::string& line : shown) {
    if (line.starts_with("$ ")) {
      printed = lines_of(shell(line.substr(2)));
      next = 0;
      ++command_count_;
    } else if (!line.empty()) {
      while (next < printed.size() && printed[next] != line) ++next;
      ASSERT_LT(next, printed.size()) << "not printed, or not in this order: " << line;
    }
  }
  EXPECT_EQ(command_count_, 2u);
}

TEST_F(PageTest, PatternsPageShowsEveryScenario) {
  const std::string page = read_file(ENTAIL_SOURCE_DIR "/docs/patterns.md");
  simdjson::dom::parser parser;
  const std::string list = run("generate --list --json").out;
  for (const auto scenario : array_at(parse(parser, list), "")) {
    const std::string name = text_at(scenario, "/name");
    EXPECT_TRUE(contains(page, "$ entail generate --scenario " + name + " ")) << name;
  }
}

}  // namespace
}  // namespace entail::cli
