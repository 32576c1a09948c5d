// Does a text match one of a list: as it is, or as regular expressions (RE2, unanchored, as Go's MatchString)?
// Thread rule: Immutable after compile. Cost: exact, a binary search by length and content; regexes, one pass over the
// text whatever their number. RE2 keeps a cache of its own behind a reader lock; nothing else is shared.
// Patterns mean what they mean in Go (go_regex.hpp).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "entail/result.hpp"

namespace re2 {
class RE2;
}

namespace entail::ottl {

struct BadPattern {
  std::size_t index = 0;
  std::string text;  // "bad regular expression '(': missing ): ("
};

class StringMatcher {
 public:
  StringMatcher();
  ~StringMatcher();
  StringMatcher(StringMatcher&&) noexcept;
  StringMatcher& operator=(StringMatcher&&) noexcept;

  // Equal to one of the values; empty values are ignored, as the Collector does.
  static StringMatcher exact(const std::vector<std::string>& values);
  // Found by one of the patterns; or every pattern that does not compile.
  static Result<StringMatcher, std::vector<BadPattern>> regex(const std::vector<std::string>& patterns);

  bool matches(std::string_view text) const {
    if (values_.size() == 1) return base::equal_text(values_.front(), text);
    return matches_any(text);
  }

 private:
  struct RegexSet;
  bool matches_any(std::string_view text) const;
  bool matches_pattern(std::string_view text) const;
  std::vector<std::string> values_;  // ascending by size, then by content
  std::vector<std::unique_ptr<re2::RE2>> patterns_;
  std::unique_ptr<RegexSet> set_;  // of all patterns, if there are several
};

}  // namespace entail::ottl
