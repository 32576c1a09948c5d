#include "usage/man_page.hpp"

#include <algorithm>

#include "entail/options.hpp"
#include "usage/help_text.hpp"

namespace entail::cli {
namespace {

// Text as roff shows it: a hyphen that is copied stays one, and no line begins with a request.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

std::string dashed(std::string path) {
  std::ranges::replace(path, ' ', '-');
  return path;
}

class Page {
 public:
  Page(const std::string& name, char section, const std::string& version, const std::string& help)
      : name_(name), section_(section) {
    std::string title = name;
    std::ranges::transform(title, title.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
    text_ = ".TH \"" + escaped(title) + "\" " + section + " \"\" \"" + escaped(version) + "\" \"Entail\"\n";
    heading("NAME");
    const std::string line = help.ends_with('.') ? help.substr(0, help.size() - 1) : help;
    text_ += escaped(name) + " \\- " + escaped(line) + "\n";
  }

  void heading(const char* text) { text_ += std::string(".SH ") + text + "\n"; }
  void subheading(const std::string& text) { text_ += ".SS \"" + escaped(text) + "\"\n"; }
  void paragraph(const std::string& text) {
    begin_paragraph();
    text_ += escaped(text) + "\n";
  }
  void item(const std::string& term, const std::string& text) {
    text_ += ".TP\n.B " + escaped(term) + "\n" + escaped(text) + "\n";
  }
  void code(const std::string& text) {
    begin_paragraph();
    text_ += ".EX\n" + escaped(text) + ".EE\n";
  }
  void options(const char* title, const std::vector<std::unique_ptr<OptionShape>>& shapes) {
    if (shapes.empty()) return;
    heading(title);
    for (const auto& option : shapes) {
      const std::string words = option_words(*option);
      item(words.substr(words.find_first_not_of(' ')), option_help(*option));
    }
  }
  ManPage take() { return {name_, section_, std::move(text_)}; }

 private:
  // A heading begins one by itself.
  void begin_paragraph() {
    const std::size_t last = text_.rfind('\n', text_.size() - 2) + 1;
    if (text_.compare(last, 2, ".S") != 0) text_ += ".PP\n";
  }

  std::string name_;
  char section_;
  std::string text_;
};

// The examples, the paragraphs behind them, and the one on exit codes.
struct Parts {
  std::string examples;
  std::vector<std::string> paragraphs;
  std::string exit_codes;
};

Parts parts_of(const std::string& examples) {
  constexpr std::string_view kExitCodes = "Exit codes: ";
  Parts parts;
  for (HelpBlock& block : blocks_of(examples)) {
    for (std::string& line : block.lines) {
      if (block.is_code)
        parts.examples += line.substr(std::min<std::size_t>(line.size(), 2)) + "\n";
      else if (line.starts_with(kExitCodes))
        parts.exit_codes = line.substr(kExitCodes.size());
      else
        parts.paragraphs.push_back(std::move(line));
    }
  }
  return parts;
}

void add_conditional(Page& page, const CommandShape& command) {
  if (command.conditional.empty()) return;
  page.heading("SCENARIOS");
  page.paragraph("Further options, by the scenario that " + command.conditional.front().option + " names:");
  for (const ConditionalOptions& conditional : command.conditional) {
    page.subheading(conditional.value);
    if (conditional.options.empty()) page.paragraph("It has no options of its own.");
    for (const OptionShape& option : conditional.options)
      page.item(option.names.front() + " " + option.value, option_help(option));
  }
}

void add_pages(std::vector<ManPage>& pages, const CommandShape& command, const std::string& version) {
  Page page(dashed(command.path), '1', version, command.help);
  const Parts parts = parts_of(command.examples);
  page.heading("SYNOPSIS");
  page.paragraph(usage_line(command));
  page.heading("DESCRIPTION");
  page.paragraph(command.help.ends_with('.') ? command.help : command.help + ".");
  for (const std::string& paragraph : parts.paragraphs) page.paragraph(paragraph);
  page.options("ARGUMENTS", command.operands);
  page.options("OPTIONS", command.options);
  if (!command.commands.empty()) page.heading("COMMANDS");
  for (const auto& shape : command.commands) page.item(dashed(shape->path) + "(1)", shape->help + ".");
  add_conditional(page, command);
  if (!parts.examples.empty()) {
    page.heading("EXAMPLES");
    page.code(parts.examples);
  }
  page.heading("EXIT STATUS");
  page.paragraph(!parts.exit_codes.empty()
                     ? parts.exit_codes
                     : "0 done; 1 some input could not be read; 2 usage error; 3 the output could not be written; 4 "
                       "something was lost for lack of memory, with --strict; 130 interrupted.");
  page.heading("ENVIRONMENT");
  page.paragraph("NO_COLOR, CLICOLOR_FORCE and TERM=dumb switch colours off or on, as --color does.");
  page.heading("SEE ALSO");
  page.paragraph("entail(1), entail.yaml(5)");
  pages.push_back(page.take());
  for (const auto& shape : command.commands) add_pages(pages, *shape, version);
}

ManPage configuration_page(const std::string& version) {
  Page page("entail.yaml", '5', version, "Configuration of entail");
  page.heading("DESCRIPTION");
  page.paragraph(
      "A configuration is YAML: tail_sampling holds the configuration of the OpenTelemetry Collector's processor of "
      "that "
      "name, and the other options of this page stand beside it. A whole Collector configuration with such a processor "
      "can be read, too. 'entail config check' reports every error with its line and column.");
  page.heading("OPTIONS");
  page.paragraph("Every option with its default:");
  page.code(default_options_yaml());
  page.heading("POLICIES");
  page.paragraph("The types of policies, each as an item of tail_sampling.policies with its options:");
  for (const PolicyTypeText& type : policy_type_texts()) {
    page.subheading(type.name);
    page.code(type.yaml);
  }
  page.heading("SEE ALSO");
  page.paragraph("entail(1), entail-config(1)");
  return page.take();
}

}  // namespace

std::vector<ManPage> man_pages(const CommandShape& program, const std::string& version) {
  std::vector<ManPage> pages;
  add_pages(pages, program, version);
  pages.push_back(configuration_page(version));
  return pages;
}

}  // namespace entail::cli
