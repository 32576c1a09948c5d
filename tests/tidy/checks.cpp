#include "tests/tidy/checks.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "tests/tidy/source_text.hpp"

namespace entail::tidy {

namespace {

using namespace std::string_view_literals;

// Every declaration of entail.h states these, in this order.
constexpr std::array kDeclarationLines = {"threads"sv, "blocks"sv, "allocates"sv, "borrows"sv, "on error"sv, "since"sv};

struct Ban {
  std::string_view word;
  std::string_view instead;
  std::array<std::string_view, 3> except = {};  // path prefixes where the word is allowed
};

// Everywhere, comments included.
constexpr std::array kBannedAnywhere = {Ban{"TODO", "do it, or open an issue"}, Ban{"FIXME", "do it, or open an issue"},
                                        Ban{"XXX", "say what it is"}, Ban{"HACK", "say why it must be so"}};

// In the code of core.
constexpr std::array kBannedInCore = {
    Ban{"std::thread", "threads are the host's"},
    Ban{"std::jthread", "threads are the host's"},
    Ban{"std::mutex",
        "nothing waits for another thread",
        {"core/links/context_store.cpp", "core/capi/engine_handle.cpp", "core/engine/waiting_output.hpp"}},
    Ban{"std::shared_mutex", "nothing waits for another thread"},
    Ban{"std::condition_variable", "nothing waits for another thread"},
    Ban{"this_thread", "threads are the host's"},
    Ban{"std::chrono", "time is an input"},
    Ban{"clock_gettime", "time is an input"},
    Ban{"random_device", "seeds are an input"},
    Ban{"rand", "seeds are an input"},
    Ban{"getenv", "the core reads no environment"},
    Ban{"ifstream", "the core reads no files"},
    Ban{"ofstream", "the core writes no files"},
    // The database of time zones, while a configuration is compiled.
    Ban{"fopen", "the core reads no files", {"core/ottl/time_zone.cpp"}},
    Ban{"std::cout", "the core prints nothing"},
    Ban{"std::cerr", "the core prints nothing"},
    Ban{"printf", "the core prints nothing"},
    Ban{"fprintf", "the core prints nothing", {"core/base/check.cpp"}},
    Ban{"throw", "errors are values"},
    Ban{"volatile", "use an atomic with a stated order"},
    Ban{"atomic_thread_fence", "ThreadSanitizer does not follow fences; order the accesses"},
    Ban{"std::atomic", "take it from the Sync parameter", {"core/sync/atomic.hpp"}},
    Ban{"std::atomic_ref", "take it from the Sync parameter", {"core/sync/atomic.hpp"}},
};

// Positions of a whole word: the characters around it are not part of a name.
std::vector<std::size_t> places_of(std::string_view text, std::string_view word) {
  std::vector<std::size_t> places;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_word_char(text[at - 1]);
    const bool ends = at + word.size() == text.size() || !is_word_char(text[at + word.size()]);
    if (begins && ends) places.push_back(at);
  }
  return places;
}

// The end of a raw string literal that begins with R" at text[at].
std::size_t raw_literal_end(std::string_view text, std::size_t at) {
  const std::size_t open = text.find('(', at);
  if (open == std::string_view::npos) return text.size();
  const std::string close = ")" + std::string(text.substr(at + 2, open - at - 2)) + "\"";
  const std::size_t end = text.find(close, open);
  return end == std::string_view::npos ? text.size() : end + close.size();
}

std::size_t quoted_end(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && text[end] != text[at] && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
  return std::min(end + 1, text.size());
}

// Lines that contain part of a raw string literal: they cannot be wrapped.
std::set<std::size_t> raw_literal_lines(std::string_view text) {
  std::set<std::size_t> lines;
  for (std::size_t at = text.find("R\""); at != std::string_view::npos; at = text.find("R\"", at)) {
    const std::size_t end = raw_literal_end(text, at);
    for (std::size_t line = line_of(text, at); line <= line_of(text, end); ++line) lines.insert(line);
    at = end;
  }
  return lines;
}

enum class Part { code, comment, literal };

// The end of the token at text[at]: a whole comment, a whole literal or one character of code.
std::size_t part_end(std::string_view text, std::size_t at, Part& part) {
  const char previous = at == 0 ? ' ' : text[at - 1];
  part = Part::comment;
  if (text.substr(at, 2) == "//") return std::min(text.find('\n', at), text.size());
  if (text.substr(at, 2) == "/*") return std::min(text.find("*/", at), text.size() - 2) + 2;
  part = Part::literal;
  if (text.substr(at, 2) == "R\"" && !is_word_char(previous)) return raw_literal_end(text, at);
  if (text[at] == '"' || (text[at] == '\'' && !is_word_char(previous)))
    return quoted_end(text, at);  // 1'000 is a number
  part = Part::code;
  return at + 1;
}

template <class IsBlank>
std::string with_blanks(std::string_view text, IsBlank is_blank) {
  std::string out(text);
  for (std::size_t at = 0; at < text.size();) {
    Part part;
    const std::size_t end = part_end(text, at, part);
    for (std::size_t i = at; i < end; ++i)
      if (is_blank(part) && out[i] != '\n') out[i] = ' ';
    at = end;
  }
  return out;
}

}  // namespace

