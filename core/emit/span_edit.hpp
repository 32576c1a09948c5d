// Writing kept spans: slicing the received bytes, with the few fields replaced that docs/design.md 3.11, 3.12, 4.4 and
// 4.5 name (G6). Thread rule: Confined. Cost: one copy of the span where nothing is edited, else one or two walks over
// its fields too.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "entail/options.hpp"
#include "reservoir/link_sample.hpp"

namespace entail::emit {

// A value of monostate removes the attribute: one of this project's names in the input must not be mistaken for this
// stage's.
struct Attribute {
  std::string_view key;
  std::variant<std::int64_t, bool, std::string, std::vector<std::string>, std::monostate> value;
  bool is_removal() const noexcept { return std::holds_alternative<std::monostate>(value); }
};
constexpr std::size_t kAttributesMax = 64;  // of one edit

// What to change in one span. An empty edit copies the bytes. Everything else, including unknown fields, keeps its
// bytes and place; a field of one of these numbers with another wire type is an unknown field.
struct SpanEdit {
  bool replace_trace_state = false;
  std::string_view trace_state = {};  // empty: removes the field
  bool replace_links = false;
  std::span<const Bytes> link_fields =
      {};  // whole fields 13, in order; written where the first link was, else at the end
  std::optional<std::uint32_t> dropped_links_count = {};  // replaces every field 14; no field is added for 0
  bool empty_malformed_ids = false;                       // see malformed_ids.hpp; those of link_fields too
  // Keys are distinct, at most kAttributesMax. Each replaces all attributes with its key, or is appended.
  std::span<const Attribute> attributes = {};
  bool empty() const noexcept {
    return !replace_trace_state && !replace_links && !dropped_links_count && !empty_malformed_ids && attributes.empty();
  }
};

// Appends the edited Span message (payload only, without tag and length). payload must have been decoded.
void append_span(Bytes payload, const SpanEdit& edit, std::vector<std::uint8_t>& out);

// Appends a whole field 13 for a link rebuilt from its edge: both IDs and entail.link.restored = true.
void append_restored_link(TraceId trace_id, SpanId span_id, std::vector<std::uint8_t>& out);

// The attributes of a truncated span, named as the options say (docs/formats.md "Attributes on emitted spans"). Absent
// thresholds are removals. The seed is written as the signed number of the same bits.
void append_truncation_attributes(const reservoir::TruncationRecord& record, TruncationNames names,
                                  std::vector<Attribute>& out);

// Why a trace was kept, for the attributes of docs/design.md 3.12. An empty field is a removal.
struct KeepReason {
  std::string_view reason = {};  // policy or link
  std::string_view policy = {};
  std::optional<TraceId> origin_trace_id = {};
  std::string_view direction = {};
  std::optional<std::uint32_t> hops = {};
  std::span<const TraceId> path = {};
};
void append_reason_attributes(const KeepReason& reason, std::vector<Attribute>& out);

}  // namespace entail::emit
