// How much of memory_limit stays free. Thread rule: Immutable.
#pragma once

#include <cstdint>

namespace entail::retention {

// With less than one such share of memory_limit left, room is made at once, until two are left; with less than three
// left, it is made ahead of need.
constexpr std::uint64_t kHeadroomShare = 16;
constexpr std::uint64_t kHeadroomMade = 2;
constexpr std::uint64_t kHeadroomAhead = 3;

}  // namespace entail::retention
