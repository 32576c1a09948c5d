// A table of aligned columns for people, within 80 columns where the names allow it: the first column is text, the
// others are numbers. Thread rule: Confined.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "console.hpp"

namespace entail::cli {

// Columns on a terminal: the characters of UTF-8, as far as each takes one.
std::size_t columns_of(std::string_view text);

class Grid {
 public:
  // The first heading names the rows, the others the columns.
  Grid(Paint paint, std::vector<std::string> headings);

  // As many cells as headings. `indent` levels of two spaces are put in front of the first.
  void row(std::vector<std::string> cells, unsigned indent = 0);
  // A line of its own between rows.
  void line(std::string text);
  bool empty() const noexcept { return rows_.empty(); }

  std::string text() const;

 private:
  struct Row {
    std::vector<std::string> cells;  // one cell: a line
    bool is_line = false;
  };
  Paint paint_;
  std::vector<std::string> headings_;
  std::vector<Row> rows_;
};

}  // namespace entail::cli
