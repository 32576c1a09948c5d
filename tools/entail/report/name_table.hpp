// Names by number: each distinct text is held once.
//
// Thread rule: Confined. Memory: at most kNamesMax texts of kNameBytesMax bytes. When full(), further ones become
// kOther until some are released.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace entail::cli::report {

using NameId = std::uint32_t;

class NameTable {
 public:
  static constexpr std::size_t kNamesMax = 200'000;
  static constexpr std::size_t kNameBytesMax = 256;
  static constexpr NameId kNone = 0;
  static constexpr NameId kOther = 1;

  NameTable();
  // The number of the text, made harmless and cut to kNameBytesMax (shown_text). kNone for the empty text.
  NameId number(std::string_view text);
  const std::string& text(NameId name) const { return names_[name]; }
  // Numbers are below this one.
  std::size_t size() const noexcept { return names_.size(); }
  bool full() const noexcept { return numbers_.size() >= kNamesMax; }
  // Releases the texts that are not used, by number. Their numbers are given to others.
  void release_unused(const std::vector<bool>& used);

 private:
  std::deque<std::string> names_;  // references into it stay valid
  std::unordered_map<std::string_view, NameId> numbers_;
  std::vector<NameId> free_;
};

}  // namespace entail::cli::report
