// Rows of CSV, as Go's encoding/csv reads them, and texts split at a delimiter.
// Thread rule: Immutable (free functions only).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace entail::ottl {

// The fields of one row. Further lines continue its last field. Nothing: a quote is wrong, or there is no line.
// lazy_quotes: quotes may stand within fields.
std::optional<std::vector<std::string>> read_csv_row(std::string_view text, char32_t delimiter, bool lazy_quotes);

// As Go's strings.Split: an empty delimiter splits into characters.
std::vector<std::string> split_text(std::string_view text, std::string_view delimiter);

}  // namespace entail::ottl
