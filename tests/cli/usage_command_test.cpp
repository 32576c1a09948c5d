// What goes wrong at a keyboard: mistyped words, odd files, full devices, terminals of every width. Each row is a
// command line with its exit code and its message; misuse_command_test.cpp has those that must not touch a file.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <set>

#include "command_run.hpp"
#include "output/text_width.hpp"
#include "terminal.hpp"

namespace entail::cli {
namespace {

using namespace test;

struct Mistake {
  const char* name;
  const char* command;  // for the shell, in a folder with the files of SetUp()
  int exit_code;
  const char* message;
};

constexpr Mistake kMistakes[] = {
    // Words
    {"no command", "entail", 2, "entail needs a command: sample, why,"},
    {"a command with a typo", "entail smaple", 2, "no command 'smaple'; did you mean 'sample'?"},
    {"the beginning of a command", "entail gen", 2, "did you mean 'generate'?"},
    {"a command that is like no other", "entail frobnicate", 2, "no command 'frobnicate'; it has sample, why,"},
    {"a group without its command", "entail config", 2, "config needs a command: check, policies or defaults"},
    {"a command of a group with a typo", "entail config chek c.yaml", 2, "did you mean 'check'?"},
    {"help on a typo", "entail help smaple", 2, "did you mean 'sample'?"},
    {"help on what is no group", "entail help sample input", 2, "entail sample has no commands of its own"},
    {"a shell with a typo", "entail completion bsh", 2, "did you mean 'bash'?"},
    {"no shell", "entail completion", 2, "SHELL is required"},
    {"a policy type with a typo", "entail config policies latancy", 2, "did you mean 'latency'?"},
    {"a word too many", "entail config defaults all", 2, "unexpected: all"},
    {"a scenario with a typo", "entail generate --scenario chian -o x", 2, "did you mean 'chain'?"},
    {"no scenario", "entail generate -o x", 2, "--scenario NAME is missing"},
    {"another scenario with a typo", "entail generate --scenario mixed --with sgaa -o x", 2, "did you mean 'saga'?"},
    // Flags
    {"an option with a typo", "entail sample in.jsonl --outptu x", 2, "no option '--outptu'; did you mean '--output'?"},
    {"an option with one dash", "entail links in.jsonl -json", 2,
     "links has no option '-json'; did you mean '--json'?"},
    {"an option with one dash and a value", "entail sample -output x in.jsonl", 2, "did you mean '--output'?"},
    {"the beginning of an option with one dash", "entail sample -out x in.jsonl", 2, "did you mean '--output'?"},
    {"'=' behind a letter", "entail sample in.jsonl -o=x", 2, "'-o=x' is ambiguous; write '-o x'"},
    {"a common option with one dash", "entail links in.jsonl -quiet", 2, "did you mean '--quiet'?"},
    {"help behind a typo", "entail smaple --help", 2, "no command 'smaple'; did you mean 'sample'?"},
    {"capitals", "entail SAMPLE", 2, "did you mean 'sample'?"},
    {"a negative number", "entail generate --scenario chain -o x --seed -1", 2, "'-1' is not a whole number"},
    {"a number that is too large", "entail generate --scenario chain -o x --seed 18446744073709551616", 2,
     "below 2^64"},
    {"an option twice", "entail sample in.jsonl -o x --threads 1 --threads 2", 2, "--threads was given more than once"},
    {"a value with a line end", "entail links in.jsonl --from \"$(printf 'a\\nentail: b')\"", 2,
     "'a?entail: b' is not"},
    {"an unknown letter", "entail sample in.jsonl -o x -Q", 2, "sample has no option '-Q'"},
    {"an unknown option of the program", "entail --verbos", 2, "entail has no option '--verbos'"},
    {"an option of another command", "entail links in.jsonl --threads 2", 2, "links has no option '--threads'"},
    {"an option without its value", "entail sample in.jsonl -o", 2, "--output needs a value"},
    {"a required option is missing", "entail sample in.jsonl", 2, "--output is required"},
    {"the input is missing", "entail sample -o x", 2, "IN is required"},
    {"the second configuration is missing", "entail diff c.yaml", 2, "B is required"},
    {"a value with a typo", "entail sample in.jsonl -o x --from jsnol", 2, "'jsnol' is not one of its values; did you"},
    {"a value with a typo behind '='", "entail why ab --decisions in.jsonl --format=jsno", 2, "did you mean 'json'?"},
    {"a value like no other", "entail links in.jsonl --color purple", 2, "'purple' is not auto, always or never"},
    {"a number below its range", "entail sample in.jsonl -o x --threads 0", 2, "not in range"},
    {"a number that is none", "entail sample in.jsonl -o x --threads two", 2, "--threads: 'two' is not a whole number"},
    {"options that exclude each other", "entail graph in.jsonl --json --format dot", 2, "excludes"},
    {"a flag of a scenario with a typo", "entail generate --scenario chain --dept 3 -o x", 2, "mean '--depth'?"},
    {"--scenario with a typo", "entail generate --scnario chain -o x", 2, "did you mean '--scenario'?"},
    {"a flag of a scenario without number", "entail generate --scenario chain --depth many -o x", 2, "takes a number"},
    {"no trace and no search", "entail why --decisions in.jsonl", 2, "why needs a trace ID, or what to search for"},
    {"a trace ID that is none", "entail why xyz --decisions in.jsonl", 2, "xyz is not a trace ID"},
    {"a log from a pipe", "entail why ab --decisions - <in.jsonl", 2, "reads the decision log twice"},
    {"a time that is none", "entail why --error --since noon --decisions in.jsonl", 2, "--since noon: expected a time"},
    {"a size that is none", "entail sample in.jsonl -o x --decisions d --decisions-rotate big", 2, "expected a size"},
    // Odd files
    {"a missing file", "entail links missing", 1, "missing: cannot be opened: No such file or directory"},
    {"a folder", "entail links folder", 1, "folder: cannot be read: Is a directory"},
    {"a very long name", "entail links $(printf '%0300d' 0)", 1, "File name too long"},
    {"a circle of symbolic links", "entail links circle", 1, "Too many levels of symbolic links"},
    {"a socket", "entail links socket", 1, "socket: cannot be opened: No such device or address"},
    {"a FIFO whose writer writes nothing", "(: >fifo &) ; entail links fifo", 1, "the input has no traces"},
    {"memory that cannot be read", "entail links /proc/self/mem", 1, "cannot be read: Input/output error"},
    {"an empty file", "entail links empty", 1, "the input has no traces"},
    {"an empty file for graph", "entail graph empty", 1, "the input has no traces"},
    {"an empty file for cost", "entail cost empty", 1, "the input has no traces"},
    {"an empty file for report", "entail report empty -o x", 1, "the input has no traces, so x was not written"},
    {"only blank lines", "entail links blank", 1, "the input has no traces"},
    {"only a byte order mark", "entail links mark", 1, "the input has no traces"},
    {"only logs", "entail links logs.jsonl", 1, "the input has no traces; skipped: logs 1"},
    {"only NUL bytes", "entail links nul --from jsonl", 1, "nul:1: "},
    {"a configuration that is empty", "entail config check empty", 2, "empty:1:1: "},
    {"a configuration that is binary", "entail config check nul", 2, "nul:"},
    {"a name with an escape sequence", "entail links \"$(printf 'red\\033[31m\\302\\233')\"", 1,
     "red?[31m??: cannot be"},
    {"a log that is none", "entail why --error --decisions in.jsonl", 1, "lines are not decision records"},
    {"a report on a log that is none", "entail report in.jsonl --decisions in.jsonl -o /dev/null", 1,
     "not decision records"},
    // Full devices, closed pipes, memory
    {"no room for the survey", "entail links in.jsonl >/dev/full", 3, "standard output: cannot be written: No space"},
    {"no room for a completion script", "entail completion zsh >/dev/full", 3, "No space left on device"},
    {"no room for help", "entail help sample >/dev/full", 3, "No space left on device"},
    {"no room for the policies", "entail config policies >/dev/full", 3, "No space left on device"},
    {"a reader that is gone", "{ sleep 0.1; entail config defaults; echo \"code $?\" >&2; } | true", 0, "code 3"},
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    {"no memory", "(ulimit -v 400000; entail links sparse --from jsonl)", 3, "entail: out of memory, so the output is"},
#endif
};

// The same on a terminal of some width, where standard output and standard error are one.
struct Shown {
  const char* name;
  const char* command;
  unsigned short columns;
  int exit_code;
  const char* text;
};

constexpr Shown kShown[] = {
    {"protobuf from sample", "entail sample in.otlp -o -", 80, 2, "protobuf is not written to a terminal"},
    {"protobuf from convert", "entail convert in.jsonl -o - --to proto", 80, 2, "choose a file (-o FILE), a pipe"},
    {"protobuf from generate", "entail generate --scenario chain -o /dev/stdout", 80, 2, "not written to a terminal"},
    {"protobuf under another name", "entail convert in.jsonl -o /dev/tty --to proto-u32be", 80, 2, "not written to"},
    {"nothing on 40 columns", "entail links empty", 40, 1, "the input has no traces"},
    {"a summary on 40 columns", "entail sample in.otlp -o x", 40, 0, "toward causes"},
    {"a summary on 80 columns", "entail sample in.otlp -o x", 80, 0, "toward causes"},
    {"a survey on 40 columns", "entail links long.jsonl", 40, 0, "By type"},
    {"a survey on 60 columns", "entail links long.jsonl", 60, 0, "By type"},
    {"a survey on 80 columns", "entail links long.jsonl", 80, 0, "By type"},
    {"a survey on 200 columns", "entail links long.jsonl", 200, 0, "By type"},
    {"a graph on 40 columns", "entail graph long.jsonl", 40, 0, "…"},
    {"a graph on 80 columns", "entail graph long.jsonl", 80, 0, "…"},
    {"a graph on 200 columns", "entail graph long.jsonl", 200, 0, "wide-很長的名字"},
    {"costs on 40 columns", "entail cost long.jsonl", 40, 0, "kept"},
    {"costs on 80 columns", "entail cost long.jsonl", 80, 0, "kept"},
    {"a difference on 60 columns", "entail diff c.yaml all.yaml in.jsonl", 60, 0, "only B"},
    {"a search on 40 columns", "entail why --service worker --decisions log.jsonl", 40, 0, "errors, ori…"},
    {"a search on 80 columns", "entail why --service worker --decisions log.jsonl", 80, 0, "DECISION"},
    {"help on 40 columns", "entail help config policies", 40, 0, "Policy type"},
    {"policies on 50 columns", "entail config policies", 50, 0, "latency"},
    {"scenarios on 50 columns", "entail generate --list", 50, 0, "hot-producer"},
};

class Usage : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    ASSERT_EQ(
        std::system((shell() +
                     "entail generate --scenario chain -o in.otlp && entail convert in.otlp -o all --to json -q && "
                     "mv all in.jsonl && entail sample in.otlp -o kept --decisions log.jsonl -q && "
                     "mkdir folder && ln -s circle circle && : >empty && printf '\\n\\n \\n' >blank && "
                     "printf '\\357\\273\\277' >mark && head -c 100 /dev/zero >nul && truncate -s 600M sparse")
                        .c_str()),
        0);
    write("logs.jsonl", R"({"resourceLogs":[]})");
    write("c.yaml",
          "tail_sampling: {policies: [{name: e, type: status_code, status_code: {status_codes: [ERROR]}}]}\n");
    write("all.yaml", "tail_sampling: {policies: [{name: all, type: always_sample}]}\nlinks: {origins: [all]}\n");
    write("long.jsonl", long_names());
    ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::string name = path("socket");
    ASSERT_LT(name.size(), sizeof address.sun_path);
    name.copy(address.sun_path, name.size());
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(fd);
  }

