// Prints docs/configuration.md from the option tables.
#include <cstdio>

#include "config/reference.hpp"

int main() {
  const std::string page = entail::config::configuration_page();
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? 0 : 1;
}
