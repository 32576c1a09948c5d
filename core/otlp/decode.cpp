#include "otlp/decode.hpp"

#include <algorithm>
#include <new>

#include "base/prefetch.hpp"
#include "otlp/link.hpp"
#include "sync/atomic.hpp"
#include "wire/reader.hpp"

namespace entail::otlp {
namespace {

constexpr std::uint32_t kSpanAttributeTag = span_field::kAttributes.tag();
constexpr std::uint32_t kSpanLinkTag = span_field::kLinks.tag();
constexpr std::size_t kKeyMarksAtFirst = 1024;

// Copied into place: cheaper than value-initialisation, which GCC turns into a slow string store.
constexpr SpanView kEmptySpan;

// Asks for the bytes some spans further on: the processor's own reading ahead ends with each page. What lies behind the
// request is not read.
inline void read_ahead(const Byte* at, const Byte* end) noexcept {
  constexpr std::uintptr_t kAheadBytes = 2048;
  const auto first = reinterpret_cast<std::uintptr_t>(at) + kAheadBytes;
  const std::uintptr_t size = std::min(static_cast<std::uintptr_t>(end - at), kAheadBytes);
  for (std::uintptr_t offset = 0; offset < size; offset += sync::kCacheLineBytes)
    base::prefetch_in_order(reinterpret_cast<const void*>(first + offset));
}

// One pass over a request. Methods return false when the reader has kept a fault.
class Decoder {
 public:
  Decoder(Bytes bytes, Decoded& out) noexcept : reader_(bytes), out_(out), next_mark_(out.marks.data()) {}

  bool request(const Byte* at, const Byte* end);
  bool span(const Byte* at, const Byte* end, std::uint32_t scope);
  void span_fields(const Byte* at, const Byte* end, SpanView& span) noexcept;
  Error error() const noexcept { return reader_.error(); }

 private:
  bool resource_spans(const Byte* at, const Byte* end);
  bool scope_spans(const Byte* at, const Byte* end, std::uint32_t resource);
  const Byte* usual_fields(const Byte* at, const Byte* end, SpanView& span) const noexcept;
  static const Byte* usual_last_fields(const Byte* at, const Byte* end, SpanView& span) noexcept;
  const Byte* read_field(const Byte* field, std::uint32_t tag, const Byte* at, const Byte* end, SpanView& span);
  [[gnu::noinline]] const Byte* attributes(const Byte* field, const Byte* at, const Byte* end, SpanView& span);
  [[gnu::noinline]] const Byte* unusual_attribute(const Byte* field, const Byte* at, const Byte* end,
                                                  KeyMark& key) noexcept;
  [[gnu::noinline]] KeyMark* grow_key_marks(std::size_t used);
  const Byte* links(const Byte* field, const Byte* at, const Byte* end, SpanView& span) noexcept;
  bool status(const Byte* at, const Byte* end, std::uint32_t& code) noexcept;
  const Byte* other_field(const Byte* field, std::uint32_t tag, const Byte* at, const Byte* end, wire::Field header,
                          wire::Field attributes) noexcept;
  template <std::uint32_t usual_size>
  const Byte* id(const Byte* at, const Byte* end, Range& id, bool& malformed) noexcept;
  const Byte* range(const Byte* at, const Byte* end, Range& range) noexcept;
  void add_field(std::vector<Range>& fields, const Byte* from, const Byte* to);
  bool is_marked(std::uint32_t offset) noexcept;

