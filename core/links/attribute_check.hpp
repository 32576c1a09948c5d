// Which attributes a link may have. Internal to the room. Thread rule: Immutable. Cost: one pass over the text.
#pragma once

#include "entail/link_builder.hpp"
#include "wire/json_text.hpp"

namespace entail::links {

// One byte that is not UTF-8, in any text, makes protobuf refuse a whole request behind here, so it goes no further.
inline bool is_sound(const LinkAttribute& attribute) noexcept {
  const auto is_utf8 = [](std::string_view text) { return wire::utf8_valid_size(text) == text.size(); };
  const auto* const text = std::get_if<std::string_view>(&attribute.value);
  return !attribute.key.empty() && is_utf8(attribute.key) && (text == nullptr || is_utf8(*text));
}

}  // namespace entail::links
