// The checks over every file of the repository.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <sstream>
#include <utility>

#include "base/loss.hpp"
#include "entail/entail.hpp"
#include "tests/tidy/checks.hpp"
#include "tests/tidy/protocol_checks.hpp"
#include "tests/tidy/reference_checks.hpp"
#include "tests/tidy/room_checks.hpp"

namespace entail::tidy {
namespace {

namespace fs = std::filesystem;

std::string read_page(const std::string& path) {
  std::ifstream stream(fs::path(ENTAIL_SOURCE_DIR) / path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

// Files in the folders whose paths `wanted` accepts.
template <class Wanted>
std::vector<SourceFile> files_in(std::initializer_list<const char*> folders, Wanted wanted) {
  std::vector<SourceFile> files;
  const fs::path root = ENTAIL_SOURCE_DIR;
  for (const char* folder : folders) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file() || !wanted(entry.path())) continue;
      const std::string path = entry.path().lexically_relative(root).generic_string();
      files.push_back({path, read_page(path)});
    }
  }
  return files;
}

std::vector<SourceFile> sources() {
  return files_in({"core", "tools", "tests", "fuzz", "bench", "examples"}, [](const fs::path& path) {
    return std::find(kSourceExtensions.begin(), kSourceExtensions.end(), path.extension()) != kSourceExtensions.end();
  });
}

// All files that people read: sources, pages, scripts and build files. Fixtures of the checks name things that do not
// exist.
std::vector<SourceFile> texts() {
  constexpr std::array kExtensions = {".md", ".cmake", ".go", ".proto", ".sh", ".yaml"};
  std::vector<SourceFile> files = sources();
  std::erase_if(files, [](const SourceFile& file) { return file.path.starts_with("tests/tidy/"); });
  const auto is_text = [&](const fs::path& path) {
    const bool is_script = !path.has_extension() && path.parent_path().filename() == "tools";
    return is_script || path.filename() == "CMakeLists.txt" ||
           std::find(kExtensions.begin(), kExtensions.end(), path.extension()) != kExtensions.end();
  };
  for (SourceFile& file :
       files_in({"core", "tools", "tests", "fuzz", "bench", "examples", "embed", "docs", "cmake"}, is_text))
    files.push_back(std::move(file));
  for (const fs::directory_entry& entry : fs::directory_iterator(ENTAIL_SOURCE_DIR)) {
    const fs::path name = entry.path().filename();
    if (name.extension() == ".md" || name == "CMakeLists.txt") files.push_back({name, read_page(name)});
  }
  return files;
}

SourceFile room_list() { return {"core/CMakeLists.txt", read_page("core/CMakeLists.txt")}; }

void expect_none(Faults (*check)(const SourceFile&)) {
  for (const SourceFile& file : sources())
    for (const std::string& fault : check(file)) ADD_FAILURE() << fault;
}

TEST(Repository, IsFound) { EXPECT_GT(sources().size(), 100u); }
TEST(Repository, LinesAreShort) { expect_none(long_lines); }
TEST(Repository, FilesAreShort) { expect_none(long_file); }
TEST(Repository, FunctionsAreShort) { expect_none(long_functions); }

TEST(Repository, RoomsIncludeWhatTheyLink) {
  const std::vector<Room> rooms = rooms_of(room_list());
  EXPECT_GE(rooms.size(), 13u);
  const std::vector<SourceFile> files = sources();
  for (const SourceFile& file : files)
    for (const std::string& fault : include_edges(file, rooms)) ADD_FAILURE() << fault;
  for (const std::string& fault : room_links(room_list(), files)) ADD_FAILURE() << fault;
}

TEST(Repository, PagesListTheRoomsInOrder) {
  const std::vector<Room> rooms = rooms_of(room_list());
  const auto faults_of = [&](const char* page, const char* heading) {
    return rooms_out_of_order({page, read_page(page)}, heading, rooms);
  };
  EXPECT_EQ(faults_of("ARCHITECTURE.md", "## The rooms"), Faults());
  EXPECT_EQ(faults_of("docs/design.md", "## 6. Rooms"), Faults());
}

TEST(Repository, ReferencesResolve) {
  const std::vector<SourceFile> files = texts();
  std::vector<Page> pages;
  for (const SourceFile& file : files)
    if (file.path.ends_with(".md")) pages.push_back(page_of(file));
  EXPECT_GE(pages.size(), 20u);
  for (const SourceFile& file : files)
    for (const std::string& fault : broken_references(file, pages)) ADD_FAILURE() << fault;
}

TEST(Repository, ContainsNoBannedWords) { expect_none(banned_words); }
TEST(Repository, NamesAreMeaningful) { expect_none(banned_names); }
TEST(Repository, AtomicsNameTheirOrder) { expect_none(atomics_without_order); }
TEST(Repository, LockFreeHeadersStateTheirProtocol) { expect_none(missing_protocol); }
TEST(Repository, OnlyTheLifeCycleSetsPhases) { expect_none(phases_set_elsewhere); }
TEST(Repository, HeadersBeginWithTheirContract) { expect_none(header_shape); }

TEST(Repository, EveryCFunctionStatesSixProperties) {
  expect_none(incomplete_declarations);
  std::size_t declarations = 0;
  for (const SourceFile& file : sources())
    if (file.path == "core/include/entail/entail.h") declarations = c_declarations(file).size();
  EXPECT_GE(declarations, 18u);
}

TEST(Repository, ProtocolsAreProvedByExistingTests) {
  unsigned proofs = 0;
  for (const SourceFile& file : sources()) {
    if (!file.path.starts_with("core/")) continue;
    for (const std::string& path : proofs_named(file)) {
      ++proofs;
      EXPECT_TRUE(fs::exists(fs::path(ENTAIL_SOURCE_DIR) / path)) << file.path << " names " << path;
    }
  }
  EXPECT_GE(proofs, 8u);
}

TEST(Repository, ProtocolsHaveARowInTheProofTable) {
  const std::string page = read_page("tests/interleave/README.md");
  std::size_t protocols = 0;
  for (const SourceFile& file : sources()) {
    if (!file.path.starts_with("core/")) continue;
    protocols += protocols_defined(file).size();
    for (const std::string& fault : protocols_without_row(file, page)) ADD_FAILURE() << fault;
  }
  EXPECT_GE(protocols, 14u);
}

TEST(Repository, ProtocolsReferToExistingNames) {
  KnownNames known;
  const std::vector<SourceFile> files = sources();
  for (const SourceFile& file : files)
    if (!file.path.starts_with("tests/tidy/")) add_names(file, known);
  EXPECT_GE(known.words.size(), 1000u);
  for (const SourceFile& file : files)
    if (file.path.starts_with("core/"))
      for (const std::string& fault : unknown_names(file, known)) ADD_FAILURE() << fault;
  const std::string page = "tests/interleave/README.md";
  for (const std::string& fault : unknown_names_on_page({page, read_page(page)}, known)) ADD_FAILURE() << fault;
}

TEST(Repository, OrdersHaveAMutantOrAReason) {
  std::vector<StatedOrder> orders;
  std::vector<Mutant> mutants;
  const std::vector<SourceFile> files = sources();
  for (const SourceFile& file : files) {
    if (file.path.starts_with("core/")) {
      for (StatedOrder& order : stated_orders(file)) orders.push_back(std::move(order));
    } else if (file.path.starts_with("tests/interleave/")) {
      for (Mutant& mutant : mutants_of(file)) mutants.push_back(std::move(mutant));
    }
  }
  EXPECT_GE(orders.size(), 30u);
  for (const SourceFile& file : files)
    if (file.path.starts_with("core/"))
      for (const std::string& fault : orders_without_proof(file, orders, mutants)) ADD_FAILURE() << fault;
}

TEST(Repository, NoOrderHasADefaultArgument) { expect_none(defaulted_orders); }
TEST(Repository, PublicDeclarationsAreDocumented) { expect_none(undocumented_declarations); }

TEST(Repository, DictionariesBelongToExistingTargets) {
  const fs::path fuzz = fs::path(ENTAIL_SOURCE_DIR) / "fuzz";
  for (const fs::directory_entry& entry : fs::directory_iterator(fuzz / "dictionary")) {
    std::istringstream words(read_page("fuzz/dictionary/" + entry.path().filename().string()));
    std::string word;
    words >> word >> word;
    EXPECT_EQ(word, "targets:") << entry.path();
    for (char end = ' '; end != '\n' && words >> word; end = static_cast<char>(words.get()))
      EXPECT_TRUE(fs::exists(fuzz / (word + "_fuzz.cpp"))) << entry.path() << " names " << word;
  }
}

TEST(Repository, EveryFuzzTargetHasATableRow) {
  const std::string page = read_page("fuzz/README.md");
  for (const fs::directory_entry& entry : fs::directory_iterator(fs::path(ENTAIL_SOURCE_DIR) / "fuzz")) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with("_fuzz.cpp")) continue;
    EXPECT_NE(page.find("| [" + name.substr(0, name.size() - 9) + "](" + name + ") |"), std::string::npos) << name;
  }
}

