// One row of the option tables: a key with its kind, bounds, help, and the field it sets. The reader, the bounds check,
// `entail config defaults` and docs/configuration.md all go by these rows, so none of them can know a key the others
// do not. The default is what the field holds in a fresh Options, read through the row.
//
// Thread rule: Immutable.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "entail/options.hpp"

namespace entail::option {

enum class Kind : std::uint8_t {
  duration,    // nanoseconds
  size,        // bytes
  whole,       // a whole number
  percentage,  // 0 to 100, fractions allowed
  boolean,
  text,
  texts,        // a list of texts; bounds are those of its length
  choice,       // one of choices, by index
  choices,      // some of choices, as a bit mask
  allocations,  // a list of {policy, percent}, read by code of its own
  custom,       // read by code of its own
};

struct Bounds {
  std::int64_t min = 0;
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
  // Whole numbers travel as 64 bits in two's complement: a seed needs all of them, a threshold needs the sign.
  bool contains(std::int64_t value) const noexcept {
    if (min < 0) return value >= min && value <= static_cast<std::int64_t>(max);
    return static_cast<std::uint64_t>(value) >= static_cast<std::uint64_t>(min) &&
           static_cast<std::uint64_t>(value) <= max;
  }
};

enum class Presence : std::uint8_t {
  optional,
  expected,  // without it the policy is rarely what was meant: a warning
  required,
};

// What does not depend on where the value goes.
struct Shape {
  std::string_view key{};  // from the root, with dots; of a policy, the key inside its block
  Kind kind = Kind::custom;
  Bounds bounds{};
  std::string_view help{};
  std::span<const std::string_view> choices{};
  std::size_t aliases = 0;  // so many of the last choices mean the same as the one before them
  Presence presence = Presence::optional;
  std::string_view unset{};    // what holds while it is not set, where no value says so: "half of memory_limit"
  std::string_view instead{};  // a Collector key that Entail does not need: what replaces it
};

// A Target has a field for the value, or keeps it in Target::settings under the row's key.
template <class Target>
struct Row : Shape {
  void (*set_field)(Target& target, const OptionValue& value) = nullptr;
  OptionValue (*get_field)(const Target& target) = nullptr;
  bool in_settings = false;
  OptionValue preset{};  // in_settings: the default

  // False: read by code of its own, or a Collector key without effect.
  bool has_value() const noexcept { return in_settings || get_field != nullptr; }
  // Both REQUIRE has_value().
  void set(Target& target, const OptionValue& value) const {
    if (in_settings)
      target.settings[std::string(key)] = value;
    else
      set_field(target, value);
  }
  OptionValue get(const Target& target) const {
    if (!in_settings) return get_field(target);
    const auto found = target.settings.find(std::string(key));
    return found == target.settings.end() || found->second.index() == 0 ? preset : found->second;
  }
};

namespace detail {

template <class T>
struct Unwrapped {
  using Type = T;
};
template <class T>
struct Unwrapped<std::optional<T>> {
  using Type = T;
};

template <class Field>
void assign(Field& field, const OptionValue& value) {
  using T = typename Unwrapped<Field>::Type;
  if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, double> || std::is_same_v<T, std::string> ||
                std::is_same_v<T, std::vector<std::string>>) {
    if (const T* typed = std::get_if<T>(&value)) field = *typed;
  } else {
    if (const auto* number = std::get_if<std::int64_t>(&value)) field = static_cast<T>(*number);
  }
}

template <class T>
OptionValue value_of(const T& field) {
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
    return static_cast<std::int64_t>(field);
  else if constexpr (std::is_enum_v<T>)
    return static_cast<std::int64_t>(field);
  else
    return field;
}
template <class T>
OptionValue value_of(const std::optional<T>& field) {
  return field ? value_of(*field) : OptionValue();
}

}  // namespace detail

// kField: a lambda from a Target to one of its fields.
template <class Target, auto kField>
Row<Target> row(Shape shape) {
  Row<Target> out;
  static_cast<Shape&>(out) = shape;
  out.set_field = [](Target& target, const OptionValue& value) { detail::assign(kField(target), value); };
  out.get_field = [](const Target& target) { return detail::value_of(kField(target)); };
  return out;
}

// A row whose value is kept in Target::settings.
template <class Target>
Row<Target> setting(Shape shape, OptionValue preset) {
  Row<Target> out;
  static_cast<Shape&>(out) = shape;
  out.in_settings = true;
  out.preset = std::move(preset);
  return out;
}

}  // namespace entail::option
