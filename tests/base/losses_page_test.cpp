#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/base/losses_page.hpp"

namespace entail::base {
namespace {

TEST(LossesPage, MatchesTheCommittedPage) {
  std::ifstream file(ENTAIL_SOURCE_DIR "/docs/losses.md");
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_TRUE(page == losses_page()) << "regenerate it: bin/losses_page > docs/losses.md";
}

// A Markdown table cell ends at a bar, a row at the end of its line.
TEST(LossesPage, ListsEveryLoss) {
  for (const LossInfo& loss : loss_table()) {
    EXPECT_EQ(loss.help.find_first_of("|\n"), std::string_view::npos) << loss.name;
    EXPECT_NE(losses_page().find("| `" + std::string(loss.name) + "` |"), std::string::npos) << loss.name;
  }
}

}  // namespace
}  // namespace entail::base
