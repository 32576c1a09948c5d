// The progress line of a run over its inputs. Thread rule: Immutable (functions). Cost: a system call for each input,
// each time the line is shown; nothing in between.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace entail::cli {

struct ReadSoFar {
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;        // unpacked
  std::uint64_t file_bytes = 0;   // of the files as they are, packed or not
  std::uint64_t whole_bytes = 0;  // of all files; 0: not all of the inputs are regular files
  double seconds = 0;
};

// "1,234 requests, 1.2 GiB, 45 %, 12 s left"; without the last two if they cannot be known.
std::string progress_text(const ReadSoFar& read);

// The size of all the files, from where reading begins; 0 if one of them is no regular file. "-" is standard input.
std::uint64_t whole_bytes(const std::vector<std::string>& paths);

}  // namespace entail::cli