std::string without_comments_and_literals(std::string_view text) {
  return with_blanks(text, [](Part part) { return part != Part::code; });
}

std::string comments_alone(std::string_view text) {
  return with_blanks(text, [](Part part) { return part != Part::comment; });
}

Faults long_lines(const SourceFile& file) {
  Faults faults;
  const std::set<std::size_t> raw = raw_literal_lines(file.text);
  const auto lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto columns = std::count_if(lines[i].begin(), lines[i].end(),
                                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
    if (static_cast<std::size_t>(columns) > kColumnsMax && !raw.contains(i + 1))
      faults.push_back(fault_at(file, i + 1, std::to_string(columns) + " columns"));
    if (lines[i].ends_with(' ') || lines[i].ends_with('\t') || lines[i].ends_with('\r'))
      faults.push_back(fault_at(file, i + 1, "blanks at the end"));
    if (lines[i].find('\t') != std::string_view::npos) faults.push_back(fault_at(file, i + 1, "a tab"));
  }
  if (!file.text.empty() && !file.text.ends_with('\n'))
    faults.push_back(fault_at(file, lines.size(), "no newline at the end"));
  return faults;
}

Faults long_file(const SourceFile& file) {
  const std::size_t lines = lines_of(file.text).size();
  if (!is_source(file) || lines <= kFileLinesMax) return {};
  return {fault_at(file, lines, "a file has at most " + std::to_string(kFileLinesMax) + " lines")};
}

// Relies on the format: a function ends with a lone brace in the column in which it begins.
Faults long_functions(const SourceFile& file) {
  Faults faults;
  if (!is_source(file)) return faults;
  const std::string code = without_comments_and_literals(file.text);
  std::array<std::size_t, 5> begin{};  // by indent, the last line with that indent
  const auto lines = lines_of(code);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t indent = lines[i].find_first_not_of(' ');
    if (indent == std::string_view::npos || indent >= begin.size()) continue;
    if (lines[i].substr(indent) == "}" && i + 2 - begin[indent] > kFunctionLinesMax)
      faults.push_back(fault_at(file, begin[indent], std::to_string(i + 2 - begin[indent]) + " lines in one function"));
    begin[indent] = i + 1;
  }
  return faults;
}

Faults banned_words(const SourceFile& file) {
  Faults faults;
  if (!is_in(file, "tests/tidy/")) {
    for (const Ban& ban : kBannedAnywhere)
      for (const std::size_t at : places_of(file.text, ban.word))
        faults.push_back(
            fault_at(file, line_of(file.text, at), std::string(ban.word) + ": " + std::string(ban.instead)));
  }
  if (!is_in(file, "core/") || !is_source(file)) return faults;
  const std::string code = without_comments_and_literals(file.text);
  for (const Ban& ban : kBannedInCore) {
    if (std::any_of(ban.except.begin(), ban.except.end(),
                    [&](std::string_view path) { return !path.empty() && is_in(file, path); }))
      continue;
    for (const std::size_t at : places_of(code, ban.word))
      faults.push_back(fault_at(file, line_of(code, at), std::string(ban.word) + ": " + std::string(ban.instead)));
  }
  return faults;
}

Faults banned_names(const SourceFile& file) {
  constexpr std::array kParts = {"util"sv,    "utils"sv,   "common"sv, "helper"sv,
                                 "helpers"sv, "manager"sv, "misc"sv,   "v2"sv};
  std::string part;
  for (const char c : file.path + "/") {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      part += c;
      continue;
    }
    if (std::find(kParts.begin(), kParts.end(), part) != kParts.end())
      return {file.path + ": '" + part + "' in a name says nothing"};
    part.clear();
  }
  return {};
}

