// Values as Go's encoding/json writes and reads them. Thread rule: Immutable (free functions only).
#pragma once

#include <string>
#include <string_view>

#include "ottl/arena.hpp"
#include "ottl/value.hpp"

namespace entail::ottl {

// As String() writes them, with <, > and & escaped and exponents of two digits, or as pdata's Value.AsString() does,
// without. Sorted keys. False for NaN and the infinities.
enum class JsonStyle : std::uint8_t { ottl, pdata };
bool append_go_json(const Value& value, JsonStyle style, std::string& out);

// json.Unmarshal of an object or an array, to a map or list of the form plain; numbers are doubles. False for any
// other text, or where there is no room.
bool parse_go_json(std::string_view text, Arena& arena, Value& out);

}  // namespace entail::ottl
