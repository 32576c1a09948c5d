// The encoding of one entry of a ContextStore, in memory and in snapshots. Internal to the room.
//
//   varint key size, key | 16 trace ID | 8 span ID | 1 flags | 1 remote | 8 time stored, little-endian
//   varint trace state size, trace state | varint attribute count, and per attribute
//   varint key size, key | 1 kind | varint size and text, or 8 bytes little-endian (int, double), or 1 (bool)
//
// Varints are minimal, so that equal entries have equal bytes. Thread rule: Immutable (free functions only).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "entail/context.hpp"
#include "entail/link_builder.hpp"
#include "entail/result.hpp"

namespace entail::links {

struct RecordView {
  std::string_view key;
  TraceId trace_id;
  SpanId span_id;
  std::uint8_t flags = 0;
  bool is_remote = false;
  std::int64_t stored_at_ns = 0;
  std::string_view trace_state;
};

// REQUIRES sizes below 4 GiB. Replaces `out`.
void encode_record(std::string_view key, const SpanContext& context, LinkAttributes attributes,
                   std::int64_t stored_at_ns, std::vector<std::uint8_t>& out);

// Decodes a whole record; views borrow the bytes. bad_snapshot at the offset of the first invalid field: a size beyond
// the end, a varint that is not minimal, a zero ID, a bad key or attribute, trailing bytes. Replaces `attributes`,
// which may be null.
Result<void> decode_record(Bytes bytes, RecordView& record, std::vector<LinkAttribute>* attributes);

// A valid key is 1 to kStoredKeyBytesMax arbitrary bytes.
bool is_valid_key(std::string_view key) noexcept;

}  // namespace entail::links
