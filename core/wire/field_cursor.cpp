#include "wire/field_cursor.hpp"

#include "wire/reader.hpp"

namespace entail::wire {

bool FieldCursor::next(FieldView& field) noexcept {
  if (at_ >= end_) return false;
  // The usual field: tag and length of a byte each.
  if (end_ - at_ >= 2) {
    const std::uint32_t tag = bytes_[at_];
    const std::uint32_t size = bytes_[at_ + 1];
    const bool is_plain = (tag & 0x87) == static_cast<std::uint32_t>(WireType::length) && tag >= 8 && size < 0x80;
    if (is_plain && size <= end_ - at_ - 2) {
      field = {tag >> 3, WireType::length, {at_, size + 2}, {at_ + 2, size}};
      at_ += size + 2;
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
