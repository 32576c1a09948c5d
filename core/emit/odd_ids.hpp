// IDs of a wrong length (docs/design.md 4.5). Strict readers refuse a whole message for one of them, so they are
// written empty; the rest of their link or span is unchanged. An ID of all zeros has its length. Thread rule: Immutable
// (functions). Cost: one walk over the fields.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace entail::emit {

// True if any link of a Span message has an odd ID.
bool has_odd_links(Bytes span) noexcept;
// True if this Link message has one. Every repeated field counts, because a reader sees them all.
bool is_odd_link(Bytes link) noexcept;
// Appends a whole field 13 for the Link message, its odd IDs empty.
void append_repaired_link(Bytes link, std::vector<std::uint8_t>& out);

constexpr bool is_odd_size(std::size_t size, std::size_t id_size) noexcept { return size != 0 && size != id_size; }

}  // namespace entail::emit
