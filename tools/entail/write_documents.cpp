// Writes what is installed beside the command: manual pages into FOLDER/man1 and man5, and the completion scripts into
// FOLDER/bash, zsh and fish. Usage: entail_documents FOLDER
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "entail/entail.hpp"
#include "program.hpp"
#include "usage/completion.hpp"
#include "usage/man_page.hpp"

namespace {

bool write_file(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
  return file.good();
}

}  // namespace

int main(int argc, char** argv) {
  using namespace entail::cli;
  if (argc != 2) {
    std::fputs("usage: entail_documents FOLDER\n", stderr);
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::remove_all(folder);
  CommandLine line = program_line();
  Action action;
  add_commands(line, action);
  const std::string version = "entail " + std::string(entail::version());
  bool written = write_file(folder / "bash/entail", completion_script("bash")) &&
                 write_file(folder / "zsh/_entail", completion_script("zsh")) &&
                 write_file(folder / "fish/entail.fish", completion_script("fish"));
  for (const ManPage& page : man_pages(line.program().shape(), version))
    written = written &&
              write_file(folder / (std::string("man") + page.section) / (page.name + "." + page.section), page.text);
  return written ? 0 : 1;
}
