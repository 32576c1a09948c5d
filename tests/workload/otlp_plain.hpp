// OTLP as plain data: the generator creates it, the encoder writes it, the reader reads it, the oracle judges it.
// It shares nothing with the room otlp. Thread rule: Confined (values).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace entail::workload {

using ByteString = std::string;  // bytes as on the wire, of any length

// monostate: no value, or a value of a type that no test uses (arrays, maps, bytes).
using Value = std::variant<std::monostate, std::string, bool, std::int64_t, double, std::vector<std::string>>;

struct Attribute {
  std::string key;
  Value value;
  bool operator==(const Attribute&) const = default;
};
using Attributes = std::vector<Attribute>;

struct Link {
  ByteString trace_id;
  ByteString span_id;
  std::string trace_state;
  Attributes attributes;
  std::uint32_t flags = 0;
  std::uint32_t dropped_attributes_count = 0;
  bool operator==(const Link&) const = default;
};

struct Event {
  std::uint64_t time_ns = 0;
  std::string name;
  Attributes attributes;
  std::uint32_t dropped_attributes_count = 0;
};

struct Span {
  ByteString trace_id;
  ByteString span_id;
  ByteString parent_span_id;
  std::string trace_state;
  std::string name;
  std::uint32_t kind = 0;
  std::uint64_t start_ns = 0;
  std::uint64_t end_ns = 0;
  std::uint32_t flags = 0;
  std::uint32_t status_code = 0;  // 0 UNSET, 1 OK, 2 ERROR
  Attributes attributes;
  std::vector<Event> events;
  std::vector<Link> links;
  std::uint32_t dropped_links_count = 0;
  std::uint64_t encoded_bytes = 0;  // of the Span message, set by measure() and by the reader
};

// Spans of one resource. A Request is an export request; the scope is always the empty one.
struct SpanGroup {
  Attributes resource;
  std::vector<Span> spans;
};
struct Request {
  std::vector<SpanGroup> groups;
};

inline const Value* find(const Attributes& attributes, const std::string& key) {
  for (const Attribute& attribute : attributes)
    if (attribute.key == key) return &attribute.value;
  return nullptr;
}
inline std::string text_of(const Attributes& attributes, const std::string& key) {
  const Value* value = find(attributes, key);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? std::string() : *text;
}
inline std::int64_t integer_of(const Attributes& attributes, const std::string& key, std::int64_t missing = -1) {
  const Value* value = find(attributes, key);
  const auto* number = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
  return number == nullptr ? missing : *number;
}
inline std::string hex_of(const ByteString& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char byte : bytes) {
    out += kDigits[static_cast<unsigned char>(byte) >> 4];
    out += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return out;
}

}  // namespace entail::workload
