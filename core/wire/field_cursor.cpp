#include "wire/field_cursor.hpp"

#include "wire/reader.hpp"

namespace entail::wire {

namespace {

// The size of a scalar behind a tag of one byte; 0: a varint of several bytes, or no scalar.
std::uint32_t plain_scalar_size(std::uint32_t tag, std::uint32_t next_byte) noexcept {
  switch (static_cast<WireType>(tag & 7)) {
    case WireType::varint:
      return next_byte < 0x80 ? 1 : 0;
    case WireType::fixed64:
      return 8;
    case WireType::fixed32:
      return 4;
    default:
      return 0;
  }
}

}  // namespace

bool FieldCursor::next(FieldView& field) noexcept {
  if (at_ >= end_) return false;
  // The usual field: tag and length of a byte each, or a tag of a byte and a scalar.
  if (end_ - at_ >= 2 && bytes_[at_] < 0x80 && bytes_[at_] >= 8) {
    const std::uint32_t tag = bytes_[at_];
    const std::uint32_t next = bytes_[at_ + 1];
    if ((tag & 7) == static_cast<std::uint32_t>(WireType::length)) {
      if (next < 0x80 && next <= end_ - at_ - 2) {
        field = {tag >> 3, WireType::length, {at_, next + 2}, {at_ + 2, next}};
        at_ += next + 2;
        return true;
      }
    } else if (const std::uint32_t size = plain_scalar_size(tag, next); size != 0 && size < end_ - at_) {
      field = {tag >> 3, static_cast<WireType>(tag & 7), {at_, size + 1}, {at_ + 1, size}};
      at_ += size + 1;
      return true;
    }
  }
  Reader reader(bytes_);
  const Byte* const end = reader.at(end_);
  const Byte* const begin = reader.at(at_);
  std::uint32_t tag = 0;
  const Byte* const value = reader.tag(begin, end, tag);
  const Byte* const behind = value == nullptr ? nullptr : reader.skip(begin, tag, value, end);
  if (behind == nullptr) {
    at_ = end_;
    return false;
  }
  at_ = reader.offset(behind);
  field.number = tag >> 3;
  field.wire_type = static_cast<WireType>(tag & 7);
  field.whole = reader.range(begin, behind);
  std::uint32_t size = 0;
  const bool delimited = field.wire_type == WireType::length;
  field.payload = reader.range(delimited ? reader.length(value, end, size) : value, behind);
  return true;
}

}  // namespace entail::wire
