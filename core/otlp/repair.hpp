// Messages as every OTLP reader accepts them (docs/design.md 4.5).
//
// The engine passes on what it received. Some of it makes strict readers (pdata, protobuf in Python and Go) reject a
// whole message: an ID that is neither empty nor of its length, text that is not UTF-8, a known field with another wire
// type, bytes inside an event that are not protobuf, values nested too deep, padded tags and lengths of more than five
// bytes, groups, and ResourceSpans.deprecated_scope_spans, whose spans pdata takes for sampled ones. repair() empties
// the IDs, replaces bytes that are not UTF-8 by U+FFFD, and leaves the others out. Everything else, unknown fields
// included, keeps its bytes and its place.
//
// Thread rule: Immutable (functions). Cost: one walk over all fields; a copy only if there is something to repair.
// Stack: bounded by kMessageDepthMax.
#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "entail/entail.hpp"

namespace entail::otlp {

// Messages inside one another, the TracesData not counted. By default protobuf's readers allow 100, and 99 in JSON.
constexpr unsigned kMessageDepthMax = 99;

// The TracesData message itself if there is nothing to repair, else a repaired copy in `buffer`. Any bytes are
// accepted; what follows a byte that does not parse is left out of its message. Adds to `losses`, if given, where the
// call succeeds.
Result<Bytes> repair(Bytes traces_data, std::vector<std::uint8_t>& buffer, RepairLosses* losses);

}  // namespace entail::otlp
