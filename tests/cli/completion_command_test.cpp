// Completion: what the program offers, and that real shells show it.
#include <set>

#include "command_run.hpp"
#include "stories/story.hpp"
#include "terminal.hpp"
#include "usage/completion.hpp"

namespace entail::cli {
namespace {

using namespace test;

class Completions : public CommandTest {
 protected:
  // What `entail __complete SHELL WORDS` offers, with the names of files as ":files".
  std::set<std::string> offered(const std::string& words, const std::string& shell = "zsh") const {
    std::set<std::string> candidates;
    std::string out = run("__complete " + shell + " " + words).out;
    for (std::size_t at = 0; at < out.size();) {
      const std::size_t end = out.find('\n', at);
      const std::string line = out.substr(at, end - at);
      candidates.insert(line.substr(0, line.find('\t')));
      at = end + 1;
    }
    return candidates;
  }
};

using Words = std::set<std::string>;

TEST_F(Completions, OfferWhatFitsAtTheirPlace) {
  EXPECT_EQ(offered("s"), (Words{"sample", "size"}));
  EXPECT_EQ(offered("config ''"), (Words{"check", "defaults", "policies"}));
  EXPECT_EQ(offered("sample --de"), (Words{"--decisions", "--decisions-detail", "--decisions-rotate"}));
  EXPECT_EQ(offered("sample --decisions d --decisions"), (Words{"--decisions-detail", "--decisions-rotate"}));
  EXPECT_EQ(offered("sample -c c.yaml --to p"), (Words{"proto-u32be", "proto-varint"}));
  EXPECT_EQ(offered("why --format=m"), Words{"--format=mermaid"});
  EXPECT_EQ(offered("why --format = m", "bash"), Words{"mermaid"});
  EXPECT_EQ(offered("sample ''"), Words{":files"});
  EXPECT_EQ(offered("sample -o ''"), Words{":files"});
  EXPECT_EQ(offered("sample -- -"), Words{":files"});
  EXPECT_EQ(offered("-q --color always grap"), Words{"graph"});
  EXPECT_EQ(offered("config policies la"), Words{"latency"});
  EXPECT_EQ(offered("completion ''"), (Words{"bash", "fish", "zsh"}));
  EXPECT_EQ(offered("help con"), (Words{"config", "convert"}));
  EXPECT_EQ(offered("generate --scenario chain --dep"), Words{"--depth"});
  EXPECT_EQ(offered("generate --scenario saga --dep"), Words{});
  EXPECT_EQ(offered("generate --seed ''"), Words{});
  EXPECT_EQ(offered("frobnicate --"), offered("--"));
}

TEST_F(Completions, OfferEveryScenario) {
  Words names;
  for (const Scenario& scenario : scenarios()) names.emplace(scenario.name);
  EXPECT_EQ(offered("generate --scenario ''"), names);
}

TEST_F(Completions, ScriptsAreThoseOfTheCommand) {
  for (const char* const shell : {"bash", "zsh", "fish"}) {
    EXPECT_EQ(run(std::string("completion ") + shell).out, completion_script(shell));
    EXPECT_TRUE(contains(completion_script(shell), std::string("__complete ") + shell));
  }
}

bool has_program(const std::string& name) { return std::system(("command -v " + name + " >/dev/null").c_str()) == 0; }

struct Keys {
  const char* typed;  // before the tab
  const char* shown;  // what the line becomes
};

// Commands, options, values, scenarios, their flags, policy types and files.
constexpr Keys kKeys[] = {
    {"entail gen", "entail generate "},
    {"entail config pol", "entail config policies "},
    {"entail sample --str", "entail sample --strict "},
    {"entail why --format mer", "entail why --format mermaid "},
    {"entail why --format=mer", "entail why --format=mermaid"},
    {"entail generate --scenario sdk", "entail generate --scenario sdk-truncated "},
    {"entail generate --scenario chain --dep", "entail generate --scenario chain --depth "},
    {"entail config policies string", "entail config policies string_attribute "},
    {"entail sample a_fi", "entail sample a_file.jsonl "},
};

class Shells : public Completions {
 protected:
  // Starts a shell without configuration that completes entail, types, and presses tab.
  void expect_completion(const std::string& start, const std::string& setup) {
    test::write_file(path("a_file.jsonl"), test::buffer("{}\n"));
    const std::string program = ENTAIL_COMMAND;
    Terminal terminal("cd '" + folder_ + "' && HOME='" + folder_ + "' PATH='" + program.substr(0, program.rfind('/')) +
                          "':\"$PATH\" " + start,
                      160);
    terminal.type("PS1='ready> '\n");
    ASSERT_TRUE(terminal.wait_for("ready> ")) << terminal.shown();
    terminal.type(setup + "; echo set''up\n");
    ASSERT_TRUE(terminal.wait_for("setup")) << terminal.shown();
    for (const Keys& keys : kKeys) {
      terminal.type(std::string("\x15") + keys.typed + "\t");
      std::string added = std::string(keys.shown).substr(std::string(keys.typed).size());
      if (added.ends_with(' ')) added.pop_back();  // zsh shows it in bold
      EXPECT_TRUE(terminal.wait_for(added)) << keys.typed << "\n" << terminal.shown();
    }
  }
};

TEST_F(Shells, BashCompletes) {
  if (!has_program("bash")) GTEST_SKIP() << "bash is not installed";
  expect_completion("bash --norc --noprofile -i", "source <(entail completion bash)");
}

TEST_F(Shells, ZshCompletes) {
  if (!has_program("zsh")) GTEST_SKIP() << "zsh is not installed";
  ASSERT_EQ(run("completion zsh").exit_code, 0);
  std::filesystem::rename(path(".out"), path("_entail"));
  expect_completion("zsh -f -i", "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D");
}

TEST_F(Shells, FishCompletes) {
  if (!has_program("fish")) GTEST_SKIP() << "fish is not installed";
  const std::string program = ENTAIL_COMMAND;
  const std::string command = "cd '" + folder_ + "' && HOME='" + folder_ + "' PATH='" +
                              program.substr(0, program.rfind('/')) + "':\"$PATH\" fish --no-config -c '" + program +
                              " completion fish | source; complete -C \"entail generate --scenario sdk\"' >out 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(read_file(path("out")).substr(0, 13), "sdk-truncated");
}

}  // namespace
}  // namespace entail::cli
