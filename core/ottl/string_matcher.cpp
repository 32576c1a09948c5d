#include "ottl/string_matcher.hpp"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <optional>

#include "ottl/go_regex.hpp"
#include "text/utf8.hpp"

namespace entail::ottl {

namespace {

struct BySizeThenContent {
  bool operator()(std::string_view a, std::string_view b) const noexcept {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }
};

RE2::Options regex_options() {
  RE2::Options options;
  options.set_log_errors(false);  // a library does not print
  options.set_never_capture(true);
  return options;
}

}  // namespace

struct StringMatcher::RegexSet {
  RE2::Set set{regex_options(), RE2::UNANCHORED};
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
  auto combined = std::make_unique<RegexSet>();
  bool all_combined = patterns.size() > 1;
  for (const std::string& pattern : patterns) {
    const std::optional<std::string> translated = re2_pattern(pattern);
    auto compiled = std::make_unique<RE2>(translated.value_or(std::string()), regex_options());
    if (!translated || !compiled->ok()) {
      bad.push_back({static_cast<std::size_t>(&pattern - patterns.data()),
                     "bad regular expression '" + pattern +
                         "': " + (translated ? compiled->error() : "\\C is not part of Go's regular expressions")});
      continue;
    }
    all_combined = all_combined && combined->set.Add(*translated, nullptr) >= 0;
    matcher.patterns_.push_back(std::move(compiled));
  }
  if (!bad.empty()) return bad;
  if (all_combined && combined->set.Compile()) matcher.set_ = std::move(combined);
  return matcher;
}

bool StringMatcher::matches_any(std::string_view text) const {
  if (!values_.empty()) return std::binary_search(values_.begin(), values_.end(), text, BySizeThenContent{});
  if (matches_pattern(text)) return true;
  // What does not match as it is may match where Go reads U+FFFD.
  return text::utf8_valid_size(text) != text.size() && matches_pattern(as_utf8(text));
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