  // Services and operations with long, wide and hostile names, that call and link to each other.
  static std::string long_names() {
    const std::string id = "0102030405060708090a0b0c0d0e0f1";
    std::string text;
    for (int i = 0; i < 3; ++i) {
      const std::string service = i == 0   ? "wide-很長的名字" + std::string(60, 'x')
                                  : i == 1 ? "esc\\u001b[31m\\u202ered" + std::string(90, 'y')
                                           : "plain";
      const std::string n = std::to_string(i);
      const std::string before = std::to_string((i + 2) % 3);
      text += R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":")" +
              service + R"("}}]},"scopeSpans":[{"spans":[{"traceId":")" + id + n + R"(","spanId":"010203040506070)" +
              n + R"(","name":"op)" + service + R"(","startTimeUnixNano":"170000000000000000)" + n +
              R"(","endTimeUnixNano":"1700000000500000000","links":[{"traceId":")" + id + before +
              R"(","spanId":"010203040506070)" + before + R"("}]}]}]}]})" + "\n";
    }
    return text;
  }

  void write(const std::string& name, const std::string& text) { test::write_file(path(name), test::buffer(text)); }

  std::string shell() const {
    const std::string program = ENTAIL_COMMAND;
    return "cd '" + folder_ + "' && export PATH='" + program.substr(0, program.rfind('/')) + "':\"$PATH\" && ";
  }
};

