// The flags of the scenarios: what they may be, and what a user gave. Thread rule: Confined.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace entail::cli {

// One flag of a scenario. A number has bounds, a word has choices; scenarios is a list of other scenarios, given one by
// one.
struct FlagSpec {
  enum class Kind : std::uint8_t { count, share, word, scenarios };
  std::string_view name;
  Kind kind = Kind::count;
  std::string_view default_text;
  std::string_view help;
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  std::vector<std::string_view> choices;
};

// The flags of one run: defaults, replaced by what the user gave.
class Flags {
 public:
  explicit Flags(std::span<const FlagSpec> specs);
  // An error text, or empty. Knows only the flags of its scenario.
  std::string set(std::string_view name, std::string_view text);
  // REQUIRES a flag of that name and kind.
  std::uint64_t count(std::string_view name) const;
  double share(std::string_view name) const;
  const std::string& word(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;
  const std::map<std::string, std::string, std::less<>>& texts() const noexcept { return texts_; }

 private:
  std::span<const FlagSpec> specs_;
  std::map<std::string, std::string, std::less<>> texts_;
};

}  // namespace entail::cli
