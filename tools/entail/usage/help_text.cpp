#include "usage/help_text.hpp"

#include <algorithm>

#include "output/text_width.hpp"
#include "usage/mistake.hpp"

namespace entail::cli {
namespace {

constexpr std::size_t kWordsColumnsMax = 28;  // of the options; the help of longer ones begins on the next line

struct HelpRow {
  std::string words;
  std::string help;
};

void append_rows(std::string& text, const std::string& heading, const std::vector<HelpRow>& rows, Paint paint) {
  if (rows.empty()) return;
  text.append("\n").append(paint.bold()).append(heading).append(paint.end()) += '\n';
  const std::size_t words_max = std::min(kWordsColumnsMax, paint.columns / 2 - 4);
  std::size_t words = 0;
  for (const HelpRow& row : rows)
    if (row.words.size() <= words_max) words = std::max(words, row.words.size());
  const std::size_t indent = 2 + words + 2;
  for (const HelpRow& row : rows) {
    std::string help = indented(row.help, indent, paint.columns);
    if (row.words.size() <= words)
      help.replace(2, row.words.size(), row.words);
    else
      help.insert(0, "  " + row.words + "\n");
    text += help;
  }
}

// Examples and their paragraphs: lines that begin with a space stay as they are.
void append_examples(std::string& text, const std::string& examples, std::size_t columns) {
  std::string paragraph;
  const auto end_paragraph = [&] {
    if (!paragraph.empty()) text += indented(paragraph, 0, columns);
    paragraph.clear();
  };
  for (std::size_t at = 0; at < examples.size();) {
    const std::size_t end = std::min(examples.find('\n', at), examples.size());
    const std::string line = examples.substr(at, end - at);
    at = end + 1;
    if (line.empty() || line[0] == ' ') {
      end_paragraph();
      text += line + "\n";
    } else {
      paragraph += (paragraph.empty() ? "" : " ") + line;
    }
  }
  end_paragraph();
}

std::vector<HelpRow> rows_of(const std::vector<std::unique_ptr<OptionShape>>& options, bool common) {
  std::vector<HelpRow> rows;
  for (const auto& option : options)
    if (option->is_common == common) rows.push_back({option_words(*option), option_help(*option)});
  return rows;
}

}  // namespace

std::string option_words(const OptionShape& option) {
  std::string words;
  for (const std::string& name : option.names) words += (words.empty() ? "" : ", ") + name;
  if (!words.starts_with('-')) return words + (option.is_repeated ? "..." : "");
  if (words.starts_with("--")) words.insert(0, "    ");
  return words + (option.value.empty() ? "" : " " + option.value);
}

std::string option_help(const OptionShape& option) {
  std::string help = option.help;
  if (!option.choices.empty() && option.choices.size() < 10) help += " [" + alternatives(option.choices) + "]";
  if (!option.default_text.empty()) help += " [default: " + option.default_text + "]";
  return help;
}

std::string usage_line(const CommandShape& command) {
  std::string line = command.path + " [OPTIONS]";
  if (!command.commands.empty()) return line + " COMMAND";
  for (const auto& option : command.options)
    if (option->is_required) line += " " + option->names.front() + " " + option->value;
  for (const auto& operand : command.operands) {
    const std::string word = option_words(*operand);
    line += operand->is_required ? " " + word : " [" + word + "]";
  }
  return line;
}

std::string help_text(const CommandShape& command, Paint paint) {
  std::string text = indented(command.help + (command.help.ends_with('.') ? "" : "."), 0, paint.columns);
  constexpr std::string_view kUsage = "Usage: ";
  const std::string usage = indented(usage_line(command), kUsage.size(), paint.columns);
  text.append("\n").append(paint.bold()).append(kUsage).append(paint.end()).append(usage.substr(kUsage.size()));
  append_rows(text, "Arguments:", rows_of(command.operands, false), paint);
  append_rows(text, "Options:", rows_of(command.options, false), paint);
  append_rows(text, "Common options:", rows_of(command.options, true), paint);
  std::vector<HelpRow> commands;
  for (const auto& shape : command.commands) commands.push_back({shape->name, shape->help});
  append_rows(text, "Commands:", commands, paint);
  if (command.examples.empty()) return text;
  text.append("\n").append(paint.bold()).append("Examples:").append(paint.end()) += '\n';
  append_examples(text, command.examples, paint.columns);
  return text;
}

}  // namespace entail::cli
