// What a shell may complete a command line with. The scripts of `entail completion` ask the program itself on each
// press of the key, so they know every command, option, enumerated value, scenario and policy type that it has.
// Thread rule: Immutable (functions).
#pragma once

#include <string>
#include <vector>

#include "command_line.hpp"

namespace entail::cli {

struct Candidate {
  std::string word;
  std::string help;
};

struct Completion {
  std::vector<Candidate> candidates;
  bool files = false;  // names of files, too
};

// `words` are those behind the program's name; the last one is completed, and may be empty.
Completion complete(const CommandShape& program, const std::vector<std::string>& words);

// The first argument that makes the program print candidates: `entail __complete SHELL WORD...`. Each is a line with
// the word, a tab and its help; the line ":files" asks for the names of files.
constexpr const char* kCompleteWord = "__complete";
Exit print_candidates(const CommandShape& program, std::vector<std::string> shell_and_words);

// The script for "bash", "zsh" or "fish"; empty for any other shell.
std::string completion_script(const std::string& shell);

}  // namespace entail::cli
