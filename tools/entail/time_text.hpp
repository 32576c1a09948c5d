// Points in time as users write them on the command line. Thread rule: Immutable (a free function).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entail::cli {

// RFC 3339 (2024-05-01T12:00:00Z, 2024-05-01T14:00:00.5+02:00), a date alone (midnight UTC), or whole seconds since
// 1970; in nanoseconds since 1970. Nothing: none of these, or outside 1970 to 2261.
std::optional<std::int64_t> parse_time(std::string_view text);
// 2024-05-01T12:00:00Z: the whole second that the time lies in. REQUIRES a time that parse_time() may give.
std::string time_text(std::int64_t time_ns);

}  // namespace entail::cli
