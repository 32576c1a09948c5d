// How many columns text takes on a terminal, and text made to fit. The text is UTF-8; each byte of what is not counts
// as one column. Thread rule: Immutable (functions).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace entail::cli {

// East Asian wide characters and emoji take two columns, combining marks none.
std::size_t columns_of(std::string_view text) noexcept;

// The text in at most `columns` columns: what is longer ends in an ellipsis. So does what takes no columns but many
// bytes: the text has at most 8 of them for each column and 16 more.
std::string shortened(std::string_view text, std::size_t columns);

// Lines of at most `columns` columns, broken at spaces; longer words are shortened. At least one line.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

// The text behind `indent` spaces, wrapped in `columns` columns with every line indented. Each line ends in a newline.
std::string indented(std::string_view text, std::size_t indent, std::size_t columns);

}  // namespace entail::cli
