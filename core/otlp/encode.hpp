// Appending attributes and link IDs as protobuf. Sizes come first, since a nested message follows its length.
// Thread rule: Confined (the buffer's). Cost: growth of the buffer, nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "entail/types.hpp"
#include "otlp/fields.hpp"
#include "wire/writer.hpp"

namespace entail::otlp {

// Visitors of a variant of any of these types. monostate is an AnyValue without a value.
struct AnyValueSize {
  std::size_t operator()(std::monostate) const noexcept { return 0; }
  std::size_t operator()(std::string_view value) const noexcept;
  std::size_t operator()(std::int64_t value) const noexcept;
  std::size_t operator()(double value) const noexcept;
  std::size_t operator()(bool value) const noexcept;
  std::size_t operator()(std::span<const std::string> value) const noexcept;
};
struct AppendAnyValue {
  wire::Buffer& out;
  void operator()(std::monostate) const noexcept {}
  void operator()(std::string_view value) const;
  void operator()(std::int64_t value) const;
  void operator()(double value) const;
  void operator()(bool value) const;
  void operator()(std::span<const std::string> value) const;
};

// Size of the KeyValue message, without its tag and length.
template <class Variant>
std::size_t key_value_size(std::string_view key, const Variant& value) {
  return wire::length_field_size(key_value_field::kKey.number, key.size()) +
         wire::length_field_size(key_value_field::kValue.number, std::visit(AnyValueSize{}, value));
}

// Appends the attribute as the field `attributes` of the message that holds it.
template <class Variant>
void append_attribute(wire::Field attributes, std::string_view key, const Variant& value, wire::Buffer& out) {
  wire::append_length_header(out, attributes.number, key_value_size(key, value));
  wire::append_bytes_field(out, key_value_field::kKey.number, base::bytes_of(key));
  wire::append_length_header(out, key_value_field::kValue.number, std::visit(AnyValueSize{}, value));
  std::visit(AppendAnyValue{out}, value);
}

// Appends the first two fields of a Link message.
void append_link_ids(TraceId trace_id, SpanId span_id, wire::Buffer& out);

}  // namespace entail::otlp
