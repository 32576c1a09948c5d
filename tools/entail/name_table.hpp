// Names from the input, numbered: at most a fixed number of distinct ones, so that an input full of random names takes
// no more memory than one of few.
//
// Names keep their identity up to kNameBytesMax bytes: JSON has them exactly, and tables for people as shown_text().
// Thread rule: Confined. Memory: names_max names of at most kNameBytesMax bytes, twice. Cost: a hash lookup, or a
// comparison if the name is that of the call before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "output/json_text.hpp"

namespace entail::cli {

class NameTable {
 public:
  static constexpr std::size_t kNameBytesMax = 256;
  static constexpr std::size_t kShownBytesMax = 128;
  static constexpr std::uint16_t kNone = 0;  // the number of the empty name

  // names_max < 65,535.
  explicit NameTable(std::size_t names_max);

  // The number of the name; that of all others together if names_max others came before it.
  std::uint16_t number(std::string_view name);
  // As UTF-8 (utf8_text). "(none)" and "(other)" for the two that are not names of the input.
  const std::string& name(std::uint16_t number) const { return names_[number]; }
  bool is_other(std::uint16_t number) const noexcept { return number != kNone && number == other_; }
  // What a table for people has for it.
  std::string shown(std::uint16_t number) const;
  std::size_t size() const noexcept { return names_.size(); }
  // Calls of number() that got the number of all others.
  std::uint64_t other_count() const noexcept { return other_count_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };

  std::size_t names_max_;
  std::unordered_map<std::string, std::uint16_t, Hash, std::equal_to<>> numbers_;
  std::vector<std::string> names_;
  std::string last_name_;
  std::uint16_t last_ = 0;
  std::uint16_t other_ = kNone;  // kNone = no such entry yet
  std::uint64_t other_count_ = 0;
};

// The fields `key`, null for the two that are not names of the input, and `key`_other, which is true for the second.
void name_fields(JsonText& json, const std::string& key, const NameTable& names, std::uint16_t number);

}  // namespace entail::cli