TEST_F(Usage, MistakesHaveTheirMessageAndExitCode) {
  std::set<std::string> names;
  for (const Mistake& mistake : kMistakes) {
    SCOPED_TRACE(std::string(mistake.name) + ": " + mistake.command);
    EXPECT_TRUE(names.insert(mistake.name).second);
    const int status = std::system((shell() + "{ " + mistake.command + "; } >.out 2>.err").c_str());
    const std::string err = read_file(path(".err"));
    EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, mistake.exit_code) << err;
    EXPECT_TRUE(contains(err, mistake.message)) << err;
    EXPECT_TRUE(is_plain(err)) << err;
    EXPECT_FALSE(std::filesystem::exists(path("x"))) << "something was written";
    std::filesystem::remove(path("x"));
  }
  EXPECT_GE(names.size(), 60u);
}

// Without what colours a line.
std::string without_colours(std::string text) {
  for (std::size_t at = 0; (at = text.find("\x1b[", at)) != std::string::npos;)
    text.erase(at, text.find_first_not_of("0123456789;", at + 2) + 1 - at);
  return text;
}

TEST_F(Usage, TerminalsOfEveryWidthAreFilledAndNotExceeded) {
  for (const Shown& shown : kShown) {
    SCOPED_TRACE(std::string(shown.name) + ": " + shown.command);
    Terminal terminal(shell() + shown.command, shown.columns);
    const int exit_code = terminal.wait_for_end();
    const std::string text = without_colours(terminal.shown());
    EXPECT_EQ(exit_code, shown.exit_code) << text;
    EXPECT_TRUE(contains(text, shown.text)) << text;
    EXPECT_TRUE(is_plain(text)) << text;
    if (exit_code != 0) continue;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      // Commands are examples, to be copied whole.
      const std::string line = text.substr(at, end - at);
      if (!line.starts_with("  entail ")) {
        EXPECT_LE(columns_of(line), shown.columns) << line;
      }
      at = end + 1;
    }
    std::filesystem::remove(path("x"));
  }
}

