// Ctrl-C and SIGTERM as a question: stop_requested(). The first signal asks the run to stop; a second one ends the
// process as usual.
//
// Thread rule: Protocol: the handler sets one flag that only rises and writes one byte into a pipe, so that a blocked
// reader of a terminal or a pipe wakes up without a race; any thread may ask.
#pragma once

namespace entail::cli {

// Installs the handlers. Call once, at the start of a command that ends cleanly on Ctrl-C.
void watch_signals();

bool stop_requested() noexcept;

// Waits until fd can be read or a stop is requested. False: a stop was requested.
bool wait_readable_or_stop(int fd) noexcept;

}  // namespace entail::cli
