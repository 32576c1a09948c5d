#include "output/decision_files.hpp"

#include <filesystem>
#include <system_error>

namespace entail::cli {

std::string numbered_name(const std::string& path, unsigned number) {
  if (number == 1) return path;
  const std::filesystem::path whole(path);
  std::filesystem::path name = whole.filename();
  std::string ending;
  if (name.extension() == ".gz" || name.extension() == ".zst") {
    ending = name.extension().string();
    name = name.stem();
  }
  const std::string numbered = name.stem().string() + "." + std::to_string(number) + name.extension().string() + ending;
  return (whole.parent_path() / numbered).string();
}

DecisionFiles::DecisionFiles(std::string path, std::uint64_t bytes_max)
    : path_(std::move(path)), bytes_max_(bytes_max) {
  file_.emplace(path_);
}

void DecisionFiles::write_line(std::string_view line) {
  if (bytes_max_ != 0 && bytes_ != 0 && bytes_ + line.size() > bytes_max_ && !failed()) {
    if (!file_->publish()) return;
    file_.emplace(numbered_name(path_, ++number_));
    bytes_ = 0;
  }
  file_->write(line);
  bytes_ += line.size();
}

bool DecisionFiles::publish() {
  if (!file_->publish()) return false;
  std::error_code ignored;
  for (unsigned next = number_ + 1; bytes_max_ != 0 && std::filesystem::remove(numbered_name(path_, next), ignored);)
    ++next;
  return true;
}

}  // namespace entail::cli
