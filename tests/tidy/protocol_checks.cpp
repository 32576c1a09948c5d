#include "tests/tidy/protocol_checks.hpp"

#include <algorithm>

#include "tests/tidy/source_text.hpp"

namespace entail::tidy {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// "struct A : B {" as A and B; empty if no struct begins on the line.
struct StructLine {
  std::string_view name, base;
};
StructLine struct_line(std::string_view line) {
  constexpr std::string_view kStruct = "struct ";
  line = trimmed(line);
  if (!line.starts_with(kStruct) || !line.ends_with("{")) return {};
  line.remove_prefix(kStruct.size());
  const std::string_view name = word_at(line);
  line = trimmed(line.substr(name.size()));
  if (!line.starts_with(": ")) return {name, {}};
  return {name, word_at(line.substr(2))};
}

constexpr std::string_view kOrder = "static constexpr auto ";
constexpr std::string_view kValue = " = std::memory_order_";

// The order on a line; empty if none.
std::string_view order_named(std::string_view line) {
  line = trimmed(line);
  if (!line.starts_with(kOrder)) return {};
  line.remove_prefix(kOrder.size());
  const std::string_view name = word_at(line);
  return line.substr(name.size()).starts_with(kValue) ? name : std::string_view{};
}

// The name of the protocol whose block begins on the line; empty if none.
std::string_view protocol_begun(std::string_view line) {
  constexpr std::string_view kMark = "// PROTOCOL ";
  if (!line.starts_with(kMark)) return {};
  const std::string_view name = word_at(line.substr(kMark.size()));
  const std::string_view rest = line.substr(kMark.size() + name.size());
  const bool begins = rest.starts_with(":") || (rest.starts_with(" (") && rest.find("):") != std::string_view::npos);
  return begins ? name : std::string_view{};
}

// True if a word looks like a name of code in any context. AbCd and kValue do; RMWs, 64w and W1 do not.
bool looks_like_code(std::string_view word) {
  if (word.find('_') != std::string_view::npos) return true;
  const auto is_upper = [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; };
  if (word.size() > 1 && word[0] == 'k' && is_upper(word[1])) return true;
  constexpr std::string_view kProduct = "ThreadSanitizer";
  if (word.ends_with('s')) word.remove_suffix(1);  // RMWs
  return std::count_if(word.begin(), word.end(), is_upper) >= 2 && word != kProduct &&
         std::any_of(word.begin(), word.end(), [](char c) { return std::islower(static_cast<unsigned char>(c)) != 0; });
}

// The names of code and of source files in a line of a comment.
std::vector<std::string_view> names_in(std::string_view line) {
  std::vector<std::string_view> names;
  bool in_backticks = false;
  while (!line.empty()) {
    const std::string_view word = word_at(line);
    std::size_t end = word.size();
    while (end < line.size() && (is_word_char(line[end]) || line[end] == '/' || line[end] == '.')) ++end;
    std::string_view path = line.substr(0, end);
    while (path.ends_with('.')) path.remove_suffix(1);
    if (!word.empty() && (path.ends_with(".cpp") || path.ends_with(".hpp"))) {
      names.push_back(path);
      line.remove_prefix(path.size());
      continue;
    }
    const bool is_called = line.substr(word.size()).starts_with('(');
    if (!word.empty() && (in_backticks || is_called || looks_like_code(word))) names.push_back(word);
    if (line[0] == '`') in_backticks = !in_backticks;
    line.remove_prefix(std::max<std::size_t>(word.size(), 1));
  }
  return names;
}

}  // namespace

std::vector<std::string> protocols_defined(const SourceFile& file) {
  std::vector<std::string> names;
  if (!file.path.ends_with(".hpp")) return names;
  for (const std::string_view line : lines_of(file.text))
    if (const std::string_view name = protocol_begun(line); !name.empty()) names.emplace_back(name);
  return names;
}

