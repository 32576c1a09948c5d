// "Did you mean ...": the word nearest to a mistyped one on the command line. Thread rule: Immutable (functions).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace entail::cli {

// The candidate that was probably meant: near by edits, or the only one that begins with the word. Leading dashes do
// not count. Empty: none.
std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

// "; did you mean 'x'?", or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace entail::cli
