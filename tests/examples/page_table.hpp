// docs/formats.md as data: its sections, the rows of its field tables, and its code blocks. Thread rule: Immutable
// (functions).
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace entail::page {

inline std::string formats_page() {
  std::ifstream file(ENTAIL_SOURCE_DIR "/docs/formats.md");
  EXPECT_TRUE(file.good());
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

// By the text of their second-level headings.
inline std::map<std::string, std::string> sections_of(const std::string& page) {
  std::map<std::string, std::string> sections;
  std::string* section = nullptr;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) section = &sections[line.substr(3)];
    if (section != nullptr) *section += line + "\n";
  }
  return sections;
}

// The texts in backquotes, in order.
inline std::vector<std::string> quoted(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = text.find('`'); at != std::string::npos; at = text.find('`', at)) {
    const std::size_t end = text.find('`', at + 1);
    if (end == std::string::npos) break;
    out.push_back(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return out;
}

struct Row {
  std::string name;
  std::string type;  // without backquotes
};

// The rows below "| KIND | type | meaning |". A first cell may hold several names.
inline std::vector<Row> rows_of(const std::string& section, const std::string& kind) {
  std::vector<Row> rows;
  bool inside = false;
  std::istringstream lines(section);
  for (std::string line; std::getline(lines, line);) {
    if (line == "| " + kind + " | type | meaning |") inside = true;
    if (!line.starts_with("|")) inside = false;
    if (!inside || !line.starts_with("| `")) continue;
    const std::size_t type = line.find(" | ") + 3;
    std::string type_text = line.substr(type, line.find(" | ", type) - type);
    std::erase(type_text, '`');
    for (const std::string& name : quoted(line.substr(0, type))) rows.push_back({name, type_text});
  }
  return rows;
}

struct Block {
  std::string kind;  // the text after the opening fence
  std::vector<std::string> lines;
};

inline std::vector<Block> blocks_of(const std::string& text) {
  std::vector<Block> blocks;
  bool inside = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), {}});
    } else if (inside) {
      blocks.back().lines.push_back(line);
    }
  }
  return blocks;
}

}  // namespace entail::page
