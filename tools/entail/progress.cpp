#include "progress.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "console.hpp"

namespace entail::cli {
namespace {

constexpr double kSecondsMin = 1;  // before that, nothing is known of the speed

std::string time_left(double seconds) {
  const auto left = static_cast<std::uint64_t>(std::ceil(seconds));
  if (left < 100) return std::to_string(left) + " s left";
  const std::uint64_t minutes = (left + 59) / 60;
  if (minutes < 100) return std::to_string(minutes) + " min left";
  return grouped(minutes / 60) + " h " + std::to_string(minutes % 60) + " min left";
}

}  // namespace

std::string progress_text(const ReadSoFar& read) {
  std::string text = plural(read.requests, "request", "requests") + ", " + byte_count(read.bytes);
  if (read.whole_bytes == 0) return text;
  // A file may grow while it is read.
  const double share = std::min(1.0, static_cast<double>(read.file_bytes) / static_cast<double>(read.whole_bytes));
  text += ", " + std::to_string(static_cast<unsigned>(share * 100)) + " %";
  if (share > 0 && read.seconds >= kSecondsMin) text += ", " + time_left(read.seconds * (1 - share) / share);
  return text;
}

std::uint64_t whole_bytes(const std::vector<std::string>& paths) {
  std::uint64_t bytes = 0;
  for (const std::string& path : paths) {
    struct stat status = {};
    const bool is_standard_input = path == "-";
    const int failed = is_standard_input ? ::fstat(STDIN_FILENO, &status) : ::stat(path.c_str(), &status);
    if (failed != 0 && !is_standard_input) continue;  // it is reported when it is opened
    if (failed != 0 || !S_ISREG(status.st_mode)) return 0;
    const off_t begin = is_standard_input ? std::max<off_t>(::lseek(STDIN_FILENO, 0, SEEK_CUR), 0) : 0;
    bytes += static_cast<std::uint64_t>(std::max<off_t>(status.st_size - begin, 0));
  }
  return bytes;
}

}  // namespace entail::cli
