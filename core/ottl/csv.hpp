// Rows of CSV, as Go's encoding/csv reads them, and texts split at a delimiter.
// Thread rule: Immutable (free functions only).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottl/strcase.hpp"

namespace entail::ottl {

// The fields of one row. Further lines continue its last field. Nothing: a quote is wrong, or there is no line.
// lazy_quotes: quotes may stand within fields.
std::optional<std::vector<std::string>> read_csv_row(std::string_view text, char32_t delimiter, bool lazy_quotes);

// As Go's strings.Split: an empty delimiter splits into characters. visit(part) may stop with false, which is returned
// then.
template <class Visit>
bool split_text(std::string_view text, std::string_view delimiter, const Visit& visit) {
  if (delimiter.empty()) {
    while (!text.empty()) {
      const std::size_t size = first_character(text).size;
      if (!visit(text.substr(0, size))) return false;
      text.remove_prefix(size);
    }
    return true;
  }
  for (;;) {
    const std::size_t end = text.find(delimiter);
    if (!visit(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + delimiter.size());
  }
}
std::vector<std::string_view> split_text(std::string_view text, std::string_view delimiter);

}  // namespace entail::ottl
