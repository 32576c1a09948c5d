// What conditions read of one span, its resource, its scope and its events: fields and attributes out of the received
// bytes, each walked at most once, and only when a condition asks.
// Thread rule: Confined. Cost: one walk over the attributes of a holder, 5 to 10 ns each, for all keys together. No
// allocation. Memory: about 7 KiB on the stack.
#pragma once

#include <array>
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

// A span's answers to paths. Texts borrow the request.
class Source {
 public:
  Source(const otlp::Decoded& decoded, const otlp::SpanView& span, std::span<const SlotKey> keys) noexcept
      : decoded_(decoded), span_(span), keys_(keys) {}
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // Conditions on events are asked of the event that stands here (payload of the field). False when there is no more.
  bool next_event() noexcept;

  void rewind_events() noexcept { events_at_ = 0; }

  Value field(Field field) noexcept;
  // One entry; nil if it is absent, or if the tracestate does not parse.
  Value trace_state_entry(std::string_view key) const noexcept;
  // nil when the key is absent. Of several with this key the first counts.
  const Value& attribute(Holder holder, std::uint16_t slot) noexcept;
  bool is_root() const noexcept;

 private:
  std::string_view text(wire::Range range) const noexcept {
    return {reinterpret_cast<const char*>(decoded_.bytes.data()) + range.offset, range.size};
  }
  std::uint64_t number(const wire::FieldView& field) const noexcept;
  std::string_view hex(std::size_t slot, wire::Range id) noexcept;
  void walk_span() noexcept;
  void walk_event() noexcept;
  void walk_scope() noexcept;
  void fill(Holder holder) noexcept;
  void take_attributes(Holder holder, wire::Range message, wire::Field attributes) noexcept;

  const otlp::Decoded& decoded_;
  const otlp::SpanView& span_;
  std::span<const SlotKey> keys_;
  std::array<bool, kHolderCount> filled_{};
  // Those of a holder live once it is filled: to make all of them for each span would cost more than most conditions.
  union {
    std::array<Value, kSlotsMax> slots_;
  };

  // Fields that decode() passes over.
  bool span_walked_ = false;
  wire::Range name_;
  wire::Range status_message_;
  std::uint64_t kind_ = 0;
  std::uint64_t dropped_attributes_ = 0;
  std::uint64_t dropped_events_ = 0;
  bool scope_walked_ = false;
  wire::Range scope_name_;
  wire::Range scope_version_;
  bool event_walked_ = false;
  std::uint32_t events_at_ = 0;  // where the next event is looked for; 0 = at the start of the span
  wire::Range event_;
  wire::Range event_name_;
  std::uint64_t event_ns_ = 0;
  std::uint64_t event_dropped_attributes_ = 0;
  std::array<std::array<char, 32>, 3> hex_;  // trace, span and parent ID
};

}  // namespace entail::ottl
