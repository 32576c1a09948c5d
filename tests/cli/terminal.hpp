// Runs a program on a terminal of its own (a pty), as wide as a test wants it, and types into it.
#pragma once

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>

namespace entail::cli::test {

class Terminal {
 public:
  // `command` is for the shell.
  Terminal(const std::string& command, unsigned short columns) {
    winsize size = {};
    size.ws_row = 50;
    size.ws_col = columns;
    child_ = ::forkpty(&fd_, nullptr, nullptr, &size);
    if (child_ != 0) return;
    ::setenv("TERM", "xterm", 1);
    for (const char* const name : {"NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"}) ::unsetenv(name);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  ~Terminal() {
    if (fd_ >= 0) ::close(fd_);
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& keys) {
    shown_.clear();
    [[maybe_unused]] const auto written = ::write(fd_, keys.data(), keys.size());
  }
  // Reads until `text` has been shown since the last type(). False: it did not come in time.
  bool wait_for(const std::string& text) {
    return read_until([&] { return shown_.find(text) != std::string::npos; });
  }
  // Reads until the program ends; its exit code, or -1.
  int wait_for_end() {
    read_until([] { return false; });
    int status = 0;
    if (::waitpid(child_, &status, 0) != child_) return -1;
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  // What was shown since the last type(), without carriage returns.
  std::string shown() const {
    std::string text;
    for (const char c : shown_)
      if (c != '\r') text += c;
    return text;
  }

 private:
  template <class Done>
  bool read_until(const Done& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      pollfd wait = {fd_, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) return false;
      std::array<char, 4096> block;
      const ssize_t got = ::read(fd_, block.data(), block.size());
      if (got <= 0) return false;  // the other end was closed
      shown_.append(block.data(), static_cast<std::size_t>(got));
    }
    return true;
  }

  int fd_ = -1;
  pid_t child_ = -1;
  std::string shown_;
};

}  // namespace entail::cli::test
