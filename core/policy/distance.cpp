#include "policy/distance.hpp"

#include <charconv>
#include <cmath>

namespace entail::policy {

std::string number_text(double number) {
  char digits[32];
  const auto [end, fault] = std::to_chars(digits, digits + sizeof digits, number);
  return {digits, end};
}

std::string duration_text(std::int64_t milliseconds) {
  constexpr std::int64_t kMillisPerSecond = 1000;
  if (milliseconds < kMillisPerSecond) return std::to_string(milliseconds) + " ms";
  std::string text = std::to_string(milliseconds / kMillisPerSecond);
  if (const std::int64_t rest = milliseconds % kMillisPerSecond; rest != 0) {
    text += '.' + std::to_string(kMillisPerSecond + rest).substr(1);
    while (text.back() == '0') text.pop_back();
  }
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
  distance.why = "not drawn: " + number_text(distance.value) + " % of " + number_text(kept) + " %";
  return distance;
}

}  // namespace entail::policy
