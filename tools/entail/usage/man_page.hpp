// Manual pages in roff, made from what the command line accepts and from the tables of options. Thread rule: Immutable
// (functions).
#pragma once

#include <string>
#include <vector>

#include "usage/shape.hpp"

namespace entail::cli {

struct ManPage {
  std::string name;  // "entail-sample"
  char section = '1';
  std::string text;
};

// entail(1), one page for each command and for commands of commands, and entail.yaml(5).
std::vector<ManPage> man_pages(const CommandShape& program, const std::string& version);

}  // namespace entail::cli
