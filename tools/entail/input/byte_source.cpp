#include "input/byte_source.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "stop_signal.hpp"

namespace entail::cli {

FileSource::FileSource(int fd, bool owned) noexcept : fd_(fd), owned_(owned) {
  struct stat status = {};
  if (::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) return;
  const off_t at = ::lseek(fd_, 0, SEEK_CUR);
  regular_ = true;
  begin_ = at > 0 ? static_cast<std::uint64_t>(at) : 0;
  const auto file_size = static_cast<std::uint64_t>(status.st_size);
  size_ = file_size > begin_ ? file_size - begin_ : 0;
#ifdef POSIX_FADV_SEQUENTIAL
  ::posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
#endif
}

FileSource::~FileSource() {
  if (owned_) ::close(fd_);
}

std::size_t FileSource::read(std::uint8_t* into, std::size_t size) {
  for (;;) {
    if (!regular_ && !wait_readable_or_stop(fd_)) return 0;
    const ssize_t got = ::read(fd_, into, size);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EINTR || errno == EAGAIN) continue;
    fail(ProblemKind::unreadable, std::string("cannot be read: ") + std::strerror(errno));
    return 0;
  }
}

bool FileSource::would_wait() const {
  pollfd wait = {fd_, POLLIN, 0};
  return !regular_ && ::poll(&wait, 1, 0) == 0;
}

std::optional<FileView> FileSource::view() const {
  if (!regular_) return std::nullopt;
  const int fd = fd_;
  const std::uint64_t begin = begin_;
  return FileView{size_, [fd, begin](std::uint64_t offset, std::uint8_t* into, std::size_t size) -> std::size_t {
                    const ssize_t got = ::pread(fd, into, size, static_cast<off_t>(begin + offset));
                    return got > 0 ? static_cast<std::size_t>(got) : 0;
                  }};
}

std::uint64_t FilePosition::bytes_read() const noexcept {
  const off_t at = fd_ < 0 ? -1 : ::lseek(fd_, 0, SEEK_CUR);
  return at < 0 ? 0 : static_cast<std::uint64_t>(at) - std::min(begin_, static_cast<std::uint64_t>(at));
}

ByteWindow::ByteWindow(std::unique_ptr<ByteSource> source, std::size_t capacity)
    : source_(std::move(source)),
      buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(capacity)),
      capacity_(capacity) {}

Bytes ByteWindow::fill(std::size_t size) {
  while (end_ - begin_ < size && !ended_) read_some(size);
  return available();
}

void ByteWindow::fill_without_waiting(std::size_t size) {
  while (end_ - begin_ < size && !ended_ && !source_->would_wait()) read_some(size);
}

void ByteWindow::read_some(std::size_t size) {
  if (end_ == capacity_ || capacity_ - begin_ < size) make_room();
  const std::size_t got = source_->read(buffer_.get() + end_, capacity_ - end_);
  ended_ = got == 0;
  end_ += got;
}

void ByteWindow::consume(std::size_t size) noexcept {
  begin_ += size;
  offset_ += size;
  if (begin_ == end_) begin_ = end_ = 0;
}

// Moves the bytes to the front and, only if they fill the buffer, doubles it.
void ByteWindow::make_room() {
  const std::size_t held = end_ - begin_;
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, held);
    bytes_moved_ += held;
    begin_ = 0;
    end_ = held;
  }
  if (held < capacity_) return;
  auto larger = std::make_unique_for_overwrite<std::uint8_t[]>(capacity_ * 2);
  std::memcpy(larger.get(), buffer_.get(), held);
  bytes_moved_ += held;
  buffer_ = std::move(larger);
  capacity_ *= 2;
}

}  // namespace entail::cli
