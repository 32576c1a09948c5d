// Mistakes that must cost nothing: whatever goes wrong, no input, configuration or earlier output is changed, and
// nothing is left behind. Each row is a command line as a user may type it.
#include <set>

#include "command_run.hpp"

namespace entail::cli {
namespace {

using namespace test;

struct Misuse {
  const char* name;
  const char* command;  // for the shell, in a folder with the files of SetUp()
  int exit_code;
  const char* message;  // what standard error must contain
};

// In the folder: in.otlp and in.jsonl are inputs, c.yaml and two.yaml configurations, e.env variables, old and log what
// an earlier run wrote, log.jsonl a log that was rotated, hard.* hard links, soft.* symbolic links.
constexpr Misuse kMisuses[] = {
    {"an input with a typo", "entail sample missing -o old", 1, "old was not written"},
    {"no input exists", "entail sample missing gone -o old --decisions log", 1, "old was not written"},
    {"the input is a folder", "entail sample . -o old", 1, "Is a directory"},
    {"the input is the output", "entail sample in.otlp -o in.otlp", 2, "both read and written"},
    {"the same under another name", "entail sample in.otlp -o ./nothing/../in.otlp", 2, "both read and written"},
    {"the output is a hard link to the input", "entail sample in.otlp -o hard.otlp", 2, "both read and written"},
    {"the output is a symbolic link to the input", "entail sample in.otlp -o soft.otlp", 2, "both read and written"},
    {"the input is a symbolic link to the output", "entail sample soft.otlp -o in.otlp", 2, "both read and written"},
    {"the output is the input in a linked folder", "entail sample in.otlp -o folder/in.otlp", 2, "both read and"},
    {"the second of two inputs is the output", "entail sample in.otlp in.jsonl -o in.jsonl", 2, "both read and"},
    {"the decision log is the input", "entail sample in.otlp -o new --decisions in.otlp", 2, "both read and written"},
    {"the output is the configuration", "entail sample -c c.yaml in.otlp -o c.yaml", 2, "both read and written"},
    {"the log is a hard link to the configuration", "entail sample -c c.yaml in.otlp -o new --decisions hard.yaml", 2,
     "both read and written"},
    {"the output is the file of variables", "entail sample -c c.yaml --env-file e.env in.otlp -o e.env", 2,
     "both read"},
    {"the output is the log", "entail sample in.otlp -o old --decisions old", 2, "every output needs its own"},
    {"output and log are one new file", "entail sample in.otlp -o new --decisions ./new", 2, "every output needs its"},
    {"the log is a hard link to the output", "entail sample in.otlp -o old --decisions hard.old", 2, "every output"},
    {"traces and log both go to a redirected standard output", "entail sample in.otlp -o - --decisions - >>old", 2,
     "every output needs its own"},
    {"standard output is given twice", "entail sample in.otlp -o - --decisions /dev/stdout >>old", 2, "every output"},
    {"standard output goes to the input", "entail sample in.jsonl -o - >>in.jsonl", 2, "both read and written"},
    {"the summary goes to the input", "entail sample in.jsonl -o new >>in.jsonl", 2, "which is read"},
    {"the summary goes to the output", "entail sample in.jsonl -o old >>old", 2, "are the same file"},
    {"the input comes from the output", "entail sample - -o old <old", 2, "both read and written"},
    {"standard input is named twice", "entail sample -c - - -o old <c.yaml", 2, "only once"},
    {"convert onto the input", "entail convert in.otlp -o hard.otlp --to jsonl", 2, "both read and written"},
    {"convert an input with a typo", "entail convert missing -o old --to jsonl", 1, "old was not written"},
    {"convert what is no OTLP", "entail convert c.yaml -o old --to jsonl", 1, "old was not written"},
    {"the statistics go to the input", "entail links in.jsonl >>in.jsonl", 2, "which is read"},
    {"the explanation goes to the log", "entail explain ab --decisions log >>log", 2, "which is read"},
    {"the result goes to the configuration", "entail config check c.yaml >>c.yaml", 2, "which is read"},
    {"a story onto its own configuration", "entail generate --scenario chain -o old --config hard.old", 2, "every out"},
    {"a story with a wrong flag", "entail generate --scenario chain --links 3 -o old --config c.yaml", 2, "links"},
    {"no such scenario", "entail generate --scenario chian -o old", 2, "chian"},
    {"no such configuration", "entail sample -c missing.yaml in.otlp -o old", 2, "missing.yaml"},
    {"a configuration with an error", "entail sample -c bad.yaml in.otlp -o old --decisions log", 2, "bad.yaml:2:"},
    {"a regex that does not compile", "entail sample -c regex.yaml in.otlp -o old", 2, "regex.yaml:"},
    {"two instances, none named", "entail sample -c two.yaml in.otlp -o old", 2, "which one is meant"},
    {"an instance with a typo", "entail sample -c two.yaml --instance erors in.otlp -o old", 2, "no instance 'erors'"},
    {"a variable without a value", "entail sample -c two.yaml --instance some in.otlp -o old", 2,
     "PERCENT has no value"},
    {"no such file of variables", "entail sample -c c.yaml --env-file missing in.otlp -o old", 2, "missing: cannot be"},
    {"an instance without a configuration", "entail sample --instance a in.otlp -o old", 2, "need a configuration"},
    {"a time that is none", "entail sample in.otlp -o old --clock-max tomorrow", 2, "--clock-max tomorrow"},
    {"input compressed by xz", "entail sample packed.xz -o old", 1, "xz data"},
    {"input compressed by bzip2", "entail sample packed.bz2 -o old", 1, "bzip2 data"},
    {"input compressed by lz4", "entail sample packed.lz4 -o old", 1, "lz4 data"},
    {"input compressed by lzma", "entail sample packed.lzma -o old", 1, "lzma data"},
    {"input in a tar archive", "entail sample packed.tar -o old", 1, "a tar archive"},
    {"a list of Kubernetes resources", "entail sample -c list.yaml in.otlp -o old", 2, "one of its items"},
    {"input of Zipkin", "entail sample zipkin.json -o old", 1, "Zipkin"},
    {"input of Jaeger", "entail sample jaeger.json -o old", 1, "Jaeger"},
    {"a search result of Tempo", "entail sample tempo.json -o old", 1, "Tempo"},
    {"an empty input", "entail sample empty -o old --decisions log", 1, "no traces, so old was not written"},
    {"a pipe without input", "true | entail sample - -o old", 1, "no traces, so old was not written"},
    {"input of metrics", "entail sample metrics.jsonl -o old --decisions log", 1, "no traces, so old was not written"},
    {"convert an empty input", "entail convert empty -o old --to json", 1, "no traces, so old was not written"},
    {"convert metrics", "entail convert metrics.jsonl -o old --to proto-u32be", 1, "no traces, so old was not written"},
    {"standard input under two names", "entail sample -c /dev/stdin - -o old <c.yaml", 2, "only once"},
    {"variables from the input", "entail sample -c c.yaml --env-file /dev/stdin - -o old <in.otlp", 2, "only once"},
    {"a pipe under two names", "cat c.yaml | entail sample -c /dev/fd/3 - -o old 3<&0", 2, "read only once"},
    {"the output is standard input", "entail sample - -o /dev/stdin <in.otlp", 2, "both read and written"},
    {"the configuration has an empty name", "entail sample -c '' in.otlp -o old", 2, "is empty"},
    {"the log has an empty name", "entail sample in.otlp -o old --decisions ''", 2, "is empty"},
    {"a variable with an impossible name", "entail sample -c c.yaml --env 'A B=1' in.otlp -o old", 2, "A B"},
    {"input that is noise", "entail sample noise -o old --decisions log", 1, "old was not written"},
    {"input that ends in its first frame", "head -c 40 in.otlp | entail sample - -o old --from proto-u32be", 1, "ends"},
    {"the disk is full", "(ulimit -f 1; entail sample -c all.yaml big.jsonl -o old)", 3, "old: cannot be written"},
    {"the disk is full of decisions", "(ulimit -f 1; entail sample big.jsonl -o /dev/null --decisions log)", 3,
     "log: cannot"},
    {"the decision log is a full device", "entail sample in.otlp -o old --decisions /dev/full", 3, "/dev/full"},
    {"the traces go to a full device", "entail sample in.otlp -o /dev/full --decisions log", 3, "/dev/full"},
    {"a full disk for convert", "(ulimit -f 1; entail convert big.jsonl -o old --to json)", 3,
     "old: cannot be written"},
    {"a full disk for generate", "(ulimit -f 1; entail generate --scenario mixed --spans 9000 -o old --config c.yaml)",
     3, "old: cannot be written"},
    {"the compressed output has no room", "(ulimit -f 1; entail sample -c all.yaml big.jsonl -o old.gz)", 3, "old.gz"},
    {"the output's folder is missing", "entail sample in.otlp -o no/such/new --decisions log", 3, "no/such/new"},
    {"the log's folder is missing", "entail sample in.otlp -o old --decisions no/such/log", 3, "no/such/log"},
    {"the output is a folder", "entail sample in.otlp -o real --decisions log", 3, "real: cannot be written"},
    {"the output is to be a folder", "entail sample in.otlp -o nothing/", 3, "nothing/: cannot be written"},
    {"the output is behind a file", "entail sample in.otlp -o old/new", 3, "old/new: cannot be written"},
    {"the output is a circle of links", "entail sample in.otlp -o circle", 3, "circle: cannot be written"},
    {"the result has no room", "entail config check c.yaml >/dev/full", 3, "standard output: cannot be written"},
    {"the help has no room", "entail --help >/dev/full", 3, "standard output: cannot be written"},
    {"a command's help has no room", "entail sample --help >/dev/full", 3, "standard output: cannot be written"},
    {"the version has no room", "entail --version >/dev/full", 3, "standard output: cannot be written"},
    {"the defaults have no room", "entail config defaults >/dev/full", 3, "standard output: cannot be written"},
    {"the scenarios have no room", "entail generate --list >/dev/full", 3, "standard output: cannot be written"},
    {"the story has no room", "entail generate --scenario saga -o /dev/null --tell >/dev/full", 3,
     "standard output: cannot be written"},
    {"the summary has no room", "entail convert in.otlp -o /dev/null --to proto >/dev/full", 3,
     "standard output: cannot be written"},
    {"standard output is closed", "entail sample in.otlp -o - >&-", 3, "standard output: cannot be written"},
    {"standard input is closed", "entail sample - -o old <&-", 1, "old was not written"},
    {"a later part of the log is the input",
     "entail sample part.2.jsonl -o new --decisions part.jsonl --decisions-rotate 1kB", 2, "both read and written"},
    {"a later part is a symbolic link to the input",
     "entail sample in.jsonl -o new --decisions soft.jsonl --decisions-rotate 1kB", 2, "both read and written"},
    {"the input is a hard link to a later part",
     "entail sample hard.log -o new --decisions log.jsonl --decisions-rotate 1kB", 2, "both read and written"},
    {"a later part is the configuration",
     "entail sample -c c.yaml in.otlp -o new --decisions conf.yaml --decisions-rotate 1kB", 2, "both read and written"},
    {"a later part is the file of variables",
     "entail sample -c c.yaml --env-file var.2.env in.otlp -o new --decisions var.env --decisions-rotate 1kB", 2,
     "both read and written"},
    {"a later part is the output", "entail sample in.otlp -o log.2.jsonl --decisions log.jsonl --decisions-rotate 1kB",
     2, "every output needs its own"},
    {"a later part is a hard link to the output",
     "entail sample in.otlp -o hard.log --decisions log.jsonl --decisions-rotate 1kB", 2, "every output needs its own"},
    {"the output has the name of a later part",
     "entail sample in.otlp -o new.2.jsonl --decisions new.jsonl --decisions-rotate 1kB", 2, "every output needs its"},
    {"the same in a linked folder",
     "entail sample in.otlp -o folder/new.20.jsonl --decisions ./new.jsonl --decisions-rotate 1kB", 2, "every output"},
    {"the log leads to a later part of itself",
     "entail sample in.otlp -o new --decisions self.jsonl --decisions-rotate 1kB", 2, "self.jsonl leads to"},
    {"a later part is a foreign file", "entail sample in.otlp -o new --decisions part.jsonl --decisions-rotate 1kB", 2,
     "part.2.jsonl has the name of a later file"},
    {"a foreign file behind a gap", "entail sample in.otlp -o new --decisions gap.jsonl --decisions-rotate 1kB", 2,
     "gap.7.jsonl has the name of a later file"},
    {"a compressed foreign file", "entail sample in.otlp -o new --decisions part.jsonl.gz --decisions-rotate 1kB", 2,
     "part.2.jsonl.gz has the name of a later file"},
    {"a later part is a symbolic link", "entail sample in.otlp -o new --decisions soft.jsonl --decisions-rotate 1kB", 2,
     "soft.2.jsonl has the name of a later file"},
    {"a later part is a folder", "entail sample in.otlp -o new --decisions real.jsonl --decisions-rotate 1kB", 2,
     "real.2.jsonl has the name of a later file"},
    {"the summary goes to a later part",
     "entail sample in.otlp -o new --decisions log.jsonl --decisions-rotate 1kB >>log.2.jsonl", 2, "are the same file"},
    {"a device is to be rotated", "entail sample in.otlp -o new --decisions /dev/null --decisions-rotate 1kB", 2,
     "--decisions with a file"},
    {"an open file is to be rotated",
     "entail sample in.otlp -o new --decisions /dev/fd/3 --decisions-rotate 1kB 3>>old", 2, "--decisions with a file"},
    {"the traces fail after the log was rotated",
     "entail sample big.jsonl -o /dev/full --decisions log.jsonl --decisions-rotate 4kB", 3, "/dev/full"},
    {"the report goes to a later part of the log",
     "entail report in.otlp --decisions log.jsonl --to json -o log.3.jsonl", 2, "both read and written"},
#ifdef ENTAIL_WITH_SQLITE
    {"the tables go to a later part of the log", "entail export --to sqlite in.otlp --decisions log.jsonl -o hard.log",
     2, "both read and written"},
#endif
    {"the explanation goes to a later part of the log", "entail why ab --decisions log.jsonl >>log.2.jsonl", 2,
     "which is read"},
    {"the reader of the traces goes away", "sh -c 'entail sample -c all.yaml big.jsonl -o -; echo $? >&2' | true", 0,
     "3"},
};

class Misuses : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    for (const char* const make :
         {"entail generate --scenario chain -o in.otlp",
          "entail convert in.otlp -o in.jsonl --to jsonl >out",
          "entail generate --scenario mixed --spans 3000 --to jsonl -o big.jsonl",
          "rm out",
          "echo old >old",
          "echo log >log",
          ": >empty",
          "echo old >old.gz",
          "mkdir real nothing",
          "ln -s . folder",
          "ln in.otlp hard.otlp",
          "ln old hard.old",
          "ln -s in.otlp soft.otlp",
          "ln -s circle circle",
          "echo PERCENT=7 >e.env",
          "entail sample in.otlp -o new --decisions log.jsonl --decisions-rotate 1kB >out && rm new out",
          "test -s log.3.jsonl",
          "ln log.2.jsonl hard.log",
          "cp in.jsonl part.2.jsonl",
          "cp old gap.7.jsonl",
          "gzip -c in.jsonl >part.2.jsonl.gz",
          "ln -s in.jsonl soft.2.jsonl",
          "mkdir real.2.jsonl",
          "ln -s self.2.jsonl self.jsonl",
          "cp e.env var.2.env"})
      ASSERT_EQ(std::system((shell() + make).c_str()), 0) << make;
    write("c.yaml",
          "tail_sampling:\n  policies: [{name: e, type: status_code, status_code: {status_codes: [ERROR]}}]\n");
    ASSERT_EQ(std::system((shell() + "ln c.yaml hard.yaml && ln c.yaml conf.2.yaml").c_str()), 0);
    write("all.yaml", "tail_sampling: {policies: [{name: all, type: always_sample}]}\n");
    write("bad.yaml", "tail_sampling:\n  decision_wait: soon\n");
    write("regex.yaml",
          "tail_sampling: {policies: [{name: r, type: string_attribute, string_attribute: "
          "{key: k, values: ['(open'], enabled_regex_matching: true}}]}\n");
    write("two.yaml",
          "processors:\n  tail_sampling/errors: {policies: [{name: e, type: status_code, status_code: "
          "{status_codes: [ERROR]}}]}\n  tail_sampling/some: {policies: [{name: p, type: probabilistic, "
          "probabilistic: {sampling_percentage: \"${env:PERCENT}\"}}]}\n");
    write("packed.xz", std::string("\xfd"
                                   "7zXZ\0\0\4",
                                   8));
    write("packed.bz2", "BZh91AY&SY....");
    write("packed.lz4", "\x04\x22\x4d\x18\x64\x40\xa7");
    write("packed.lzma", std::string("\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff", 13));
    ASSERT_EQ(std::system((shell() + "tar -cf packed.tar in.jsonl").c_str()), 0);
    write("list.yaml", "apiVersion: v1\nkind: List\nitems:\n- kind: OpenTelemetryCollector\n");
    write("metrics.jsonl", R"({"resourceMetrics":[{"scopeMetrics":[]}]})"
                           "\n");
    write("zipkin.json", R"([{"traceId":"0000000000000001","id":"0000000000000002","kind":"CLIENT","name":"get"}])");
    write("jaeger.json", R"({"data":[{"traceID":"01","spans":[],"processes":{}}],"total":0})");
    write("tempo.json", R"({"traces":[{"traceID":"01","rootServiceName":"shop"}],"metrics":{}})");
    test::write_file(path("noise"), test::noise(5000, 9));
  }

