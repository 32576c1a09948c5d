#include "tests/tidy/reference_checks.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "tests/tidy/source_text.hpp"

namespace entail::tidy {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kPageEnd = ".md";

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// Text to search for references, with positions preserved. A reference may continue on the next line of a comment, so
// line ends and comment marks become blanks.
std::string readable(const SourceFile& file) {
  std::string text = is_source(file) || file.path.ends_with(".go") ? comments_alone(file.text) : file.text;
  const bool is_page = file.path.ends_with(kPageEnd);
  bool at_begin = true;
  for (char& c : text) {
    const bool is_mark = !is_page && at_begin && (c == '/' || c == '*' || c == '#');
    at_begin = c == '\n' || (at_begin && (c == ' ' || is_mark));
    if (c == '\n' || is_mark) c = ' ';
  }
  return text;
}

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

// The page that a name in that file refers to; null if none.
const Page* find_page(const std::vector<Page>& pages, const SourceFile& file, std::string_view name) {
  namespace fs = std::filesystem;
  for (const fs::path& folder : {fs::path(), fs::path(file.path).parent_path(), fs::path("docs")}) {
    const std::string path = (folder / name).lexically_normal().generic_string();
    for (const Page& page : pages)
      if (page.path == path) return &page;
  }
  return nullptr;
}

// A leading "3.8", without a point that ends a sentence.
std::string_view number_at(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && (is_digit(text[end]) || (end > 0 && text[end] == '.'))) ++end;
  while (end > 0 && text[end - 1] == '.') --end;
  return end < text.size() && is_word_char(text[end]) ? std::string_view{} : text.substr(0, end);
}

bool has_section(const Page& page, std::string_view number) {
  return std::any_of(page.headings.begin(), page.headings.end(), [&](std::string_view heading) {
    if (!heading.starts_with(number)) return false;
    heading.remove_prefix(number.size());
    return heading.starts_with(' ') || heading.starts_with(". ");
  });
}

// Faults in the text after the name of a page.
Faults broken_sections(const Page& page, std::string_view rest) {
  Faults faults;
  if (rest.starts_with("](")) rest.remove_prefix(std::min(rest.find(')'), rest.size()));
  if (rest.starts_with(')')) rest.remove_prefix(1);
  if (!rest.starts_with(' ')) return faults;
  rest = without_blanks(rest);
  if (rest.starts_with('"')) {
    const std::string_view title = rest.substr(1, rest.find('"', 1) - 1);
    if (std::none_of(page.headings.begin(), page.headings.end(),
                     [&](std::string_view heading) { return heading.starts_with(title); }))
      faults.push_back(page.path + " has no section \"" + std::string(title) + "\"");
  }
  for (std::string_view number = number_at(rest); !number.empty(); number = number_at(rest)) {
    if (!has_section(page, number)) faults.push_back(page.path + " has no section " + std::string(number));
    rest.remove_prefix(number.size());
    constexpr std::array kJoins = {", and "sv, ", "sv, " and "sv, " to "sv, " or "sv};
    const auto join = std::find_if(kJoins.begin(), kJoins.end(), [&](auto text) { return rest.starts_with(text); });
    if (join != kJoins.end()) rest.remove_prefix(join->size());
    rest = without_blanks(rest);
    if (join == kJoins.end()) break;
  }
  return faults;
}

}  // namespace

Page page_of(const SourceFile& file) {
  Page page{file.path, {}};
  bool in_code = false;
  for (std::string_view line : lines_of(file.text)) {
    if (line.starts_with("```")) in_code = !in_code;
    if (in_code || !line.starts_with('#')) continue;
    line.remove_prefix(std::min(line.find_first_not_of('#'), line.size()));
    page.headings.emplace_back(without_blanks(line));
  }
  return page;
}

Faults broken_references(const SourceFile& file, const std::vector<Page>& pages) {
  Faults faults;
  const std::string text = readable(file);
  const std::string_view view = text;
  for (std::size_t at = view.find(kPageEnd); at != std::string::npos; at = view.find(kPageEnd, at + 1)) {
    const std::size_t end = at + kPageEnd.size();
    if (end < view.size() && is_word_char(view[end])) continue;
    const std::size_t begin = view.find_last_of(" ()[]<>\"'`,;|=", at) + 1;
    const std::string_view name = view.substr(begin, end - begin);
    const bool is_elsewhere = name == kPageEnd || name.find_first_of("$*:{") != std::string_view::npos ||
                              name.starts_with('/') || name.starts_with("build/") || name.starts_with("out/");
    if (is_elsewhere) continue;
    const Page* const page = find_page(pages, file, name);
    if (page == nullptr)
      faults.push_back(fault_at(file, line_of(file.text, begin), "there is no page " + std::string(name)));
    else
      for (const std::string& fault : broken_sections(*page, view.substr(end)))
        faults.push_back(fault_at(file, line_of(file.text, begin), fault));
  }
  for (const std::string_view word : {"DESIGN"sv, "FORMATS"sv}) {
    for (std::size_t at = view.find(word); at != std::string::npos; at = view.find(word, at + 1))
      if ((at == 0 || !is_word_char(view[at - 1])) && word_at(view.substr(at)) == word)
        faults.push_back(fault_at(file, line_of(file.text, at), std::string(word) + " names no page"));
  }
  return faults;
}

}  // namespace entail::tidy
