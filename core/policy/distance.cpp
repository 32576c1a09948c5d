#include "policy/distance.hpp"

#include <cmath>

#include "text/decimal.hpp"

namespace entail::policy {

std::string number_text(double number) {
  std::string text;
  text::append_decimal(number, text);
  return text;
}

std::string duration_text(std::int64_t milliseconds) {
  constexpr std::int64_t kMillisPerSecond = 1000;
  if (milliseconds < kMillisPerSecond) return std::to_string(milliseconds) + " ms";
  std::string text;
  text::append_scaled<3>(static_cast<std::uint64_t>(milliseconds), text);
  return text + " s";
}

std::string count_text(std::uint64_t count, std::string_view unit) {
  std::string text = std::to_string(count) + ' ' + std::string(unit);
  if (count != 1) text += 's';
  return text;
}

Distance chance_distance(double drawn, double kept) {
  constexpr double kDecimals = 1e4;
  Distance distance{std::ceil(drawn * kDecimals) / kDecimals, kept, {}};  // never below what is kept
  constexpr std::size_t kUsualSize = 48;
  distance.why.reserve(kUsualSize);
  distance.why = "not drawn: ";
  text::append_decimal(distance.value, distance.why);
  distance.why += " % of ";
  text::append_decimal(kept, distance.why);
  distance.why += " %";
  return distance;
}

}  // namespace entail::policy
