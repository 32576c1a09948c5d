// A table of aligned columns for people, as wide as the terminal at most: the first column is text, the others are
// numbers. Names that do not fit are shortened. Where not even the numbers fit, each row is a paragraph. Cells and
// lines are shown as shown_text() makes them. Thread rule: Confined.
#pragma once

#include <string>
#include <vector>

#include "console.hpp"

namespace entail::cli {

class Grid {
 public:
  // The first heading names the rows, the others the columns.
  Grid(Paint paint, std::vector<std::string> headings);

  // As many cells as headings. `indent` levels of two spaces are put in front of the first.
  void row(std::vector<std::string> cells, unsigned indent = 0);
  // A line of its own between rows.
  void line(const std::string& text);
  bool empty() const noexcept { return rows_.empty(); }

  std::string text() const;

 private:
  struct Row {
    std::vector<std::string> cells;  // one cell: a line
    bool is_line = false;
  };
  std::string aligned_text(const std::vector<std::size_t>& widths) const;
  std::string stacked_text() const;

  Paint paint_;
  std::vector<std::string> headings_;
  std::vector<Row> rows_;
};

}  // namespace entail::cli
