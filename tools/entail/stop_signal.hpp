// Handlers for the signals that end a process. The first SIGINT, SIGTERM or SIGHUP sets stop_requested(), so that the
// run can end cleanly. A second one of the same kind ends the process at once, and so does any other signal that does
// so by default and does not report a crash (SIGQUIT, SIGALRM, SIGUSR1, ...). Temporary files are removed first.
//
// Thread rule: Protocol: the handler sets one flag that only rises and writes one byte into a pipe, so that a blocked
// reader of a terminal or a pipe wakes up without a race; any thread may ask.
#pragma once

#include <cstdint>

namespace entail::cli {

enum class OnSignal : std::uint8_t {
  stop,  // end the run cleanly, with what was read so far
  end,   // end the process at the first signal: half of the output is of no use
};

// Installs the handlers. Call once, at the start of a command. SIGHUP stays ignored if it was (nohup).
void watch_signals(OnSignal reaction = OnSignal::stop);

bool stop_requested() noexcept;

// Waits until fd can be read or a stop is requested. False: a stop was requested.
bool wait_readable_or_stop(int fd) noexcept;

}  // namespace entail::cli
