// The decision log of one run: a file, or several, when it is to be rotated: see log_parts.hpp. All get their names
// with publish(), which also removes the later parts that an earlier run has left; until then the log is as it was.
//
// Later parts are never written through a symbolic link, and replace nothing but parts of a decision log.
//
// Thread rule: Confined. Memory: that of one OutputFile, and some hundred bytes for each part.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "output/output_file.hpp"

namespace entail::cli {

class DecisionFiles {
 public:
  // bytes_max: of text in a file, before compression; 0 = no limit. A record is never cut.
  DecisionFiles(std::string path, std::uint64_t bytes_max);

  // One record with its newline.
  void write_line(std::string_view line);
  void flush() { parts_.back()->flush(); }
  bool complete() { return refused_.empty() && parts_.back()->complete(); }
  // Gives all parts their names, or none.
  bool publish();
  // Keeps what was written so far under the temporary names, which it returns. Empty: there are none.
  std::string keep_incomplete();
  std::string kept_name() const;
  bool failed() const noexcept { return !refused_.empty() || at_fault().failed(); }
  bool pipe_closed() const noexcept { return at_fault().pipe_closed(); }
  bool interrupted() const noexcept { return at_fault().interrupted(); }
  std::string error() const;
  bool streams() const noexcept { return parts_.back()->streams(); }

 private:
  // A later part of an earlier run, which has another name while the new ones get theirs.
  struct Earlier {
    std::string name;
    std::string aside;
  };

  const OutputFile& at_fault() const noexcept { return unpublished_ ? *unpublished_ : *parts_.back(); }
  bool set_earlier_aside();
  void take_back();

  const std::string path_;
  const std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;                         // in the last part
  std::vector<std::unique_ptr<OutputFile>> parts_;  // the last one is written; never empty
  std::vector<Earlier> earlier_;
  const OutputFile* unpublished_ = nullptr;  // the one that could not get its name
  std::string refused_;                      // why a part cannot have its name
};

}  // namespace entail::cli
