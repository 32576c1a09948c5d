// IDs that have another length than they must have (docs/design.md 4.5). Strict readers refuse a whole message for one
// of them, so that they are written empty; all else of their link or span stays. An ID of all zeros has its length.
// Thread rule: Immutable (functions). Cost: one walk over the fields.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace entail::emit {

// Does any link of a Span message have an odd ID?
bool has_odd_links(Bytes span) noexcept;
// Does this Link message? Each of repeated fields counts: a reader sees them all.
bool is_odd_link(Bytes link) noexcept;
// Appends a whole field 13 for the Link message, its odd IDs empty.
void append_mended_link(Bytes link, std::vector<std::uint8_t>& out);

constexpr bool is_odd_size(std::size_t size, std::size_t id_size) noexcept { return size != 0 && size != id_size; }

}  // namespace entail::emit
