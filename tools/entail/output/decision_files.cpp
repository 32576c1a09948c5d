#include "output/decision_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "output/log_parts.hpp"

namespace entail::cli {
namespace {

bool exists(const std::string& path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0;
}

std::string in_the_way(const std::string& name) { return name + ": cannot be written: it is no decision log"; }

}  // namespace

DecisionFiles::DecisionFiles(std::string path, std::uint64_t bytes_max)
    : path_(std::move(path)), bytes_max_(bytes_max) {
  parts_.push_back(std::make_unique<OutputFile>(path_));
}

void DecisionFiles::write_line(std::string_view line) {
  const bool is_full = bytes_max_ != 0 && bytes_ != 0 && bytes_ + line.size() > bytes_max_;
  if (is_full && !failed() && parts_.size() < kLogPartsMax) {
    if (!parts_.back()->complete()) return;
    const std::string name = numbered_name(path_, static_cast<unsigned>(parts_.size() + 1));
    // It was checked before the run, but may have appeared since.
    if (!may_replace_part(name)) {
      refused_ = in_the_way(name);
      return;
    }
    parts_.push_back(std::make_unique<OutputFile>(name));
    bytes_ = 0;
  }
  parts_.back()->write(line);
  bytes_ += line.size();
}

// First all later parts of an earlier run lose their names, so that a crash in the middle leaves no log that is mixed
// from two runs.
bool DecisionFiles::publish() {
  if (!complete()) return false;
  if (!set_earlier_aside()) {
    take_back();
    return false;
  }
  for (const auto& part : parts_) {
    if (part->publish_for_now()) continue;
    unpublished_ = part.get();
    take_back();
    return false;
  }
  for (const auto& part : parts_) part->confirm();
  for (const Earlier& earlier : earlier_) ::unlink(earlier.aside.c_str());
  earlier_.clear();
  return true;
}

bool DecisionFiles::set_earlier_aside() {
  if (bytes_max_ == 0) return true;
  for (unsigned number = 2; number <= kLogPartsMax; ++number) {
    const std::string name = numbered_name(path_, number);
    if (!exists(name)) {
      if (number > parts_.size()) return true;
      continue;
    }
    if (!may_replace_part(name)) {
      refused_ = in_the_way(name);
      return false;
    }
    // Long names may differ in what the prefix leaves out.
    const std::string aside = temporary_prefix(name) + "-earlier-" + std::to_string(number);
    if (std::rename(name.c_str(), aside.c_str()) != 0) {
      refused_ = name + ": cannot be removed: " + std::strerror(errno);
      return false;
    }
    earlier_.push_back({name, aside});
  }
  return true;
}

void DecisionFiles::take_back() {
  for (const auto& part : parts_) part->take_back();
  keep_incomplete();
  for (const Earlier& earlier : earlier_) std::rename(earlier.aside.c_str(), earlier.name.c_str());
  earlier_.clear();
}

std::string DecisionFiles::keep_incomplete() {
  for (const auto& part : parts_) part->keep_incomplete();
  return kept_name();
}

std::string DecisionFiles::error() const {
  const std::string text = refused_.empty() ? at_fault().error() : refused_;
  const std::string kept = kept_name();
  const bool names_all = refused_.empty() && parts_.size() == 1;  // the file's own error does
  return kept.empty() || names_all ? text : text + "; all of the log is in " + kept;
}

// Of many names, the first and the last.
std::string DecisionFiles::kept_name() const {
  constexpr std::size_t kNamesMax = 3;
  std::vector<std::string> names;
  for (const auto& part : parts_)
    if (std::string name = part->kept_name(); !name.empty()) names.push_back(std::move(name));
  if (names.size() > kNamesMax) return names.front() + ", ..., " + names.back();
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace entail::cli
