// docs/commands.md: its commands run and print the output shown; every option of every subcommand is documented.
#include <set>
#include <sstream>

#include "command_run.hpp"
#include "tests/examples/page_table.hpp"

namespace entail::cli {
namespace {

using namespace test;
using entail::page::Block;
using entail::page::blocks_of;

std::string page() { return read_file(ENTAIL_SOURCE_DIR "/docs/commands.md"); }

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

class CommandsPage : public CommandTest {
 protected:
  std::string shell(const std::string& command) {
    EXPECT_TRUE(command.starts_with("entail ")) << command;
    const std::size_t redirection = command.find(" >");
    const Outcome outcome = run(command.substr(7, redirection == std::string::npos ? redirection : redirection - 7));
    EXPECT_EQ(outcome.exit_code, 0) << command << "\n" << outcome.err;
    EXPECT_EQ(outcome.err, "") << command;
    ++command_count_;
    return redirection == std::string::npos ? outcome.out : "";
  }

  // Runs the commands of a block, each with the output shown after it; returns the last one's output if none is shown.
  std::string run_block(const Block& block) {
    std::string unshown;
    for (std::size_t i = 0; i < block.lines.size();) {
      const std::string command = block.lines[i++].substr(2);
      std::vector<std::string> shown;
      while (i < block.lines.size() && !block.lines[i].starts_with("$ ")) shown.push_back(block.lines[i++]);
      const std::string printed = shell(command);
      if (shown.empty() && i == block.lines.size()) {
        unshown = printed;
      } else {
        EXPECT_EQ(printed, joined(shown)) << command;
      }
    }
    return unshown;
  }

  unsigned command_count_ = 0;
};

TEST_F(CommandsPage, ShowsTheOutputOfItsCommands) {
  const std::vector<Block> blocks = blocks_of(page());
  simdjson::dom::parser parser;
  unsigned documents = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i].kind != "console") {
      EXPECT_TRUE(blocks[i].kind.empty() || blocks[i].kind == "json") << blocks[i].kind;
      continue;
    }
    const std::string printed = run_block(blocks[i]);
    if (printed.empty()) continue;
    ASSERT_TRUE(i + 1 < blocks.size() && blocks[i + 1].kind == "json") << "shown nowhere: " << printed;
    EXPECT_EQ(printed, simdjson::minify(parse(parser, joined(blocks[i + 1].lines))) + "\n");
    ++documents;
  }
  EXPECT_EQ(documents, 4u);
  EXPECT_GE(command_count_, 7u);
}

// The sections, by the words after "## `entail ".
std::map<std::string, std::string> sections() {
  std::map<std::string, std::string> sections;
  constexpr std::string_view kHeading = "\n## `entail ";
  const std::string text = page();
  for (std::size_t at = text.find(kHeading); at != std::string::npos;) {
    const std::size_t name = at + kHeading.size();
    const std::size_t next = text.find(kHeading, name);
    sections[text.substr(name, text.find('`', name) - name)] = text.substr(name, next - name);
    at = next;
  }
  return sections;
}

// "--from" and the like, from a help text before its examples.
std::set<std::string> options_of(const std::string& help) {
  std::set<std::string> options;
  const std::string text = help.substr(0, help.find("Examples:"));
  for (std::size_t at = text.find("--"); at != std::string::npos; at = text.find("--", at + 2)) {
    const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", at);
    if (end - at > 2) options.insert(text.substr(at, end - at));
  }
  for (const char* const common : {"--help", "--quiet", "--color"}) options.erase(common);
  return options;
}

TEST_F(CommandsPage, DocumentsEveryOptionOfEverySubcommand) {
  const std::map<std::string, std::string> documented = sections();
  std::set<std::string> names;
  for (const std::string parent : {"", "config "}) {
    const std::string help = run(parent + "--help").out;
    std::istringstream lines(help.substr(help.find("Commands:")));
    std::string line;
    for (std::getline(lines, line); std::getline(lines, line) && line.starts_with("  ");) {
      const std::string name = parent + line.substr(2, line.find(' ', 2) - 2);
      if (name != "config") names.insert(name);
    }
  }
  EXPECT_GE(names.size(), 7u);
  for (const std::string& name : names) {
    ASSERT_TRUE(documented.contains(name)) << "no section on entail " << name;
    for (const std::string& option : options_of(run(name + " --help").out))
      EXPECT_TRUE(contains(documented.at(name), option)) << name << " " << option;
  }
  EXPECT_EQ(documented.size(), names.size());
}

// Every field in the examples is explained, by its path or by its last name.
TEST_F(CommandsPage, DocumentsEveryField) {
  const std::map<std::string, std::string> documented = sections();
  for (const std::string name : {"links", "convert", "export", "config check"}) {
    const std::string& section = documented.at(name);
    const std::string rows = section.substr(section.find("| field | meaning |"));
    simdjson::dom::parser parser;
    for (const Block& block : blocks_of(section)) {
      if (block.kind != "json") continue;
      const simdjson::dom::object whole = parse(parser, joined(block.lines)).get_object().value();
      for (const auto field : whole) {
        const std::string key(field.key);
        EXPECT_TRUE(contains(rows, "`" + key)) << key;
        simdjson::dom::object inner;
        if (key == "input" || field.value.get(inner) != simdjson::SUCCESS) continue;
        for (const auto member : inner) {
          const std::string path = std::string(member.key);
          EXPECT_TRUE(contains(rows, "`" + key + "." + path + "`") || contains(rows, "`." + path + "`") ||
                      contains(rows, "`" + path + "`"))
              << key << "." << path;
        }
      }
    }
  }
}

}  // namespace
}  // namespace entail::cli
