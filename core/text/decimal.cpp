#include "text/decimal.hpp"

#include <cmath>

namespace entail::text {

void append_decimal(double number, std::string& out) {
  constexpr double kScale = 1e4;
  constexpr double kExact = 9007199254740992.0;  // up to here every whole number is a double
  const double magnitude = std::fabs(number);
  if (magnitude < kExact / kScale) {
    const auto scaled = static_cast<std::uint64_t>(std::nearbyint(magnitude * kScale));
    if (static_cast<double>(scaled) / kScale == magnitude) {  // the only double that these digits denote
      if (number < 0) out.push_back('-');
      return append_scaled<4>(scaled, out);
    }
  } else if (magnitude <= kExact && magnitude == std::trunc(magnitude)) {
    if (number < 0) out.push_back('-');
    return append_scaled<0>(static_cast<std::uint64_t>(magnitude), out);
  }
  char digits[32];
  const auto [end, fault] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace entail::text
