#include "wire/link.hpp"

#include <algorithm>

namespace entail::wire {
namespace {

// Copied into place: cheaper than value-initialisation, which GCC turns into a slow string store.
constexpr LinkView kEmptyLink;

}  // namespace

LinkCursor::LinkCursor(const Decoded& decoded, const SpanView& span) noexcept
    : decoded_(decoded), at_(span.first_link), end_(span.links_end), next_mark_(0) {
  if (decoded.marks.empty()) return;
  const auto first = std::lower_bound(decoded.marks.begin(), decoded.marks.end(), at_);
  next_mark_ = static_cast<std::size_t>(first - decoded.marks.begin());
}

bool LinkCursor::next(LinkView& link) noexcept {
  Reader reader(decoded_.bytes);
  const Byte* const end = reader.at(end_);
  const Byte* at = reader.at(at_);
  while (at < end) {
    const Byte* const field = at;
    std::uint32_t tag = 0;
    at = reader.tag(at, end, tag);
    if (at == nullptr) break;
    if (tag != tag_of(13, WireType::length)) {
      at = reader.skip(field, tag, at, end);
      if (at == nullptr) break;
      continue;
    }
    std::uint32_t size = 0;
    at = reader.length(at, end, size);
    if (at == nullptr) break;
    link = kEmptyLink;
    link.field = reader.range(field, at + size);
    link.payload = reader.range(at, at + size);
    if (!read_link<AttributeCheck::skip>(reader, at, at + size, link)) break;
    const Marks& marks = decoded_.marks;
    while (next_mark_ < marks.size() && marks[next_mark_] < link.payload.offset) ++next_mark_;
    link.bad_hex = next_mark_ < marks.size() && marks[next_mark_] == link.payload.offset;
    at_ = link.field.offset + link.field.size;
    return true;
  }
  at_ = end_;
  return false;
}

}  // namespace entail::wire
