#include "output/output_target.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string_view>

namespace entail::cli {
namespace {

constexpr unsigned kLinksMax = 40;           // as in the kernel
constexpr unsigned kNamesTriedMax = 10'000;  // of which another process has taken all before
constexpr std::size_t kNameBytesMax = 200;   // of the target's name in the temporary one

// The temporary files of this process, for a signal handler to remove. A slot holds a target's own text, which the
// target takes out before it changes. Relaxed is enough: one thread writes them, and the handler runs in it or reads a
// text that was complete before. A decision log that is rotated may have thousands; blocks are used again, never freed.
constexpr std::size_t kSlotsOfBlock = 64;
struct SlotBlock {
  std::array<std::atomic<const char*>, kSlotsOfBlock> slots = {};
  std::atomic<SlotBlock*> next{nullptr};  // release and acquire: a handler sees empty slots, not raw memory
};
SlotBlock g_temporary_files;
static_assert(std::atomic<const char*>::is_always_lock_free && std::atomic<SlotBlock*>::is_always_lock_free);

// SignalPauses that exist. Relaxed: it orders nothing but file operations, which the system does.
std::atomic<int> g_pauses{0};
static_assert(std::atomic<int>::is_always_lock_free);

// Puts `now` in the first slot that holds `before`; false: none does.
bool change_slot(const char* before, const char* now) noexcept {
  for (SlotBlock* block = &g_temporary_files; block; block = block->next.load(std::memory_order_acquire)) {
    for (std::atomic<const char*>& slot : block->slots) {
      const char* expected = before;
      if (slot.compare_exchange_strong(expected, now, std::memory_order_relaxed)) return true;
    }
  }
  return false;
}

void remember(const char* name) {
  if (change_slot(nullptr, name)) return;
  auto* const block = new SlotBlock;
  block->slots.front().store(name, std::memory_order_relaxed);
  SlotBlock* last = &g_temporary_files;
  while (SlotBlock* const next = last->next.load(std::memory_order_acquire)) last = next;
  last->next.store(block, std::memory_order_release);
}

void forget(const char* name) noexcept { change_slot(name, nullptr); }

// The open file that a path such as /dev/stdout or /dev/fd/3 denotes. Opened anew, it would be emptied.
std::optional<int> open_file_of(std::string_view path) {
  if (path == "/dev/stdin") return STDIN_FILENO;
  if (path == "-" || path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    int fd = -1;
    const std::string_view digits = path.substr(folder.size());
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), fd);
    if (problem == std::errc() && end == digits.data() + digits.size()) return fd;
  }
  return std::nullopt;
}

}  // namespace

SignalPause::SignalPause() noexcept {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before_);
  g_pauses.fetch_add(1, std::memory_order_relaxed);
}

SignalPause::~SignalPause() {
  g_pauses.fetch_sub(1, std::memory_order_relaxed);
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool is_standard_input(const std::string& path) { return path == "-" || open_file_of(path) == STDIN_FILENO; }

bool names_open_file(const std::string& path) { return open_file_of(path).has_value(); }

std::string output_name(const std::string& path) { return open_file_of(path) == STDOUT_FILENO ? "-" : path; }

std::string temporary_prefix(const std::string& target) {
  const std::filesystem::path whole(target);
  const std::string name = whole.filename().string().substr(0, kNameBytesMax);
  return (whole.parent_path() / ("." + name + ".entail-")).string() + std::to_string(::getpid());
}

std::string resolved_path(std::string path) {
  std::error_code problem;
  for (unsigned links = 0; links < kLinksMax; ++links) {
    const std::filesystem::path link(path);
    const std::filesystem::path next = std::filesystem::read_symlink(link, problem);
    if (problem) break;
    path = next.is_absolute() ? next.string() : (link.parent_path() / next).string();
  }
  // The folder is resolved too, so that the same file has one path.
  const std::filesystem::path named(path);
  const std::filesystem::path folder = named.has_parent_path() ? named.parent_path() : std::filesystem::path(".");
  const std::filesystem::path canonical = std::filesystem::canonical(folder, problem);
  return problem ? path : (canonical / named.filename()).string();
}

bool is_terminal(const std::string& path) {
  if (path == "-") return ::isatty(STDOUT_FILENO) != 0;
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) return false;
  const int fd = ::open(path.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  const bool answer = fd >= 0 && ::isatty(fd) != 0;
  if (fd >= 0) ::close(fd);
  return answer;
}

OutputTarget::OutputTarget(const std::string& path) {
  if (const std::optional<int> open_file = open_file_of(path)) {
    fd_ = ::fcntl(*open_file, F_DUPFD_CLOEXEC, 0);
    if (fd_ < 0) error_number_ = errno;
    return;
  }
  struct stat status = {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) {
    error_number_ = errno;
  } else if (exists && !S_ISREG(status.st_mode)) {
    open_special(path);
  } else {
    target_ = resolved_path(path);
    open_temporary();
  }
}

// A device or a pipe. A folder gives the error that the system has for it.
void OutputTarget::open_special(const std::string& path) {
  fd_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd_ < 0) error_number_ = errno;
}

