// A walk over the fields of any message, field by field.
// Thread rule: Confined (the cursor). Cost: a few compares a field; nothing allocates.
#pragma once

#include <cstdint>

#include "wire/field.hpp"
#include "wire/range.hpp"

namespace entail::wire {

// One field of any message that was decoded before: number, wire type, whole range (tag included) and payload range
// (of a length-delimited field its content; of a scalar the encoded value; a group is one field, its payload is all
// behind the start tag).
struct FieldView {
  std::uint32_t number = 0;
  WireType wire_type = WireType::varint;
  Range whole;
  Range payload;
  bool is(Field field) const noexcept { return number == field.number && wire_type == field.type; }
};
// Walks the fields of a message in [begin, end); false at the end or, if the bytes were never decoded, at bad ones.
class FieldCursor {
 public:
  FieldCursor(Bytes bytes, std::uint32_t begin, std::uint32_t end) noexcept : bytes_(bytes), at_(begin), end_(end) {}
  FieldCursor(Bytes bytes, Range message) noexcept
      : FieldCursor(bytes, message.offset, message.offset + message.size) {}
  explicit FieldCursor(Bytes message) noexcept : FieldCursor(message, 0, static_cast<std::uint32_t>(message.size())) {}
  bool next(FieldView& field) noexcept;

 private:
  Bytes bytes_;
  std::uint32_t at_;
  std::uint32_t end_;
};

}  // namespace entail::wire
