// What protobuf writes before a value: the field's number and wire type, together its tag.
// Thread rule: Immutable.
#pragma once

#include <cstdint>

namespace entail::wire {

enum class WireType : std::uint32_t {
  varint = 0,
  fixed64 = 1,
  length = 2,
  start_group = 3,
  end_group = 4,
  fixed32 = 5
};

// A field of the right number but another wire type has another tag, so it is an unknown field, as in protobuf C++.
constexpr std::uint32_t tag_of(std::uint32_t number, WireType type) noexcept {
  return number << 3 | static_cast<std::uint32_t>(type);
}

// A field as a schema declares it.
struct Field {
  std::uint32_t number = 0;
  WireType type = WireType::varint;
  constexpr std::uint32_t tag() const noexcept { return tag_of(number, type); }
};

}  // namespace entail::wire
