#include "available_memory.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>

#include "entail/options.hpp"

namespace entail::cli {
namespace {

// Bounds of the option memory_limit.
constexpr std::uint64_t kLimitMin = std::uint64_t{16} << 20;
constexpr std::uint64_t kLimitMax = std::uint64_t{1} << 44;

// Where the hierarchies of control groups are mounted. In a container that sees its own group as the root, the group's
// files stand right there, whatever /proc says of its path.
constexpr const char* kVersion1Mount = "/sys/fs/cgroup/memory";
constexpr const char* kVersion2Mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

void lower(std::optional<std::uint64_t>& limit, std::optional<std::uint64_t> other) {
  if (other && (!limit || *other < *limit)) limit = other;
}

// The number that a file holds; nothing for "max" and for files that are not there.
std::optional<std::uint64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

std::optional<std::uint64_t> machine_bytes(const std::string& root) {
  std::ifstream file(root + "/proc/meminfo");
  for (std::string word; file >> word;) {
    std::uint64_t kib = 0;
    if (word == "MemTotal:" && file >> kib) return kib * 1024;
  }
  return std::nullopt;
}

// The smallest limit of the group and of those around it, up to the mount. memory.high counts as well: above it the
// kernel slows the process down until nothing goes on.
std::optional<std::uint64_t> smallest_limit(const std::string& mount, std::string path,
                                            std::initializer_list<const char*> names) {
  std::optional<std::uint64_t> limit;
  for (;;) {
    while (path.ends_with('/')) path.pop_back();
    for (const char* const name : names) lower(limit, number_in(mount + path + "/" + name));
    if (path.empty()) return limit;
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
}

bool names_memory(std::string_view controllers) {
  std::istringstream list{std::string(controllers)};
  for (std::string name; std::getline(list, name, ',');) {
    if (name == "memory") return true;
  }
  return false;
}

// Lines of /proc/self/cgroup: "4:cpu,memory:/path" in version 1, "0::/path" in version 2. A machine may have both.
std::optional<std::uint64_t> group_bytes(const std::string& root) {
  std::optional<std::uint64_t> limit;
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string_view controllers = std::string_view(line).substr(first + 1, second - first - 1);
    // A group outside of what this process may see: only the mount itself can be read.
    std::string path = line.substr(second + 1);
    if (path.find("/..") != std::string::npos) path.clear();
    if (controllers.empty()) {
      for (const char* const mount : kVersion2Mounts) {
        lower(limit, smallest_limit(root + mount, path, {"memory.max", "memory.high"}));
      }
    } else if (names_memory(controllers)) {
      lower(limit, smallest_limit(root + kVersion1Mount, path, {"memory.limit_in_bytes"}));
    }
  }
  return limit;
}

}  // namespace

std::optional<std::uint64_t> available_memory_bytes(const std::string& root) {
  std::optional<std::uint64_t> available = machine_bytes(root);
  lower(available, group_bytes(root));
  return available;
}

std::uint64_t default_memory_limit_bytes(std::optional<std::uint64_t> available_bytes) {
  if (!available_bytes) return Options().memory_limit_bytes;
  return std::clamp(*available_bytes / 2, kLimitMin, kLimitMax);
}

}  // namespace entail::cli
