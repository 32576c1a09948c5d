#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/pressure/loads.hpp"

namespace entail::pressure {
namespace {

Figures failed(const std::string& text) {
  Figures figures;
  figures.faults = 1;
  std::strncpy(figures.fault, text.c_str(), sizeof(figures.fault) - 1);
  return figures;
}

}  // namespace

Figures run_here(const Load& load, std::uint64_t memory_limit_bytes, std::int64_t seconds) {
  LoadHost host(load_options(load, memory_limit_bytes), load.answer);
  load.play(host, seconds);
  return host.finish();
}

Figures run_apart(const std::string& program, const Load& load, std::uint64_t memory_limit_bytes,
                  std::int64_t seconds) {
  int ends[2];
  if (pipe(ends) != 0) return failed("no pipe");
  std::string words[] = {program,
                         "play",
                         load.family,
                         std::to_string(load.scale),
                         load.name,
                         std::to_string(memory_limit_bytes),
                         std::to_string(seconds)};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) return failed("no process");
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);  // the child writes its figures there
    close(ends[0]);
    close(ends[1]);
    execv(program.c_str(), arguments.data());
    _exit(127);
  }
  close(ends[1]);
  Figures figures;
  const ssize_t size = read(ends[0], &figures, sizeof(figures));  // smaller than a pipe's buffer: one read
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (size != static_cast<ssize_t>(sizeof(figures)))
    return failed("the process ended without figures, status " + std::to_string(status));
  return figures;
}

}  // namespace entail::pressure
