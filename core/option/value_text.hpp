// Parses and formats option values as YAML files contain them: numbers with underscores, Go durations, sizes with
// units, $-expansion.
// Thread rule: Immutable (free functions). Cost: linear in the text; format_x and expand_dollars allocate.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "entail/result.hpp"

namespace entail::option {

// A whole number of up to 64 bits and a sign: enough for every option, signed or not.
struct WholeNumber {
  bool negative = false;  // never with magnitude 0
  std::uint64_t magnitude = 0;
};

// none: no error. unresolved: the text refers to another value.
enum class ValueError : std::uint8_t { none, malformed, too_large, no_unit, unresolved };

// 10, -3, 100_000, 0x1F, 0o17, 0b101.
Result<WholeNumber, ValueError> parse_whole(std::string_view text) noexcept;

// 1, 0.5, 1e-3, 1_000.5. Neither infinite nor NaN.
Result<double, ValueError> parse_number(std::string_view text) noexcept;

// true, True, TRUE and the same of false, as in YAML 1.2.
Result<bool, ValueError> parse_boolean(std::string_view text) noexcept;

// In nanoseconds: a duration (text/duration.hpp) whose digits may be grouped by underscores.
Result<std::int64_t, ValueError> parse_duration(std::string_view text) noexcept;

// Bytes: 1048576, 512MB (10^6), 256MiB (2^20), 1.5GiB. Units B, kB or KB, MB, GB, TB, KiB, MiB, GiB, TiB.
Result<std::uint64_t, ValueError> parse_size(std::string_view text) noexcept;

// The shortest text in one unit that parses to the same value.
std::string format_size(std::uint64_t bytes);
std::string format_number(double value);

// The Collector's rules: $$ is $, ${...} would be looked up elsewhere, any other $ is itself. unresolved when the
// text holds a ${...}: the library reads no environment and no files.
Result<std::string, ValueError> expand_dollars(std::string_view text);
// Where in the text that byte of what expand_dollars() makes of it stood.
std::size_t offset_before_expansion(std::string_view text, std::size_t offset) noexcept;

}  // namespace entail::option
