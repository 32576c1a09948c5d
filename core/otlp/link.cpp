#include "otlp/link.hpp"

#include <algorithm>

#include "otlp/decode.hpp"

namespace entail::otlp {
namespace {

// Copied into place: cheaper than value-initialisation, which GCC turns into a slow string store.
constexpr LinkView kEmptyLink;

// The link that all SDKs write (is_usual_link), below 128 bytes, in [at, end) of decoded bytes: reads it and returns
// the size of its field. 0 for any other link.
inline std::uint32_t read_usual_link(const Byte* bytes, std::uint32_t at, std::uint32_t end, LinkView& link) noexcept {
  constexpr std::uint32_t kHeadBytes = 2;
  const Byte* const field = bytes + at;
  if (end - at < kHeadBytes + kUsualIdBytes || field[0] != span_field::kLinks.tag() || field[1] >= 0x80 ||
      !has_usual_ids(field + kHeadBytes))
    return 0;
  const std::uint32_t size = kHeadBytes + field[1];
  link = kEmptyLink;
  link.field = {at, size};
  link.payload = {at + kHeadBytes, size - kHeadBytes};
  link.trace_id = {at + 4, 16};
  link.span_id = {at + 22, 8};
  std::uint32_t behind = kHeadBytes + kUsualIdBytes;
  for (; behind + 1 < size && field[behind] == link_field::kAttributes.tag() && field[behind + 1] < 0x80;
       behind += 2 + field[behind + 1]) {
    if (link.attribute_count++ == 0) link.first_attribute = at + behind;
  }
  if (link.attribute_count != 0) link.attributes_end = at + behind;
  if (behind + kLinkFlagsBytes == size && field[behind] == link_field::kFlags.tag()) {
    link.flags = base::load_le32(field + behind + 1);
    behind = size;
  }
  return behind == size ? size : 0;
}

}  // namespace

LinkCursor::LinkCursor(const Decoded& decoded, const SpanView& span) noexcept
    : decoded_(decoded), at_(span.first_link), end_(span.links_end), next_mark_(0) {
  if (decoded.marks.empty()) return;
  const auto first = std::lower_bound(decoded.marks.begin(), decoded.marks.end(), at_);
  next_mark_ = static_cast<std::size_t>(first - decoded.marks.begin());
}

bool LinkCursor::next(LinkView& link) noexcept {
  if (decoded_.marks.empty()) [[likely]] {
    const std::uint32_t size = read_usual_link(decoded_.bytes.data(), at_, end_, link);
    at_ += size;
    if (size != 0) [[likely]]
      return true;
  }
  return next_of_any(link);
}

bool LinkCursor::next_of_any(LinkView& link) noexcept {
  Reader reader(decoded_.bytes);
  const Byte* field = nullptr;
  std::uint32_t size = 0;
  const Byte* const at = reader.find(span_field::kLinks.tag(), reader.at(at_), reader.at(end_), field, size);
  if (at != nullptr) {
    link = kEmptyLink;
    link.field = reader.range(field, at + size);
    link.payload = reader.range(at, at + size);
  }
  if (at == nullptr || !read_link<AttributeCheck::skip>(reader, at, at + size, link)) {
    at_ = end_;
    return false;
  }
  const Marks& marks = decoded_.marks;
  while (next_mark_ < marks.size() && marks[next_mark_] < link.payload.offset) ++next_mark_;
  link.bad_hex = next_mark_ < marks.size() && marks[next_mark_] == link.payload.offset;
  at_ = link.field.offset + link.field.size;
  return true;
}

}  // namespace entail::otlp
