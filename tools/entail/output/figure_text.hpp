// Figures as people read them. Thread rule: Immutable (functions).
#pragma once

#include <cstdint>
#include <string>

namespace entail::cli {

// 1.50 s, 12.0 ms, 3.25 d: two digits at least, since delays go from microseconds to days.
std::string duration_text(std::uint64_t ns);

// "12.5 %" of a whole; empty if the whole is 0.
std::string percent_text(std::uint64_t part, std::uint64_t whole);

}  // namespace entail::cli
