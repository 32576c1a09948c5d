// OTLP protobuf to views: one pass over the bytes fills arrays of resources, scopes and spans. No meaning, no objects.
//
// Accepted, as protobuf requires (https://protobuf.dev/programming-guides/encoding): padded varints, any field order
// (the Collector writes descending), repeated singular fields (last wins; repeated resource and scope messages keep
// every range), unknown fields and groups at any level. G7: any byte string gives an error with its offset or an
// answer, in time linear in its size, with no allocation but the growth of the arrays, which are kept between calls. A
// link is not materialised: spans hold where their link fields begin and end, and LinkCursor walks them, so that a
// million links cost no memory.
//
// Checked: everything that is walked, so that no cursor fails later: envelope, spans, links with their insides, status,
// and the attributes (KeyValue and AnyValue down to the leaves) of resources, scopes, spans and links. Not checked:
// what events, entity references and unknown fields hold inside, and UTF-8 (protobuf C++ refuses a whole request for
// one bad string; here the reader of a string checks it, and it is emitted as received). A known field with another
// wire type is an unknown field, as in protobuf C++. Fields of the request itself that are not resource_spans are
// dropped. Stricter than protobuf C++ in one thing: a tag beyond 32 bits is refused.
//
// Limits: kDepthMax for nested AnyValues and for nested groups; a message of at most 4 GiB - 1.
// Memory: about 100 bytes a span and 8 for each of its attributes, whatever they hold; at worst (empty spans) 52 times
// the input. Thread rule: Confined. Views borrow the bytes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "entail/result.hpp"
#include "otlp/fields.hpp"
#include "wire/range.hpp"

namespace entail::otlp {

using wire::Range;
using wire::slice;

// A ResourceSpans message without its scope_spans: all other fields, each with its tag, in order (usually one range, or
// two around the scopes). Their bytes, concatenated, are the identity and the output of the resource.
struct ResourceView {
  std::uint32_t first_field = 0;  // index into Decoded::fields
  std::uint32_t field_count = 0;
};
struct ScopeView {
  std::uint32_t resource = 0;     // index into Decoded::resources
  std::uint32_t first_field = 0;  // all fields but spans
  std::uint32_t field_count = 0;
};

struct SpanView {
  Range payload;                     // of the Span message, after its tag and length
  std::uint32_t scope = 0;           // index into Decoded::scopes
  std::uint32_t first_key_mark = 0;  // index into Decoded::key_marks, which holds attribute_count of them from there
  Range trace_id;                    // payload ranges; size 0 when the field is missing
  Range span_id;
  Range parent_span_id;
  Range trace_state;
  std::uint64_t start_ns = 0;
  std::uint64_t end_ns = 0;
  std::uint32_t flags = 0;
  std::uint32_t status_code = 0;
  std::uint32_t link_count = 0;
  std::uint32_t first_link = 0;  // offset of the tag of the first link field; meaningful iff link_count > 0
  std::uint32_t links_end = 0;   // end of the last link field
  std::uint32_t dropped_links_count = 0;
  std::uint32_t attribute_count = 0;
  std::uint32_t first_attribute = 0;  // offset of the tag of the first attribute field
  std::uint32_t attributes_end = 0;
  bool bad_hex = false;  // set by the JSON reader's marks (see Marks)
  bool malformed_own_id =
      false;  // a trace_id or span_id, the last or an earlier one, is neither empty nor 16 or 8 bytes
  bool malformed_parent = false;  // the same of a parent_span_id
};

struct LinkView {
  Range field;  // the whole field of the span: tag, length, payload
  Range payload;
  Range trace_id;
  Range span_id;
  Range trace_state;
  std::uint32_t flags = 0;
  std::uint32_t attribute_count = 0;
  std::uint32_t first_attribute = 0;
  std::uint32_t attributes_end = 0;
  bool bad_hex = false;
};

// Offsets (ascending) of the payloads of spans and links in which the JSON reader met an ID that is not hex.
using Marks = std::vector<std::uint32_t>;

// A span's attribute: its place, and a number derived from its key. A search for a few keys skips the others by that
// number, without reading their bytes.
struct KeyMark {
  // Offset of the KeyValue message, which holds its key, then its value, once each, and nothing else. With kNoKeyMark:
  // of the whole field, for AttributeCursor.
  std::uint32_t at = 0;
  std::uint32_t mark = 0;  // key_mark(), or kNoKeyMark
};
constexpr std::uint32_t kKeyMarks = 512;
constexpr std::uint32_t kNoKeyMark = kKeyMarks;  // the key has to be read first
constexpr std::size_t kMarkedKeyMax = 0x7f;      // a longer key has no mark

// Below kKeyMarks; unequal marks mean unequal keys. Made of the size and of the last two bytes before `key_end`, which
// are the key's, or its length's and tag's where it is that short. REQUIRES key_size <= kMarkedKeyMax.
inline std::uint32_t key_mark(const std::uint8_t* key_end, std::uint32_t key_size) noexcept {
  constexpr unsigned kMarkBits = 9;
  static_assert(kKeyMarks == 1 << kMarkBits);
  return ((base::load_le16(key_end - 2) | key_size << 16) * 0x9e3779b1u) >> (32 - kMarkBits);
}

// The mark of a key in an attribute; kNoKeyMark if it is longer than kMarkedKeyMax. Allocates.
std::uint32_t mark_of_key(std::string_view key);

// The arrays of one request. Reuse it: clear() keeps the memory.
struct Decoded {
  Bytes bytes;
  std::vector<Range> fields;
  std::vector<ResourceView> resources;
  std::vector<ScopeView> scopes;
  std::vector<SpanView> spans;
  std::vector<KeyMark>
      key_marks;  // of the spans' attributes, in wire order: the first key_mark_count, the rest is room
  std::size_t key_mark_count = 0;
  std::uint64_t link_count = 0;
  Marks marks;                         // empty for protobuf input
  std::vector<Range> resource_fields;  // scratch of decode(): fields of the ResourceSpans that is being read
  void clear() noexcept;
};

// Decodes an ExportTraceServiceRequest / TracesData. On error `decoded` is cleared. marks: see above, may be null.
Result<void> decode(Bytes bytes, const Marks* marks, Decoded& decoded);

// The view of one Span message that was decoded before, without its attributes and links. Of other bytes: the fields
// before the first bad one.
SpanView read_span(Bytes span) noexcept;

// Walks the links of one span in wire order. The span was decoded, so nothing can fail: a link whose *inside* does not
// parse made decode() fail.
class LinkCursor {
 public:
  LinkCursor(const Decoded& decoded, const SpanView& span) noexcept;
  bool next(LinkView& link) noexcept;

