// Prints docs/losses.md from the loss table.
#include "tests/base/losses_page.hpp"

#include <cstdio>

int main() {
  const std::string page = entail::base::losses_page();
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? 0 : 1;
}