TEST(Repository, EveryRoomHasTests) {
  const fs::path root = ENTAIL_SOURCE_DIR;
  for (const fs::directory_entry& room : fs::directory_iterator(root / "core")) {
    const std::string name = room.path().filename().string();
    if (!room.is_directory() || name == "include") continue;
    EXPECT_TRUE(fs::is_directory(root / "tests" / name)) << "no tests/" << name;
  }
}

TEST(Repository, EveryFuzzTargetHasACorpus) {
  const fs::path fuzz = fs::path(ENTAIL_SOURCE_DIR) / "fuzz";
  for (const fs::directory_entry& entry : fs::directory_iterator(fuzz)) {
    const std::string name = entry.path().filename().string();
    constexpr std::string_view kEnd = "_fuzz.cpp";
    if (!name.ends_with(kEnd)) continue;
    const fs::path corpus = fuzz / "corpus" / name.substr(0, name.size() - kEnd.size());
    EXPECT_TRUE(fs::is_directory(corpus) && !fs::is_empty(corpus)) << corpus;
  }
}

TEST(Losses, HaveDescriptions) {
  EXPECT_EQ(loss_table().size(), base::kLossCount);
  for (const LossInfo& loss : loss_table())
    for (const std::string& fault : undescribed_loss(loss.name, loss.severity, loss.help)) ADD_FAILURE() << fault;
}

}  // namespace
}  // namespace entail::tidy
