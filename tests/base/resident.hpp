// Resident memory of a process, and a child process with a fresh heap to measure it in.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace entail::tests {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kResidentMeansSomething = false;  // shadow memory is part of it
#else
constexpr bool kResidentMeansSomething = true;
#endif

inline std::int64_t resident_bytes() {
  std::array<char, 128> text{};
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  static_cast<void>(::read(file, text.data(), text.size() - 1));
  ::close(file);
  char* second = nullptr;
  static_cast<void>(std::strtoll(text.data(), &second, 10));
  return std::strtoll(second, nullptr, 10) * ::sysconf(_SC_PAGESIZE);
}

// Prints the values for the log of a failure: EXPECT_EXIT shows stderr. Tolerates noise from code pages that are run
// for the first time and from the kernel's rounding.
inline bool is_near(const char* what, std::uint64_t account, std::int64_t grown, double share_min, double share_max,
                    std::int64_t more) {
  constexpr double kNoise = 256 << 10;
  std::fprintf(stderr, "%s: account %lu, resident %ld\n", what, static_cast<unsigned long>(account),
               static_cast<long>(grown));
  return static_cast<double>(account) + kNoise >= share_min * static_cast<double>(grown) &&
         static_cast<double>(account) <= share_max * static_cast<double>(grown) + static_cast<double>(more);
}

// Runs f() in a child process; true if it succeeds.
template <class F>
void expect_apart(F f) {
  if (!kResidentMeansSomething) GTEST_SKIP() << "a sanitizer's memory is part of the process";
  EXPECT_EXIT(
      {
        ::malloc_trim(0);
        entail::tests::is_near("before", 0, entail::tests::resident_bytes(), 0, 0, 0);  // faults in its own code pages
        std::_Exit(f() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace entail::tests
