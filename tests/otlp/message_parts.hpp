// Messages assembled field by field, for tests of exact bytes.
#pragma once

#include <bit>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "wire/writer.hpp"

namespace entail::otlp_test {

using wire::Buffer;

inline Buffer join(std::initializer_list<Buffer> parts) {
  Buffer all;
  for (const Buffer& part : parts) wire::append_bytes(all, part);
  return all;
}
inline Buffer varint_field(std::uint32_t number, std::uint64_t value) {
  Buffer out;
  wire::append_varint_field(out, number, value);
  return out;
}
inline Buffer fixed64_field(std::uint32_t number, std::uint64_t value) {
  Buffer out;
  wire::append_fixed64_field(out, number, value);
  return out;
}
inline Buffer fixed32_field(std::uint32_t number, std::uint32_t value) {
  Buffer out;
  wire::append_fixed32_field(out, number, value);
  return out;
}
inline Buffer bytes_field(std::uint32_t number, const Buffer& content) {
  Buffer out;
  wire::append_bytes_field(out, number, content);
  return out;
}
inline Buffer bytes_field(std::uint32_t number, std::string_view content) {
  Buffer out;
  wire::append_bytes_field(out, number, base::bytes_of(content));
  return out;
}
inline Buffer group_field(std::uint32_t number, const Buffer& content) {
  Buffer out;
  wire::append_varint(out, std::uint64_t{number} << 3 | 3);
  wire::append_bytes(out, content);
  wire::append_varint(out, std::uint64_t{number} << 3 | 4);
  return out;
}

// AnyValue and KeyValue messages (content only).
inline Buffer string_value(std::string_view text) { return bytes_field(1, text); }
inline Buffer bool_value(bool value) { return varint_field(2, value); }
inline Buffer int_value(std::int64_t value) { return varint_field(3, static_cast<std::uint64_t>(value)); }
inline Buffer double_value(double value) { return fixed64_field(4, std::bit_cast<std::uint64_t>(value)); }
inline Buffer key_value(std::string_view key, const Buffer& value) {
  return join({bytes_field(1, key), bytes_field(2, value)});
}

// A request of one resource and one scope without fields of their own.
inline Buffer request_of(const std::vector<Buffer>& spans) {
  Buffer scope;
  for (const Buffer& span : spans) wire::append_bytes_field(scope, 2, span);
  return bytes_field(1, bytes_field(2, scope));
}

}  // namespace entail::otlp_test
