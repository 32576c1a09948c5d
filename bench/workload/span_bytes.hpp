// OTLP protobuf as SDKs write it, appended field by field; independent of the engine's own writer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "entail/types.hpp"

namespace entail::bench {

using Buffer = std::vector<std::uint8_t>;

inline void append_varint(Buffer& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}
inline void append_tag(Buffer& out, std::uint32_t number, std::uint32_t wire_type) {
  append_varint(out, std::uint64_t{number} << 3 | wire_type);
}
inline void append_content(Buffer& out, std::uint32_t number, const void* content, std::size_t size) {
  append_tag(out, number, 2);
  append_varint(out, size);
  const auto* const bytes = static_cast<const std::uint8_t*>(content);
  out.insert(out.end(), bytes, bytes + size);
}
inline void append_content(Buffer& out, std::uint32_t number, const Buffer& content) {
  append_content(out, number, content.data(), content.size());
}
inline void append_content(Buffer& out, std::uint32_t number, std::string_view content) {
  append_content(out, number, content.data(), content.size());
}
inline void append_number(Buffer& out, std::uint32_t number, std::uint64_t value) {
  append_tag(out, number, 0);
  append_varint(out, value);
}
inline void append_fixed(Buffer& out, std::uint32_t number, std::uint64_t value, unsigned bytes) {
  append_tag(out, number, bytes == 8 ? 1 : 5);
  for (unsigned i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

inline void append_big_endian(Buffer& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}
inline void append_trace_id(Buffer& out, std::uint32_t number, TraceId id) {
  append_tag(out, number, 2);
  append_varint(out, 16);
  append_big_endian(out, id.hi);
  append_big_endian(out, id.lo);
}
inline void append_span_id(Buffer& out, std::uint32_t number, SpanId id) {
  append_tag(out, number, 2);
  append_varint(out, 8);
  append_big_endian(out, id.value);
}

inline void append_attribute(Buffer& out, std::uint32_t number, std::string_view key, std::string_view text) {
  Buffer value;
  append_content(value, 1, text);
  Buffer attribute;
  append_content(attribute, 1, key);
  append_content(attribute, 2, value);
  append_content(out, number, attribute);
}
inline void append_attribute(Buffer& out, std::uint32_t number, std::string_view key, std::uint64_t integer) {
  Buffer value;
  append_number(value, 3, integer);
  Buffer attribute;
  append_content(attribute, 1, key);
  append_content(attribute, 2, value);
  append_content(out, number, attribute);
}

}  // namespace entail::bench