Faults protocols_without_row(const SourceFile& file, std::string_view page) {
  Faults faults;
  for (const std::string& name : protocols_defined(file))
    if (page.find("| [" + name + "](../../" + file.path + ") |") == std::string_view::npos)
      faults.push_back(file.path + ": protocol " + name + " has no row in tests/interleave/README.md");
  return faults;
}

void add_names(const SourceFile& file, KnownNames& known) {
  known.file_names.insert(file.path.substr(file.path.rfind('/') + 1));
  for (std::string& name : protocols_defined(file)) known.words.insert(std::move(name));
  const std::string code = without_comments_and_literals(file.text);
  for (std::string_view rest = code; !rest.empty();) {
    const std::string_view word = word_at(rest);
    if (!word.empty()) known.words.emplace(word);
    rest.remove_prefix(std::max<std::size_t>(word.size(), 1));
  }
}

Faults unknown_names(const SourceFile& file, const KnownNames& known) {
  Faults faults;
  bool in_block = false;
  const auto lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    in_block = lines[i].starts_with("//") && (in_block || !protocol_begun(lines[i]).empty());
    if (!in_block) continue;
    for (const std::string_view name : names_in(lines[i])) {
      const bool is_file = name.find('.') != std::string_view::npos;
      const bool is_known =
          is_file ? known.file_names.contains(name.substr(name.rfind('/') + 1))
                  : known.words.contains(name) || known.words.contains("memory_order_" + std::string(name));
      if (!is_known)
        faults.push_back(fault_at(file, i + 1, "names " + std::string(name) + ", which is nowhere in the code"));
    }
  }
  return faults;
}

Faults unknown_names_on_page(const SourceFile& page, const KnownNames& known) {
  Faults faults;
  const auto lines = lines_of(page.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string_view rest = lines[i];
    for (std::size_t at = rest.find('`'); at != std::string_view::npos; at = rest.find('`')) {
      rest.remove_prefix(at + 1);
      const std::string_view quoted = rest.substr(0, rest.find('`'));
      rest.remove_prefix(std::min(quoted.size() + 1, rest.size()));
      const bool is_word = !quoted.empty() && word_at(quoted) == quoted && !quoted.ends_with("_test");
      if (is_word && !known.words.contains(quoted))
        faults.push_back(fault_at(page, i + 1, "names " + std::string(quoted) + ", which is nowhere in the code"));
    }
  }
  return faults;
}

std::vector<StatedOrder> stated_orders(const SourceFile& file) {
  std::vector<StatedOrder> orders;
  StructLine in;
  std::string above;
  bool above_goes_on = false;
  const auto lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = trimmed(lines[i]);
    if (const StructLine begun = struct_line(lines[i]); begun.name.ends_with("Orders")) {
      in = begun;
      above.clear();
    }
    if (line == "};") in = {};
    if (in.name.empty()) continue;
    if (line.starts_with("//")) {
      above = (above_goes_on ? above + " " : "") + std::string(line);
      above_goes_on = true;
      continue;
    }
    above_goes_on = false;
    const std::string_view name = order_named(lines[i]);
    if (name.empty()) continue;
    const std::size_t comment = line.find("//");
    orders.push_back({std::string(in.name), std::string(in.base), std::string(name),
                      line.find("memory_order_relaxed") != std::string_view::npos,
                      comment == std::string_view::npos ? above : std::string(line.substr(comment)), i + 1});
  }
  return orders;
}

std::vector<Mutant> mutants_of(const SourceFile& file) {
  std::vector<Mutant> mutants;
  StructLine in;
  std::vector<std::string> weakened;
  for (const std::string_view line : lines_of(file.text)) {
    if (const StructLine begun = struct_line(line); !begun.base.empty()) {
      in = begun;
      weakened.clear();
    }
    if (const std::string_view name = order_named(line); !name.empty()) weakened.emplace_back(name);
    if (trimmed(line) != "};") continue;
    if (!in.base.empty() && weakened.size() == 1) mutants.push_back({std::string(in.base), weakened[0]});
    in = {};
  }
  return mutants;
}

