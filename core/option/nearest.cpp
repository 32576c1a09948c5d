#include "option/nearest.hpp"

#include <algorithm>
#include <vector>

#include "text/ascii.hpp"

namespace entail::option {

namespace {

constexpr std::size_t kWordCharsMax = 64;  // longer words are no slips of the finger
constexpr std::size_t kPartCharsMin = 4;   // shorter words are parts of anything
constexpr std::size_t kComparedMax = 256;  // of more candidates, none is suggested
constexpr std::size_t kListedMax = 64;     // more are not listed

std::string folded(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = c == '-' ? '_' : text::to_lower(c);
  return out;
}

}  // namespace

unsigned edit_distance(std::string_view left, std::string_view right) {
  const std::string a = folded(left);
  const std::string b = folded(right);
  const std::size_t width = b.size() + 1;
  std::vector<unsigned> table((a.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> unsigned& { return table[i * width + j]; };
  for (std::size_t i = 0; i <= a.size(); ++i) at(i, 0) = static_cast<unsigned>(i);
  for (std::size_t j = 0; j <= b.size(); ++j) at(0, j) = static_cast<unsigned>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const unsigned replaced = at(i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1);
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  }
  return at(a.size(), b.size());
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() > kWordCharsMax || candidates.size() > kComparedMax) return {};
  std::string_view best;
  unsigned best_distance = ~0u;
  for (const std::string_view candidate : candidates) {
    const unsigned distance = edit_distance(word, candidate);
    const auto limit = static_cast<unsigned>(std::max(word.size(), candidate.size()) * 2 / 5);
    if (distance > limit || distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  if (!best.empty() || word.size() < kPartCharsMin) return best;
  for (const std::string_view candidate : candidates)
    if (folded(candidate).find(folded(word)) != std::string::npos) return candidate;
  return {};
}

std::string joined(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
  if (const std::string_view best = nearest(word, candidates); !best.empty())
    return "; did you mean '" + std::string(best) + "'?";
  if (candidates.size() > kListedMax) return {};
  return "; expected one of: " + joined(candidates);
}

}  // namespace entail::option
