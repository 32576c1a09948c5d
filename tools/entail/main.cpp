// The command `entail`. Each subcommand has a file of its own.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>

#include "commands.hpp"
#include "entail/entail.hpp"

namespace {

// A standard stream that the caller closed must not become the next file that is opened: a summary would be written
// into the traces. In its place comes one that refuses what the stream is for.
void occupy_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

int run(int argc, char** argv) {
  using entail::cli::Exit;
  entail::cli::CommandLine command_line(
      "entail", "A tail sampler that follows span links: keeps failed traces, and the traces linked to them.",
      "entail " + std::string(entail::version()));
  entail::cli::Command program = command_line.program();
  program.require_command();
  program.set_examples(
      "  entail sample -c entail.yaml traces.jsonl -o kept.jsonl --decisions decisions.jsonl\n"
      "  entail why --error --decisions decisions.jsonl\n"
      "  entail generate --scenario chain --depth 6 -o chain.otlp\n"
      "  entail links traces.jsonl\n"
      "  entail report traces.jsonl -o report.html\n"
      "  entail convert traces.jsonl -o traces.otlp --to proto-u32be\n"
      "  entail export --to sqlite traces.jsonl --decisions decisions.jsonl -o traces.sqlite\n"
      "\nRun `entail COMMAND --help` for the options of a command.");
  entail::cli::Action action;
  entail::cli::add_sample(program, action);
  entail::cli::add_why(program, action);
  entail::cli::add_generate(program, action);
  entail::cli::add_links(program, action);
  entail::cli::add_convert(program, action);
  entail::cli::add_report(program, action);
  entail::cli::add_export(program, action);
  entail::cli::add_config(program, action);
  entail::cli::add_diff(program, action);
  entail::cli::add_cost(program, action);
  entail::cli::add_graph(program, action);
  entail::cli::add_size(program, action);
  if (const std::optional<Exit> answered = command_line.parse(argc, argv)) return static_cast<int>(*answered);
  return static_cast<int>(action());
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_streams();
  // A reader that went away and a limit on file sizes are errors of write(), which the exit code reports.
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "entail: %s\n", error.what());
    return static_cast<int>(entail::cli::Exit::output_unwritable);
  }
}
