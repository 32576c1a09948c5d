#include "ottl/source.hpp"

#include <memory>

#include "base/bytes.hpp"
#include "context/identity.hpp"
#include "context/tracestate.hpp"
#include "otlp/fields.hpp"
#include "text/hex.hpp"
#include "wire/field_cursor.hpp"

namespace entail::ottl {

namespace {

using Kind = Value::Kind;

constexpr std::array<std::string_view, 6> kKindTexts = {"Unspecified", "Internal", "Server",
                                                        "Client",      "Producer", "Consumer"};
constexpr std::array<std::string_view, 6> kKindEnumTexts = {"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL",
                                                            "SPAN_KIND_SERVER",      "SPAN_KIND_CLIENT",
                                                            "SPAN_KIND_PRODUCER",    "SPAN_KIND_CONSUMER"};

Value integer_of(std::uint64_t value) noexcept { return Value::of_integer(static_cast<std::int64_t>(value)); }
Value time_of_ns(std::uint64_t value) noexcept { return Value::of_time(static_cast<std::int64_t>(value)); }

}  // namespace

Value value_of(Bytes bytes, const otlp::AttributeView& attribute) noexcept {
  using From = otlp::AttributeView::Kind;
  const std::string_view text{reinterpret_cast<const char*>(bytes.data()) + attribute.string.offset,
                              attribute.string.size};
  Value container;
  switch (attribute.kind) {
    case From::none:
    case From::other:
      return Value::of_integer(1, Kind::nil);  // is there, and empty
    case From::string:
      return Value::of_text(text);
    case From::boolean:
      return Value::of_boolean(attribute.integer != 0);
    case From::integer:
      return Value::of_integer(attribute.integer);
    case From::floating:
      return Value::of_floating(attribute.floating);
    case From::bytes:
      return Value::of_text(text, Kind::bytes);
    case From::list:
    case From::map:
      container = Value::of_text(text, attribute.kind == From::list ? Kind::list : Kind::map);
      container.form = Value::Form::wire;
      return container;
  }
  return {};
}

std::uint64_t Source::number(const wire::FieldView& field) const noexcept {
  const Bytes bytes = wire::slice(decoded_.bytes, field.payload);
  if (field.wire_type == wire::WireType::fixed64) return bytes.size() == 8 ? base::load_le64(bytes.data()) : 0;
  std::uint64_t value = 0;
  unsigned shift = 0;
  for (const std::uint8_t byte : bytes) {
    if (shift < 64) value |= std::uint64_t{byte & 0x7fu} << shift;
    shift += 7;
  }
  return value;
}

// A trace ID has 16 bytes, a span ID 8; anything else is refused before, or is as good as zeros.
std::string_view Source::id(wire::Range range, std::size_t size) const noexcept {
  static constexpr char kZeros[16] = {};
  return range.size == size ? text(range) : std::string_view(kZeros, size);
}

// An ID as lower-case digits.
std::string_view Source::hex(std::size_t slot, std::string_view id) noexcept {
  std::array<char, 32>& out = hex_[slot];
  text::write_hex(base::bytes_of(id), out.data());
  return {out.data(), id.size() * 2};
}

std::uint64_t Source::identity() const noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  const auto mix = [&hash](std::uint64_t word) { hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL ^ (hash >> 29); };
  for (const std::string_view bytes : {id(span_.trace_id, 16), id(span_.span_id, 8)})
    for (std::size_t i = 0; i < bytes.size(); i += 8)
      mix(base::load_le64(reinterpret_cast<const std::uint8_t*>(bytes.data()) + i));
  mix(events_at_ == 0 ? 0 : events_at_ - span_.payload.offset);
  return hash;
}

std::size_t Source::count_fields(wire::Field wanted) const noexcept {
  std::size_t count = 0;
  wire::FieldCursor cursor(decoded_.bytes, span_.payload);
  for (wire::FieldView field; cursor.next(field);) count += field.is(wanted);
  return count;
}

std::size_t Source::attribute_count(Holder holder) const noexcept {
  std::size_t count = 0;
  for_each_message(holder, [&](wire::Range message, wire::Field attributes) {
    wire::FieldCursor cursor(decoded_.bytes, message);
    for (wire::FieldView field; cursor.next(field);) count += field.is(attributes);
  });
  return count;
}

bool Source::is_root() const noexcept { return context::is_zero(wire::slice(decoded_.bytes, span_.parent_span_id)); }

