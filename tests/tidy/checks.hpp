// The project's own rules (CONTRIBUTING.md) as functions from a file to its faults.
// Thread rule: Immutable (free functions).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace entail::tidy {

struct SourceFile {
  std::string path;  // from the root of the repository, with '/'
  std::string text;
};

// Faults, each as "path:line: what"; empty if there are none.
using Faults = std::vector<std::string>;

constexpr std::array<std::string_view, 4> kSourceExtensions = {".cpp", ".hpp", ".c", ".h"};
constexpr std::size_t kColumnsMax = 120;
constexpr std::size_t kFileLinesMax = 500;
constexpr std::size_t kFunctionLinesMax = 70;

// The text with comments, and the contents of string and character literals, blanked. Line breaks are preserved.
std::string without_comments_and_literals(std::string_view text);
// The text with everything except comments blanked.
std::string comments_alone(std::string_view text);

Faults long_lines(const SourceFile& file);
Faults long_file(const SourceFile& file);
Faults long_functions(const SourceFile& file);
Faults banned_words(const SourceFile& file);
Faults banned_names(const SourceFile& file);
// Calls on std::atomic with the default order, in shipped code.
Faults atomics_without_order(const SourceFile& file);
// A header with a Sync parameter states its protocol; one that holds atomics states the rule they follow.
Faults missing_protocol(const SourceFile& file);
// Only the life cycle changes the phases of traces: calls of set_phase() elsewhere in core.
Faults phases_set_elsewhere(const SourceFile& file);
// The tests that "proved by" names, each as a path.
std::vector<std::string> proofs_named(const SourceFile& file);
Faults header_shape(const SourceFile& file);
// The position of the first declaration of a C header; and the declarations that do not state threads, blocking,
// allocation, borrowing, errors and since when.
std::vector<std::size_t> c_declarations(const SourceFile& file);
Faults incomplete_declarations(const SourceFile& file);

}  // namespace entail::tidy
