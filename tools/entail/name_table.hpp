// Names from the input, numbered: at most a fixed number of distinct ones, so that an input full of random names takes
// no more memory than one of few.
//
// Thread rule: Confined. Memory: names_max names of at most kNameBytesMax bytes. Cost: a hash lookup, or a comparison
// if the name is that of the call before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace entail::cli {

class NameTable {
 public:
  static constexpr std::size_t kNameBytesMax = 128;

  // names_max < 65,535.
  explicit NameTable(std::size_t names_max);

  // The number of the name; that of "(other)" if names_max others came before it. "(none)" for an empty one.
  std::uint16_t number(std::string_view name);
  // As UTF-8 that may go to a terminal.
  const std::string& name(std::uint16_t number) const { return shown_[number]; }
  std::size_t size() const noexcept { return shown_.size(); }
  // Calls of number() that got "(other)".
  std::uint64_t other_count() const noexcept { return other_count_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };

  std::size_t names_max_;
  std::unordered_map<std::string, std::uint16_t, Hash, std::equal_to<>> numbers_;
  std::vector<std::string> shown_;
  std::string last_name_;
  std::uint16_t last_ = 0;
  std::uint16_t other_ = 0;  // 0 = no such entry yet
  std::uint64_t other_count_ = 0;
};

}  // namespace entail::cli