void OutputTarget::open_temporary() {
  struct stat status = {};
  replaces_ = ::stat(target_.c_str(), &status) == 0;
  const std::filesystem::path target(target_);
  if (!target.has_filename()) {
    error_number_ = EISDIR;
    return;
  }
  // Renaming would replace a file that its permissions protect.
  if (replaces_ && ::access(target_.c_str(), W_OK) != 0) {
    error_number_ = errno;
    return;
  }
  const SignalPause pause;
  const std::string start = temporary_prefix(target_);
  for (unsigned i = 0; i < kNamesTriedMax && fd_ < 0; ++i) {
    temporary_ = start + "-" + std::to_string(i);
    fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ < 0 && errno != EEXIST) break;
  }
  if (fd_ < 0) {
    error_number_ = errno;
    temporary_.clear();
    return;
  }
  remember(temporary_.c_str());
  if (!replaces_) return;
  // The owner first, since a change of owner clears permission bits. Only root may give files away.
  [[maybe_unused]] const int owned = ::fchown(fd_, status.st_uid, status.st_gid);
  [[maybe_unused]] const int permitted = ::fchmod(fd_, status.st_mode & 0777);
}

OutputTarget::~OutputTarget() {
  confirm();
  discard();
}

bool OutputTarget::close() {
  if (fd_ < 0) return error_number_ == 0;
  // What is replaced must not be lost to a power failure before the new bytes have reached the disk.
  if (is_temporary() && replaces_ && ::fsync(fd_) != 0 && errno != EINVAL && errno != EROFS) error_number_ = errno;
  if (::close(fd_) != 0 && error_number_ == 0) error_number_ = errno;
  fd_ = -1;
  return error_number_ == 0;
}

bool OutputTarget::publish() {
  if (!is_temporary()) return error_number_ == 0;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
    error_number_ = errno;
    forget(temporary_.c_str());
    kept_ = true;
    return false;
  }
  forget(temporary_.c_str());
  temporary_.clear();
  return true;
}

// The earlier file gets a second name first, where the file system has hard links.
bool OutputTarget::publish_for_now() {
  if (!is_temporary()) return publish();
  published_ = temporary_;
  if (replaces_) earlier_ = temporary_ + "-earlier";
  if (replaces_ && ::link(target_.c_str(), earlier_.c_str()) != 0) {
    replaces_ = errno != ENOENT;  // it may have gone since
    earlier_.clear();
  }
  return publish();
}

void OutputTarget::confirm() noexcept {
  if (!earlier_.empty()) ::unlink(earlier_.c_str());
  earlier_.clear();
  published_.clear();
}

void OutputTarget::take_back() {
  if (published_.empty() || is_temporary()) return;
  if (replaces_) {
    if (earlier_.empty() || ::link(target_.c_str(), published_.c_str()) != 0) return;
    if (::rename(earlier_.c_str(), target_.c_str()) != 0) return;
  } else if (::rename(target_.c_str(), published_.c_str()) != 0) {
    return;
  }
  earlier_.clear();
  temporary_ = std::move(published_);
  published_.clear();
  kept_ = true;
}

void OutputTarget::keep_temporary() {
  if (!is_temporary()) return;
  close();
  forget(temporary_.c_str());
  kept_ = true;
}

void OutputTarget::discard() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  if (!is_temporary() || kept_) return;
  ::unlink(temporary_.c_str());
  forget(temporary_.c_str());
  temporary_.clear();
}

void remove_temporary_files() noexcept {
  // The handler may run in another thread than the pause, never in the same one. A rename that hangs must not hold it
  // up for ever.
  constexpr int kWaitsMax = 2000;
  for (int i = 0; g_pauses.load(std::memory_order_relaxed) != 0 && i < kWaitsMax; ++i) {
    const timespec millisecond = {0, 1'000'000};
    ::nanosleep(&millisecond, nullptr);
  }
  for (SlotBlock* block = &g_temporary_files; block; block = block->next.load(std::memory_order_acquire)) {
    for (std::atomic<const char*>& slot : block->slots)
      if (const char* const name = slot.load(std::memory_order_relaxed)) ::unlink(name);
  }
}

}  // namespace entail::cli
