// IDs that are neither empty nor of their length (docs/design.md 4.5). Strict readers reject a whole message for one of
// them, so they are written empty; the rest of their link or span is unchanged. An ID of all zeros has its length.
// Every occurrence of a field counts, because readers see them all; the engine rejects a span whose last ones are
// malformed. Thread rule: Immutable (functions). Cost: one walk over the fields.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "wire/field_cursor.hpp"

namespace entail::emit {

// True if this field of a Span message is such an ID: of its own, or of the parent.
bool is_malformed_id_of_span(const wire::FieldView& field) noexcept;
// True if any link of a Span message has one.
bool has_malformed_links(Bytes span) noexcept;
// True if this Link message has one.
bool is_malformed_link(Bytes link) noexcept;
// Appends a whole field 13 for the Link message, its malformed IDs empty.
void append_repaired_link(Bytes link, std::vector<std::uint8_t>& out);

}  // namespace entail::emit
