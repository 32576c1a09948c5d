// References from comments and pages to other pages: the page exists, and so does the named section.
// Thread rule: Immutable (free functions).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/checks.hpp"

namespace entail::tidy {

// The pages of the repository: each file NAME.md by its path, with the text of its headings without '#'.
struct Page {
  std::string path;
  std::vector<std::string> headings;
};
Page page_of(const SourceFile& file);

// In the comments of C, C++ and Go, and in all of any other text: names of pages that do not exist; after the name of a
// page, numbers of sections ("docs/x.md 3.8, 3.9 and 4") and titles in quotes that no heading of that page begins with;
// and the words DESIGN and FORMATS, which name no page. A name is relative to the root, the file's folder or
// docs/. URLs, variables, and files generated under build/ and out/ are ignored.
Faults broken_references(const SourceFile& file, const std::vector<Page>& pages);

}  // namespace entail::tidy
