#include "ottl/string_matcher.hpp"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>

#include "ottl/go_regex.hpp"
#include "text/utf8.hpp"

namespace entail::ottl {

namespace {

struct BySizeThenContent {
  bool operator()(std::string_view a, std::string_view b) const noexcept {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }
};

}  // namespace

struct StringMatcher::RegexSet {
  explicit RegexSet(const RE2::Options& options) : set(options, RE2::UNANCHORED) {}
  RE2::Set set;
};

StringMatcher::StringMatcher() = default;
StringMatcher::~StringMatcher() = default;
StringMatcher::StringMatcher(StringMatcher&&) noexcept = default;
StringMatcher& StringMatcher::operator=(StringMatcher&&) noexcept = default;

StringMatcher StringMatcher::exact(const std::vector<std::string>& values) {
  StringMatcher matcher;
  for (const std::string& value : values)
    if (!value.empty()) matcher.values_.push_back(value);
  std::sort(matcher.values_.begin(), matcher.values_.end(), BySizeThenContent{});
  return matcher;
}

Result<StringMatcher, std::vector<BadPattern>> StringMatcher::regex(const std::vector<std::string>& patterns) {
  StringMatcher matcher;
  std::vector<BadPattern> bad;
  for (const std::string& pattern : patterns) {
    std::string error;
    auto compiled = compile_regex(pattern, Captures::none, error);
    if (compiled == nullptr) {
      bad.push_back(
          {static_cast<std::size_t>(&pattern - patterns.data()), "bad regular expression '" + pattern + "': " + error});
      continue;
    }
    matcher.patterns_.push_back(std::move(compiled));
  }
  if (!bad.empty()) return bad;
  if (matcher.patterns_.size() < 2) return matcher;
  auto combined = std::make_unique<RegexSet>(matcher.patterns_.front()->options());
  const bool fits = std::all_of(matcher.patterns_.begin(), matcher.patterns_.end(), [&combined](const auto& pattern) {
    return combined->set.Add(pattern->pattern(), nullptr) >= 0;
  });
  if (fits && combined->set.Compile()) matcher.set_ = std::move(combined);
  return matcher;
}

bool StringMatcher::matches_any(std::string_view text) const {
  if (!values_.empty()) return std::binary_search(values_.begin(), values_.end(), text, BySizeThenContent{});
  if (matches_pattern(text)) return true;
  // What does not match as it is may match where Go reads U+FFFD.
  if (text::utf8_valid_size(text) == text.size()) return false;
  std::string clean;
  text::append_as_utf8(text, clean);
  return matches_pattern(clean);
}

bool StringMatcher::matches_pattern(std::string_view text) const {
  const re2::StringPiece piece(text.data(), text.size());
  if (set_ != nullptr) {
    RE2::Set::ErrorInfo info{};
    if (set_->set.Match(piece, nullptr, &info)) return true;
    if (info.kind == RE2::Set::kNoError) return false;
    // The set ran out of its memory; the single patterns have a slower way that needs none.
  }
  return std::any_of(patterns_.begin(), patterns_.end(),
                     [&](const auto& pattern) { return RE2::PartialMatch(piece, *pattern); });
}

}  // namespace entail::ottl
