#include "output/grid.hpp"

#include <algorithm>

namespace entail::cli {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kFirstMin = 24;

std::string shortened(const std::string& text, std::size_t columns) {
  if (columns_of(text) <= columns) return text;
  std::size_t at = 0;
  for (std::size_t left = columns - 3; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
    if (begins && left-- == 0) break;
  }
  return text.substr(0, at) + "...";
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

Grid::Grid(Paint paint, std::vector<std::string> headings) : paint_(paint), headings_(std::move(headings)) {}

void Grid::row(std::vector<std::string> cells, unsigned indent) {
  cells.front().insert(0, indent * std::size_t{2}, ' ');
  rows_.push_back({std::move(cells), false});
}

void Grid::line(std::string text) { rows_.push_back({{std::move(text)}, true}); }

std::string Grid::text() const {
  std::vector<std::size_t> widths;
  for (const std::string& heading : headings_) widths.push_back(columns_of(heading));
  for (const Row& row : rows_)
    for (std::size_t i = 0; i < row.cells.size() && !row.is_line; ++i)
      widths[i] = std::max(widths[i], columns_of(row.cells[i]));
  std::size_t others = 0;
  for (std::size_t i = 1; i < widths.size(); ++i) others += widths[i] + 2;
  widths[0] = std::min(widths[0], std::max(kWidth - std::min(kWidth, others), kFirstMin));

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

}  // namespace entail::cli