Faults atomics_without_order(const SourceFile& file) {
  Faults faults;
  if (!(is_in(file, "core/") || is_in(file, "tools/")) || !is_source(file)) return faults;
  if (file.path == "core/sync/atomic.hpp") return faults;  // the seam itself passes the orders through
  const std::string code = without_comments_and_literals(file.text);
  if (code.find("std::atomic") == std::string::npos) return faults;
  constexpr std::array kCalls = {".load("sv,      ".store("sv,    ".exchange("sv,  ".fetch_add("sv,
                                 ".fetch_sub("sv, ".fetch_or("sv, ".fetch_and("sv, ".compare_exchange_"sv};
  for (const std::string_view call : kCalls) {
    for (std::size_t at = code.find(call); at != std::string::npos; at = code.find(call, at + 1)) {
      std::size_t end = code.find('(', at) + 1;
      for (int depth = 1; end < code.size() && depth > 0; ++end)
        depth += code[end] == '(' ? 1 : code[end] == ')' ? -1 : 0;
      const std::string_view arguments = std::string_view(code).substr(at, end - at);
      if (arguments.find("order") == std::string_view::npos && arguments.find("Orders::") == std::string_view::npos)
        faults.push_back(fault_at(file, line_of(code, at), std::string(call.substr(1)) + ") names no memory order"));
    }
  }
  return faults;
}

Faults missing_protocol(const SourceFile& file) {
  if (!is_in(file, "core/") || !file.path.ends_with(".hpp") || file.path == "core/sync/atomic.hpp") return {};
  const std::string code = without_comments_and_literals(file.text);
  if (code.find("class Sync") != std::string::npos) {
    if (file.text.find("// PROTOCOL ") == std::string::npos)
      return {fault_at(file, 1, "takes a Sync parameter and has no PROTOCOL block")};
    if (proofs_named(file).empty()) return {fault_at(file, 1, "its PROTOCOL names no test that proves it")};
    return {};
  }
  if (code.find("Atomic<") == std::string::npos) return {};
  for (const std::string_view rule : {"PROTOCOL"sv, "Protocol"sv, "relaxed"sv, "atomic"sv})
    if (file.text.find(rule) != std::string::npos && code.find(rule) != file.text.find(rule)) return {};
  return {fault_at(file, 1, "holds atomics and says nothing of the protocol that they follow")};
}

Faults phases_set_elsewhere(const SourceFile& file) {
  Faults faults;
  if (!is_in(file, "core/") || file.path == "core/engine/life_cycle.cpp") return faults;
  const std::string code = without_comments_and_literals(file.text);
  for (const std::string_view call : {".set_phase("sv, "->set_phase("sv})
    for (std::size_t at = code.find(call); at != std::string::npos; at = code.find(call, at + 1))
      faults.push_back(fault_at(file, line_of(code, at), "sets a phase; only core/engine/life_cycle.cpp does"));
  return faults;
}

std::vector<std::string> proofs_named(const SourceFile& file) {
  std::vector<std::string> paths;
  constexpr std::string_view kMark = "proved by ";
  for (std::size_t at = file.text.find(kMark); at != std::string::npos; at = file.text.find(kMark, at + 1)) {
    const std::size_t begin = at + kMark.size();
    const std::size_t end = file.text.find_first_of(" ,;:\n", begin);
    const std::string path = file.text.substr(begin, end - begin);
    if (path.starts_with("tests/")) paths.push_back(path);
  }
  return paths;
}

Faults header_shape(const SourceFile& file) {
  if (!file.path.ends_with(".hpp")) return {};
  Faults faults;
  if (!file.text.starts_with("//")) faults.push_back(fault_at(file, 1, "a header begins by saying what it is"));
  if (file.text.find("\n#pragma once\n") == std::string::npos) faults.push_back(fault_at(file, 1, "no #pragma once"));
  return faults;
}

std::vector<std::size_t> c_declarations(const SourceFile& file) {
  constexpr std::string_view kMark = "\nENTAIL_API ";
  std::vector<std::size_t> places;
  for (std::size_t at = file.text.find(kMark); at != std::string::npos; at = file.text.find(kMark, at + 1))
    places.push_back(at + 1);
  return places;
}

Faults incomplete_declarations(const SourceFile& file) {
  Faults faults;
  if (!file.path.ends_with(".h")) return faults;
  for (const std::size_t declaration : c_declarations(file)) {
    const std::string_view before = std::string_view(file.text).substr(0, declaration);
    const std::size_t begin = before.rfind("/* ");
    if (!before.ends_with(" */\n") || begin == std::string_view::npos) {
      faults.push_back(fault_at(file, line_of(file.text, declaration), "no comment above it"));
      continue;
    }
    const std::string_view comment = before.substr(begin);
    std::size_t at = 0;
    for (const std::string_view line : kDeclarationLines) {
      const std::string key = "\n   " + std::string(line) + std::string(11 - line.size(), ' ');
      const std::size_t found = comment.find(key, at);
      const std::size_t value_at = found + key.size();
      if (found == std::string_view::npos || value_at >= comment.size() || comment[value_at] == ' ' ||
          comment[value_at] == '\n') {
        faults.push_back(fault_at(file, line_of(file.text, declaration), "missing: " + std::string(line)));
        continue;
      }
      at = found;
    }
  }
  return faults;
}

}  // namespace entail::tidy
