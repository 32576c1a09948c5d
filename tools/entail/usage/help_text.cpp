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

// Code stays as it is.
void append_examples(std::string& text, const std::string& examples, std::size_t columns) {
  bool is_first = true;
  for (const HelpBlock& block : blocks_of(examples)) {
    if (!is_first) text += '\n';
    is_first = false;
    for (const std::string& line : block.lines) text += block.is_code ? line + "\n" : indented(line, 0, columns);
  }
}

std::vector<HelpRow> rows_of(const std::vector<std::unique_ptr<OptionShape>>& options, bool common) {
  std::vector<HelpRow> rows;
  for (const auto& option : options)
    if (option->is_common == common) rows.push_back({option_words(*option), option_help(*option)});
  return rows;
}

}  // namespace

std::vector<HelpBlock> blocks_of(const std::string& examples) {
  std::vector<HelpBlock> blocks;
  bool begins_block = true;
  for (std::size_t at = 0; at < examples.size();) {
    const std::size_t end = std::min(examples.find('\n', at), examples.size());
    const std::string line = examples.substr(at, end - at);
    at = end + 1;
    if (line.empty()) {
      begins_block = true;
      continue;
    }
    const bool is_code = line[0] == ' ';
    if (begins_block || blocks.back().is_code != is_code) blocks.push_back({{}, is_code});
    begins_block = false;
    std::vector<std::string>& lines = blocks.back().lines;
    if (is_code || lines.empty())
      lines.push_back(line);
    else
      lines.back() += " " + line;
  }
  return blocks;
}

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
