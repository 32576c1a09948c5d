// Points in time as RFC 3339. Thread rule: Immutable (a free function). Cost: some 60 instructions.
#pragma once

#include <cstdint>
#include <string>

namespace entail::text {

// Appends nanoseconds since 1970 in UTC with nine decimals: 2023-11-14T22:13:23.000000000Z. REQUIRES time_ns >= 0.
void append_timestamp(std::int64_t time_ns, std::string& out);

}  // namespace entail::text
