#include "output/file_conflict.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "output/output_target.hpp"

namespace entail::cli {
namespace {

constexpr const char* kStandardOutput = "standard output";
constexpr const char* kStandardError = "standard error";

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

// A file may be read twice, but not what a pipe gives.
std::string conflict_of_inputs(const std::vector<File>& read) {
  for (std::size_t i = 0; i < read.size(); ++i) {
    for (std::size_t j = i + 1; j < read.size(); ++j) {
      if (is_same(read[i], read[j]) && read[i].status && S_ISFIFO(read[i].status->st_mode))
        return read[i].name + " and " + read[j].name + " are the same pipe, which can be read only once";
    }
  }
  return {};
}

struct Conflict {
  std::string text;  // empty: none
  bool is_of_messages = false;
};

// The summary and the messages go to the standard streams, which may have been redirected to any of the files.
Conflict conflict_of_streams(const std::vector<File>& streams, const std::vector<File>& written,
                             const std::vector<File>& read) {
  for (const File& one : streams) {
    if (!is_regular(one)) continue;
    const bool is_of_messages = one.name == kStandardError;
    for (const File& other : written)
      if (is_same(one, other)) return {one.name + " and " + other.name + " are the same file", is_of_messages};
    for (const File& other : read)
      if (is_same(one, other)) return {one.name + " goes to " + other.name + ", which is read", is_of_messages};
  }
  return {};
}

Conflict find_conflict(const FilesOfRun& files) {
  if (std::ranges::count_if(files.read, is_standard_input) > 1) return {"standard input can be read only once"};
  std::vector<File> read;
  std::vector<File> written;
  for (const std::string& path : files.read) {
    if (!path.empty()) read.push_back(path == "-" ? stream("standard input", STDIN_FILENO) : file_at(path));
  }
  for (const std::string& path : files.written) {
    if (!path.empty()) written.push_back(path == "-" ? stream(kStandardOutput, STDOUT_FILENO) : file_at(path));
  }
  if (std::string conflict = conflict_of_outputs(written); !conflict.empty()) return {std::move(conflict)};
  if (std::string conflict = conflict_of_inputs(read); !conflict.empty()) return {std::move(conflict)};
  std::vector<File> streams = {stream(kStandardError, STDERR_FILENO)};
  if (std::ranges::find(files.written, "-") == files.written.end())
    streams.push_back(stream(kStandardOutput, STDOUT_FILENO));
  if (Conflict conflict = conflict_of_streams(streams, written, read); !conflict.text.empty()) return conflict;
  for (const File& output : written) {
    for (const File& input : read)
      if (is_same(output, input) && holds_bytes(output)) return {input.name + " is both read and written"};
  }
  return {};
}

}  // namespace

bool report_conflict(const FilesOfRun& files, Console& console) {
  const Conflict conflict = find_conflict(files);
  if (conflict.text.empty()) return false;
  const bool is_one_stream = is_same(stream(kStandardError, STDERR_FILENO), stream(kStandardOutput, STDOUT_FILENO));
  if (conflict.is_of_messages && !is_one_stream)
    print("entail: " + conflict.text + "\n");
  else
    console.message(conflict.text);
  return true;
}

bool report_terminal(const std::string& output, Framing framing, Console& console) {
  if (framing == Framing::jsonl || framing == Framing::json || !is_terminal(output)) return false;
  console.message("protobuf is not written to a terminal: choose a file (-o FILE), a pipe (| cat) or --to jsonl");
  return true;
}

}  // namespace entail::cli
