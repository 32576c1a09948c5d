#include "stop_signal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "output/output_target.hpp"

namespace entail::cli {
namespace {

// Lock-free, so that a signal handler may set it. Relaxed is enough: nothing is published through it.
std::atomic<bool> g_stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);
int g_wake_pipe[2] = {-1, -1};
constexpr std::array<int, 3> kSignals = {SIGINT, SIGTERM, SIGHUP};
// The others that a user, a shell or a limit sends and that end a process: at once, in any case. Not those of a crash,
// nor SIGPIPE and SIGXFSZ, which main() ignores, so that the write that follows reports its error.
constexpr std::array kEndSignals = {SIGQUIT, SIGALRM, SIGVTALRM, SIGPROF, SIGUSR1,
                                    SIGUSR2, SIGXCPU, SIGIO,     SIGPWR,  SIGSTKFLT};
std::array<std::atomic<bool>, kSignals.size()> g_seen = {};

// Ends the process as the signal does by default; the signal is blocked until its handler returns.
void end_process(int signal) noexcept {
  remove_temporary_files();
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void end_on_signal(int signal) { end_process(signal); }

void stop_on_signal(int signal) {
  const int saved_errno = errno;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    if (kSignals[i] == signal && g_seen[i].exchange(true, std::memory_order_relaxed)) return end_process(signal);
  }
  g_stop_requested.store(true, std::memory_order_relaxed);
  if (g_wake_pipe[1] >= 0) {
    const char byte = 0;
    // The pipe does not block; when it is full, readers are awake already.
    [[maybe_unused]] const auto written = ::write(g_wake_pipe[1], &byte, 1);
  }
  errno = saved_errno;
}

}  // namespace

void watch_signals(OnSignal reaction) {
  if (::pipe2(g_wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0) g_wake_pipe[0] = g_wake_pipe[1] = -1;
  struct sigaction action = {};
  action.sa_handler = reaction == OnSignal::stop ? stop_on_signal : end_on_signal;
  sigemptyset(&action.sa_mask);
  const auto is_ignored = [](int signal) {
    struct sigaction present = {};
    return ::sigaction(signal, nullptr, &present) == 0 && present.sa_handler == SIG_IGN;
  };
  for (const int signal : kSignals)
    if (signal != SIGHUP || !is_ignored(signal)) ::sigaction(signal, &action, nullptr);
  action.sa_handler = end_on_signal;
  for (const int signal : kEndSignals)
    if (!is_ignored(signal)) ::sigaction(signal, &action, nullptr);
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