  void write(const std::string& name, const std::string& text) { test::write_file(path(name), test::buffer(text)); }

  // What a shell runs first: in the test's folder, where `entail` is the built command.
  std::string shell() const {
    const std::string program = ENTAIL_COMMAND;
    return "cd '" + folder_ + "' && export PATH='" + program.substr(0, program.rfind('/')) + "':\"$PATH\" && ";
  }

  // Every file of the folder with its bytes; links with where they lead.
  std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> contents;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      const std::string name = entry.path().filename();
      if (entry.is_symlink())
        contents[name] = "link to " + std::filesystem::read_symlink(entry.path()).string();
      else
        contents[name] = entry.is_regular_file() ? read_file(entry.path()) : "folder";
    }
    return contents;
  }
};

TEST_F(Misuses, CostNothing) {
  const std::map<std::string, std::string> before = contents();
  const std::string err = testing::TempDir() + "entail_misuse_" + std::to_string(::getpid());
  std::set<std::string> names;
  for (const Misuse& misuse : kMisuses) {
    SCOPED_TRACE(misuse.name);
    EXPECT_TRUE(names.insert(misuse.name).second);
    const int status =
        std::system((shell() + "{ " + misuse.command + "; } 2>'" + err + "' >'" + err + ".out'").c_str());
    EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, misuse.exit_code) << read_file(err);
    EXPECT_TRUE(contains(read_file(err), misuse.message)) << read_file(err);
    const std::map<std::string, std::string> after = contents();
    EXPECT_EQ(after.size(), before.size());
    for (const auto& [name, bytes] : after) {
      const auto found = before.find(name);
      EXPECT_TRUE(found != before.end()) << "left behind: " << name;
      if (found != before.end()) {
        EXPECT_TRUE(found->second == bytes) << "changed: " << name;
      }
    }
  }
  std::filesystem::remove(err);
  std::filesystem::remove(err + ".out");
  EXPECT_GE(names.size(), 60u);
}

