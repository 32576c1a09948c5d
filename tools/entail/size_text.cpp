#include "size_text.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace entail::cli {

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 11> kUnits = {{{"", 1},
                                                                                  {"B", 1},
                                                                                  {"kB", 1'000},
                                                                                  {"KB", 1'000},
                                                                                  {"MB", 1'000'000},
                                                                                  {"GB", 1'000'000'000},
                                                                                  {"TB", 1'000'000'000'000},
                                                                                  {"KiB", 1u << 10},
                                                                                  {"MiB", 1u << 20},
                                                                                  {"GiB", 1u << 30},
                                                                                  {"TiB", 1ull << 40}}};
  constexpr std::uint64_t kBytesMax = ~std::uint64_t{0} >> 1;
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  for (const auto& [unit, bytes] : kUnits)
    if (text == unit) return number <= kBytesMax / bytes ? std::optional(number * bytes) : std::nullopt;
  return std::nullopt;
}

}  // namespace entail::cli
