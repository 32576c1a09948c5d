#include "otlp/attribute.hpp"

#include <bit>

#include "otlp/decode.hpp"

namespace entail::otlp {
namespace {

constexpr std::uint32_t kKeyTag = key_value_field::kKey.tag();
constexpr std::uint32_t kValueTag = key_value_field::kValue.tag();
constexpr std::uint32_t kStringTag = any_value_field::kString.tag();
constexpr std::uint32_t kBoolTag = any_value_field::kBool.tag();
constexpr std::uint32_t kIntTag = any_value_field::kInt.tag();
constexpr std::uint32_t kDoubleTag = any_value_field::kDouble.tag();
constexpr std::uint32_t kArrayTag = any_value_field::kArray.tag();
constexpr std::uint32_t kMapTag = any_value_field::kMap.tag();
constexpr std::uint32_t kBytesTag = any_value_field::kBytes.tag();
constexpr std::uint32_t kStringIndexTag = any_value_field::kStringIndex.tag();
constexpr std::uint32_t kElementTag = list_field::kValues.tag();

bool check_any_value(Reader& reader, const Byte* at, const Byte* end, unsigned depth) noexcept;

// ArrayValue (of AnyValue) or KeyValueList (of KeyValue) at `depth` AnyValues.
bool check_elements(Reader& reader, const Byte* at, const Byte* end, bool map, unsigned depth) noexcept {
  const auto check = [&](const Byte* element, std::uint32_t size) {
    if (!map) return check_any_value(reader, element, element + size, depth + 1);
    return (depth < wire::kDepthMax && is_plain_key_value(element, size)) ||
           check_key_value(reader, element, element + size, depth);
  };
  return reader.each_field(at, end, [&](const Byte* field, std::uint32_t tag, const Byte* value) {
    return tag == kElementTag ? reader.content(value, end, check) : reader.skip(field, tag, value, end);
  });
}

bool check_any_value(Reader& reader, const Byte* at, const Byte* end, unsigned depth) noexcept {
  if (depth > wire::kDepthMax) return reader.fail(ErrorCode::too_deep, at) != nullptr;
  return reader.each_field(at, end, [&](const Byte* field, std::uint32_t tag, const Byte* value) {
    if (tag != kArrayTag && tag != kMapTag) return reader.skip(field, tag, value, end);
    return reader.content(value, end, [&](const Byte* elements, std::uint32_t size) {
      return check_elements(reader, elements, elements + size, tag == kMapTag, depth);
    });
  });
}

// Fields of one AnyValue message into `attribute`. It is a oneof: the last field set wins, whatever its kind; fields of
// a repeated `value` add to it in the same way.
bool read_any_value(Reader& reader, const Byte* at, const Byte* end, AttributeView& attribute) noexcept {
  while (at < end) {
    const Byte* const field = at;
    std::uint32_t tag = 0;
    at = reader.tag(at, end, tag);
    if (at == nullptr) return false;
    const Byte* const value = at;
    at = reader.skip(field, tag, value, end);
    if (at == nullptr) return false;
    std::uint64_t bits = 0;
    std::uint32_t size = 0;
    const Range key = attribute.key;
    switch (tag) {
      case kStringTag: {
        const Byte* const text = reader.length(value, end, size);
        attribute = {.key = key, .kind = AttributeView::Kind::string, .string = reader.range(text, text + size)};
        break;
      }
      case kBoolTag:
      case kIntTag:
        reader.varint(value, end, bits);
        attribute = {.key = key,
                     .kind = tag == kBoolTag ? AttributeView::Kind::boolean : AttributeView::Kind::integer,
                     .string = {},
                     .integer = tag == kBoolTag ? bits != 0 : static_cast<std::int64_t>(bits)};
        break;
      case kDoubleTag:
        reader.fixed64(value, end, bits);
        attribute = {.key = key,
                     .kind = AttributeView::Kind::floating,
                     .string = {},
                     .integer = 0,
                     .floating = std::bit_cast<double>(bits)};
        break;
      case kArrayTag:
      case kMapTag:
      case kBytesTag: {
        const Byte* const content = reader.length(value, end, size);
        attribute = {.key = key,
                     .kind = tag == kArrayTag ? AttributeView::Kind::list
                             : tag == kMapTag ? AttributeView::Kind::map
                                              : AttributeView::Kind::bytes,
                     .string = reader.range(content, content + size)};
        break;
      }
      case kStringIndexTag:
        attribute = {.key = key, .kind = AttributeView::Kind::other, .string = {}};
        break;
      default:
        break;
    }
  }
  return true;
}

// Last key wins; the fields of every `value` are merged.
bool read_key_value(Reader& reader, const Byte* at, const Byte* end, AttributeView& attribute) noexcept {
  attribute = AttributeView{};
  return reader.each_field(at, end, [&](const Byte* field, std::uint32_t tag, const Byte* value) {
    if (tag != kKeyTag && tag != kValueTag) return reader.skip(field, tag, value, end);
    return reader.content(value, end, [&](const Byte* content, std::uint32_t size) {
      if (tag == kValueTag) return read_any_value(reader, content, content + size, attribute);
      attribute.key = reader.range(content, content + size);
      return true;
    });
  });
}

// The same for a KeyValue of which is_plain_key_value() is true.
void read_plain_key_value(Reader& reader, const Byte* at, std::uint32_t size, AttributeView& attribute) noexcept {
  const std::uint32_t key_size = at[1];
  const Byte* const value = at + 4 + key_size;
  const Byte* const end = at + size;
  attribute.key = reader.range(at + 2, at + 2 + key_size);
  attribute.kind = AttributeView::Kind::none;
  attribute.string = {};
  attribute.integer = 0;
  attribute.floating = 0;
  if (value == end) return;
  std::uint64_t bits = 0;
  if (value[0] == kStringTag) {
    attribute.kind = AttributeView::Kind::string;
    attribute.string = reader.range(value + 2, end);
  } else if (value[0] == kDoubleTag) {
    attribute.kind = AttributeView::Kind::floating;
    attribute.floating = std::bit_cast<double>(base::load_le64(value + 1));
  } else {
    reader.varint(value + 1, end, bits);
    attribute.kind = value[0] == kBoolTag ? AttributeView::Kind::boolean : AttributeView::Kind::integer;
    attribute.integer = value[0] == kBoolTag ? bits != 0 : static_cast<std::int64_t>(bits);
  }
}

}  // namespace

bool check_key_value(Reader& reader, const Byte* at, const Byte* end, unsigned depth) noexcept {
  return reader.each_field(at, end, [&](const Byte* field, std::uint32_t tag, const Byte* value) {
    if (tag != kValueTag) return reader.skip(field, tag, value, end);
    return reader.content(value, end, [&](const Byte* any_value, std::uint32_t size) {
      return check_any_value(reader, any_value, any_value + size, depth + 1);
    });
  });
}

std::uint32_t mark_of_key_value(const Byte* at, std::uint32_t size) noexcept {
  if (size < 4 || at[0] != kKeyTag) return kNoKeyMark;
  const std::uint32_t key_size = at[1];
  if (key_size > kMarkedKeyMax || key_size + 4 > size || at[2 + key_size] != kValueTag) return kNoKeyMark;
  std::uint32_t value_size = 0;
  const Byte* const end = at + size;
  Reader reader({at, size});
  const Byte* const value = reader.length(at + 3 + key_size, end, value_size);
  return value != nullptr && value + value_size == end ? key_mark(at + 2 + key_size, key_size) : kNoKeyMark;
}

std::uint32_t mark_of_key(std::string_view key) {
  if (key.size() > kMarkedKeyMax) return kNoKeyMark;
  const auto size = static_cast<std::uint8_t>(key.size());
  std::vector<Byte> field = {static_cast<Byte>(kKeyTag), size};  // as in an attribute: tag, length, key
  field.insert(field.end(), key.begin(), key.end());
  return key_mark(field.data() + field.size(), size);
}

bool check_attributes(Reader& reader, const Byte* at, const Byte* end, wire::Field attributes) noexcept {
  const std::uint32_t attribute_tag = attributes.tag();
  return reader.each_field(at, end, [&](const Byte* field, std::uint32_t tag, const Byte* value) {
    if (tag != attribute_tag) return reader.skip(field, tag, value, end);
    return reader.content(value, end, [&](const Byte* attribute, std::uint32_t size) {
      return check_attribute(reader, attribute, size);
    });
  });
}

AttributeView read_value(Bytes bytes, Range any_value) noexcept {
  Reader reader(bytes);
  AttributeView value;
  const Byte* const at = reader.at(any_value.offset);
  (void)read_any_value(reader, at, at + any_value.size, value);
  return value;
}

AttributeView read_marked(Bytes bytes, KeyMark marked) noexcept {
  Reader reader(bytes);
  const Range key = read_marked_key(bytes, marked);
  AttributeView attribute;
  attribute.key = key;
  if (read_marked_string(bytes, key, attribute.string)) {
    attribute.kind = AttributeView::Kind::string;
    return attribute;
  }
  const Byte* const value = reader.at(key.offset + key.size);  // at its tag
  std::uint32_t size = 0;
  const Byte* const content = reader.length(value + 1, reader.at(static_cast<std::uint32_t>(bytes.size())), size);
  if (content != nullptr) static_cast<void>(read_any_value(reader, content, content + size, attribute));
  return attribute;
}

AttributeCursor::AttributeCursor(Bytes bytes, std::uint32_t begin, std::uint32_t end, wire::Field attributes) noexcept
    : bytes_(bytes), at_(begin), end_(end), attributes_(attributes) {}

bool AttributeCursor::next(AttributeView& attribute) noexcept {
  Reader reader(bytes_);
  const Byte* const end = reader.at(end_);
  const Byte* field = nullptr;
  std::uint32_t size = 0;
  const Byte* const at = reader.find(attributes_.tag(), reader.at(at_), end, field, size);
  if (at == nullptr) {
    at_ = end_;
    return false;
  }
  at_ = reader.offset(at + size);
  if (is_plain_key_value(at, size)) [[likely]] {
    read_plain_key_value(reader, at, size, attribute);
    return true;
  }
  if (read_key_value(reader, at, at + size, attribute)) return true;
  at_ = end_;
  return false;
}

}  // namespace entail::otlp
