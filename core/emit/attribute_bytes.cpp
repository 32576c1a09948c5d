#include "emit/attribute_bytes.hpp"

#include "base/check.hpp"

namespace entail::emit {
namespace {

// Field numbers of AnyValue.
constexpr std::uint32_t kString = 1;
constexpr std::uint32_t kBool = 2;
constexpr std::uint32_t kInt = 3;
constexpr std::uint32_t kArray = 5;
constexpr std::uint32_t kElement = 1;  // of ArrayValue

// Sizes of the AnyValue message that holds a value.
struct ValueSize {
  std::size_t operator()(std::int64_t value) const {
    return wire::varint_field_size(kInt, static_cast<std::uint64_t>(value));
  }
  std::size_t operator()(bool value) const { return wire::varint_field_size(kBool, value); }
  std::size_t operator()(const std::string& value) const { return wire::length_field_size(kString, value.size()); }
  std::size_t operator()(const std::vector<std::string>& value) const {
    return wire::length_field_size(kArray, elements(value));
  }
  std::size_t operator()(std::monostate) const { return 0; }

  static std::size_t elements(const std::vector<std::string>& value) {
    std::size_t size = 0;
    for (const std::string& element : value) {
      size += wire::length_field_size(kElement, wire::length_field_size(kString, element.size()));
    }
    return size;
  }
};

struct AppendValue {
  wire::Buffer& out;
  void operator()(std::int64_t value) const { wire::append_varint_field(out, kInt, static_cast<std::uint64_t>(value)); }
  void operator()(bool value) const { wire::append_varint_field(out, kBool, value); }
  void operator()(const std::string& value) const { wire::append_bytes_field(out, kString, wire::bytes_of(value)); }
  void operator()(const std::vector<std::string>& value) const {
    wire::append_length_header(out, kArray, ValueSize::elements(value));
    for (const std::string& element : value) {
      wire::append_length_header(out, kElement, wire::length_field_size(kString, element.size()));
      wire::append_bytes_field(out, kString, wire::bytes_of(element));
    }
  }
  void operator()(std::monostate) const {}
};

}  // namespace

void append_attribute_field(const Attribute& attribute, std::uint32_t number, wire::Buffer& out) {
  ENTAIL_DCHECK(!attribute.is_removal());
  const std::size_t value_size = std::visit(ValueSize{}, attribute.value);
  wire::append_length_header(out, number,
                             wire::length_field_size(1, attribute.key.size()) + wire::length_field_size(2, value_size));
  wire::append_bytes_field(out, 1, wire::bytes_of(attribute.key));
  wire::append_length_header(out, 2, value_size);
  std::visit(AppendValue{out}, attribute.value);
}

}  // namespace entail::emit
