#include "output/output_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace entail::cli {
namespace {
constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
}

OutputFile::OutputFile(std::string path)
    : path_(std::move(path)),
      target_(path_),
      packer_(packer_for(path_)),
      buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(kBufferBytes)),
      error_number_(target_.error_number()) {
  struct stat status = {};
  streams_ = !failed() && ::fstat(target_.fd(), &status) == 0 && !S_ISREG(status.st_mode);
}

OutputFile::~OutputFile() {
  // What is written at once cannot be taken back, so the rest follows it.
  if (!completed_ && !target_.is_temporary()) complete();
}

void OutputFile::write(Bytes bytes) {
  if (completed_) return;
  if (bytes.size() > kBufferBytes - used_) {
    pass_on({buffer_.get(), used_}, Packer::Step::more);
    used_ = 0;
    if (bytes.size() >= kBufferBytes) return pass_on(bytes, Packer::Step::more);
  }
  if (failed() || bytes.empty()) return;
  std::memcpy(buffer_.get() + used_, bytes.data(), bytes.size());
  used_ += bytes.size();
}

void OutputFile::flush() {
  if (used_ == 0) return;
  pass_on({buffer_.get(), used_}, Packer::Step::flush);
  used_ = 0;
}

void OutputFile::pass_on(Bytes bytes, Packer::Step step) {
  if (failed()) return;
  if (!packer_) return write_through(bytes);
  if (!packer_->pack(bytes, step, [this](Bytes packed) { write_through(packed); })) error_number_ = ENOMEM;
}

void OutputFile::write_through(Bytes bytes) {
  while (!bytes.empty() && !failed()) {
    const ssize_t written = ::write(target_.fd(), bytes.data(), bytes.size());
    if (written >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      error_number_ = errno;
    }
  }
}

bool OutputFile::complete() {
  if (completed_) return !failed();
  completed_ = true;
  pass_on({buffer_.get(), used_}, Packer::Step::end);
  used_ = 0;
  if (!target_.close() && !failed()) error_number_ = target_.error_number();
  packer_.reset();
  buffer_.reset();
  return !failed();
}

bool OutputFile::publish() {
  if (complete() && !target_.publish()) error_number_ = target_.error_number();
  return !failed();
}

bool OutputFile::publish_for_now() {
  if (complete() && !target_.publish_for_now()) error_number_ = target_.error_number();
  return !failed();
}

std::string OutputFile::keep_incomplete() {
  complete();
  target_.keep_temporary();
  return target_.temporary_name();
}

bool OutputFile::pipe_closed() const noexcept { return error_number_ == EPIPE; }

bool OutputFile::interrupted() const noexcept { return error_number_ == EINTR; }

std::string OutputFile::error() const {
  std::string text =
      (path_ == "-" ? "standard output" : path_) + ": cannot be written: " + std::strerror(error_number_);
  if (target_.is_kept()) text += "; the output is in " + target_.temporary_name();
  return text;
}

}  // namespace entail::cli
