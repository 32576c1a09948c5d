#include "usage/nearest_word.hpp"

#include <algorithm>

namespace entail::cli {
namespace {

constexpr std::size_t kWordCharsMax = 64;  // longer words are no slips of the finger

std::string in_lower_case(std::string_view word) {
  std::string lower(word);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::string_view without_dashes(std::string_view word) {
  word.remove_prefix(std::min(word.find_first_not_of('-'), word.size()));
  return word;
}

// Insertions, removals, replacements and swaps of neighbours.
std::size_t edit_count(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_word(std::string_view typed, const std::vector<std::string>& candidates) {
  const std::string lower = in_lower_case(typed);
  const std::string_view word = without_dashes(lower);
  if (word.empty() || word.size() > kWordCharsMax) return {};
  std::string best;
  std::size_t best_count = kWordCharsMax;
  for (const std::string& candidate : candidates) {
    const std::string lower_candidate = in_lower_case(candidate);
    const std::string_view plain = without_dashes(lower_candidate);
    if (plain.size() > kWordCharsMax) continue;
    const std::size_t count = edit_count(word, plain);
    if (count > std::max(word.size(), plain.size()) * 2 / 5 || count >= best_count) continue;
    best = candidate;
    best_count = count;
  }
  if (!best.empty()) return best;
  for (const std::string& candidate : candidates) {
    if (!without_dashes(candidate).starts_with(word)) continue;
    if (!best.empty()) return {};
    best = candidate;
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string best = nearest_word(word, candidates);
  return best.empty() ? std::string() : "; did you mean '" + best + "'?";
}

}  // namespace entail::cli
