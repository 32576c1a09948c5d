// Numbers as Go's strconv reads and writes them. Thread rule: Immutable (free functions only).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entail::ottl {

// strconv.ParseInt with 64 bits: base 0 takes 0x, 0o, 0b, a leading 0 and underscores.
std::optional<std::int64_t> parse_go_integer(std::string_view text, std::int64_t base) noexcept;
// strconv.ParseFloat: decimal, hexadecimal (0x1p-2), inf, infinity and nan; nothing beyond the largest double.
std::optional<double> parse_go_double(std::string_view text);
// strconv.ParseBool.
std::optional<bool> parse_go_boolean(std::string_view text) noexcept;

// int64(value): towards zero; what does not fit is the smallest integer, as on amd64.
std::int64_t truncated(double value) noexcept;

// %v of a double: the shortest digits, with an exponent below 1e-4 and from 1e6.
void append_go_double(double value, std::string& out);
// As JSON libraries for Go write it: an exponent below 1e-6 and from 1e21. encoding/json writes e-7 (short), the one
// that OTTL uses e-07. REQUIRES a finite value.
enum class ShortExponent : bool { no, yes };
void append_go_json_double(double value, ShortExponent short_exponent, std::string& out);

}  // namespace entail::ottl
