// The long variants of the liveness and memory tests, run by tools/pressure.
//
//   pressure_run liveness|memory|steady MIB[,MIB...] SECONDS [LOAD]
//
// Prints a row for each load and limit, and exits with 1 if a guarantee was violated.
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "tests/pressure/loads.hpp"

namespace entail::pressure {
namespace {

double mib(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }
double milliseconds(std::int64_t ns) { return static_cast<double>(ns) / 1e6; }

void print_head() {
  std::printf("%-18s %6s %9s %8s %5s %6s %9s %9s %10s %10s %9s %9s %9s\n", "load", "MiB", "requests", "refusals", "row",
              "lost", "tick ms", "worst ms", "evicted", "forgotten", "account", "RSS-idle", "bound");
}

// False: a guarantee was violated.
bool print_row(const Load& load, std::uint64_t limit, const Figures& f, bool bounds_memory) {
  const std::uint64_t bound = memory_bound(load_options(load, limit), f);
  const bool is_live = f.refusals_in_row_max <= 2 && f.given_up == 0;
  const bool is_bounded = !bounds_memory || f.resident_over_idle() <= bound;
  std::printf("%-18s %6.0f %9llu %8llu %5llu %6llu %9.2f %9.1f %10llu %10llu %9.1f %9.1f %9.1f %s%s%s\n",
              load.name.c_str(), mib(limit), static_cast<unsigned long long>(f.requests),
              static_cast<unsigned long long>(f.refusals), static_cast<unsigned long long>(f.refusals_in_row_max),
              static_cast<unsigned long long>(f.given_up),
              f.ticks == 0 ? 0 : milliseconds(f.tick_ns) / static_cast<double>(f.ticks), milliseconds(f.tick_worst_ns),
              static_cast<unsigned long long>(f.evicted), static_cast<unsigned long long>(f.forgotten),
              mib(f.account_peak), mib(f.resident_over_idle()), mib(bound), is_live ? "" : "REFUSED ",
              is_bounded ? "" : "OVER ", f.faults == 0 ? "" : f.fault);
  std::fflush(stdout);
  return is_live && is_bounded && f.faults == 0;
}

std::vector<std::uint64_t> limits_of(const std::string& text) {
  std::vector<std::uint64_t> limits;
  std::istringstream list(text);
  for (std::string item; std::getline(list, item, ',');)
    limits.push_back(std::strtoull(item.c_str(), nullptr, 10) << 20);
  return limits;
}

int run(const std::string& family, const std::string& limits, std::int64_t seconds, const std::string& only) {
  const std::vector<Load> loads = loads_of(family, 1);
  if (loads.empty() || seconds <= 0) return 2;
  bool holds = true;
  print_head();
  for (const std::uint64_t limit : limits_of(limits))
    for (const Load& load : loads) {
      if (!only.empty() && load.name != only) continue;
      const Figures figures = run_apart("/proc/self/exe", load, limit, seconds);
      holds = print_row(load, limit, figures, family != "liveness") && holds;
    }
  return holds ? 0 : 1;
}

// What run_apart() starts: one load, its figures to standard output.
int play(const std::string& family, double scale, const std::string& name, std::uint64_t limit, std::int64_t seconds) {
  for (const Load& load : loads_of(family, scale)) {
    if (load.name != name) continue;
    const Figures figures = run_here(load, limit, seconds);
    return std::fwrite(&figures, sizeof(figures), 1, stdout) == 1 ? 0 : 1;
  }
  return 2;
}

}  // namespace
}  // namespace entail::pressure

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  int status = 2;
  if (words.size() == 6 && words[0] == "play")
    status =
        entail::pressure::play(words[1], std::stod(words[2]), words[3], std::stoull(words[4]), std::stoll(words[5]));
  else if (words.size() == 3 || words.size() == 4)
    status = entail::pressure::run(words[0], words[1], std::stoll(words[2]), words.size() == 4 ? words[3] : "");
  if (status == 2) std::fprintf(stderr, "usage: pressure_run liveness|memory|steady MIB[,MIB...] SECONDS [LOAD]\n");
  return status;
}
