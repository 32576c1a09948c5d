// The types of a link (docs/design.md 3.4): the string values of its attributes that type_keys names, with '-' written
// as '_'. Thread rule: Immutable (a function). Cost: a walk over the link's attributes. No allocation.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "otlp/decode.hpp"

namespace entail::policy {

constexpr std::size_t kLinkTypeBytesMax = 256;  // longer types are not looked up

// Calls visit(std::string_view) for each type; the view lasts for the call. Returns how many were too long.
template <class Visit>
std::uint64_t for_each_link_type(Bytes bytes, const otlp::LinkView& link, const std::vector<std::string>& type_keys,
                                 const Visit& visit) {
  if (link.attribute_count == 0) return 0;
  std::uint64_t unread = 0;
  const auto text_of = [&](wire::Range range) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()) + range.offset, range.size);
  };
  otlp::AttributeCursor attributes(bytes, link.first_attribute, link.attributes_end, otlp::link_field::kAttributes);
  otlp::AttributeView attribute;
  while (attributes.next(attribute)) {
    if (attribute.kind != otlp::AttributeView::Kind::string) continue;
    if (std::find(type_keys.begin(), type_keys.end(), text_of(attribute.key)) == type_keys.end()) continue;
    const std::string_view value = text_of(attribute.string);
    if (value.size() > kLinkTypeBytesMax) {
      ++unread;
      continue;
    }
    char type[kLinkTypeBytesMax];
    std::transform(value.begin(), value.end(), type, [](char c) { return c == '-' ? '_' : c; });
    visit(std::string_view(type, value.size()));
  }
  return unread;
}

}  // namespace entail::policy
