// An Attribute as a KeyValue field. Inside the room emit only. Thread rule: Confined (the buffer's).
#pragma once

#include "emit/span_edit.hpp"
#include "wire/writer.hpp"

namespace entail::emit {

// Appends the attribute as a field `number` (9 in a span, 4 in a link). REQUIRES a value: not a removal.
void append_attribute_field(const Attribute& attribute, std::uint32_t number, wire::Buffer& out);

}  // namespace entail::emit