 private:
  bool next_of_any(LinkView& link) noexcept;

  const Decoded& decoded_;
  std::uint32_t at_;
  std::uint32_t end_;
  std::size_t next_mark_;
};

// An attribute value, as far as policies and link types need it. `other`: an index into a table of strings.
struct AttributeView {
  enum class Kind : std::uint8_t { none, string, boolean, integer, floating, list, map, bytes, other };
  Range key;
  Kind kind = Kind::none;
  Range string;              // string, bytes: the content; list, map: of the ArrayValue or KeyValueList message
  std::int64_t integer = 0;  // boolean: 0 or 1
  double floating = 0;
};

// Walks the fields `attributes` (fields.hpp) within [begin, end) of the bytes, skipping other fields. The range was
// decoded before, so nothing can fail.
class AttributeCursor {
 public:
  AttributeCursor(Bytes bytes, std::uint32_t begin, std::uint32_t end, wire::Field attributes) noexcept;
  bool next(AttributeView& attribute) noexcept;

 private:
  Bytes bytes_;
  std::uint32_t at_;
  std::uint32_t end_;
  wire::Field attributes_;
};

// The value in an AnyValue message (an element of a list), as in an attribute without key. Bad bytes give what was read
// before them.
AttributeView read_value(Bytes bytes, Range any_value) noexcept;

// The attribute at a mark that is not kNoKeyMark.
inline Range read_marked_key(Bytes bytes, KeyMark marked) noexcept { return {marked.at + 2, bytes[marked.at + 1]}; }
AttributeView read_marked(Bytes bytes, KeyMark marked) noexcept;
// The same for the value that is most usual, a string with lengths of one byte; false for any other.
inline bool read_marked_string(Bytes bytes, Range key, Range& string) noexcept {
  const std::uint8_t* const value = bytes.data() + key.offset + key.size;  // at its tag
  if (value[1] < 2 || value[1] >= 0x80 || value[2] != any_value_field::kString.tag() || value[3] + 2 != value[1])
    return false;
  string = {key.offset + key.size + 4, value[3]};
  return true;
}

}  // namespace entail::otlp
