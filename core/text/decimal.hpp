// Doubles as people write them: exact if they have at most four decimals, as most measured values here do.
// Thread rule: Immutable (a free function). Cost: some 60 instructions, else that of the shortest digits.
#pragma once

#include <string>

namespace entail::text {

// Appends the shortest digits that read as the same double, without an exponent if it is below 2^53 in magnitude and
// has at most four decimals. REQUIRES a finite number.
void append_decimal(double number, std::string& out);

}  // namespace entail::text
