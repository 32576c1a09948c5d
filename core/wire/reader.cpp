#include "wire/reader.hpp"

namespace entail::wire {

const Byte* Reader::fail(ErrorCode code, const Byte* at) noexcept {
  if (error_.code() == ErrorCode::none) error_ = Error(code, static_cast<std::uint64_t>(at - begin_));
  return nullptr;
}

Reader::Long Reader::long_varint(const Byte* at, const Byte* end) noexcept {
  std::uint64_t value = 0;
  for (int i = 0; i < wire::kVarintBytesMax; ++i) {
    if (end - at <= i) return {overrun(at, end), 0};
    value |= static_cast<std::uint64_t>(at[i] & 0x7f) << (7 * i);
    if (at[i] < 0x80) return {at + i + 1, value};
  }
  return {fail(ErrorCode::bad_varint, at), 0};
}

Reader::Long Reader::long_tag(const Byte* at, const Byte* end) noexcept {
  const Long tag = long_varint(at, end);
  if (tag.value > UINT32_MAX) return {fail(ErrorCode::bad_tag, at), 0};
  return tag;
}

Reader::Long Reader::long_length(const Byte* at, const Byte* end) noexcept {
  // Two bytes: most spans.
  if (end - at >= 2 && at[0] >= 0x80 && at[1] < 0x80) [[likely]] {
    const std::ptrdiff_t size = (at[0] & 0x7f) | at[1] << 7;
    if (end - at - 2 >= size) return {at + 2, static_cast<std::uint64_t>(size)};
  }
  const Long size = long_varint(at, end);
  if (size.behind != nullptr && size.value > static_cast<std::uint64_t>(end - size.behind))
    return {overrun(at, end), 0};
  return size;
}

const Byte* Reader::skip_scalar(const Byte* field, std::uint32_t tag, const Byte* at, const Byte* end) noexcept {
  std::uint64_t ignored = 0;
  std::uint32_t size = 0;
  switch (static_cast<WireType>(tag & 7)) {
    case WireType::varint:
      return varint(at, end, ignored);
    case WireType::fixed64:
      return fixed64(at, end, ignored);
    case WireType::fixed32:
      return fixed32(at, end, size);
    case WireType::length:
      at = length(at, end, size);
      return at == nullptr ? nullptr : at + size;
    case WireType::start_group:
    case WireType::end_group:
      break;
  }
  return fail(ErrorCode::bad_tag, field);
}

const Byte* Reader::skip_group(const Byte* field, std::uint32_t tag, const Byte* at, const Byte* end) noexcept {
  std::uint32_t open[kDepthMax];
  unsigned depth = 0;
  open[depth++] = tag >> 3;
  while (depth > 0) {
    if (at == end) return overrun(field, end);
    const Byte* const inner = at;
    std::uint32_t inner_tag = 0;
    at = this->tag(at, end, inner_tag);
    if (at == nullptr) return nullptr;
    if (inner_tag >> 3 == 0) return fail(ErrorCode::bad_tag, inner);
    const auto type = static_cast<WireType>(inner_tag & 7);
    if (type == WireType::start_group) {
      if (depth == kDepthMax) return fail(ErrorCode::too_deep, inner);
      open[depth++] = inner_tag >> 3;
    } else if (type == WireType::end_group) {
      if (open[--depth] != inner_tag >> 3) return fail(ErrorCode::bad_group, inner);
    } else {
      at = skip_scalar(inner, inner_tag, at, end);
      if (at == nullptr) return nullptr;
    }
  }
  return at;
}

const Byte* Reader::skip(const Byte* field, std::uint32_t tag, const Byte* at, const Byte* end) noexcept {
  if (tag >> 3 == 0) return fail(ErrorCode::bad_tag, field);
  switch (static_cast<WireType>(tag & 7)) {
    case WireType::start_group:
      return skip_group(field, tag, at, end);
    case WireType::end_group:
      return fail(ErrorCode::bad_group, field);
    case WireType::varint:
    case WireType::fixed64:
    case WireType::length:
    case WireType::fixed32:
      break;
  }
  return skip_scalar(field, tag, at, end);
}

}  // namespace entail::wire
