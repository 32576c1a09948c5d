#include "text/decimal.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace entail::text {

void append_decimal(double number, std::string& out) {
  constexpr double kScale = 1e4;
  constexpr double kExact = 9007199254740992.0;  // up to here every whole number is a double
  const double magnitude = std::fabs(number);
  char digits[32];
  if (magnitude < kExact / kScale) {
    const auto scaled = static_cast<std::uint64_t>(std::nearbyint(magnitude * kScale));
    if (static_cast<double>(scaled) / kScale == magnitude) {  // the only double that these digits denote
      if (number < 0) out.push_back('-');
      const auto [end, fault] = std::to_chars(digits, digits + sizeof digits, scaled / 10'000);
      out.append(digits, static_cast<std::size_t>(end - digits));
      auto rest = static_cast<unsigned>(scaled % 10'000);
      if (rest == 0) return;
      char decimals[5] = {'.'};
      for (unsigned i = 4; i > 0; --i, rest /= 10) decimals[i] = static_cast<char>('0' + rest % 10);
      std::size_t size = 5;
      while (decimals[size - 1] == '0') --size;
      out.append(decimals, size);
      return;
    }
  } else if (magnitude <= kExact && magnitude == std::trunc(magnitude)) {
    if (number < 0) out.push_back('-');
    const auto [end, fault] = std::to_chars(digits, digits + sizeof digits, static_cast<std::uint64_t>(magnitude));
    out.append(digits, static_cast<std::size_t>(end - digits));
    return;
  }
  const auto [end, fault] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace entail::text