// An empty input gives one line, and JSON where it was asked for.
TEST_F(Usage, AnEmptyInputIsOneLine) {
  for (const char* const command : {"sample empty -o x", "convert empty -o x --to json", "links empty", "graph empty",
                                    "cost empty", "report empty -o x", "diff c.yaml all.yaml empty"}) {
    const Outcome outcome = run(command);
    EXPECT_EQ(outcome.exit_code, 1) << command;
    EXPECT_EQ(outcome.out, "") << command;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  }
  simdjson::dom::parser parser;
  EXPECT_EQ(number(parse(parser, run("links empty --json").out), "/links/received"), 0u);
}

TEST_F(Usage, QuietPrintsResultsAndErrorsOnly) {
  for (const char* const command : {"sample in.otlp -o x -q", "-q convert in.otlp -o x --to json",
                                    "report in.otlp -o x --to json --quiet", "config check c.yaml -q"}) {
    const Outcome outcome = run(command);
    EXPECT_EQ(outcome.exit_code, 0) << command << outcome.err;
    EXPECT_EQ(outcome.out + outcome.err, "") << command;
  }
  EXPECT_TRUE(contains(run("links in.otlp -q").out, "By type"));
  EXPECT_TRUE(contains(run("sample in.otlp -o x -q --json").out, "\"traces\""));
  EXPECT_TRUE(contains(run("sample missing -o x -q").err, "missing: cannot be opened"));
}

