// Bytes of one input, in order: a file or a pipe, and what gzip and zstd make of it.
//
// A source gives bytes until it ends; a problem ends it too, after the bytes that were good. ByteWindow looks ahead in
// a source. Thread rule: Confined. Memory: a window holds what was asked for, at most twice that; it grows with the
// bytes that came, never with a length that a file claims.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "entail/types.hpp"

namespace entail::cli {

// Why something of the input could not be used. `unreadable` is the operating system's refusal, not counted as skipped.
enum class ProblemKind : std::uint8_t { malformed, truncated, unreadable };

struct Problem {
  ProblemKind kind = ProblemKind::malformed;
  std::string text;        // with the byte offset in the file at hand, without its name
  std::uint64_t line = 0;  // the line of the file, where lines count; 0 = none
};

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills up to size bytes and returns how many; 0 = the end, or a problem.
  virtual std::size_t read(std::uint8_t* into, std::size_t size) = 0;
  // True if a read would wait for more to arrive. May say false without knowing.
  virtual bool would_wait() const { return false; }
  const std::optional<Problem>& problem() const noexcept { return problem_; }

 protected:
  void fail(ProblemKind kind, std::string text) { problem_ = Problem{kind, std::move(text), 0}; }

 private:
  std::optional<Problem> problem_;
};

// Random access into a regular file, for looking at frames far ahead.
struct FileView {
  std::uint64_t size = 0;  // from where reading began
  // Reads up to size bytes at the offset; returns how many.
  std::function<std::size_t(std::uint64_t offset, std::uint8_t* into, std::size_t size)> read_at;
};

// How far a regular file has been read. Valid as long as its source.
class FilePosition {
 public:
  FilePosition() = default;
  FilePosition(int fd, std::uint64_t begin) noexcept : fd_(fd), begin_(begin) {}
  // 0 for anything but a regular file.
  std::uint64_t bytes_read() const noexcept;

 private:
  int fd_ = -1;
  std::uint64_t begin_ = 0;
};

// A file descriptor. A read that would wait (pipe, terminal) ends when a stop is requested.
class FileSource final : public ByteSource {
 public:
  FileSource(int fd, bool owned) noexcept;
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  std::size_t read(std::uint8_t* into, std::size_t size) override;
  bool would_wait() const override;
  // Set for regular files; valid as long as the source.
  std::optional<FileView> view() const;
  FilePosition position() const noexcept { return regular_ ? FilePosition(fd_, begin_) : FilePosition(); }

 private:
  int fd_;
  bool owned_;
  bool regular_ = false;
  std::uint64_t begin_ = 0;  // file offset at which reading began: standard input may stand in the middle of a file
  std::uint64_t size_ = 0;
};

// Looks ahead in a source.
class ByteWindow {
 public:
  explicit ByteWindow(std::unique_ptr<ByteSource> source, std::size_t capacity = kCapacity);

  // Reads on until `size` bytes are there or the source ends; gives all that is there, perhaps more than asked for.
  // Valid until the next call of fill().
  Bytes fill(std::size_t size);
  // The same, but does not wait: of a pipe, only for what has arrived.
  void fill_without_waiting(std::size_t size);
  // Nothing is there, and reading on would wait.
  bool would_wait() const { return begin_ == end_ && !ended_ && source_->would_wait(); }
  Bytes available() const noexcept { return {buffer_.get() + begin_, end_ - begin_}; }
  // REQUIRES size <= available().size().
  void consume(std::size_t size) noexcept;
  // Offset of the first available byte, from the start of the source.
  std::uint64_t offset() const noexcept { return offset_; }
  // The source gave its last byte: nothing comes behind available().
  bool ended() const noexcept { return ended_; }
  const std::optional<Problem>& problem() const noexcept { return source_->problem(); }
  // Bytes copied so far to make room for others.
  std::uint64_t bytes_moved() const noexcept { return bytes_moved_; }

 private:
  static constexpr std::size_t kCapacity = std::size_t{1} << 20;
  void make_room();
  void read_some(std::size_t size);

  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t capacity_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t bytes_moved_ = 0;
  bool ended_ = false;
};

}  // namespace entail::cli
