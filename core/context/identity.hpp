// Is a context good? The classification of docs/design.md 4.5, one place for spans and links, protobuf and JSON.
// Thread rule: Immutable. Cost: a few loads.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/loss.hpp"

namespace entail::context {

// good and null_target are no errors; the rest are the reasons of docs/formats.md "Summary", in the order that applies.
enum class Identity : std::uint8_t { good, null_target, bad_hex, wrong_length, all_zero };  // refused: from bad_hex on
constexpr unsigned kIdentityCount = 5;

inline bool is_zero(Bytes bytes) noexcept {
  for (const std::uint8_t byte : bytes)
    if (byte != 0) return false;
  return true;
}

// trace_id and span_id as on the wire; bad_hex: the JSON door found a non-hex ID here; has_payload: the link has
// attributes or a tracestate (spans pass false).
inline Identity classify(Bytes trace_id, Bytes span_id, bool bad_hex, bool has_payload) noexcept {
  if (bad_hex) return Identity::bad_hex;
  if ((trace_id.size() != 16 && !trace_id.empty()) || (span_id.size() != 8 && !span_id.empty()))
    return Identity::wrong_length;
  if (trace_id.empty() || span_id.empty() || is_zero(trace_id) || is_zero(span_id))
    return has_payload ? Identity::null_target : Identity::all_zero;
  return Identity::good;
}

}  // namespace entail::context