Faults orders_without_proof(const SourceFile& file, const std::vector<StatedOrder>& all_orders,
                            const std::vector<Mutant>& mutants) {
  Faults faults;
  for (const StatedOrder& order : stated_orders(file)) {
    const std::string what = order.orders + "::" + order.name;
    if (order.relaxed) {
      if (order.reason.empty()) faults.push_back(fault_at(file, order.line, what + " is relaxed without a reason"));
      continue;
    }
    const auto weakens = [&](const Mutant& mutant) {
      if (mutant.order != order.name) return false;
      if (mutant.base == order.orders) return true;
      return std::any_of(all_orders.begin(), all_orders.end(), [&](const StatedOrder& other) {
        return other.orders == mutant.base && other.base == order.orders;
      });
    };
    if (order.reason.find("No mutant") == std::string::npos && std::none_of(mutants.begin(), mutants.end(), weakens))
      faults.push_back(fault_at(file, order.line, what + " has no mutant of its own"));
  }
  return faults;
}

Faults defaulted_orders(const SourceFile& file) {
  Faults faults;
  if (!file.path.starts_with("core/")) return faults;
  const std::string code = without_comments_and_literals(file.text);
  const auto lines = lines_of(code);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t parameter = lines[i].find("memory_order order");
    if (parameter == std::string_view::npos) continue;
    if (trimmed(lines[i].substr(parameter + 18)).starts_with("="))
      faults.push_back(fault_at(file, i + 1, "a memory order with a default"));
  }
  return faults;
}

Faults undocumented_declarations(const SourceFile& file) {
  Faults faults;
  if (!file.path.starts_with("core/include/") || !file.path.ends_with(".hpp")) return faults;
  const std::string code = without_comments_and_literals(file.text);
  const auto lines = lines_of(file.text);
  const auto code_lines = lines_of(code);
  int depth = 0;                // of braces other than a namespace's
  bool documented = false;      // by a comment since the last blank line
  bool in_declaration = false;  // begun on a line above
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    const std::string_view in_code = i < code_lines.size() ? trimmed(code_lines[i]) : std::string_view{};
    if (trimmed(line).empty() && depth == 0) documented = false;
    if (line.find("//") != std::string_view::npos && depth == 0) documented = true;
    const bool is_frame = in_code.empty() || in_code.starts_with("#") || in_code.starts_with("namespace ") ||
                          in_code.starts_with("inline namespace ") || (depth == 0 && in_code == "}") ||
                          in_code.starts_with("using namespace");
    const bool forward = (in_code.starts_with("class ") || in_code.starts_with("struct ")) && in_code.ends_with(";") &&
                         in_code.find('{') == std::string_view::npos;
    if (depth == 0 && !is_frame && !forward && !in_declaration && !documented)
      faults.push_back(fault_at(file, i + 1, "no comment says what this is"));
    if (in_code.starts_with("#") || in_code.empty()) continue;
    const bool is_namespace = in_code.starts_with("namespace ") || in_code.starts_with("inline namespace ");
    if (!is_namespace) {
      const int before = depth;
      depth += static_cast<int>(std::count(in_code.begin(), in_code.end(), '{')) -
               static_cast<int>(std::count(in_code.begin(), in_code.end(), '}'));
      depth = std::max(depth, 0);  // the end of a namespace
      in_declaration = depth > 0 || !(in_code.ends_with(";") || in_code.ends_with("}"));
      if (before == 0 && in_code == "}") in_declaration = false;
    }
  }
  return faults;
}

Faults undescribed_loss(std::string_view name, std::string_view severity, std::string_view help) {
  Faults faults;
  const std::string loss = "loss '" + std::string(name) + "'";
  if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") != std::string_view::npos)
    faults.push_back(loss + ": no name in snake_case");
  if (severity != "info" && severity != "warning" && severity != "error") faults.push_back(loss + ": no severity");
  if (help.size() <= 20 || std::count(help.begin(), help.end(), ' ') < 3)
    faults.push_back(loss + ": its help text says too little");
  return faults;
}

}  // namespace entail::tidy
