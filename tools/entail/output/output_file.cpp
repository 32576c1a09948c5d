#include "output/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace entail::cli {
namespace {
constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
}

OutputFile::OutputFile(std::string path)
    : path_(std::move(path)), buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(kBufferBytes)) {
  fd_ = path_ == "-" ? STDOUT_FILENO : ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0) {
    error_number_ = errno;
    return;
  }
  struct stat status = {};
  streams_ = ::fstat(fd_, &status) == 0 && !S_ISREG(status.st_mode);
}

OutputFile::~OutputFile() { finish(); }

void OutputFile::write(Bytes bytes) {
  if (bytes.size() > kBufferBytes - used_) {
    flush();
    if (bytes.size() >= kBufferBytes) return write_through(bytes);
  }
  if (failed() || bytes.empty()) return;
  std::memcpy(buffer_.get() + used_, bytes.data(), bytes.size());
  used_ += bytes.size();
}

void OutputFile::flush() {
  write_through({buffer_.get(), used_});
  used_ = 0;
}

void OutputFile::write_through(Bytes bytes) {
  while (!bytes.empty() && !failed()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      error_number_ = errno;
    }
  }
}

bool OutputFile::finish() {
  if (fd_ >= 0) {
    flush();
    if (fd_ != STDOUT_FILENO && ::close(fd_) != 0 && !failed()) error_number_ = errno;
    fd_ = -1;
  }
  return !failed();
}

bool OutputFile::pipe_closed() const noexcept { return error_number_ == EPIPE; }

std::string OutputFile::error() const {
  return (path_ == "-" ? "standard output" : path_) + ": cannot be written: " + std::strerror(error_number_);
}

bool is_same_file(const std::string& path, const std::string& other_path) {
  struct stat one = {};
  struct stat other = {};
  const int one_status = path == "-" ? ::fstat(STDOUT_FILENO, &one) : ::stat(path.c_str(), &one);
  const int other_status = other_path == "-" ? ::fstat(STDIN_FILENO, &other) : ::stat(other_path.c_str(), &other);
  return one_status == 0 && other_status == 0 && S_ISREG(one.st_mode) && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

}  // namespace entail::cli
