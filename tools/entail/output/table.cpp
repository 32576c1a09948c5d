#include "output/table.hpp"

#include <algorithm>

#include "output/shown_text.hpp"
#include "output/text_width.hpp"

namespace entail::cli {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kLabelWidth = 34;
constexpr std::size_t kNumberWidth = 14;
constexpr std::size_t kNoteWidthMin = 20;  // a narrower note goes below its row

}  // namespace

void Table::heading(std::string_view text) {
  if (!text_.empty()) text_ += '\n';
  text_.append(paint_.bold()).append(indented(shown_text(text), 0, paint_.columns));
  text_.insert(text_.size() - 1, paint_.end());
}

void Table::row(std::string_view label, std::uint64_t count, std::string_view note, std::string_view colour) {
  row(label, std::string_view(grouped(count)), note, colour);
}

void Table::row(std::string_view label, std::string_view number, std::string_view note, std::string_view colour) {
  const std::size_t width_max = paint_.columns - kIndent;
  const std::string shown_number = shown_text(number);
  number = shown_number;
  const std::size_t number_width = columns_of(number);
  const std::string shown = shortened(shown_text(label), width_max - std::min(width_max, number_width + 1));
  // A label that is too long for its column pushes the number to the right.
  const std::size_t width =
      std::min(width_max, std::max(kLabelWidth + kNumberWidth, columns_of(shown) + 1 + number_width));
  text_.append(kIndent, ' ').append(shown);
  text_.append(width - std::min(width, columns_of(shown) + number_width), ' ');
  text_.append(colour).append(number);
  if (!colour.empty()) text_ += paint_.end();
  if (!note.empty()) append_note(shown_text(note), kIndent + width + 2);
  text_ += '\n';
}

// Beside the number, or below the row where there is no room.
void Table::append_note(std::string_view note, std::size_t column) {
  if (column + columns_of(note) <= paint_.columns) {
    text_.append("  ").append(paint_.dim()).append(note).append(paint_.end());
    return;
  }
  const bool is_beside = column + kNoteWidthMin <= paint_.columns;
  const std::size_t indent = is_beside ? column : 2 * kIndent;
  std::string lines = indented(note, indent, paint_.columns);
  lines.pop_back();
  lines.erase(0, indent);
  text_.append(is_beside ? "  " : "\n    ").append(paint_.dim()).append(lines).append(paint_.end());
}

void Table::line(std::string_view text, std::string_view colour, unsigned indent) {
  std::string lines = indented(shown_text(text), kIndent * (indent + 1), paint_.columns);
  lines.pop_back();
  text_.append(colour).append(lines);
  if (!colour.empty()) text_ += paint_.end();
  text_ += '\n';
}

}  // namespace entail::cli
