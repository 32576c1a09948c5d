// JSON numbers, read exactly and printed shortest.
// Thread rule: Immutable (free functions only). Cost: one pass; nothing allocates but the string appended to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entail::text {

// Reads what most integers are: up to 19 digits without a leading zero. The character behind them, nullptr for others.
// REQUIRES a character behind them that is no digit, as in a padded document.
inline const char* scan_plain_integer(const char* text, std::uint64_t& number) noexcept {
  constexpr int kDigitsMax = 19;
  number = 0;
  int count = 0;
  while (count < kDigitsMax && text[count] >= '0' && text[count] <= '9') {
    number = number * 10 + static_cast<std::uint64_t>(text[count++] - '0');
  }
  return count == 0 || (text[0] == '0' && count > 1) ? nullptr : text + count;
}

// Size of the JSON number that the text begins with; 0 if it begins with none.
std::size_t json_number_size(std::string_view text) noexcept;

struct DecimalInteger {
  bool negative = false;
  std::uint64_t magnitude = 0;
};
// Reads a decimal number whose value is a whole number below 2^64, in whatever notation: 3, -3, 3.0, 3e2. Nothing
// when it is something else. Exact: nothing goes through a double.
std::optional<DecimalInteger> parse_integer(std::string_view text) noexcept;

// A number in decimal notation, or one of NaN, Infinity, -Infinity as protobuf's JSON spells them. Nothing when it
// is something else, or beyond the largest double.
std::optional<double> parse_double(std::string_view text) noexcept;

// Appends the shortest number that reads as the same double; NaN and the infinities as strings.
void append_json_double(double value, std::string& out);

}  // namespace entail::text
