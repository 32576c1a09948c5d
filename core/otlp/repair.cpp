#include "otlp/repair.hpp"

#include <new>

#include "base/bytes.hpp"
#include "otlp/fields.hpp"
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
// What protobuf's readers accept of a tag, and of a length. A header of at most 5 bytes, or 6 with a length, is within
// both limits.
constexpr std::uint32_t kTagBytesMax = 5;

enum class Verdict : std::uint8_t { good, bad_header, bad_id, bad_text, bad_content, unreadable };

class Repair {
 public:
  explicit Repair(Bytes bytes) noexcept : bytes_(bytes) {}

  // Appends the repaired message. False, with nothing appended: every reader accepts it as it is. `depth`: messages
  // around it.
  bool append(const JsonSchema& schema, Range message, unsigned depth, wire::Buffer& out);
  const RepairLosses& losses() const noexcept { return losses_; }

 private:
  // content: the repaired message, if the verdict is bad_content.
  Verdict examine(const JsonSchema& schema, const FieldView& view, unsigned depth, wire::Buffer& content);
  Verdict examine_unknown(const JsonSchema& schema, const FieldView& view) const noexcept;
  bool has_good_header(const FieldView& view) const noexcept;
  void append_field(const FieldView& view, Verdict verdict, const wire::Buffer& content, wire::Buffer& out);
  void append_with_new_header(const FieldView& view, wire::Buffer& out) const;
  void append_text(const FieldView& view, wire::Buffer& out);

  Bytes bytes_;
  RepairLosses losses_;
};

// A scalar's header is its tag alone. The tenth byte of a varint may hold only one bit.
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

Verdict Repair::examine(const JsonSchema& schema, const FieldView& view, unsigned depth, wire::Buffer& content) {
  const JsonField* const field = schema.find(view.number);
  if (field == nullptr) return examine_unknown(schema, view);
  if (!view.is(field->proto)) return Verdict::unreadable;
  if (field->kind == JsonKind::message) {
    if (depth == kMessageDepthMax) return Verdict::unreadable;
    if (append(json_schema(field->message), view.payload, depth + 1, content)) return Verdict::bad_content;
  } else if (field->kind == JsonKind::identifier) {
    if (is_malformed_id(view.payload.size, field->id_size)) return Verdict::bad_id;
  } else if (field->kind == JsonKind::string) {
    const std::string_view text = base::text_of(wire::slice(bytes_, view.payload));
    if (text::utf8_valid_size(text) != text.size()) return Verdict::bad_text;
  }
  return has_good_header(view) ? Verdict::good : Verdict::bad_header;
}

bool Repair::append(const JsonSchema& schema, Range message, unsigned depth, wire::Buffer& out) {
  bool is_good = true;
  std::uint32_t copied_to = message.offset;
  std::uint32_t end = message.offset;
  wire::FieldCursor cursor(bytes_, message);
  for (FieldView view; cursor.next(view);) {
    end = view.whole.offset + view.whole.size;
    wire::Buffer content;  // allocates only where something is repaired
    const Verdict verdict = examine(schema, view, depth, content);
    if (verdict == Verdict::good) continue;
    is_good = false;
    wire::append_bytes(out, bytes_.subspan(copied_to, view.whole.offset - copied_to));
    append_field(view, verdict, content, out);
    copied_to = end;
  }
  const bool is_cut = end != message.offset + message.size;
  losses_.fields += is_cut;
  if (is_good && !is_cut) return false;
  wire::append_bytes(out, bytes_.subspan(copied_to, end - copied_to));
  return true;
}

void Repair::append_field(const FieldView& view, Verdict verdict, const wire::Buffer& content, wire::Buffer& out) {
  switch (verdict) {
    case Verdict::good:
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
    case Verdict::bad_content:
      wire::append_bytes_field(out, view.number, content);
      return;
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
  if (view.wire_type == WireType::varint) {
    std::uint64_t value = 0;
    wire::Reader reader(payload);
    reader.varint(payload.data(), payload.data() + payload.size(), value);
    wire::append_varint_field(out, view.number, value);
    return;
  }
  wire::append_varint(out, wire::tag_of(view.number, view.wire_type));
  wire::append_bytes(out, payload);
}

void Repair::append_text(const FieldView& view, wire::Buffer& out) {
  ++losses_.texts;
  std::string repaired;
  text::append_as_utf8(base::text_of(wire::slice(bytes_, view.payload)), repaired);
  wire::append_bytes_field(out, view.number, base::bytes_of(repaired));
}

}  // namespace

Result<Bytes> repair(Bytes traces_data, std::vector<std::uint8_t>& buffer, RepairLosses* losses) {
  if (traces_data.size() > UINT32_MAX) return Error(ErrorCode::too_large);
  const JsonSchema& request = json_schema(JsonMessage::request);
  const Range whole{0, static_cast<std::uint32_t>(traces_data.size())};
  Repair repair(traces_data);
  try {
    buffer.clear();
    if (!repair.append(request, whole, 0, buffer)) return traces_data;
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
