#include "output/log_parts.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <memory>
#include <system_error>

#include "input/byte_source.hpp"
#include "input/inflate.hpp"
#include "output/output_target.hpp"

namespace entail::cli {
namespace {

// What stands before and behind the number in the name of a later part.
struct PartName {
  std::filesystem::path folder;
  std::string before;
  std::string behind;
};

PartName part_name(const std::string& path) {
  const std::filesystem::path whole(path);
  std::filesystem::path name = whole.filename();
  std::string packing;
  if (name.extension() == ".gz" || name.extension() == ".zst") {
    packing = name.extension().string();
    name = name.stem();
  }
  return {whole.parent_path(), name.stem().string() + ".", name.extension().string() + packing};
}

bool is_later_part(const PartName& part, std::string_view name) {
  if (name.size() <= part.before.size() + part.behind.size()) return false;
  if (!name.starts_with(part.before) || !name.ends_with(part.behind)) return false;
  const std::string_view digits =
      name.substr(part.before.size(), name.size() - part.before.size() - part.behind.size());
  unsigned number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return problem == std::errc() && end == digits.data() + digits.size() && digits.front() != '0' && number >= 2 &&
         number <= kLogPartsMax;
}

std::filesystem::path folder_of(const std::filesystem::path& parent) { return parent.empty() ? "." : parent; }

// The name of an existing or future file, and the folder behind all links.
bool has_part_name(const PartName& part, const std::string& path) {
  const std::filesystem::path whole(path);
  std::error_code problem;
  const auto folder = std::filesystem::canonical(folder_of(part.folder), problem);
  return !problem && is_later_part(part, whole.filename().string()) &&
         std::filesystem::canonical(folder_of(whole.parent_path()), problem) == folder && !problem;
}

bool begins_like_a_record(Bytes bytes) {
  constexpr std::string_view kBegin = "{\"trace_id\":\"";
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string_view id = text.substr(std::min(kBegin.size(), text.size())).substr(0, 33);
  return text.starts_with(kBegin) && id.size() == 33 && id.back() == '"' &&
         std::ranges::all_of(id.substr(0, 32), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_decision_log(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return false;
  constexpr std::size_t kWindowBytes = 4096;
  auto window = std::make_unique<ByteWindow>(std::make_unique<FileSource>(fd, true), kWindowBytes);
  const Packing packing = detect_packing(window->fill(8));
  if (packing == Packing::zstd_frames) return false;
  if (packing == Packing::none) return begins_like_a_record(window->fill(64));
  ByteWindow unpacked(
      packing == Packing::gzip ? make_gzip_source(std::move(window)) : make_zstd_source(std::move(window)),
      kWindowBytes);
  return begins_like_a_record(unpacked.fill(64));
}

}  // namespace

std::string numbered_name(const std::string& path, unsigned number) {
  if (number == 1) return path;
  const PartName part = part_name(path);
  return (part.folder / (part.before + std::to_string(number) + part.behind)).string();
}

std::vector<std::string> log_parts(const std::string& path) {
  std::vector<std::string> parts = {path};
  if (path.empty() || is_standard_input(path)) return parts;
  std::error_code ignored;
  for (unsigned number = 2; number <= kLogPartsMax; ++number) {
    std::string name = numbered_name(path, number);
    if (!std::filesystem::is_regular_file(name, ignored)) break;
    parts.push_back(std::move(name));
  }
  return parts;
}

std::vector<std::string> later_part_names(const std::string& path) {
  const PartName part = part_name(path);
  std::vector<std::string> names;
  std::error_code problem;
  std::filesystem::directory_iterator entry(folder_of(part.folder), problem);
  for (; !problem && entry != std::filesystem::directory_iterator(); entry.increment(problem)) {
    const std::string name = entry->path().filename().string();
    if (is_later_part(part, name)) names.push_back((part.folder / name).string());
  }
  std::ranges::sort(names);
  return names;
}

bool may_replace_part(const std::string& path) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) return errno == ENOENT;
  return S_ISREG(status.st_mode) && is_decision_log(path);
}

std::string rotation_conflict(const std::string& path, const std::string& output) {
  const PartName part = part_name(path);
  if (has_part_name(part, resolved_path(path)))
    return path + " leads to " + resolved_path(path) + ", which has the name of a later file of this decision log";
  if (output != "-" && (has_part_name(part, output) || has_part_name(part, resolved_path(output))))
    return output + " has the name of a later file of the decision log " + path + "; every output needs its own";
  for (const std::string& name : later_part_names(path))
    if (!may_replace_part(name))
      return name + " has the name of a later file of the decision log, but is not one, so it is not replaced";
  return {};
}

}  // namespace entail::cli
