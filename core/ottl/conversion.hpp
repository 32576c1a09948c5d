// Conversions between kinds of values, as pkg/ottl's typed getters do them.
// Thread rule: Immutable (free functions only; what they make is in the arena given). False: the conversion is an
// error.
#pragma once

#include "ottl/arena.hpp"
#include "ottl/functions.hpp"
#include "ottl/value.hpp"

namespace entail::ottl {

// A value as an argument of this kind takes it, in place. What the function itself reads stays as it is.
bool to_argument(Take take, Arena& arena, Value& value);

// What an attribute would hold after it was set to the value: lists and maps get the form plain or wire.
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
