// Conversions between kinds of values, as pkg/ottl's typed getters do them.
// Thread rule: Immutable (free functions only; what they make is in the arena given). False: the conversion is an
// error.
#pragma once

#include "ottl/arena.hpp"
#include "ottl/value.hpp"

namespace entail::ottl {

enum class Conversion : std::uint8_t { ok, wrong_kind, failed };

// To a list or map of the form plain or wire. failed: something inside cannot be held by an attribute.
Conversion to_plain_list(const Value& value, Arena& arena, Value& out);
Conversion to_plain_map(const Value& value, Arena& arena, Value& out);
// What an attribute would hold after it was set to the value.
bool to_plain(const Value& value, Arena& arena, Value& out);
// The same for a value in a map that is written {"key": value}.
bool to_member(const Value& value, Arena& arena, Value& out);
// As a lambda's parameter is given: texts become a raw list, native integers integers.
Value normalized(const Value& value) noexcept;

// nil stays nil.
bool to_text_like(const Value& value, Arena& arena, Value& out);
bool to_integer_like(const Value& value, Value& out);
bool to_floating_like(const Value& value, Value& out);
bool to_boolean_like(const Value& value, Value& out);
bool to_bytes_like(const Value& value, Arena& arena, Value& out);

// What an element of an attribute's list reads as a text: nil is empty, bytes are base64.
bool element_text(const Value& element, Arena& arena, std::string_view& out);

}  // namespace entail::ottl
