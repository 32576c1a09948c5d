// What a check of options found: errors and warnings, each with the path of the option that it is about. The reader of
// configurations turns the paths into lines.
// Thread rule: Confined. Cost: allocates.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "option/row.hpp"

namespace entail::option {

struct Finding {
  std::string path;  // "links.origins", "tail_sampling.policies[2].latency.upper_threshold_ms"
  std::string text;  // begins with what it is about, ready to be printed
  bool is_error = true;
  std::optional<std::size_t> offset;  // in the text at path, where it is about one place there
};

constexpr std::size_t kFindingsMax = 1000;  // of a kind: options that are wrong everywhere are not listed to their end

class Findings {
 public:
  // offset: in the text at path, where the error is about one place there.
  void error(std::string path, std::string text, std::optional<std::size_t> offset = {}) {
    if (error_count_++ < kFindingsMax) list.push_back({std::move(path), std::move(text), true, offset});
  }
  void warning(std::string path, std::string text) {
    if (warning_count_++ < kFindingsMax) list.push_back({std::move(path), std::move(text), false, {}});
  }
  // Bounds and presence of one value.
  void check_value(const Shape& shape, const OptionValue& value, const std::string& path, const std::string& where);
  // Every key of target.settings has a row.
  template <class Target>
  void check_settings(const Target& target, std::span<const Row<Target>> rows, const std::string& path,
                      const std::string& where) {
    std::vector<std::string_view> known;
    for (const Row<Target>& row : rows)
      if (row.in_settings) known.push_back(row.key);
    for (const auto& [key, value] : target.settings)
      if (std::find(known.begin(), known.end(), key) == known.end()) unknown_setting(key, known, path + key, where);
  }

  // Of all errors, those that are not listed too.
  std::size_t error_count() const noexcept { return error_count_; }

  std::vector<Finding> list;  // the first kFindingsMax errors and as many warnings

 private:
  std::size_t error_count_ = 0;
  std::size_t warning_count_ = 0;
  void unknown_setting(const std::string& key, std::span<const std::string_view> known, const std::string& path,
                       const std::string& where);
};

// A line of the text and one below it with a caret under the byte at offset, for the end of a message; long lines are
// shown around it.
std::string caret_lines(std::string_view text, std::size_t offset);

}  // namespace entail::option
