#include "output/figure_text.hpp"

#include <cstdio>

namespace entail::cli {

std::string duration_text(std::uint64_t ns) {
  struct Unit {
    double ns;
    const char* name;
  };
  constexpr Unit kUnits[] = {{86400e9, "d"}, {3600e9, "h"}, {60e9, "min"}, {1e9, "s"},
                             {1e6, "ms"},    {1e3, "us"},   {1, "ns"}};
  const auto value = static_cast<double>(ns);
  for (const Unit& unit : kUnits) {
    if (value < unit.ns) continue;
    char text[32];
    std::snprintf(text, sizeof text, value / unit.ns < 10 ? "%.2f %s" : "%.1f %s", value / unit.ns, unit.name);
    return text;
  }
  return "0 ns";
}

std::string percent_text(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return {};
  char text[16];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * static_cast<double>(part) / static_cast<double>(whole));
  return text;
}

}  // namespace entail::cli
