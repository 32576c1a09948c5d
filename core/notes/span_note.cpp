#include "notes/span_note.hpp"

#include <array>
#include <cstring>
#include <new>
#include <string>

#include "base/bytes.hpp"
#include "otlp/decode.hpp"
#include "otlp/fields.hpp"
#include "text/utf8.hpp"
#include "wire/field_cursor.hpp"
#include "wire/range.hpp"

namespace entail::notes {

namespace {

struct SpanTexts {
  std::string_view name;
  std::string_view message;
};

// As protobuf reads repeated fields: the last name and the last message count.
SpanTexts texts_of(Bytes payload) noexcept {
  SpanTexts texts;
  wire::FieldCursor fields(payload);
  for (wire::FieldView field; fields.next(field);) {
    if (field.is(otlp::span_field::kName)) {
      texts.name = base::text_of(wire::slice(payload, field.payload));
    } else if (field.is(otlp::span_field::kStatus)) {
      wire::FieldCursor status(payload, field.payload);
      for (wire::FieldView part; status.next(part);)
        if (part.is(otlp::status_field::kMessage)) texts.message = base::text_of(wire::slice(payload, part.payload));
    }
  }
  return texts;
}

bool is_clean(std::string_view text) noexcept {
  return text.size() <= kTextMax && text::utf8_valid_size(text) == text.size();
}

// Replaces what is not UTF-8 and cuts the text; the result is no longer than the text. `storage` holds it if it
// differs.
std::string_view clean_text(std::string_view text, std::string& storage) {
  const std::string_view cut = cut_text(text, kTextMax);
  if (text::utf8_valid_size(cut) == cut.size()) return cut;
  text::append_as_utf8(cut, storage);
  return cut_text(storage, cut.size());
}

}  // namespace

std::optional<std::string_view> find_service(Bytes resource_fields) noexcept {
  wire::FieldCursor fields(resource_fields);
  for (wire::FieldView field; fields.next(field);) {
    if (!field.is(otlp::resource_spans_field::kResource)) continue;
    otlp::AttributeCursor attributes(resource_fields, field.payload.offset, field.payload.offset + field.payload.size,
                                     otlp::resource_field::kAttributes);
    for (otlp::AttributeView attribute; attributes.next(attribute);)
      if (attribute.kind == otlp::AttributeView::Kind::string &&
          base::text_of(wire::slice(resource_fields, attribute.key)) == "service.name")
        return base::text_of(wire::slice(resource_fields, attribute.string));
  }
  return std::nullopt;
}

std::string_view cut_text(std::string_view text, std::size_t size_max) noexcept {
  if (text.size() <= size_max) return text;
  constexpr std::size_t kContinuedMax = 3;  // bytes of a character behind its first
  std::size_t size = size_max;
  while (size != 0 && size_max - size < kContinuedMax && !text::starts_character(text[size])) --size;
  return text.substr(0, size);
}

namespace {

using Parts = std::array<std::string_view, 3>;  // service, name, message

SpanNotePointer build_note(const NotedSpan& span, std::uint16_t roles, const Parts& parts) {
  const std::size_t size = parts[0].size() + parts[1].size() + parts[2].size();
  auto* const note = new (::operator new(sizeof(SpanNote) + size)) SpanNote;
  note->start_ns = span.start_ns;
  note->span_id = span.span_id;
  note->service_size = static_cast<std::uint16_t>(parts[0].size());
  note->name_size = static_cast<std::uint16_t>(parts[1].size());
  note->message_size = static_cast<std::uint16_t>(parts[2].size());
  note->roles = roles;
  auto* out = reinterpret_cast<char*>(note + 1);
  for (const std::string_view part : parts) {
    if (!part.empty()) std::memcpy(out, part.data(), part.size());
    out += part.size();
  }
  return SpanNotePointer(note);
}

SpanNotePointer build_cleaned_note(const NotedSpan& span, std::uint16_t roles, Parts parts) {
  std::array<std::string, 3> storage;
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = clean_text(parts[i], storage[i]);
  return build_note(span, roles, parts);
}

}  // namespace

SpanNotePointer make_note(const NotedSpan& span, std::uint16_t roles) noexcept {
  try {
    Parts parts = {span.service, {}, {}};
    if ((roles & (kRoot | kError)) != 0) {
      const SpanTexts texts = texts_of(span.payload);
      parts[1] = texts.name;
      if ((roles & kError) != 0) parts[2] = texts.message;
    }
    if (is_clean(parts[0]) && is_clean(parts[1]) && is_clean(parts[2])) return build_note(span, roles, parts);
    return build_cleaned_note(span, roles, parts);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace entail::notes
