// The B3 headers of a carrier, collected before they are parsed, so that one pass over the carrier serves all formats.
// Internal to the room. Thread rule: Immutable. Borrows.
#pragma once

#include <optional>

#include "entail/context.hpp"

namespace entail::links {

// The first value of each X-B3 header; nullopt if absent.
struct B3Fields {
  std::optional<std::string_view> trace_id;
  std::optional<std::string_view> span_id;
  std::optional<std::string_view> parent_id;
  std::optional<std::string_view> sampled;
  std::optional<std::string_view> flags;
  bool any() const noexcept { return trace_id || span_id || parent_id || sampled || flags; }
};

// Stores the value if the header is one of the five and the first of its name.
void collect_b3_header(const Header& header, B3Fields& fields) noexcept;
Result<ForeignContext, ContextError> parse_b3_fields(const B3Fields& fields) noexcept;

}  // namespace entail::links
