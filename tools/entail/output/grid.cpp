#include "output/grid.hpp"

#include <algorithm>

#include "output/shown_text.hpp"
#include "output/text_width.hpp"

namespace entail::cli {
namespace {

constexpr std::size_t kFirstMin = 16;  // columns for the names

}  // namespace

Grid::Grid(Paint paint, std::vector<std::string> headings) : paint_(paint), headings_(std::move(headings)) {}

void Grid::row(std::vector<std::string> cells, unsigned indent) {
  for (std::string& cell : cells) cell = shown_text(cell);
  cells.front().insert(0, indent * std::size_t{2}, ' ');
  rows_.push_back({std::move(cells), false});
}

void Grid::line(const std::string& text) { rows_.push_back({{shown_text(text)}, true}); }

std::string Grid::text() const {
  std::vector<std::size_t> widths;
  for (const std::string& heading : headings_) widths.push_back(columns_of(heading));
  for (const Row& row : rows_)
    for (std::size_t i = 0; i < row.cells.size() && !row.is_line; ++i)
      widths[i] = std::max(widths[i], columns_of(row.cells[i]));
  std::size_t others = 0;
  for (std::size_t i = 1; i < widths.size(); ++i) others += widths[i] + 2;
  if (others + std::min(widths[0], kFirstMin) > paint_.columns) return stacked_text();
  widths[0] = std::min(widths[0], paint_.columns - others);
  return aligned_text(widths);
}

std::string Grid::aligned_text(const std::vector<std::size_t>& widths) const {
  std::string text;
  const auto append = [&](const std::vector<std::string>& cells) {
    std::string line = shortened(cells[0], widths[0]);
    line.append(widths[0] - columns_of(line), ' ');
    for (std::size_t i = 1; i < cells.size(); ++i) line.append(widths[i] + 2 - columns_of(cells[i]), ' ') += cells[i];
    line.erase(line.find_last_not_of(' ') + 1);
    text += line;
  };
  text += paint_.bold();
  append(headings_);
  text.append(paint_.end()) += '\n';
  for (const Row& row : rows_) {
    if (row.is_line)
      text += row.cells[0];
    else
      append(row.cells);
    text += '\n';
  }
  return text;
}

// Each name on a line of its own, and below it "traces 10  spans 10  bytes 3.0 KiB" in as many lines as it takes.
std::string Grid::stacked_text() const {
  std::string text = std::string(paint_.bold()) + headings_[0] + std::string(paint_.end()) + "\n";
  for (const Row& row : rows_) {
    text += shortened(row.cells[0], paint_.columns) + "\n";
    std::string line;
    for (std::size_t i = 1; i < row.cells.size(); ++i) {
      if (row.cells[i].empty()) continue;
      const std::string pair = "  " + (headings_[i].empty() ? "" : headings_[i] + " ") + row.cells[i];
      if (!line.empty() && columns_of(line) + columns_of(pair) > paint_.columns) {
        text += line + "\n";
        line.clear();
      }
      line += line.empty() ? "  " + pair : pair;
    }
    if (!line.empty()) text += line + "\n";
  }
  return text;
}

}  // namespace entail::cli
