// What conditions read of one span, its resource, its scope and its events: fields and attributes out of the received
// bytes, each walked at most once, and only when a condition needs it.
// Thread rule: Confined. Cost: one walk over the attributes of a holder, 5 to 10 ns each, for all keys together. No
// allocation. Memory: about 7 KiB on the stack.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "otlp/decode.hpp"
#include "ottl/program.hpp"
#include "wire/field_cursor.hpp"

namespace entail::ottl {

constexpr std::size_t kSlotsMax = 128;  // distinct attribute keys of all conditions together

struct SlotKey {
  Holder holder = Holder::span;
  std::string key;
};

// The value of an attribute, in bytes that outlive it.
Value value_of(Bytes bytes, const otlp::AttributeView& attribute) noexcept;

// What is the same for all spans of a request, and makes a run repeatable.
struct Moment {
  std::int64_t now_ns = 0;  // engine time, for Now()
  std::uint64_t seed = 0;   // of UUID()
};

// A span's answers to paths. Texts borrow the request.
class Source {
 public:
  Source(const otlp::Decoded& decoded, const otlp::SpanView& span, std::span<const SlotKey> keys,
         Moment moment) noexcept
      : decoded_(decoded), span_(span), keys_(keys), moment_(moment) {}
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // Conditions on events are evaluated on the current event (payload of the field). False when there are no more.
  bool next_event() noexcept;

  void rewind_events() noexcept { events_at_ = 0; }

  Value field(Field field) noexcept;
  // One entry, empty if it is absent; nil if the tracestate does not parse.
  Value trace_state_entry(std::string_view key) const noexcept;
  // nil when the key is absent. Of several with this key the first counts.
  const Value& attribute(Holder holder, std::uint16_t slot) noexcept;
  // All of a holder, for visit(key, value), which may stop with false.
  std::size_t attribute_count(Holder holder) const noexcept;
  template <class Visit>
  void for_each_attribute(Holder holder, const Visit& visit) const noexcept;
  bool is_root() const noexcept;
  std::size_t event_count() const noexcept { return count_fields(otlp::span_field::kEvents); }
  std::size_t link_count() const noexcept { return span_.link_count; }
  Moment moment() const noexcept { return moment_; }
  // Differs between spans, and between the events of a span.
  std::uint64_t identity() const noexcept;

 private:
  std::string_view text(wire::Range range) const noexcept {
    return {reinterpret_cast<const char*>(decoded_.bytes.data()) + range.offset, range.size};
  }
  std::uint64_t number(const wire::FieldView& field) const noexcept;
  std::string_view id(wire::Range range, std::size_t size) const noexcept;
  std::string_view hex(std::size_t slot, std::string_view id) noexcept;
  Value passed_field(Field field) noexcept;
  Value context_field(Field field) noexcept;
  void fill(Holder holder) noexcept;
  void take_attributes(Holder holder, wire::Range message, wire::Field attributes) noexcept;
  // The messages that hold a holder's attributes, which are their fields `attributes`.
  template <class Visit>
  void for_each_message(Holder holder, const Visit& visit) const noexcept;
  std::size_t count_fields(wire::Field field) const noexcept;

  const otlp::Decoded& decoded_;
  const otlp::SpanView& span_;
  std::span<const SlotKey> keys_;
  Moment moment_;
  std::array<bool, kHolderCount> filled_{};
  // Those of a holder live once it is filled: to make all of them for each span would cost more than most conditions.
  union {
    std::array<Value, kSlotsMax> slots_;
  };

  // Fields that decode() skips, once they are walked; of one that is repeated the last counts.
  struct SpanFields {
    wire::Range name;
    wire::Range status_message;
    std::uint64_t kind = 0;
    std::uint64_t dropped_attributes = 0;
    std::uint64_t dropped_events = 0;
  };
  struct EventFields {
    wire::Range name;
    std::uint64_t ns = 0;
    std::uint64_t dropped_attributes = 0;
  };
  struct HeaderFields {  // of a scope or a resource
    wire::Range name;    // of a scope only
    wire::Range version;
    wire::Range schema_url;
    std::uint64_t dropped_attributes = 0;
  };
  const SpanFields& span_fields() noexcept;
  const EventFields& event_fields() noexcept;
  const HeaderFields& header_fields(Holder holder) noexcept;
  void walk_header(Holder holder, HeaderFields& out) const noexcept;

  std::optional<SpanFields> span_fields_;
  std::optional<EventFields> event_fields_;
  std::optional<HeaderFields> scope_fields_;
  std::optional<HeaderFields> resource_fields_;
  std::uint32_t events_at_ = 0;  // where the next event is looked for; 0 = at the start of the span
  wire::Range event_;
  std::array<std::array<char, 32>, 3> hex_;  // trace, span and parent ID
};

template <class Visit>
void Source::for_each_message(Holder holder, const Visit& visit) const noexcept {
  if (holder == Holder::span) {
    const std::uint32_t size = span_.attribute_count == 0 ? 0 : span_.attributes_end - span_.first_attribute;
    visit(wire::Range{span_.first_attribute, size}, otlp::span_field::kAttributes);
    return;
  }
  if (holder == Holder::event) {
    visit(event_, otlp::event_field::kAttributes);
    return;
  }
  const otlp::ScopeView& scope = decoded_.scopes[span_.scope];
  const otlp::ResourceView& resource = decoded_.resources[scope.resource];
  const bool is_scope = holder == Holder::scope;
  const wire::Field header = is_scope ? otlp::scope_spans_field::kScope : otlp::resource_spans_field::kResource;
  const wire::Field attributes = is_scope ? otlp::scope_field::kAttributes : otlp::resource_field::kAttributes;
  const std::uint32_t first = is_scope ? scope.first_field : resource.first_field;
  const std::uint32_t count = is_scope ? scope.field_count : resource.field_count;
  for (std::uint32_t i = first; i < first + count; ++i) {
    wire::FieldCursor cursor(decoded_.bytes, decoded_.fields[i]);
    for (wire::FieldView field; cursor.next(field);)
      if (field.is(header)) visit(field.payload, attributes);
  }
}

template <class Visit>
void Source::for_each_attribute(Holder holder, const Visit& visit) const noexcept {
  bool goes_on = true;
  for_each_message(holder, [&](wire::Range message, wire::Field attributes) {
    otlp::AttributeCursor cursor(decoded_.bytes, message.offset, message.offset + message.size, attributes);
    for (otlp::AttributeView attribute; goes_on && cursor.next(attribute);)
      goes_on = visit(text(attribute.key), value_of(decoded_.bytes, attribute));
  });
}

}  // namespace entail::ottl
