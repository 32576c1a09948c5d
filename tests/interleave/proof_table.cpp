#include "tests/interleave/proof_table.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/tidy/protocol_checks.hpp"

namespace interleave {
namespace {

namespace fs = std::filesystem;

constexpr const char* kReadme = ENTAIL_SOURCE_DIR "/tests/interleave/README.md";
constexpr std::string_view kBegin = "<!-- proofs -->\n";
constexpr std::string_view kEnd = "<!-- end of proofs -->\n";

std::string read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : "; ") + item;
  return out;
}

Proofs& running_test() {
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  Proofs& found = proofs()[protocol_of(test->test_suite_name())];
  found.test_files.insert(fs::path(test->file()).filename().string());
  return found;
}

// After a full run the table must equal the one in README.md, or is written there.
class TableCheck : public testing::Environment {
 public:
  void TearDown() override {
    const testing::UnitTest& run = *testing::UnitTest::GetInstance();
    if (run.test_to_run_count() != run.total_test_count() || run.Failed()) return;
    const std::string page = read_file(kReadme);
    const std::size_t begin = page.find(kBegin) + kBegin.size();
    const std::size_t end = page.find(kEnd);
    ASSERT_TRUE(page.find(kBegin) != std::string::npos && end != std::string::npos) << kReadme;
    const std::string table = proof_table();
    if (std::getenv("ENTAIL_WRITE_TABLE") != nullptr) {
      std::ofstream(kReadme, std::ios::binary) << page.substr(0, begin) + table + page.substr(end);
    } else {
      EXPECT_EQ(page.substr(begin, end - begin), table) << "regenerate it: ENTAIL_WRITE_TABLE=1 interleave_test";
    }
  }
};
const testing::Environment* const kTableCheck = testing::AddGlobalTestEnvironment(new TableCheck);

}  // namespace

std::string protocol_of(const std::string& suite) {
  std::string name;
  for (const char c : suite) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isupper(letter) != 0 && !name.empty()) name += '_';
    name += static_cast<char>(std::tolower(letter));
  }
  return name;
}

std::map<std::string, Proofs>& proofs() {
  static std::map<std::string, Proofs> all;
  return all;
}

void note_proof(const std::string& name, std::uint64_t schedules) {
  running_test().proved.push_back(name + " (" + std::to_string(schedules) + ")");
}
void note_refutation(const std::string& name, std::uint64_t schedule) {
  running_test().refuted.push_back(name + " (" + std::to_string(schedule) + ")");
}

std::map<std::string, std::string> protocols_of_core() {
  std::map<std::string, std::string> files;
  const fs::path root = ENTAIL_SOURCE_DIR;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / "core")) {
    if (!entry.is_regular_file()) continue;
    const std::string path = entry.path().lexically_relative(root).generic_string();
    for (std::string& name : entail::tidy::protocols_defined({path, read_file(entry.path())}))
      files.emplace(std::move(name), path);
  }
  return files;
}

std::string proof_table() {
  std::string out =
      "| protocol | test | proved (schedules) | mutants that fail (on schedule) |\n| --- | --- | --- | --- |\n";
  const auto files = protocols_of_core();
  for (const auto& [protocol, found] : proofs()) {
    const auto file = files.find(protocol);
    if (file == files.end()) continue;
    std::vector<std::string> tests;
    for (const std::string& test : found.test_files) tests.push_back("[" + test + "](" + test + ")");
    out += "| [" + protocol + "](../../" + file->second + ") | " + joined(tests) + " | " + joined(found.proved) +
           " | " + joined(found.refuted) + " |\n";
  }
  return out;
}

namespace {
TEST(ProofTable, ListsEveryProtocolOfTheCore) {
  EXPECT_EQ(protocol_of("LateEdge"), "late_edge");
  EXPECT_GE(protocols_of_core().size(), 14u);
}
}  // namespace

}  // namespace interleave
