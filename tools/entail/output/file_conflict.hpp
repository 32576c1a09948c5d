// Finds outputs that would destroy what the same run reads or writes elsewhere.
//
// Files are compared by what they are, not by name: through symbolic links, hard links, and standard streams that the
// shell redirected. Thread rule: Immutable (free functions).
#pragma once

#include <string>
#include <vector>

namespace entail::cli {

// "-" is standard input among `read`, and standard output among `written`. Empty paths count as none.
struct FilesOfRun {
  std::vector<std::string> read;     // inputs, configuration, decision log
  std::vector<std::string> written;  // outputs
};

// Says which file is used twice, and how; empty if every output is a file of its own.
std::string find_conflict(const FilesOfRun& files);

}  // namespace entail::cli