const Source::SpanFields& Source::span_fields() noexcept {
  if (span_fields_) return *span_fields_;
  SpanFields& out = span_fields_.emplace();
  wire::FieldCursor cursor(decoded_.bytes, span_.payload);
  for (wire::FieldView field; cursor.next(field);) {
    if (field.is(otlp::span_field::kName)) {
      out.name = field.payload;
    } else if (field.is(otlp::span_field::kKind)) {
      out.kind = number(field);
    } else if (field.is(otlp::span_field::kDroppedAttributesCount)) {
      out.dropped_attributes = number(field);
    } else if (field.is(otlp::span_field::kDroppedEventsCount)) {
      out.dropped_events = number(field);
    } else if (field.is(otlp::span_field::kStatus)) {
      wire::FieldCursor status(decoded_.bytes, field.payload);
      for (wire::FieldView part; status.next(part);)
        if (part.is(otlp::status_field::kMessage)) out.status_message = part.payload;
    }
  }
  return out;
}

const Source::EventFields& Source::event_fields() noexcept {
  if (event_fields_) return *event_fields_;
  EventFields& out = event_fields_.emplace();
  wire::FieldCursor cursor(decoded_.bytes, event_);
  for (wire::FieldView field; cursor.next(field);) {
    if (field.is(otlp::event_field::kTime)) out.ns = number(field);
    if (field.is(otlp::event_field::kName)) out.name = field.payload;
    if (field.is(otlp::event_field::kDroppedAttributesCount)) out.dropped_attributes = number(field);
  }
  return out;
}

const Source::HeaderFields& Source::header_fields(Holder holder) noexcept {
  std::optional<HeaderFields>& fields = holder == Holder::scope ? scope_fields_ : resource_fields_;
  if (!fields) walk_header(holder, fields.emplace());
  return *fields;
}

void Source::walk_header(Holder holder, HeaderFields& out) const noexcept {
  const bool is_scope = holder == Holder::scope;
  const otlp::ScopeView& scope = decoded_.scopes[span_.scope];
  const otlp::ResourceView& resource = decoded_.resources[scope.resource];
  const std::uint32_t first = is_scope ? scope.first_field : resource.first_field;
  const std::uint32_t count = is_scope ? scope.field_count : resource.field_count;
  const wire::Field message = is_scope ? otlp::scope_spans_field::kScope : otlp::resource_spans_field::kResource;
  const wire::Field schema_url =
      is_scope ? otlp::scope_spans_field::kSchemaUrl : otlp::resource_spans_field::kSchemaUrl;
  const wire::Field dropped =
      is_scope ? otlp::scope_field::kDroppedAttributesCount : otlp::resource_field::kDroppedAttributesCount;
  for (std::uint32_t i = first; i < first + count; ++i) {
    wire::FieldCursor cursor(decoded_.bytes, decoded_.fields[i]);
    for (wire::FieldView field; cursor.next(field);) {
      if (field.is(schema_url)) out.schema_url = field.payload;
      if (!field.is(message)) continue;
      wire::FieldCursor parts(decoded_.bytes, field.payload);
      for (wire::FieldView part; parts.next(part);) {
        if (part.is(dropped))
          out.dropped_attributes = number(part);
        else if (is_scope && part.is(otlp::scope_field::kName))
          out.name = part.payload;
        else if (is_scope && part.is(otlp::scope_field::kVersion))
          out.version = part.payload;
      }
    }
  }
}

bool Source::next_event() noexcept {
  const std::uint32_t end = span_.payload.offset + span_.payload.size;
  if (events_at_ == 0) events_at_ = span_.payload.offset;
  wire::FieldCursor cursor(decoded_.bytes, events_at_, end);
  for (wire::FieldView field; cursor.next(field);) {
    if (!field.is(otlp::span_field::kEvents)) continue;
    events_at_ = field.whole.offset + field.whole.size;
    event_ = field.payload;
    event_fields_.reset();
    filled_[static_cast<std::size_t>(Holder::event)] = false;
    return true;
  }
  events_at_ = end;
  return false;
}

Value Source::field(Field field) noexcept {
  switch (field) {
    case Field::start_ns:
      return integer_of(span_.start_ns);
    case Field::end_ns:
      return integer_of(span_.end_ns);
    case Field::start_time:
      return time_of_ns(span_.start_ns);
    case Field::end_time:
      return time_of_ns(span_.end_ns);
    case Field::status_code:
      return integer_of(static_cast<std::uint64_t>(static_cast<std::int32_t>(span_.status_code)));
    case Field::trace_state:
      return Value::of_text(text(span_.trace_state));
    case Field::trace_id:
      return Value::of_text(id(span_.trace_id, 16), Kind::trace_id);
    case Field::span_id:
      return Value::of_text(id(span_.span_id, 8), Kind::span_id);
    case Field::parent_span_id:
      return Value::of_text(id(span_.parent_span_id, 8), Kind::span_id);
    case Field::trace_id_text:
      return Value::of_text(hex(0, id(span_.trace_id, 16)));
    case Field::span_id_text:
      return Value::of_text(hex(1, id(span_.span_id, 8)));
    case Field::parent_span_id_text:
      return Value::of_text(hex(2, id(span_.parent_span_id, 8)));
    case Field::status:
      return Value::of_integer(0, Kind::status);
    case Field::events:
      return Value::of_integer(0, Kind::events);
    case Field::links:
      return Value::of_integer(0, Kind::links);
    case Field::dropped_links:
      return integer_of(span_.dropped_links_count);
    case Field::flags:
      return integer_of(span_.flags);
    default:
      return field >= Field::event_name ? context_field(field) : passed_field(field);
  }
}

