// The checks of reference_checks.hpp find their faults, and accept text that only looks similar.
#include "tests/tidy/reference_checks.hpp"

#include <gtest/gtest.h>

namespace entail::tidy {
namespace {

const std::vector<Page> kPages = {
    page_of({"docs/design.md",
             "# The design\n\n## 3. What is kept\n### 3.8 Emission\n### 3.9 Late spans\n```\n# 3.10 code\n```\n"}),
    page_of({"docs/formats.md", "# Formats\n## Summary (`--json`)\n"}), page_of({"tests/README.md", "# Tests\n"})};

Faults in_comment(const std::string& text) { return broken_references({"core/a.cpp", "// " + text + "\n"}, kPages); }

TEST(Tidy, ReadsHeadings) {
  EXPECT_EQ(kPages[0].headings,
            (std::vector<std::string>{"The design", "3. What is kept", "3.8 Emission", "3.9 Late spans"}));
}

TEST(Tidy, FindsMissingPages) {
  EXPECT_EQ(in_comment("As docs/design.md says."), Faults());
  EXPECT_EQ(in_comment("As design.md says, and [x](../docs/formats.md#summary)."), Faults());
  EXPECT_EQ(in_comment("As limits.md says."), Faults({"core/a.cpp:1: there is no page limits.md"}));
  EXPECT_EQ(in_comment("\n// As (docs/limits.md) says."), Faults({"core/a.cpp:2: there is no page docs/limits.md"}));
  EXPECT_EQ(in_comment("DESIGN.md demands it.").size(), 2u);
  EXPECT_EQ(in_comment("https://example.com/README.md, build/table.md, out/a.md, $out/b.md, *.md, a.mdx"), Faults());
  EXPECT_EQ(broken_references({"core/a.cpp", "auto s = \"limits.md\";\n"}, kPages), Faults());
  EXPECT_EQ(broken_references({"tests/a/b.md", "[x](../README.md) [y](../b.md)\n"}, kPages).size(), 1u);
  EXPECT_EQ(broken_references({"core/CMakeLists.txt", "# limits.md\n"}, kPages).size(), 1u);
  EXPECT_EQ(broken_references({"embed/a.go", "x := 1 // limits.md\n"}, kPages).size(), 1u);
}

TEST(Tidy, FindsMissingSections) {
  EXPECT_EQ(in_comment("docs/design.md 3.8, 3.9 and 3, G5"), Faults());
  EXPECT_EQ(in_comment("docs/design.md 3.8 to 3.9. 17 of them"), Faults());
  EXPECT_EQ(in_comment("docs/design.md 3.13"), Faults({"core/a.cpp:1: docs/design.md has no section 3.13"}));
  EXPECT_EQ(in_comment("docs/design.md 3.8, 3.9 and 3.13").size(), 1u);
  EXPECT_EQ(in_comment("docs/design.md 3.8,\n// 3.13").size(), 1u);
  EXPECT_EQ(in_comment("docs/design.md\n// 3.1").size(), 1u);
  EXPECT_EQ(in_comment("docs/design.md 3.10").size(), 1u);  // its heading is code
  EXPECT_EQ(in_comment("docs/formats.md \"Summary\" names it"), Faults());
  EXPECT_EQ(in_comment("docs/formats.md \"Totals\""),
            Faults({"core/a.cpp:1: docs/formats.md has no section \"Totals\""}));
  EXPECT_EQ(broken_references({"docs/a.md", "[design](design.md) 3.8, [docs/design.md](design.md) 3.13\n"}, kPages),
            Faults(2, "docs/a.md:1: docs/design.md has no section 3.13"));
}

TEST(Tidy, FindsRetiredPageNames) {
  EXPECT_EQ(in_comment("As DESIGN 3.8 says."), Faults({"core/a.cpp:1: DESIGN names no page"}));
  EXPECT_EQ(in_comment("FORMATS \"Summary\"").size(), 1u);
  EXPECT_EQ(in_comment("FORMATS_MAX, REDESIGN"), Faults());
}

}  // namespace
}  // namespace entail::tidy
