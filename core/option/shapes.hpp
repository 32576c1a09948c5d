// Shorthands for the rows of option tables. Thread rule: Immutable.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "entail/types.hpp"
#include "option/row.hpp"

namespace entail::option {

constexpr std::int64_t kDurationMax = 168 * 3600 * kNanosPerSecond;
constexpr std::uint64_t kInt64Max = std::numeric_limits<std::int64_t>::max();

namespace shapes {

inline Shape duration(std::string_view key, std::string_view help) {
  return {.key = key, .kind = Kind::duration, .bounds = {0, kDurationMax}, .help = help};
}
inline Shape size(std::string_view key, std::string_view help, Bounds bounds = {0, kInt64Max}) {
  return {.key = key, .kind = Kind::size, .bounds = bounds, .help = help};
}
inline Shape whole(std::string_view key, Bounds bounds, std::string_view help) {
  return {.key = key, .kind = Kind::whole, .bounds = bounds, .help = help};
}
inline Shape boolean(std::string_view key, std::string_view help) {
  return {.key = key, .kind = Kind::boolean, .help = help};
}
inline Shape choice(std::string_view key, std::span<const std::string_view> choices, std::string_view help) {
  return {.key = key, .kind = Kind::choice, .help = help, .choices = choices};
}
inline Shape texts(std::string_view key, std::uint64_t count_max, std::string_view help) {
  return {.key = key, .kind = Kind::texts, .bounds = {0, count_max}, .help = help};
}
inline Shape unset_is(Shape shape, std::string_view unset) {
  shape.unset = unset;
  return shape;
}

}  // namespace shapes
}  // namespace entail::option
