#include "emit/span_edit.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "emit/malformed_ids.hpp"
#include "otlp/decode.hpp"
#include "otlp/encode.hpp"
#include "otlp/fields.hpp"
#include "wire/field_cursor.hpp"
#include "wire/writer.hpp"

namespace entail::emit {
namespace {

namespace span_field = otlp::span_field;

constexpr std::size_t kNoAttribute = SIZE_MAX;

// Copies one span's fields, and writes each edited thing where the first field that it replaces was.
class Editor {
 public:
  Editor(Bytes payload, const SpanEdit& edit, wire::Buffer& out) noexcept : payload_(payload), edit_(edit), out_(out) {}

  void run() {
    const std::uint32_t attributes_end = edit_.attributes.empty() ? 0 : find_attributes_end();
    wire::FieldCursor cursor(payload_);
    for (wire::FieldView field; cursor.next(field);) {
      replace(field);
      if (field.whole.offset + field.whole.size == attributes_end) {
        flush(attributes_end);
        add_new_attributes();
      }
    }
    flush(static_cast<std::uint32_t>(payload_.size()));
    add_missing();
  }

 private:
  // Copies the fields since the last edit, up to `offset`.
  void flush(std::uint32_t offset) {
    if (offset > copied_to_) wire::append_bytes(out_, payload_.subspan(copied_to_, offset - copied_to_));
    copied_to_ = std::max(copied_to_, offset);
  }

  // Leaves the field out if the edit replaces it; the replacement is written where the first such field was.
  void replace(const wire::FieldView& field) {
    if (edit_.replace_trace_state && field.is(span_field::kTraceState)) {
      leave_out(field);
      write_trace_state();
    } else if (edit_.replace_links && field.is(span_field::kLinks)) {
      leave_out(field);
      write_links();
    } else if (edit_.dropped_links_count && field.is(span_field::kDroppedLinksCount)) {
      leave_out(field);
      write_dropped_links_count();
    } else if (!edit_.attributes.empty() && field.is(span_field::kAttributes)) {
      const std::size_t index = edited_attribute(field);
      if (index == kNoAttribute) return;
      leave_out(field);
      write_attribute(index);
    } else if (edit_.empty_malformed_ids) {
      empty_malformed_ids(field);
    }
  }

  void empty_malformed_ids(const wire::FieldView& field) {
    if (is_malformed_id_of_span(field)) {
      leave_out(field);
      wire::append_bytes_field(out_, field.number, {});
    } else if (field.is(span_field::kLinks) && is_malformed_link(wire::slice(payload_, field.payload))) {
      leave_out(field);
      append_repaired_link(wire::slice(payload_, field.payload), out_);
    }
  }

  void leave_out(const wire::FieldView& field) {
    flush(field.whole.offset);
    copied_to_ = field.whole.offset + field.whole.size;
  }

  // The edit's attribute of the key that this KeyValue field has.
  std::size_t edited_attribute(const wire::FieldView& field) const {
    otlp::AttributeCursor cursor(payload_, field.whole.offset, field.whole.offset + field.whole.size,
                                 span_field::kAttributes);
    otlp::AttributeView view;
    if (!cursor.next(view)) return kNoAttribute;
    const std::string_view key = base::text_of(wire::slice(payload_, view.key));
    for (std::size_t i = 0; i < edit_.attributes.size(); ++i) {
      if (edit_.attributes[i].key == key) return i;
    }
    return kNoAttribute;
  }

  std::uint32_t find_attributes_end() const {
    std::uint32_t end = 0;
    wire::FieldCursor cursor(payload_);
    for (wire::FieldView field; cursor.next(field);) {
      if (field.is(span_field::kAttributes)) end = field.whole.offset + field.whole.size;
    }
    return end;
  }

  void write_trace_state() {
    if (!trace_state_written_ && !edit_.trace_state.empty()) {
      wire::append_bytes_field(out_, span_field::kTraceState.number, base::bytes_of(edit_.trace_state));
    }
    trace_state_written_ = true;
  }

  void write_links() {
    if (!links_written_) {
      for (const Bytes link : edit_.link_fields) write_link(link);
    }
    links_written_ = true;
  }

  void write_link(Bytes field_bytes) {
    wire::FieldView field;
    wire::FieldCursor cursor(field_bytes);
    if (edit_.empty_malformed_ids && cursor.next(field) && is_malformed_link(wire::slice(field_bytes, field.payload))) {
      append_repaired_link(wire::slice(field_bytes, field.payload), out_);
    } else {
      wire::append_bytes(out_, field_bytes);
    }
  }

  void write_dropped_links_count() {
    if (!count_written_)
      wire::append_varint_field(out_, span_field::kDroppedLinksCount.number, *edit_.dropped_links_count);
    count_written_ = true;
  }

  void write_attribute(std::size_t index) {
    const std::uint64_t bit = std::uint64_t{1} << index;
    if ((attributes_written_ & bit) == 0 && !edit_.attributes[index].is_removal()) {
      otlp::append_attribute(span_field::kAttributes, edit_.attributes[index].key, edit_.attributes[index].value, out_);
    }
    attributes_written_ |= bit;
  }

  void add_new_attributes() {
    for (std::size_t i = 0; i < edit_.attributes.size(); ++i) write_attribute(i);
  }

  // Replacements of absent fields are written at the end.
  void add_missing() {
    if (edit_.replace_trace_state) write_trace_state();
    add_new_attributes();
    if (edit_.replace_links) write_links();
    if (edit_.dropped_links_count.value_or(0) != 0) write_dropped_links_count();
  }

  Bytes payload_;
  const SpanEdit& edit_;
  wire::Buffer& out_;
  std::uint32_t copied_to_ = 0;
  bool trace_state_written_ = false;
  bool links_written_ = false;
  bool count_written_ = false;
  std::uint64_t attributes_written_ = 0;
};

}  // namespace

void append_span(Bytes payload, const SpanEdit& edit, std::vector<std::uint8_t>& out) {
  if (edit.empty()) {
    wire::append_bytes(out, payload);
    return;
  }
  ENTAIL_CHECK(edit.attributes.size() <= kAttributesMax);
  Editor(payload, edit, out).run();
}

}  // namespace entail::emit