// Fields of the span that decode() passes over.
Value Source::passed_field(Field field) noexcept {
  const SpanFields& fields = span_fields();
  switch (field) {
    case Field::name:
      return Value::of_text(text(fields.name));
    case Field::kind:
      return integer_of(static_cast<std::uint64_t>(static_cast<std::int32_t>(fields.kind)));
    case Field::kind_text:
      return Value::of_text(fields.kind < kKindTexts.size() ? kKindTexts[fields.kind] : std::string_view());
    case Field::kind_enum_text:
      return Value::of_text(fields.kind < kKindEnumTexts.size() ? kKindEnumTexts[fields.kind] : std::string_view());
    case Field::status_message:
      return Value::of_text(text(fields.status_message));
    case Field::dropped_attributes:
      return integer_of(static_cast<std::uint32_t>(fields.dropped_attributes));
    case Field::dropped_events:
      return integer_of(static_cast<std::uint32_t>(fields.dropped_events));
    default:
      return {};
  }
}

// Fields of the event, the scope and the resource.
Value Source::context_field(Field field) noexcept {
  switch (field) {
    case Field::event_name:
      return Value::of_text(text(event_fields().name));
    case Field::event_ns:
      return integer_of(event_fields().ns);
    case Field::event_time:
      return time_of_ns(event_fields().ns);
    case Field::event_dropped_attributes:
      return integer_of(static_cast<std::uint32_t>(event_fields().dropped_attributes));
    case Field::scope_name:
      return Value::of_text(text(header_fields(Holder::scope).name));
    case Field::scope_version:
      return Value::of_text(text(header_fields(Holder::scope).version));
    case Field::scope_dropped_attributes:
      return integer_of(static_cast<std::uint32_t>(header_fields(Holder::scope).dropped_attributes));
    case Field::scope_schema_url:
      return Value::of_text(text(header_fields(Holder::scope).schema_url));
    case Field::resource_dropped_attributes:
      return integer_of(static_cast<std::uint32_t>(header_fields(Holder::resource).dropped_attributes));
    case Field::resource_schema_url:
      return Value::of_text(text(header_fields(Holder::resource).schema_url));
    default:
      return {};
  }
}

Value Source::trace_state_entry(std::string_view key) const noexcept {
  // The Collector parses Level 1.
  const auto member =
      context::find_tracestate_member(text(span_.trace_state), key, context::TracestateLevel::strict_one);
  if (!member.ok()) return {};
  return Value::of_text(member->value_or(std::string_view()));
}

const Value& Source::attribute(Holder holder, std::uint16_t slot) noexcept {
  if (!filled_[static_cast<std::size_t>(holder)]) fill(holder);
  return slots_[slot];
}

void Source::fill(Holder holder) noexcept {
  filled_[static_cast<std::size_t>(holder)] = true;
  for (std::size_t slot = 0; slot < keys_.size(); ++slot)
    if (keys_[slot].holder == holder) std::construct_at(&slots_[slot]);
  for_each_message(holder,
                   [&](wire::Range message, wire::Field attributes) { take_attributes(holder, message, attributes); });
}

void Source::take_attributes(Holder holder, wire::Range message, wire::Field attributes) noexcept {
  otlp::AttributeCursor cursor(decoded_.bytes, message.offset, message.offset + message.size, attributes);
  std::uint64_t seen[kSlotsMax / 64] = {};  // slots that this message has set: its first such attribute counts
  for (otlp::AttributeView attribute; cursor.next(attribute);) {
    const std::string_view key = text(attribute.key);
    for (std::size_t slot = 0; slot < keys_.size(); ++slot) {
      const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
      if (keys_[slot].holder != holder || (seen[slot / 64] & bit) != 0 || keys_[slot].key != key) continue;
      seen[slot / 64] |= bit;
      if (is_absent(slots_[slot])) slots_[slot] = value_of(decoded_.bytes, attribute);
    }
  }
}

}  // namespace entail::ottl
