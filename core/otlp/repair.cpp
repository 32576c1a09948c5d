#include "otlp/repair.hpp"

#include <new>

#include "otlp/json_schema.hpp"
#include "text/utf8.hpp"
#include "wire/field_cursor.hpp"
#include "wire/reader.hpp"
#include "wire/writer.hpp"

namespace entail::otlp {
namespace {

using wire::FieldView;
using wire::Range;
using wire::WireType;

// ResourceSpans.deprecated_scope_spans, which no schema has any more.
constexpr std::uint32_t kDeprecatedScopeSpans = 1000;
// What protobuf's readers accept of a tag, and of a length. A header of one byte more has neither longer.
constexpr std::uint32_t kTagBytesMax = 5;
// Messages that are compared again when one inside is repaired, so that the others keep their bytes.
constexpr unsigned kComparedDepth = 3;  // of a span

std::string_view text_of(Bytes bytes) noexcept { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

enum class Verdict : std::uint8_t { good, bad_header, bad_id, bad_text, bad_content, unreadable };

class Repair {
 public:
  explicit Repair(Bytes bytes) noexcept : bytes_(bytes) {}

  // True if every reader accepts the message. `depth`: messages around it.
  bool is_good(const JsonSchema& schema, Range message, unsigned depth) const noexcept;
  void append(const JsonSchema& schema, Range message, unsigned depth, wire::Buffer& out);
  const RepairLosses& losses() const noexcept { return losses_; }

 private:
  Verdict examine(const JsonSchema& schema, const JsonField* field, const FieldView& view,
                  unsigned depth) const noexcept;
  Verdict examine_unknown(const JsonSchema& schema, const FieldView& view) const noexcept;
  bool has_good_header(const FieldView& view) const noexcept;
  void append_field(const JsonField* field, const FieldView& view, Verdict verdict, unsigned depth, wire::Buffer& out);
  void append_with_new_header(const FieldView& view, wire::Buffer& out) const;
  void append_text(const FieldView& view, wire::Buffer& out);

  Bytes bytes_;
  RepairLosses losses_;
};

// A scalar's value is behind its tag. A varint of ten bytes has one bit in the last.
bool Repair::has_good_header(const FieldView& view) const noexcept {
  const bool has_length = view.wire_type == WireType::length;
  if (view.payload.offset - view.whole.offset > kTagBytesMax + has_length) return false;
  return view.wire_type != WireType::varint || view.payload.size < wire::kVarintBytesMax ||
         bytes_[view.payload.offset + view.payload.size - 1] <= 1;
}

Verdict Repair::examine_unknown(const JsonSchema& schema, const FieldView& view) const noexcept {
  const bool is_group = view.wire_type == WireType::start_group;
  const bool is_deprecated = schema.message == JsonMessage::resource_spans && view.number == kDeprecatedScopeSpans;
  if (is_group || is_deprecated) return Verdict::unreadable;
  return has_good_header(view) ? Verdict::good : Verdict::bad_header;
}

Verdict Repair::examine(const JsonSchema& schema, const JsonField* field, const FieldView& view,
                        unsigned depth) const noexcept {
  if (field == nullptr) return examine_unknown(schema, view);
  if (!view.is(field->proto)) return Verdict::unreadable;
  switch (field->kind) {
    case JsonKind::message:
      if (depth == kMessageDepthMax) return Verdict::unreadable;
      if (!is_good(json_schema(field->message), view.payload, depth + 1)) return Verdict::bad_content;
      break;
    case JsonKind::identifier:
      if (view.payload.size != 0 && view.payload.size != field->id_size) return Verdict::bad_id;
      break;
    case JsonKind::string:
      if (text::utf8_valid_size(text_of(wire::slice(bytes_, view.payload))) != view.payload.size)
        return Verdict::bad_text;
      break;
    case JsonKind::bytes:
    case JsonKind::boolean:
    case JsonKind::int64:
    case JsonKind::int32:
    case JsonKind::uint32:
    case JsonKind::enumeration:
    case JsonKind::fixed64:
    case JsonKind::fixed32:
    case JsonKind::floating:
      break;
  }
  return has_good_header(view) ? Verdict::good : Verdict::bad_header;
}

bool Repair::is_good(const JsonSchema& schema, Range message, unsigned depth) const noexcept {
  wire::FieldCursor cursor(bytes_, message);
  std::uint32_t end = message.offset;
  for (FieldView view; cursor.next(view);) {
    if (examine(schema, schema.find(view.number), view, depth) != Verdict::good) return false;
    end = view.whole.offset + view.whole.size;
  }
  return end == message.offset + message.size;
}

void Repair::append(const JsonSchema& schema, Range message, unsigned depth, wire::Buffer& out) {
  wire::FieldCursor cursor(bytes_, message);
  std::uint32_t end = message.offset;
  for (FieldView view; cursor.next(view);) {
    end = view.whole.offset + view.whole.size;
    const JsonField* const field = schema.find(view.number);
    const bool is_message = field != nullptr && field->kind == JsonKind::message && view.is(field->proto);
    // Deeper messages are not compared before they are written, so that the time stays linear in their size.
    const bool is_compared = !is_message || depth < kComparedDepth;
    Verdict verdict = Verdict::bad_content;
    if (is_compared) {
      verdict = examine(schema, field, view, depth);
    } else if (depth == kMessageDepthMax) {
      verdict = Verdict::unreadable;
    }
    append_field(field, view, verdict, depth, out);
  }
  losses_.fields += end != message.offset + message.size;
}

void Repair::append_field(const JsonField* field, const FieldView& view, Verdict verdict, unsigned depth,
                          wire::Buffer& out) {
  switch (verdict) {
    case Verdict::good:
      wire::append_bytes(out, wire::slice(bytes_, view.whole));
      return;
    case Verdict::bad_header:
      append_with_new_header(view, out);
      return;
    case Verdict::bad_id:
      ++losses_.ids;
      wire::append_bytes_field(out, view.number, {});
      return;
    case Verdict::bad_text:
      append_text(view, out);
      return;
    case Verdict::bad_content: {
      wire::Buffer content;
      append(json_schema(field->message), view.payload, depth + 1, content);
      wire::append_bytes_field(out, view.number, content);
      return;
    }
    case Verdict::unreadable:
      ++losses_.fields;
      return;
  }
}

void Repair::append_with_new_header(const FieldView& view, wire::Buffer& out) const {
  const Bytes payload = wire::slice(bytes_, view.payload);
  if (view.wire_type == WireType::length) {
    wire::append_bytes_field(out, view.number, payload);
    return;
  }
  wire::append_varint(out, wire::tag_of(view.number, view.wire_type));
  if (view.wire_type != WireType::varint) {
    wire::append_bytes(out, payload);
    return;
  }
  std::uint64_t value = 0;
  wire::Reader reader(payload);
  reader.varint(payload.data(), payload.data() + payload.size(), value);
  wire::append_varint(out, value);
}

void Repair::append_text(const FieldView& view, wire::Buffer& out) {
  ++losses_.texts;
  std::string repaired;
  text::append_as_utf8(text_of(wire::slice(bytes_, view.payload)), repaired);
  wire::append_bytes_field(out, view.number, wire::bytes_of(repaired));
}

}  // namespace

Result<Bytes> repair(Bytes traces_data, std::vector<std::uint8_t>& buffer, RepairLosses* losses) {
  if (traces_data.size() > UINT32_MAX) return Error(ErrorCode::too_large);
  const JsonSchema& request = json_schema(JsonMessage::request);
  const Range whole{0, static_cast<std::uint32_t>(traces_data.size())};
  Repair repair(traces_data);
  if (repair.is_good(request, whole, 0)) return traces_data;
  try {
    buffer.clear();
    repair.append(request, whole, 0, buffer);
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::out_of_memory);
  }
  if (losses != nullptr) {
    losses->ids += repair.losses().ids;
    losses->texts += repair.losses().texts;
    losses->fields += repair.losses().fields;
  }
  return Bytes(buffer);
}

}  // namespace entail::otlp
