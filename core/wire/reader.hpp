// The primitives of reading protobuf: tags, lengths, varints and skipped fields, each checked against the end of the
// message that it is in. Only otlp uses them; everything else reads through otlp/decode.hpp.
//
// Every call takes the position and the end of the enclosing message and returns the position behind what it read, or
// null; the first fault is kept with its offset. Varints may be padded up to ten bytes, also in tags and lengths (.NET
// pads the length of each link to four). Bits beyond the sixty-fourth are lost, as in protobuf C++; a tag beyond 32
// bits is bad_tag (protobuf C++ takes it modulo 2^32).
// What runs over the end of its message is `truncated` if the input ends there too, else `bad_length`.
// Thread rule: Confined. Cost: inline for the one-byte case, a call for the rest; nothing allocates.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "entail/result.hpp"
#include "wire/field.hpp"
#include "wire/range.hpp"
#include "wire/varint.hpp"

namespace entail::wire {

using Byte = std::uint8_t;

constexpr unsigned kDepthMax = 100;  // of nested groups

class Reader {
 public:
  explicit Reader(Bytes bytes) noexcept : begin_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  // REQUIRES at < end, here and in varint().
  const Byte* tag(const Byte* at, const Byte* end, std::uint32_t& tag) noexcept {
    if (at[0] < 0x80) [[likely]] {
      tag = at[0];
      return at + 1;
    }
    if (end - at >= 2 && at[1] < 0x80) {
      tag = static_cast<std::uint32_t>(at[0] & 0x7f) | static_cast<std::uint32_t>(at[1]) << 7;
      return at + 2;
    }
    const Long slow = long_tag(at, end);
    tag = static_cast<std::uint32_t>(slow.value);
    return slow.behind;
  }

  // The position of the content, which lies within [at, end).
  const Byte* length(const Byte* at, const Byte* end, std::uint32_t& size) noexcept {
    if (at < end && at[0] < 0x80 && end - at > at[0]) [[likely]] {
      size = at[0];
      return at + 1;
    }
    const Long slow = long_length(at, end);
    size = static_cast<std::uint32_t>(slow.value);
    return slow.behind;
  }

  const Byte* varint(const Byte* at, const Byte* end, std::uint64_t& value) noexcept {
    if (at < end && at[0] < 0x80) [[likely]] {
      value = at[0];
      return at + 1;
    }
    const Long slow = long_varint(at, end);
    value = slow.value;
    return slow.behind;
  }

  const Byte* fixed64(const Byte* at, const Byte* end, std::uint64_t& value) noexcept {
    if (end - at < 8) return overrun(at, end);
    value = base::load_le64(at);
    return at + 8;
  }

  const Byte* fixed32(const Byte* at, const Byte* end, std::uint32_t& value) noexcept {
    if (end - at < 4) return overrun(at, end);
    value = base::load_le32(at);
    return at + 4;
  }

  // Behind the value of any field: `field` is where its tag begins, `at` where its value does. A group is one field.
  const Byte* skip(const Byte* field, std::uint32_t tag, const Byte* at, const Byte* end) noexcept;

  // Walks the fields in [at, end): f(field, tag, at) reads one value and returns the position behind it, or null.
  // False: a fault, here or of f.
  template <class F>
  bool each_field(const Byte* at, const Byte* end, F&& f) {
    while (at < end) {
      const Byte* const field = at;
      std::uint32_t tag = 0;
      at = this->tag(at, end, tag);
      if (at == nullptr) return false;
      at = f(field, tag, at);
      if (at == nullptr) return false;
    }
    return true;
  }
  // Behind a length-delimited value if f(content, size) accepts it, else null.
  template <class F>
  const Byte* content(const Byte* at, const Byte* end, F&& f) {
    std::uint32_t size = 0;
    at = length(at, end, size);
    return at != nullptr && f(at, size) ? at + size : nullptr;
  }
  // The content of the first field from `at` on with the tag `wanted`, length-delimited; null: none, or a fault before
  // it. `field` is where its tag begins.
  const Byte* find(std::uint32_t wanted, const Byte* at, const Byte* end, const Byte*& field,
                   std::uint32_t& size) noexcept {
    while (at < end) {
      field = at;
      std::uint32_t tag = 0;
      at = this->tag(at, end, tag);
      if (at == nullptr) return nullptr;
      if (tag == wanted) return length(at, end, size);
      at = skip(field, tag, at, end);
      if (at == nullptr) return nullptr;
    }
    return nullptr;
  }

  std::uint32_t offset(const Byte* at) const noexcept { return static_cast<std::uint32_t>(at - begin_); }
  const Byte* at(std::uint32_t offset) const noexcept { return begin_ + offset; }
  Range range(const Byte* from, const Byte* to) const noexcept {
    return {offset(from), static_cast<std::uint32_t>(to - from)};
  }
  Error error() const noexcept { return error_; }

  // Keeps the first fault; null, so that callers can return it.
  [[gnu::cold, gnu::noinline]] const Byte* fail(ErrorCode code, const Byte* at) noexcept;

 private:
  // The general cases return in two registers: an out-parameter would live in memory, also on the fast path.
  struct Long {
    const Byte* behind;
    std::uint64_t value;
  };
  [[gnu::noinline]] Long long_tag(const Byte* at, const Byte* end) noexcept;
  [[gnu::noinline]] Long long_length(const Byte* at, const Byte* end) noexcept;
  [[gnu::noinline]] Long long_varint(const Byte* at, const Byte* end) noexcept;
  const Byte* skip_group(const Byte* field, std::uint32_t tag, const Byte* at, const Byte* end) noexcept;
  const Byte* skip_scalar(const Byte* field, std::uint32_t tag, const Byte* at, const Byte* end) noexcept;
  const Byte* overrun(const Byte* at, const Byte* end) noexcept {
    return fail(end == end_ ? ErrorCode::truncated : ErrorCode::bad_length, at);
  }

  const Byte* begin_;
  const Byte* end_;
  Error error_;
};

}  // namespace entail::wire