TEST_F(Usage, ColoursFollowTheOptionThenTheEnvironment) {
  const auto has_colours = [&](const std::string& command) {
    EXPECT_EQ(std::system((shell() + command + " >.out 2>.err").c_str()), 0) << command;
    return contains(read_file(path(".out")), "\x1b[");
  };
  EXPECT_FALSE(has_colours("entail links in.otlp"));
  EXPECT_TRUE(has_colours("entail links in.otlp --color always"));
  EXPECT_TRUE(has_colours("NO_COLOR=1 entail --color always links in.otlp"));
  EXPECT_TRUE(has_colours("CLICOLOR_FORCE=1 entail links in.otlp"));
  EXPECT_FALSE(has_colours("CLICOLOR_FORCE=0 entail links in.otlp"));
  EXPECT_FALSE(has_colours("NO_COLOR=1 CLICOLOR_FORCE=1 entail links in.otlp"));
  EXPECT_FALSE(has_colours("CLICOLOR_FORCE=1 entail links in.otlp --color=never"));
  EXPECT_FALSE(has_colours("entail links in.otlp --color always --json"));
  const auto on_terminal = [&](const std::string& command) {
    Terminal terminal(shell() + command, 80);
    EXPECT_EQ(terminal.wait_for_end(), 0);
    return contains(terminal.shown(), "\x1b[1m");
  };
  EXPECT_TRUE(on_terminal("entail links in.otlp"));
  EXPECT_FALSE(on_terminal("TERM=dumb entail links in.otlp"));
  EXPECT_FALSE(on_terminal("NO_COLOR=1 entail links in.otlp"));
}

// A slow input on a terminal: standard input is a file, so the share that was read is known.
TEST_F(Usage, ProgressShowsThePercentage) {
  ASSERT_EQ(run("generate --scenario mixed --spans 300000 -o big.otlp.gz").exit_code, 0);
  Terminal terminal(shell() + "entail links big.otlp.gz >.out", 60);
  const int exit_code = terminal.wait_for_end();
  EXPECT_EQ(exit_code, 0);
  EXPECT_TRUE(contains(terminal.shown(), " requests, ")) << terminal.shown();
  EXPECT_TRUE(contains(terminal.shown(), " %")) << terminal.shown();
  Terminal quiet(shell() + "entail links -q big.otlp.gz >.out", 60);
  EXPECT_EQ(quiet.wait_for_end(), 0);
  EXPECT_EQ(quiet.shown(), "");
}

}  // namespace
}  // namespace entail::cli
