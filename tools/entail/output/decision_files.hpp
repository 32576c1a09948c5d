// The decision log of one run: a file, or several, when it is to be rotated: d.jsonl, d.2.jsonl, d.3.jsonl, ... A file
// that is full appears under its name at once, the last one with publish(), which also removes files with the next
// numbers, that an earlier and longer run has left.
//
// Thread rule: Confined. Memory: that of one OutputFile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "output/output_file.hpp"

namespace entail::cli {

// d.jsonl.gz, 2 -> d.2.jsonl.gz. Number 1 is the name itself.
std::string numbered_name(const std::string& path, unsigned number);

class DecisionFiles {
 public:
  // bytes_max: of text in a file, before compression; 0 = no limit. A record is never cut.
  DecisionFiles(std::string path, std::uint64_t bytes_max);

  // One record with its newline.
  void write_line(std::string_view line);
  void flush() { file_->flush(); }
  bool complete() { return file_->complete(); }
  bool publish();
  std::string keep_incomplete() { return file_->keep_incomplete(); }
  std::string kept_name() const { return file_->kept_name(); }
  bool failed() const noexcept { return file_->failed(); }
  bool pipe_closed() const noexcept { return file_->pipe_closed(); }
  bool interrupted() const noexcept { return file_->interrupted(); }
  std::string error() const { return file_->error(); }
  bool streams() const noexcept { return file_->streams(); }

 private:
  const std::string path_;
  const std::uint64_t bytes_max_;
  unsigned number_ = 1;
  std::uint64_t bytes_ = 0;
  std::optional<OutputFile> file_;  // the one that is written; always there
};

}  // namespace entail::cli
