#include "time_text.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "entail/types.hpp"

namespace entail::cli {
namespace {

constexpr std::int64_t kSecondsMax = 9'223'372'035;  // the last that nanoseconds in 64 bits can count

// Takes a number of exactly so many digits.
bool take_digits(std::string_view& text, std::size_t count, int& value) {
  if (text.size() < count) return false;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + count, value);
  if (problem != std::errc() || end != text.data() + count || text[0] == '-') return false;
  text.remove_prefix(count);
  return true;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& text, std::int64_t& seconds) {
  int year = 0, month = 0, day = 0;
  if (!take_digits(text, 4, year) || !take(text, "-") || !take_digits(text, 2, month) || !take(text, "-") ||
      !take_digits(text, 2, day))
    return false;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return false;
  seconds = std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400};
  return true;
}

bool take_time(std::string_view& text, std::int64_t& seconds, std::int64_t& nanoseconds) {
  int hour = 0, minute = 0, second = 0;
  if (!take_digits(text, 2, hour) || !take(text, ":") || !take_digits(text, 2, minute) || !take(text, ":") ||
      !take_digits(text, 2, second) || hour > 23 || minute > 59 || second > 60)
    return false;
  seconds += hour * 3600 + minute * 60 + second;
  if (!take(text, ".")) return true;
  std::int64_t unit = 100'000'000;
  const std::size_t before = text.size();
  for (int digit = 0; take_digits(text, 1, digit); unit /= 10) nanoseconds += digit * unit;
  return text.size() < before;
}

bool take_zone(std::string_view& text, std::int64_t& seconds) {
  if (take(text, "Zz")) return true;
  const bool behind = text.starts_with('-');
  int hours = 0, minutes = 0;
  if (!take(text, "+-") || !take_digits(text, 2, hours) || !take(text, ":") || !take_digits(text, 2, minutes) ||
      hours > 23 || minutes > 59)
    return false;
  const std::int64_t offset = hours * 3600 + minutes * 60;
  seconds += behind ? offset : -offset;
  return true;
}

}  // namespace

std::optional<std::int64_t> parse_time(std::string_view text) {
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size()) {
    seconds = 0;
    if (!take_date(text, seconds)) return std::nullopt;
    const bool whole_day = text.empty();
    if (!whole_day && (!take(text, "Tt ") || !take_time(text, seconds, nanoseconds) || !take_zone(text, seconds)))
      return std::nullopt;
    if (!text.empty()) return std::nullopt;
  }
  if (seconds < 0 || seconds > kSecondsMax) return std::nullopt;
  return seconds * kNanosPerSecond + nanoseconds;
}

std::string time_text(std::int64_t time_ns) {
  const std::chrono::sys_seconds time{std::chrono::seconds(time_ns / kNanosPerSecond)};
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(time - days);
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

}  // namespace entail::cli
