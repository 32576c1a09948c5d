// Rows of a label and a number, under headings: what summaries for people are made of. They are as wide as the terminal
// at most: labels are shortened, notes wrapped. All text is shown as shown_text() makes it; colours are passed apart.
// Thread rule: Confined.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "console.hpp"

namespace entail::cli {

class Table {
 public:
  explicit Table(Paint paint) : paint_(paint) {}

  void heading(std::string_view text);
  void row(std::string_view label, std::uint64_t count, std::string_view note = {}, std::string_view colour = {});
  // The same with a number that is text already.
  void row(std::string_view label, std::string_view number, std::string_view note = {}, std::string_view colour = {});
  // A line of its own, wrapped.
  void line(std::string_view text, std::string_view colour = {}, unsigned indent = 0);

  const Paint& paint() const noexcept { return paint_; }
  std::string take() { return std::move(text_); }

 private:
  void append_note(std::string_view note, std::size_t column);

  Paint paint_;
  std::string text_;
};

}  // namespace entail::cli
