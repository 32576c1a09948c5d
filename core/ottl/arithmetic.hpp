// + - * / of values: whole numbers wrap, as in Go; differences of times stop at the ends of 64 bits.
// Thread rule: Immutable (free functions only). False: an error, as for a division by zero.
#pragma once

#include "ottl/program.hpp"

namespace entail::ottl {

bool calculate(Node::Kind kind, const Value& left, const Value& right, Value& out) noexcept;
bool negate(Value& value) noexcept;

// The time before or after another, in the same zone.
Value shifted(const Value& time, std::int64_t ns) noexcept;

}  // namespace entail::ottl