// Standard error may lead into a file of the run: then the message goes to standard output.
TEST_F(Misuses, MessagesGoIntoNoFileOfTheRun) {
  const std::map<std::string, std::string> before = contents();
  for (const char* const command :
       {"entail sample -c c.yaml missing -o old 2>>c.yaml", "entail sample in.jsonl missing -o new 2>>in.jsonl",
        "entail convert in.jsonl missing -o old --to json 2>>old", "entail config check bad.yaml 2>>bad.yaml"}) {
    const std::string out = testing::TempDir() + "entail_misuse_out_" + std::to_string(::getpid());
    const int status = std::system((shell() + command + " >'" + out + "'").c_str());
    EXPECT_EQ(WEXITSTATUS(status), 2) << command;
    EXPECT_TRUE(contains(read_file(out), "entail: standard error ")) << command << "\n" << read_file(out);
    EXPECT_TRUE(contents() == before) << command;
    std::filesystem::remove(out);
  }
  EXPECT_EQ(WEXITSTATUS(std::system((shell() + "entail sample in.jsonl -o - >new 2>&1").c_str())), 2);
  EXPECT_FALSE(contains(read_file(path("new")), "resourceSpans"));
}

// Traces and log appear together, or neither does: here the name of one is taken by a folder during the run.
TEST_F(Misuses, OneOutputThatCannotBeRenamed_CostsNeither) {
  for (const bool is_log : {false, true}) {
    for (const bool is_new : {false, true}) {
      write("a", "traces\n");
      write("b", "log\n");
      const std::string taken = is_log ? "b" : "a";
      const std::string other = is_log ? "a" : "b";
      std::filesystem::remove(path(taken));
      if (is_new) std::filesystem::remove(path(other));
      const auto before = contents();
      const std::string command =
          "(cat in.jsonl; sleep 0.5; mkdir " + taken + ") | entail sample - -o a --decisions b 2>err >out";
      const int status = std::system((shell() + command).c_str());
      SCOPED_TRACE(command + (is_new ? ", new" : ", replaced"));
      EXPECT_EQ(WEXITSTATUS(status), 3);
      EXPECT_EQ(std::filesystem::exists(path(other)), !is_new);
      if (!is_new) {
        EXPECT_EQ(read_file(path(other)), is_log ? "traces\n" : "log\n");
      }
      // Nothing is lost either: both are under their temporary names, which messages give.
      unsigned kept = 0;
      for (const auto& [name, bytes] : contents())
        if (!before.contains(name) && contains(name, ".entail-")) {
          ++kept;
          EXPECT_TRUE(contains(read_file(path("err")), name)) << read_file(path("err"));
          std::filesystem::remove(path(name));
        }
      EXPECT_EQ(kept, 2u);
      std::filesystem::remove(path(taken));
    }
  }
}

