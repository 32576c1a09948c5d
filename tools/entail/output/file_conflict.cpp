#include "output/file_conflict.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "output/output_target.hpp"

namespace entail::cli {
namespace {

struct File {
  std::string name;
  std::optional<struct stat> status;  // nothing: it does not exist yet
  std::string path;                   // of a file that does not exist, resolved
};

File stream(const char* name, int fd) {
  File file{name, std::nullopt, {}};
  struct stat status = {};
  if (::fstat(fd, &status) == 0) file.status = status;
  return file;
}

File file_at(const std::string& path) {
  File file{path, std::nullopt, {}};
  struct stat status = {};
  if (::stat(path.c_str(), &status) == 0)
    file.status = status;
  else
    file.path = resolved_path(path);
  return file;
}

bool is_same(const File& one, const File& other) {
  if (!one.status || !other.status) return !one.status && !other.status && !one.path.empty() && one.path == other.path;
  return one.status->st_dev == other.status->st_dev && one.status->st_ino == other.status->st_ino;
}

bool is_regular(const File& file) { return file.status && S_ISREG(file.status->st_mode); }

// Reading and writing it at once would destroy it, or wait for itself. A terminal or /dev/null may be both.
bool holds_bytes(const File& file) {
  return file.status && (S_ISREG(file.status->st_mode) || S_ISFIFO(file.status->st_mode));
}

bool is_null_device(const File& file) {
  struct stat null_status = {};
  return file.status && S_ISCHR(file.status->st_mode) && ::stat("/dev/null", &null_status) == 0 &&
         file.status->st_rdev == null_status.st_rdev;
}

std::string conflict_of_outputs(const std::vector<File>& written) {
  for (std::size_t i = 0; i < written.size(); ++i) {
    for (std::size_t j = i + 1; j < written.size(); ++j) {
      if (is_same(written[i], written[j]) && !is_null_device(written[i]))
        return written[i].name + " and " + written[j].name + " are the same file; every output needs its own";
    }
  }
  return {};
}

}  // namespace

std::string find_conflict(const FilesOfRun& files) {
  if (std::count(files.read.begin(), files.read.end(), "-") > 1) return "standard input can be read only once";
  std::vector<File> read;
  std::vector<File> written;
  bool output_is_taken = false;
  for (const std::string& path : files.read) {
    if (!path.empty()) read.push_back(path == "-" ? stream("standard input", STDIN_FILENO) : file_at(path));
  }
  for (const std::string& path : files.written) {
    if (path.empty()) continue;
    output_is_taken = output_is_taken || path == "-";
    written.push_back(path == "-" ? stream("standard output", STDOUT_FILENO) : file_at(path));
  }
  if (const std::string conflict = conflict_of_outputs(written); !conflict.empty()) return conflict;
  // The summary and the messages go to the standard streams, which may have been redirected to any of the files.
  std::vector<File> streams;
  if (!output_is_taken) streams.push_back(stream("standard output", STDOUT_FILENO));
  streams.push_back(stream("standard error", STDERR_FILENO));
  for (const File& one : streams) {
    if (!is_regular(one)) continue;
    for (const File& other : written)
      if (is_same(one, other)) return one.name + " and " + other.name + " are the same file";
    for (const File& other : read)
      if (is_same(one, other)) return one.name + " goes to " + other.name + ", which is read";
  }
  for (const File& output : written) {
    for (const File& input : read)
      if (is_same(output, input) && holds_bytes(output)) return input.name + " is both read and written";
  }
  return {};
}

}  // namespace entail::cli
