// Finds outputs that would destroy what the same run reads or writes elsewhere.
//
// Files are compared by what they are, not by name: through symbolic links, hard links, and standard streams that the
// shell redirected. Thread rule: Immutable (free functions).
#pragma once

#include <string>
#include <vector>

#include "console.hpp"
#include "input/framing.hpp"

namespace entail::cli {

// "-" is standard input among `read`, and standard output among `written`. Empty paths count as none.
struct FilesOfRun {
  std::vector<std::string> read;     // inputs, configuration, decision log
  std::vector<std::string> written;  // outputs
};

// True if a file is used twice: the run must not begin, and a message says which and how. The message does not go into
// one of the files, should standard error lead there.
bool report_conflict(const FilesOfRun& files, Console& console);

// True if protobuf would go to a terminal: the run must not begin, and a message says what to do instead.
bool report_terminal(const std::string& output, Framing framing, Console& console);

}  // namespace entail::cli
