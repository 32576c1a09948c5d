// Writes nested protobuf messages in one pass, when their sizes are not known before: room for the length is left, and
// filled in when the message is closed. If the length needs another number of bytes, the message is moved once.
//
// Marks, ascending offsets of the payloads of messages, are kept right when bytes move.
// Thread rule: Confined. Cost: a byte is moved at most once for each message around it whose length size was guessed
// wrong, and never for those opened with kPaddedLengthSize: their lengths are padded varints, which is legal protobuf.
#pragma once

#include <cstring>
#include <vector>

#include "wire/varint.hpp"

namespace entail::wire {

constexpr std::uint8_t kPaddedLengthSize = 5;

class MessageWriter {
 public:
  struct Open {
    std::size_t begin = 0;  // of the tag
    std::size_t payload = 0;
    std::size_t first_mark = 0;
    std::uint8_t length_size = 0;
  };

  // Writes over `out` and `marks`, whose memory is reused.
  MessageWriter(std::vector<std::uint8_t>& out, std::vector<std::uint32_t>& marks, std::size_t size_expected)
      : out_(out), marks_(marks) {
    marks_.clear();
    out_.resize(size_expected);
  }

  // At least `size` writable bytes, to be claimed with advance().
  std::uint8_t* room(std::size_t size) {
    if (out_.size() - at_ < size) [[unlikely]]
      out_.resize((at_ + size) * 2);
    return out_.data() + at_;
  }
  void advance(const std::uint8_t* end) noexcept { at_ = static_cast<std::size_t>(end - out_.data()); }

  Open open(std::uint32_t tag, std::uint8_t length_size) {
    Open message{.begin = at_, .payload = 0, .first_mark = marks_.size(), .length_size = length_size};
    std::uint8_t* const end = write_varint(room(2 * kVarintBytesMax), tag);
    advance(end + length_size);
    message.payload = at_;
    return message;
  }

  // Adds the offset of the message's payload to the marks. Called at most once, before close().
  void mark(const Open& message) {
    marks_.insert(marks_.begin() + static_cast<std::ptrdiff_t>(message.first_mark),
                  static_cast<std::uint32_t>(message.payload));
  }

  void close(const Open& message) {
    const std::size_t size = at_ - message.payload;
    const std::size_t needed = varint_size(size);
    if (message.length_size == kPaddedLengthSize) {
      write_padded(message, size);
      return;
    }
    if (needed != message.length_size) [[unlikely]]
      move(message, size, needed);
    write_varint(out_.data() + message.payload - message.length_size, size);
  }

  // Takes back the message, tag and all.
  void discard(const Open& message) {
    at_ = message.begin;
    marks_.resize(message.first_mark);
  }

  std::size_t size() const noexcept { return at_; }
  void finish() { out_.resize(at_); }

 private:
  void write_padded(const Open& message, std::size_t size) noexcept {
    std::uint8_t* const length = out_.data() + message.payload - kPaddedLengthSize;
    for (int i = 0; i < kPaddedLengthSize; ++i) {
      length[i] = static_cast<std::uint8_t>((size >> (7 * i) & 0x7f) | (i + 1 < kPaddedLengthSize ? 0x80 : 0));
    }
  }

  void move(const Open& message, std::size_t size, std::size_t needed) {
    room(needed);
    std::uint8_t* const from = out_.data() + message.payload;
    const std::ptrdiff_t by = static_cast<std::ptrdiff_t>(needed) - message.length_size;
    std::memmove(from + by, from, size);
    at_ += static_cast<std::size_t>(by);
    for (std::size_t i = message.first_mark; i < marks_.size(); ++i) marks_[i] += static_cast<std::uint32_t>(by);
  }

  std::vector<std::uint8_t>& out_;
  std::vector<std::uint32_t>& marks_;
  std::size_t at_ = 0;
};

}  // namespace entail::wire
