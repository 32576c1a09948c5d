// "Did you mean ...": the valid word nearest to a mistyped one. Thread rule: Immutable. Cost: quadratic in short words.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace entail::option {

// Edits (insert, remove, replace, swap neighbours) between two words, case and '-' versus '_' not counted.
unsigned edit_distance(std::string_view a, std::string_view b);

// The candidate that is near enough to be what was meant, else one that contains the word; empty when none does.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

// "; did you mean 'x'?", else "; expected one of a, b, c". Ready to be appended to an error.
std::string suggestion(std::string_view word, std::span<const std::string_view> candidates);

// "a, b, c".
std::string joined(std::span<const std::string_view> words);

}  // namespace entail::option
