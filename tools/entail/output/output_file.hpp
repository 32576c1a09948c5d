// A file that is written, or standard output ("-"), through one buffer; compressed if its name ends in .gz or .zst.
//
// The file appears under its name only with publish(), when it is whole: see OutputTarget. The first failure sticks:
// later writes do nothing, and error() says what failed. A closed pipe fails like a full disk. Thread rule: Confined.
// Memory: one buffer of 1 MiB until the file is complete.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "entail/types.hpp"
#include "output/output_target.hpp"
#include "output/packer.hpp"

namespace entail::cli {

class OutputFile {
 public:
  // A failure to open is a failure like any other.
  explicit OutputFile(std::string path);
  // Discards a file that was not published.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(Bytes bytes);
  void write(std::string_view text) { write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}); }
  void flush();
  // Flushes and closes; what is written later is ignored. False if anything failed since the file was opened. The
  // target is still as it was.
  bool complete();
  // Replaces the target; completes the file first. False: as complete(), or the file cannot be given its name.
  bool publish();
  // The same, but until confirm() or the end it can be taken back: then the target is as it was, and what was written
  // stays under the temporary name.
  bool publish_for_now();
  void confirm() noexcept { target_.confirm(); }
  void take_back() { target_.take_back(); }
  // Keeps what was written so far under the temporary name, which it returns. Empty: there is none.
  std::string keep_incomplete();

  // The name of the file that keep_incomplete() or take_back() has left; empty: none.
  std::string kept_name() const { return target_.is_kept() ? target_.temporary_name() : std::string(); }

  bool failed() const noexcept { return error_number_ != 0; }
  // The reader of a pipe went away, which is no error to report.
  bool pipe_closed() const noexcept;
  // A signal arrived before the other end of a pipe was opened.
  bool interrupted() const noexcept;
  std::string error() const;
  // A pipe or a terminal, whose reader may be waiting for each write.
  bool streams() const noexcept { return streams_; }

 private:
  void pass_on(Bytes bytes, Packer::Step step);
  void write_through(Bytes bytes);

  std::string path_;
  OutputTarget target_;
  std::unique_ptr<Packer> packer_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t used_ = 0;
  int error_number_ = 0;
  bool completed_ = false;
  bool streams_ = false;
};

}  // namespace entail::cli
