#include "output/table.hpp"

#include <algorithm>

namespace entail::cli {
namespace {

constexpr std::size_t kLabelWidth = 34;
constexpr std::size_t kNumberWidth = 14;

}  // namespace

void Table::heading(std::string_view text) {
  if (!text_.empty()) text_ += '\n';
  text_.append(paint_.bold()).append(text).append(paint_.end()) += '\n';
}

void Table::row(std::string_view label, std::uint64_t count, std::string_view note, std::string_view colour) {
  row(label, std::string_view(grouped(count)), note, colour);
}

void Table::row(std::string_view label, std::string_view number, std::string_view note, std::string_view colour) {
  text_ += "  ";
  text_ += label;
  // Names that are too long for their column push the number to the right.
  const std::size_t width = std::max(kLabelWidth + kNumberWidth, label.size() + number.size() + 1);
  text_.append(width - label.size() - number.size(), ' ');
  text_.append(colour).append(number);
  if (!colour.empty()) text_ += paint_.end();
  if (!note.empty()) text_.append("  ").append(paint_.dim()).append(note).append(paint_.end());
  text_ += '\n';
}

void Table::line(std::string_view text) { text_.append("  ").append(text) += '\n'; }

}  // namespace entail::cli
