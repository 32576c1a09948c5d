#include "stop_signal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace entail::cli {
namespace {

// Lock-free, so that a signal handler may set it. Relaxed is enough: nothing is published through it.
std::atomic<bool> g_stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);
int g_wake_pipe[2] = {-1, -1};

void on_signal(int) {
  const int saved_errno = errno;
  g_stop_requested.store(true, std::memory_order_relaxed);
  if (g_wake_pipe[1] >= 0) {
    const char byte = 0;
    // The pipe does not block; when it is full, readers are awake already.
    [[maybe_unused]] const auto written = ::write(g_wake_pipe[1], &byte, 1);
  }
  errno = saved_errno;
}

}  // namespace

void watch_signals() {
  if (::pipe2(g_wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0) g_wake_pipe[0] = g_wake_pipe[1] = -1;
  struct sigaction action = {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // the second signal ends the process
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool stop_requested() noexcept { return g_stop_requested.load(std::memory_order_relaxed); }

bool wait_readable_or_stop(int fd) noexcept {
  for (;;) {
    if (stop_requested()) return false;
    pollfd waits[2] = {{fd, POLLIN, 0}, {g_wake_pipe[0], POLLIN, 0}};
    const int ready = ::poll(waits, g_wake_pipe[0] >= 0 ? 2 : 1, -1);
    if (ready < 0 && errno != EINTR) return true;  // the read that follows names the error
    if (ready > 0 && !stop_requested()) return true;
  }
}

}  // namespace entail::cli
