// Numbers with decimals as people write them.
// Thread rule: Immutable (free functions only). Cost: some 60 instructions, unless append_decimal() has to search for
// the shortest digits.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>

namespace entail::text {

// Appends the number / 10^decimals: exact, without trailing zeros.
template <unsigned decimals>
void append_scaled(std::uint64_t number, std::string& out) {
  constexpr std::uint64_t kScale = [] {
    std::uint64_t scale = 1;
    for (unsigned i = 0; i < decimals; ++i) scale *= 10;
    return scale;
  }();
  constexpr std::size_t kWholeDigitsMax = 20;
  char text[kWholeDigitsMax + 1 + decimals];
  char* end = std::to_chars(text, text + kWholeDigitsMax, number / kScale).ptr;
  if (std::uint64_t rest = number % kScale; rest != 0) {
    unsigned count = decimals;
    for (; rest % 10 == 0; rest /= 10) --count;
    *end = '.';
    for (unsigned i = count; i > 0; --i, rest /= 10) end[i] = static_cast<char>('0' + rest % 10);
    end += count + 1;
  }
  out.append(text, static_cast<std::size_t>(end - text));
}

// Appends the shortest digits that read as the same double, without an exponent if it is below 2^53 in magnitude and
// has at most four decimals, as most measured values have. REQUIRES a finite number.
void append_decimal(double number, std::string& out);

}  // namespace entail::text
