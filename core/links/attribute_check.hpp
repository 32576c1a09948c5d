// Validates the attributes of a link. Internal to the room. Thread rule: Immutable. Cost: one pass over the text.
#pragma once

#include "entail/link_builder.hpp"
#include "text/utf8.hpp"

namespace entail::links {

// The key must not be empty. Keys and text must be UTF-8: protobuf parsers reject a whole request for one bad string.
inline bool is_valid(const LinkAttribute& attribute) noexcept {
  const auto is_utf8 = [](std::string_view text) { return text::utf8_valid_size(text) == text.size(); };
  const auto* const text = std::get_if<std::string_view>(&attribute.value);
  return !attribute.key.empty() && is_utf8(attribute.key) && (text == nullptr || is_utf8(*text));
}

}  // namespace entail::links
