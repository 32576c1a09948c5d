// Signals at any moment: whatever ends a run, its inputs stay, and every output is whole, that of this run or of an
// earlier one.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include <array>
#include <chrono>
#include <random>
#include <thread>

#include "command_run.hpp"
#ifdef ENTAIL_WITH_SQLITE
#include "sqlite_rows.hpp"
#endif

namespace entail::cli {
namespace {

using namespace test;
using std::chrono::microseconds;

class InterruptCommand : public CommandTest {
 protected:
  // Starts the command with its standard output on `out`.
  pid_t start(const std::vector<std::string>& arguments, int out) {
    std::vector<char*> texts = {const_cast<char*>("entail")};
    for (const std::string& argument : arguments) texts.push_back(const_cast<char*>(argument.c_str()));
    texts.push_back(nullptr);
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, 0);
    ::dup2(out >= 0 ? out : null, 1);
    ::dup2(null, 2);
    const rlimit no_core = {0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    if (::chdir(folder_.c_str()) == 0) ::execv(ENTAIL_COMMAND, texts.data());
    ::_exit(99);
  }

  // The exit code, or 128 and the signal, as a shell reports it.
  static int wait_for(pid_t child) {
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  // The output of a command is complete.
  void expect_whole(const std::string& command) const {
#ifdef ENTAIL_WITH_SQLITE
    if (command == "export") {
      // It has the last index that is built, and every index agrees with its table.
      EXPECT_EQ(rows_of(path("out"), "SELECT count(*) FROM sqlite_schema WHERE name = 'paths_by_hop'"), Rows({{"1"}}));
      EXPECT_EQ(rows_of(path("out"), "PRAGMA integrity_check"), Rows({{"ok"}}));
      return;
    }
#endif
    EXPECT_TRUE(read_file(path("out")).ends_with("}\n")) << command;
    EXPECT_EQ(run("convert out -o checked --to proto-u32be").exit_code, 0);
  }
};

TEST_F(InterruptCommand, AnyMoment_LeavesWholeFiles) {
  ASSERT_EQ(run("generate --scenario mixed --spans 3000 --errors 0.5 --to jsonl -o in.jsonl").exit_code, 0);
  write_file(path("all.yaml"), buffer("tail_sampling: {policies: [{name: all, type: always_sample}]}"));
  const std::string input = read_file(path("in.jsonl"));
  const std::vector<std::vector<std::string>> commands = {
      {"sample", "-c", "all.yaml", "in.jsonl", "-o", "out", "--decisions", "log", "--to", "jsonl"},
      {"sample", "-c", "all.yaml", "in.jsonl", "-o", "out", "--decisions", "log", "--to", "jsonl", "--decisions-rotate",
       "4kB"},
      {"convert", "in.jsonl", "-o", "out", "--to", "json"},
#ifdef ENTAIL_WITH_SQLITE
      {"export", "--to", "sqlite", "in.jsonl", "-o", "out"},
#endif
      {"generate", "--scenario", "mixed", "--spans", "3000", "-o", "out", "--to", "jsonl", "--expect", "log"}};
  const std::string part = R"({"trace_id":"00000000000000000000000000000001","verdict":"earlier"})";
  std::mt19937 random(7);
  unsigned ended_early = 0, replaced = 0;
  for (const std::vector<std::string>& command : commands) {
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(wait_for(start(command, -1)), 0);
    const auto whole_run = std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begin);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGKILL, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU}) {
      write_file(path("out"), buffer("earlier"));
      write_file(path("log"), buffer("earlier"));
      write_file(path("log.2"), buffer(part));
      const pid_t child = start(command, -1);
      std::this_thread::sleep_for(microseconds(random() % static_cast<std::uint32_t>(whole_run.count() + 1)));
      ::kill(child, signal);
      const int code = wait_for(child);
      SCOPED_TRACE(command[0] + ", signal " + std::to_string(signal) + ", exit code " + std::to_string(code));
      EXPECT_TRUE(code == 0 || code == 130 || code == 128 + signal);
      ended_early += code != 0;
      EXPECT_TRUE(read_file(path("in.jsonl")) == input);
      const std::string out = read_file(path("out"));
      if (out == "earlier") {
        EXPECT_NE(code, 0);
        EXPECT_EQ(read_file(path("log")), "earlier");
        EXPECT_EQ(read_file(path("log.2")), part);
      } else {
        ++replaced;
        EXPECT_EQ(read_file(path("log.2")) == part, command.back() != "4kB");
        expect_whole(command[0]);
      }
      if (signal != SIGKILL) {
        EXPECT_EQ(temporary_files(), std::vector<std::string>());
      }
      for (const std::string& name : temporary_files()) std::filesystem::remove(path(name));
    }
  }
  EXPECT_GE(ended_early, 8u);
  EXPECT_GE(replaced, 1u);
}

// The reader of the traces does not read: the first signal asks for an end that cannot come, the second one forces it.
TEST_F(InterruptCommand, ASecondSignal_EndsAtOnce_AndLeavesNothingBehind) {
  ASSERT_EQ(run("generate --scenario mixed --spans 60000 --errors 1 --to jsonl -o in.jsonl").exit_code, 0);
  write_file(path("log"), buffer("earlier"));
  std::array<int, 2> pipe_ends;
  ASSERT_EQ(::pipe2(pipe_ends.data(), O_CLOEXEC), 0);
  const pid_t child = start({"sample", "in.jsonl", "-o", "-", "--decisions", "log"}, pipe_ends[1]);
  for (int i = 0; i < 2000 && temporary_files().empty(); ++i) std::this_thread::sleep_for(microseconds(10'000));
  EXPECT_EQ(temporary_files().size(), 1u);
  // The pipe is full when nothing more goes in.
  std::this_thread::sleep_for(std::chrono::seconds(2));
  ::kill(child, SIGINT);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "it should still wait for its reader";
  ::kill(child, SIGINT);
  EXPECT_EQ(wait_for(child), 128 + SIGINT);
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
  EXPECT_EQ(temporary_files(), std::vector<std::string>());
  EXPECT_EQ(read_file(path("log")), "earlier");
}

TEST_F(InterruptCommand, BeforeAPipeIsOpened) {
  ASSERT_EQ(run("generate --scenario chain -o in.otlp").exit_code, 0);
  ASSERT_EQ(std::system(("mkfifo '" + path("fifo") + "'").c_str()), 0);
  const pid_t child = start({"sample", "in.otlp", "-o", "fifo"}, -1);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  ::kill(child, SIGINT);
  EXPECT_EQ(wait_for(child), 130);
}

TEST_F(InterruptCommand, IgnoredHangup_StaysIgnored) {
  ASSERT_EQ(run("generate --scenario chain --to jsonl -o in.jsonl").exit_code, 0);
  // A shell gives what runs in the background /dev/null to read, unless its input is named.
  const std::string command = "cd '" + folder_ +
                              "' && (cat in.jsonl; sleep 2; cat in.jsonl) | (trap '' HUP; exec 3<&0; '" ENTAIL_COMMAND
                              "' convert - -o out --to jsonl <&3 >/dev/null & sleep 1; kill -HUP $!; wait $!)";
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(read_file(path("out")).size(), 2 * read_file(path("in.jsonl")).size());
}

}  // namespace
}  // namespace entail::cli
