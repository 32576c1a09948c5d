// The command `entail`. Each subcommand has a file of its own.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>

#include "output/output_target.hpp"
#include "program.hpp"
#include "usage/completion.hpp"

namespace {

// A standard stream that the caller closed must not become the next file that is opened: a summary would be written
// into the traces. In its place comes one that refuses what the stream is for.
void occupy_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

int run(int argc, char** argv) {
  using namespace entail::cli;
  CommandLine line = program_line();
  Action action;
  add_commands(line, action);
  if (argc > 2 && std::string_view(argv[1]) == kCompleteWord)
    return static_cast<int>(print_candidates(line.program().shape(), {argv + 2, argv + argc}));
  if (const std::optional<Exit> answered = line.parse(argc, argv)) return static_cast<int>(*answered);
  return static_cast<int>(action());
}

// Allocates nothing.
void say_out_of_memory() {
  constexpr std::string_view kText =
      "entail: out of memory, so the output is missing or incomplete: give the process more, lower memory_limit, or "
      "split the input\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kText.data(), kText.size());
}

// Memory that runs out in a worker thread, or where no exception may leave, ends the program in the same way.
[[noreturn]] void end_program() {
  if (const std::exception_ptr thrown = std::current_exception()) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::bad_alloc&) {
      entail::cli::remove_temporary_files();
      say_out_of_memory();
      ::_exit(static_cast<int>(entail::cli::Exit::output_unwritable));
    } catch (...) {
    }
  }
  std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  std::set_terminate(end_program);
  occupy_standard_streams();
  // A reader that went away and a limit on file sizes are errors of write(), which the exit code reports.
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    say_out_of_memory();
    return static_cast<int>(entail::cli::Exit::output_unwritable);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "entail: %s\n", error.what());
    return static_cast<int>(entail::cli::Exit::output_unwritable);
  }
}
