#include "text/timestamp.hpp"

#include <array>
#include <cstring>

#include "text/civil_date.hpp"

namespace entail::text {

namespace {

constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (unsigned i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

// Two digits. REQUIRES number < 100.
inline void write_pair(unsigned number, char* out) noexcept { std::memcpy(out, &kPairs[2 * number], 2); }

}  // namespace

void append_timestamp(std::int64_t time_ns, std::string& out) {
  constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;
  constexpr std::uint64_t kSecondsPerDay = 86'400;
  const auto time = static_cast<std::uint64_t>(time_ns);
  const std::uint64_t seconds = time / kNanosPerSecond;
  const auto second = static_cast<unsigned>(seconds % kSecondsPerDay);
  const auto nanos = static_cast<unsigned>(time % kNanosPerSecond);
  const CivilDate date = civil_date(static_cast<std::int64_t>(seconds / kSecondsPerDay));
  const auto year = static_cast<unsigned>(date.year);
  char text[] = "0000-00-00T00:00:00.000000000Z";
  write_pair(year / 100 % 100, text);
  write_pair(year % 100, text + 2);
  write_pair(date.month, text + 5);
  write_pair(date.day, text + 8);
  write_pair(second / 3600, text + 11);
  write_pair(second / 60 % 60, text + 14);
  write_pair(second % 60, text + 17);
  text[20] = static_cast<char>('0' + nanos / 100'000'000);
  write_pair(nanos / 1'000'000 % 100, text + 21);
  write_pair(nanos / 10'000 % 100, text + 23);
  write_pair(nanos / 100 % 100, text + 25);
  write_pair(nanos % 100, text + 27);
  out.append(text, sizeof text - 1);
}

}  // namespace entail::text
