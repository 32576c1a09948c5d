// A part of a message by offset and size: half of what two pointers take.
// Thread rule: Immutable.
#pragma once

#include <cstdint>

#include "entail/types.hpp"

namespace entail::wire {

// A byte range of the bytes that hold it.
struct Range {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};

inline Bytes slice(Bytes bytes, Range range) noexcept { return bytes.subspan(range.offset, range.size); }

}  // namespace entail::wire