  Reader reader_;
  Decoded& out_;
  const std::uint32_t* next_mark_;
  LinkView checked_link_;  // what read_link() writes while links are only checked; never read
};

// usual_size is tried first: a position behind a constant need not wait for the length to be loaded.
template <std::uint32_t usual_size>
inline const Byte* Decoder::id(const Byte* at, const Byte* end, Range& id, bool& malformed) noexcept {
  if (end - at <= usual_size || at[0] != usual_size) [[unlikely]] {
    at = range(at, end, id);
    malformed |= is_malformed_id(id.size, usual_size);
    return at;
  }
  id = {reader_.offset(at + 1), usual_size};
  return at + 1 + usual_size;
}

const Byte* Decoder::range(const Byte* at, const Byte* end, Range& range) noexcept {
  at = reader_.length(at, end, range.size);
  if (at == nullptr) return nullptr;
  range.offset = reader_.offset(at);
  return at + range.size;
}

// Neighbours become one range. They are of one message: between the fields of two there is at least a tag.
void Decoder::add_field(std::vector<Range>& fields, const Byte* from, const Byte* to) {
  const Range added = reader_.range(from, to);
  if (!fields.empty() && fields.back().offset + fields.back().size == added.offset) {
    fields.back().size += added.size;
  } else {
    fields.push_back(added);
  }
}

// Marks and payloads both ascend, so one walk over the marks answers all spans.
bool Decoder::is_marked(std::uint32_t offset) noexcept {
  const std::uint32_t* const end = out_.marks.data() + out_.marks.size();
  while (next_mark_ != end && *next_mark_ < offset) ++next_mark_;
  return next_mark_ != end && *next_mark_ == offset;
}

bool Decoder::request(const Byte* at, const Byte* end) {
  return reader_.each_field(at, end, [&](const Byte* field, std::uint32_t tag, const Byte* value) {
    if (tag != request_field::kResourceSpans.tag()) return reader_.skip(field, tag, value, end);
    return reader_.content(
        value, end, [&](const Byte* content, std::uint32_t size) { return resource_spans(content, content + size); });
  });
}

// A field of ResourceSpans or ScopeSpans that holds no spans. `header` is the resource or scope, whose attributes are
// looked up later and therefore checked now.
const Byte* Decoder::other_field(const Byte* field, std::uint32_t tag, const Byte* at, const Byte* end,
                                 wire::Field header, wire::Field attributes) noexcept {
  if (tag != header.tag()) return reader_.skip(field, tag, at, end);
  return reader_.content(at, end, [&](const Byte* content, std::uint32_t size) {
    return check_attributes(reader_, content, content + size, attributes);
  });
}

bool Decoder::resource_spans(const Byte* at, const Byte* end) {
  const auto resource = static_cast<std::uint32_t>(out_.resources.size());
  out_.resources.emplace_back();
  out_.resource_fields.clear();
  const bool good = reader_.each_field(at, end, [&](const Byte* field, std::uint32_t tag, const Byte* value) {
    if (tag == resource_spans_field::kScopeSpans.tag())
      return reader_.content(value, end, [&](const Byte* content, std::uint32_t size) {
        return scope_spans(content, content + size, resource);
      });
    value = other_field(field, tag, value, end, resource_spans_field::kResource, resource_field::kAttributes);
    if (value != nullptr) add_field(out_.resource_fields, field, value);
    return value;
  });
  if (!good) return false;
  out_.resources[resource] = {static_cast<std::uint32_t>(out_.fields.size()),
                              static_cast<std::uint32_t>(out_.resource_fields.size())};
  out_.fields.insert(out_.fields.end(), out_.resource_fields.begin(), out_.resource_fields.end());
  return true;
}

bool Decoder::scope_spans(const Byte* at, const Byte* end, std::uint32_t resource) {
  const auto scope = static_cast<std::uint32_t>(out_.scopes.size());
  const std::size_t first_field = out_.fields.size();
  out_.scopes.push_back({resource, static_cast<std::uint32_t>(first_field), 0});
  const bool good = reader_.each_field(at, end, [&](const Byte* field, std::uint32_t tag, const Byte* value) {
    if (tag == scope_spans_field::kSpans.tag())
      return reader_.content(
          value, end, [&](const Byte* content, std::uint32_t size) { return span(content, content + size, scope); });
    value = other_field(field, tag, value, end, scope_spans_field::kScope, scope_field::kAttributes);
    if (value != nullptr) add_field(out_.fields, field, value);
    return value;
  });
  if (!good) return false;
  out_.scopes[scope].field_count = static_cast<std::uint32_t>(out_.fields.size() - first_field);
  return true;
}

// A repeated status merges, so its code stays where a later one does not set it.
bool Decoder::status(const Byte* at, const Byte* end, std::uint32_t& code) noexcept {
  return reader_.each_field(at, end, [&](const Byte* field, std::uint32_t tag, const Byte* value) {
    if (tag != status_field::kCode.tag()) return reader_.skip(field, tag, value, end);
    std::uint64_t number = 0;
    value = reader_.varint(value, end, number);
    code = static_cast<std::uint32_t>(number);
    return value;
  });
}

// Attributes and links come in runs, so each is tried again before the next tag is looked up. A function of its own, so
// that the length of the previous attribute, on which the next one depends, stays in a register. `at` is behind the
// first one's tag.
const Byte* Decoder::attributes(const Byte* field, const Byte* at, const Byte* end, SpanView& span) {
  if (span.attribute_count == 0) {
    span.first_attribute = reader_.offset(field);
    span.first_key_mark = static_cast<std::uint32_t>(out_.key_mark_count);
  }
  const Byte* const begin = reader_.at(0);
  const Byte* const first = field;
  KeyMark* key = out_.key_marks.data() + out_.key_mark_count;
  const KeyMark* room_end = out_.key_marks.data() + out_.key_marks.size();
  for (;;) {
    if (end - field >= kPlainAttributeLeast) [[likely]] {
      // Before `last` there is room for one more attribute, so its least size needs no check.
      const Byte* const last = end - kPlainAttributeLeast;
      while (key != room_end) {
        const Byte* behind = nullptr;
        if (!plain_attribute<kSpanAttributeTag>(field, last, behind, key->mark)) break;
        key->at = static_cast<std::uint32_t>(field + 2 - begin);
        ++key;
        field = behind;
      }
    }
    if (field != first) {
      if (field == end || field[0] != kSpanAttributeTag) break;
      at = field + 1;
    }
    if (key == room_end) [[unlikely]] {
      key = grow_key_marks(static_cast<std::size_t>(key - out_.key_marks.data()));
      room_end = out_.key_marks.data() + out_.key_marks.size();
    }
    field = unusual_attribute(field, at, end, *key++);
    if (field == nullptr) return nullptr;
  }
  const auto used = static_cast<std::size_t>(key - out_.key_marks.data());
  span.attribute_count += static_cast<std::uint32_t>(used - out_.key_mark_count);
  span.attributes_end = reader_.offset(field);
  out_.key_mark_count = used;
  return field;
}

KeyMark* Decoder::grow_key_marks(std::size_t used) {
  out_.key_marks.resize(std::max(kKeyMarksAtFirst, 2 * used));
  return out_.key_marks.data() + used;
}

const Byte* Decoder::unusual_attribute(const Byte* field, const Byte* at, const Byte* end, KeyMark& key) noexcept {
  std::uint32_t size = 0;
  at = reader_.length(at, end, size);
  if (at == nullptr || !check_attribute(reader_, at, size)) return nullptr;
  key.mark = mark_of_key_value(at, size);
  key.at = reader_.offset(key.mark == kNoKeyMark ? field : at);
  return at + size;
}

const Byte* Decoder::links(const Byte* field, const Byte* at, const Byte* end, SpanView& span) noexcept {
  if (span.link_count == 0) span.first_link = reader_.offset(field);
  for (std::uint32_t count = span.link_count + 1;; ++count) {
    std::uint32_t size = 0;
    at = reader_.length(at, end, size);
    if (at == nullptr) return nullptr;
    if (!is_usual_link(at, at + size) && !read_link<AttributeCheck::verify>(reader_, at, at + size, checked_link_))
      return nullptr;
    at += size;
    if (at == end || at[0] != kSpanLinkTag) {
      span.link_count = count;
      span.links_end = reader_.offset(at);
      return at;
    }
    ++at;
  }
}

// The fields that SDKs write first, each once and in this order: matched against constant tags, no dispatch table.
// Stops at the first other field, which read_field() reads; so any of them may be missing.
const Byte* Decoder::usual_fields(const Byte* at, const Byte* end, SpanView& span) const noexcept {
  constexpr std::ptrdiff_t kIdBytes = 18 + 10 + 10;
  constexpr std::ptrdiff_t kTimeBytes = 2 + 9 + 9;
  if (end - at < kIdBytes + 2) return at;
  if (base::load_le16(at) == (span_field::kTraceId.tag() | 16 << 8)) [[likely]] {
    span.trace_id = reader_.range(at + 2, at + 18);
    at += 18;
  }
  if (base::load_le16(at) == (span_field::kSpanId.tag() | 8 << 8)) [[likely]] {
    span.span_id = reader_.range(at + 2, at + 10);
    at += 10;
  }
  if (base::load_le16(at) == (span_field::kParentSpanId.tag() | 8 << 8)) [[likely]] {
    span.parent_span_id = reader_.range(at + 2, at + 10);
    at += 10;
  }
  if (at[0] == span_field::kName.tag() && at[1] < 0x80 && end - at >= at[1] + 2) [[likely]]
    at += at[1] + 2;
  if (end - at < kTimeBytes) return at;
  if (at[0] == span_field::kKind.tag() && at[1] < 0x80) [[likely]]
    at += 2;
  if (at[0] == span_field::kStartTime.tag()) [[likely]] {
    span.start_ns = base::load_le64(at + 1);
    at += 9;
  }
  if (at[0] == span_field::kEndTime.tag()) [[likely]] {
    span.end_ns = base::load_le64(at + 1);
    at += 9;
  }
  return at;
}

// The same for the fields that SDKs write last: status without a message, and flags.
const Byte* Decoder::usual_last_fields(const Byte* at, const Byte* end, SpanView& span) noexcept {
  constexpr std::uint32_t kStatusTag = span_field::kStatus.tag();
  constexpr std::uint32_t kFlagsTag = (span_field::kFlags.tag() & 0x7f) | 0x80 | span_field::kFlags.tag() >> 7 << 8;
  constexpr std::ptrdiff_t kStatusBytes = 4;
  constexpr std::ptrdiff_t kFlagsBytes = 6;
  if (end - at >= 2 && base::load_le16(at) == kStatusTag) {
    at += 2;
  } else if (end - at >= kStatusBytes && at[3] < 0x80 &&
             (base::load_le32(at) & 0xffffff) == (kStatusTag | 2 << 8 | status_field::kCode.tag() << 16)) {
    span.status_code = at[3];
    at += kStatusBytes;
  }
  if (end - at >= kFlagsBytes && base::load_le16(at) == kFlagsTag) {
    span.flags = base::load_le32(at + 2);
    at += kFlagsBytes;
  }
  return at;
}

// The field's number picks the case and the whole tag is compared in it: numbers are dense, tags are not, and a number
// with another wire type is an unknown field.
const Byte* Decoder::read_field(const Byte* field, std::uint32_t tag, const Byte* at, const Byte* end, SpanView& span) {
  std::uint64_t value = 0;
  std::uint32_t size = 0;
  const auto type = static_cast<wire::WireType>(tag & 7);
  switch (tag >> 3) {
    case span_field::kTraceId.number:
      if (tag != span_field::kTraceId.tag()) break;
      return id<16>(at, end, span.trace_id, span.malformed_own_id);
    case span_field::kSpanId.number:
      if (tag != span_field::kSpanId.tag()) break;
      return id<8>(at, end, span.span_id, span.malformed_own_id);
    case span_field::kTraceState.number:
      if (tag != span_field::kTraceState.tag()) break;
      return range(at, end, span.trace_state);
    case span_field::kParentSpanId.number:
      if (tag != span_field::kParentSpanId.tag()) break;
      return id<8>(at, end, span.parent_span_id, span.malformed_parent);
    case span_field::kName.number:
    case span_field::kEvents.number:
      if (type != wire::WireType::length) break;
      at = reader_.length(at, end, size);
      return at == nullptr ? nullptr : at + size;
    case span_field::kKind.number:
    case span_field::kDroppedAttributesCount.number:
    case span_field::kDroppedEventsCount.number:
      if (type != wire::WireType::varint) break;
      return reader_.varint(at, end, value);
    case span_field::kStartTime.number:
      if (tag != span_field::kStartTime.tag()) break;
      return reader_.fixed64(at, end, span.start_ns);
    case span_field::kEndTime.number:
      if (tag != span_field::kEndTime.tag()) break;
      return reader_.fixed64(at, end, span.end_ns);
    case span_field::kAttributes.number:
      if (tag != kSpanAttributeTag) break;
      return attributes(field, at, end, span);
    case span_field::kLinks.number:
      if (tag != kSpanLinkTag) break;
      return links(field, at, end, span);
    case span_field::kDroppedLinksCount.number:
      if (tag != span_field::kDroppedLinksCount.tag()) break;
      at = reader_.varint(at, end, value);
      span.dropped_links_count = static_cast<std::uint32_t>(value);
      return at;
    case span_field::kStatus.number:
      if (tag != span_field::kStatus.tag()) break;
      at = reader_.length(at, end, size);
      return at != nullptr && status(at, at + size, span.status_code) ? at + size : nullptr;
    case span_field::kFlags.number:
      if (tag != span_field::kFlags.tag()) break;
      return reader_.fixed32(at, end, span.flags);
    default:
      break;
  }
  return reader_.skip(field, tag, at, end);
}

bool Decoder::span(const Byte* at, const Byte* end, std::uint32_t scope) {
  read_ahead(at, end);
  SpanView& span = out_.spans.emplace_back(kEmptySpan);
  span.payload = reader_.range(at, end);
  span.scope = scope;
  span.bad_hex = is_marked(span.payload.offset);
  at = usual_fields(at, end, span);
  if (at < end && at[0] == kSpanAttributeTag) [[likely]] {
    at = attributes(at, at + 1, end, span);
    if (at == nullptr) return false;
    at = usual_last_fields(at, end, span);
  }
  const bool good = reader_.each_field(at, end, [&](const Byte* field, std::uint32_t tag, const Byte* value) {
    return read_field(field, tag, value, end, span);
  });
  if (good) out_.link_count += span.link_count;
  return good;
}

// Without attributes and links, up to the first bad byte.
void Decoder::span_fields(const Byte* at, const Byte* end, SpanView& span) noexcept {
  span.payload = reader_.range(at, end);
  at = usual_fields(at, end, span);
  reader_.each_field(at, end, [&](const Byte* field, std::uint32_t tag, const Byte* value) {
    if (tag != kSpanAttributeTag && tag != kSpanLinkTag) return read_field(field, tag, value, end, span);
    return reader_.content(value, end, [](const Byte*, std::uint32_t) { return true; });
  });
}

}  // namespace

void Decoded::clear() noexcept {
  bytes = {};
  fields.clear();
  resources.clear();
  scopes.clear();
  spans.clear();
  key_mark_count = 0;
  link_count = 0;
  marks.clear();
  resource_fields.clear();
}

Result<void> decode(Bytes bytes, const Marks* marks, Decoded& decoded) {
  decoded.clear();
  if (bytes.size() > UINT32_MAX) return Error(ErrorCode::too_large);
  decoded.bytes = bytes;
  try {
    if (marks != nullptr) decoded.marks.assign(marks->begin(), marks->end());
    Decoder decoder(bytes, decoded);
    if (decoder.request(bytes.data(), bytes.data() + bytes.size())) return {};
    decoded.clear();
    return decoder.error();
  } catch (const std::bad_alloc&) {
    decoded = {};
    return Error(ErrorCode::out_of_memory);
  }
}

SpanView read_span(Bytes span) noexcept {
  Decoded unused;
  SpanView view = kEmptySpan;
  Decoder(span, unused).span_fields(span.data(), span.data() + span.size(), view);
  return view;
}

}  // namespace entail::otlp