// A folder takes the name of a later part during the run.
TEST_F(Misuses, ALaterPartThatCannotBeWritten_CostsNothing) {
  std::filesystem::remove(path("log.3.jsonl"));
  std::map<std::string, std::string> before = contents();
  const int status = std::system((shell() + "(cat in.jsonl; sleep 0.5; mkdir log.3.jsonl) | entail sample - -o old "
                                            "--decisions log.jsonl --decisions-rotate 1kB 2>err >out")
                                     .c_str());
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_TRUE(contains(read_file(path("err")), "log.3.jsonl: cannot be written")) << read_file(path("err"));
  std::filesystem::remove(path("err"));
  std::filesystem::remove(path("out"));
  before["log.3.jsonl"] = "folder";
  EXPECT_TRUE(contents() == before);
}

// What is no misuse, but may look like one.
TEST_F(Misuses, WhatIsNone_Works) {
  for (const char* const command :
       {"entail sample in.otlp -o /dev/null --decisions /dev/null >out",
        "entail sample - -o - <in.jsonl >out 2>/dev/null", "entail sample in.otlp -o /dev/stdout >out 2>/dev/null",
        "entail sample in.otlp -o /dev/fd/3 3>out >/dev/null", "entail sample in.otlp in.otlp -o out >/dev/null",
        "entail sample in.otlp -o out 2>&1 >/dev/null | cat", "entail sample in.otlp -o dangling >/dev/null",
        "entail sample in.otlp -o out >&-; test $? = 3 && test -s out", "entail sample in.otlp -o out 2>&- >/dev/null",
        "entail sample in.otlp -o out | true; test -s out",
        "echo '{\"resourceSpans\":[]}' | entail sample - -o out >/dev/null",
        "echo '{\"resourceSpans\":[]}' | entail convert - -o out --to json >/dev/null && test -s out"}) {
    std::filesystem::remove(path("out"));
    std::filesystem::remove(path("dangling"));
    std::filesystem::create_symlink("real/target", path("dangling"));
    const int status = std::system((shell() + command).c_str());
    EXPECT_EQ(WEXITSTATUS(status), 0) << command;
  }
  EXPECT_TRUE(std::filesystem::is_symlink(path("dangling")));
  EXPECT_GT(std::filesystem::file_size(path("real/target")), 0u);
}

// Replacing is as careful as writing into the file was: its permissions stay, and a link stays a link.
TEST_F(Misuses, AReplacedFile_KeepsItsPermissions) {
  std::filesystem::permissions(path("old"), std::filesystem::perms(0640));
  std::filesystem::create_symlink("old", path("soft.old"));
  ASSERT_EQ(run("sample in.otlp -o soft.old").exit_code, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(path("soft.old")));
  EXPECT_EQ(std::filesystem::status(path("old")).permissions(), std::filesystem::perms(0640));
  EXPECT_GT(std::filesystem::file_size(path("old")), 100u);
  EXPECT_EQ(read_file(path("hard.old")), "old\n");
}

}  // namespace
}  // namespace entail::cli
