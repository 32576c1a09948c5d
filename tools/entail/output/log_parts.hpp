// The files of a decision log that was rotated: d.jsonl, d.2.jsonl, d.3.jsonl, ... The later ones lie beside the name
// that the user gave, also if that is a symbolic link.
//
// Thread rule: Immutable (free functions that read the file system).
#pragma once

#include <string>
#include <vector>

namespace entail::cli {

// Files of one log. A name with a larger number, such as a date, is not one of a log; the last file has no size limit.
constexpr unsigned kLogPartsMax = 9'999;

// d.jsonl.gz, 2 -> d.2.jsonl.gz. Number 1 is the name itself.
std::string numbered_name(const std::string& path, unsigned number);

// The files in which a reader finds the log, in order; `path` itself comes first, whether or not it exists. "-" and an
// empty path have no others.
std::vector<std::string> log_parts(const std::string& path);

// Whatever has the name of a later part, also behind a gap in the numbers.
std::vector<std::string> later_part_names(const std::string& path);

// A run may replace it: nothing is there, or a regular file that begins like a decision log, compressed or not.
bool may_replace_part(const std::string& path);

// Why a run that rotates the log must not begin: `output` has the name of a later part, or something that is no
// decision log has. Empty: it may.
std::string rotation_conflict(const std::string& path, const std::string& output);

}  // namespace entail::cli
