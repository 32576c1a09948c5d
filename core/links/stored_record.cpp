#include "links/stored_record.hpp"

#include <bit>

#include "base/bytes.hpp"
#include "entail/context_store.hpp"
#include "links/attribute_check.hpp"
#include "wire/writer.hpp"

namespace entail::links {
namespace {

// The indexes of LinkAttribute::value's alternatives.
enum class ValueKind : std::uint8_t { text = 0, integer = 1, floating = 2, boolean = 3 };

void append_text(std::vector<std::uint8_t>& out, std::string_view text) {
  wire::append_varint(out, text.size());
  wire::append_bytes(out, base::bytes_of(text));
}

void append_le64(std::vector<std::uint8_t>& out, std::uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

struct AppendValue {
  std::vector<std::uint8_t>& out;
  void operator()(std::string_view value) const { append_text(out, value); }
  void operator()(std::int64_t value) const { append_le64(out, static_cast<std::uint64_t>(value)); }
  void operator()(double value) const { append_le64(out, std::bit_cast<std::uint64_t>(value)); }
  void operator()(bool value) const { out.push_back(value); }
};

// Reads consecutive fields. At the first invalid one ok() turns false, for good; result() then holds its offset.
class RecordReader {
 public:
  explicit RecordReader(Bytes bytes) noexcept : bytes_(bytes) {}

  std::uint64_t varint() noexcept {
    const std::size_t begin = at_;
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 35 && at_ < bytes_.size(); shift += 7) {
      const std::uint8_t byte = bytes_[at_++];
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte >= 0x80) continue;
      if (byte == 0 && shift != 0) break;  // not minimal
      return value;
    }
    fail(begin);
    return 0;
  }
  Bytes take(std::size_t size) noexcept {
    if (!ok_ || bytes_.size() - at_ < size) {
      fail(at_);
      return {};
    }
    at_ += size;
    return bytes_.subspan(at_ - size, size);
  }
  std::string_view text() noexcept { return base::text_of(take(varint())); }
  std::uint8_t byte(std::uint8_t value_max) noexcept {
    const Bytes content = take(1);
    if (!content.empty() && content[0] > value_max) fail(at_ - 1);
    return content.empty() ? std::uint8_t{0} : content[0];
  }
  std::uint64_t le64() noexcept {
    const Bytes content = take(8);
    return content.empty() ? 0 : base::load_le64(content.data());
  }
  void fail(std::size_t at) noexcept {
    if (ok_) error_at_ = at;
    ok_ = false;
  }
  std::size_t at() const noexcept { return at_; }
  bool ok() const noexcept { return ok_; }
  Result<void> result() noexcept {
    if (at_ != bytes_.size()) fail(at_);
    return ok() ? Result<void>() : Error(ErrorCode::bad_snapshot, error_at_);
  }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
  std::size_t error_at_ = 0;
  bool ok_ = true;
};

LinkAttribute read_attribute(RecordReader& reader) noexcept {
  const std::size_t begin = reader.at();
  LinkAttribute attribute;
  attribute.key = reader.text();
  switch (static_cast<ValueKind>(reader.byte(static_cast<std::uint8_t>(ValueKind::boolean)))) {
    case ValueKind::text:
      attribute.value = reader.text();
      break;
    case ValueKind::integer:
      attribute.value = static_cast<std::int64_t>(reader.le64());
      break;
    case ValueKind::floating:
      attribute.value = std::bit_cast<double>(reader.le64());
      break;
    case ValueKind::boolean:
      attribute.value = reader.byte(1) != 0;
      break;
  }
  if (!is_valid(attribute)) reader.fail(begin);
  return attribute;
}

}  // namespace

void encode_record(std::string_view key, const SpanContext& context, LinkAttributes attributes,
                   std::int64_t stored_at_ns, std::vector<std::uint8_t>& out) {
  out.clear();
  append_text(out, key);
  std::uint8_t ids[24];
  base::store_trace_id(ids, context.trace_id);
  base::store_be64(ids + 16, context.span_id.value);
  wire::append_bytes(out, ids);
  out.push_back(context.flags);
  out.push_back(context.is_remote);
  append_le64(out, static_cast<std::uint64_t>(stored_at_ns));
  append_text(out, context.trace_state);
  wire::append_varint(out, attributes.size());
  for (const LinkAttribute& attribute : attributes) {
    append_text(out, attribute.key);
    out.push_back(static_cast<std::uint8_t>(attribute.value.index()));
    std::visit(AppendValue{out}, attribute.value);
  }
}

Result<void> decode_record(Bytes bytes, RecordView& record, std::vector<LinkAttribute>* attributes) {
  RecordReader reader(bytes);
  record.key = reader.text();
  if (!is_valid_key(record.key)) reader.fail(0);
  const std::size_t ids_at = reader.at();
  const Bytes ids = reader.take(24);
  if (!ids.empty()) {
    record.trace_id = base::load_trace_id(ids.data());
    record.span_id = base::load_span_id(ids.data() + 16);
    if (record.trace_id.is_zero() || record.span_id.is_zero()) reader.fail(ids_at);
  }
  record.flags = reader.byte(255);
  record.is_remote = reader.byte(1) != 0;
  const std::size_t time_at = reader.at();
  record.stored_at_ns = static_cast<std::int64_t>(reader.le64());
  if (record.stored_at_ns < 0) reader.fail(time_at);
  record.trace_state = reader.text();
  const std::size_t count_at = reader.at();
  const std::uint64_t count = reader.varint();
  if (count > kStoredAttributesMax) reader.fail(count_at);
  if (attributes != nullptr) attributes->clear();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    const LinkAttribute attribute = read_attribute(reader);
    if (attributes != nullptr) attributes->push_back(attribute);
  }
  return reader.result();
}

bool is_valid_key(std::string_view key) noexcept { return !key.empty() && key.size() <= kStoredKeyBytesMax; }

}  // namespace entail::links
