// Classifies the IDs of spans and links, from protobuf and JSON alike (docs/design.md 4.5).
// Thread rule: Immutable. Cost: a few loads.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/loss.hpp"

namespace entail::context {

// good and null_target are not errors; the rest are reasons of docs/formats.md "Summary", in order of precedence.
enum class Identity : std::uint8_t { good, null_target, bad_hex, wrong_length, all_zero };  // rejected from bad_hex on
constexpr unsigned kIdentityCount = 5;

inline bool is_zero(Bytes bytes) noexcept {
  for (const std::uint8_t byte : bytes)
    if (byte != 0) return false;
  return true;
}

// trace_id and span_id: the bytes on the wire. bad_hex: the JSON reader found an ID that is not hex. has_payload: the
// link has attributes or a tracestate; false for spans.
inline Identity classify(Bytes trace_id, Bytes span_id, bool bad_hex, bool has_payload) noexcept {
  if (bad_hex) return Identity::bad_hex;
  if ((trace_id.size() != 16 && !trace_id.empty()) || (span_id.size() != 8 && !span_id.empty()))
    return Identity::wrong_length;
  if (trace_id.empty() || span_id.empty() || is_zero(trace_id) || is_zero(span_id))
    return has_payload ? Identity::null_target : Identity::all_zero;
  return Identity::good;
}

}  // namespace entail::context
