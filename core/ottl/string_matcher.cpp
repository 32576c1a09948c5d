#include "ottl/string_matcher.hpp"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <optional>

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

// What Go takes and RE2 does not, written for RE2: (?<name>...) as (?P<name>...). Nothing if it holds \C, which only
// RE2 takes.
std::optional<std::string> translated(std::string_view pattern) {
  std::string out;
  bool literal = false;  // between \Q and \E
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view rest = pattern.substr(i);
    if (literal) {
      literal = !rest.starts_with("\\E");
    } else if (rest.starts_with("\\") && rest.size() > 1) {
      if (rest[1] == 'C') return std::nullopt;
      literal = rest[1] == 'Q';
      out += rest[0];
      ++i;
    } else if (in_class) {
      in_class = rest[0] != ']';
    } else if (rest[0] == '[') {
      in_class = true;
      const std::size_t first = rest.starts_with("[^") ? 2 : 1;
      if (first < rest.size() && rest[first] == ']') {  // a first ] stands for itself
        out += rest.substr(0, first);
        i += first;
      }
    } else if (rest.starts_with("(?<")) {
      out += "(?P<";
      i += 2;
      continue;
    }
    out += pattern[i];
  }
  return out;
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
    const std::optional<std::string> text = translated(pattern);
    auto compiled = std::make_unique<RE2>(text.value_or(""), regex_options());
    if (!text || !compiled->ok()) {
      bad.push_back({static_cast<std::size_t>(&pattern - patterns.data()),
                     "bad regular expression '" + pattern +
                         "': " + (text ? compiled->error() : "\\C is not part of Go's regular expressions")});
      continue;
    }
    all_combined = all_combined && combined->set.Add(*text, nullptr) >= 0;
    matcher.patterns_.push_back(std::move(compiled));
  }
  if (!bad.empty()) return bad;
  if (all_combined && combined->set.Compile()) matcher.set_ = std::move(combined);
  return matcher;
}

bool StringMatcher::matches_any(std::string_view text) const {
  if (!values_.empty()) return std::binary_search(values_.begin(), values_.end(), text, BySizeThenContent{});
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
