// A file that is written, or standard output ("-"), through one buffer.
//
// The first failure sticks: later writes do nothing, and error() says what failed. A closed pipe fails like a full
// disk. Thread rule: Confined. Memory: one buffer of 1 MiB.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "entail/types.hpp"

namespace entail::cli {

class OutputFile {
 public:
  // Truncates the file. A failure to open is a failure like any other.
  explicit OutputFile(std::string path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(Bytes bytes);
  void write(std::string_view text) { write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}); }
  void flush();
  // Flushes and closes; false if anything failed since the file was opened.
  bool finish();

  bool failed() const noexcept { return error_number_ != 0; }
  // The reader of a pipe went away: nobody needs to be told.
  bool pipe_closed() const noexcept;
  std::string error() const;
  // A pipe or a terminal: somebody may be waiting for each write.
  bool streams() const noexcept { return streams_; }

 private:
  void write_through(Bytes bytes);

  std::string path_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t used_ = 0;
  int fd_ = -1;
  int error_number_ = 0;
  bool streams_ = false;
};

// The path names a file that is already open as `other_path`: writing it would destroy what is read.
bool is_same_file(const std::string& path, const std::string& other_path);

}  // namespace entail::cli
