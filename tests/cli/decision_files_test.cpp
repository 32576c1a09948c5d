// A decision log in several files: all of one run, or all of the one before.
#include "output/decision_files.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "output/log_parts.hpp"
#include "sample_bytes.hpp"

namespace entail::cli {
namespace {

class DecisionFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "entail_parts_" + std::to_string(::getpid()) + "/";
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + name; }

  // All have the same size.
  static std::string record(const std::string& run, unsigned number) {
    return R"({"trace_id":"0123456789abcdef0123456789abcdef","run":")" + run + std::to_string(100 + number) + "\"}\n";
  }

  // A log with one record in each file.
  static void write(DecisionFiles& files, const std::string& run, unsigned count) {
    for (unsigned i = 1; i <= count; ++i) files.write_line(record(run, i));
  }

  std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> contents;
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      contents[entry.path().filename()] = entry.is_regular_file() ? test::read_file(entry.path()) : "";
    return contents;
  }

  std::string folder_;
};

TEST_F(DecisionFilesTest, AllPartsAppearTogether_AndThoseOfALongerRunGo) {
  DecisionFiles longer(path("d.jsonl"), 1);
  write(longer, "old", 70);
  EXPECT_FALSE(std::filesystem::exists(path("d.jsonl")));
  EXPECT_FALSE(std::filesystem::exists(path("d.2.jsonl")));
  ASSERT_TRUE(longer.publish()) << longer.error();
  const auto before = contents();
  EXPECT_EQ(before.size(), 70u);
  EXPECT_EQ(before.at("d.70.jsonl"), record("old", 70));
  {
    DecisionFiles unfinished(path("d.jsonl"), 1);
    write(unfinished, "lost", 80);
    ASSERT_TRUE(unfinished.complete());
    EXPECT_EQ(contents().size(), 150u);
  }
  EXPECT_TRUE(contents() == before);
  DecisionFiles shorter(path("d.jsonl"), 1);
  write(shorter, "new", 2);
  ASSERT_TRUE(shorter.publish()) << shorter.error();
  const std::map<std::string, std::string> both = {{"d.jsonl", record("new", 1)}, {"d.2.jsonl", record("new", 2)}};
  EXPECT_TRUE(contents() == both);
}

TEST_F(DecisionFilesTest, WhatTakesAName_CostsNeitherLog) {
  for (const std::string taken : {"d.2.jsonl", "d.3.jsonl", "d.4.jsonl"}) {
    SCOPED_TRACE(taken);
    DecisionFiles earlier(path("d.jsonl"), 1);
    write(earlier, "old", 3);
    ASSERT_TRUE(earlier.publish());
    DecisionFiles files(path("d.jsonl"), 1);
    write(files, "new", 3);
    ASSERT_TRUE(files.complete());
    test::write_file(path(taken), test::buffer("a shopping list"));
    const auto before = contents();
    EXPECT_FALSE(files.publish());
    EXPECT_TRUE(files.failed());
    EXPECT_TRUE(contents() == before) << "the new log has its temporary names, the old one its own";
    EXPECT_NE(files.error().find(taken + ": cannot be written: it is no decision log"), std::string::npos);
    EXPECT_NE(files.error().find(files.kept_name()), std::string::npos);
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
}

TEST_F(DecisionFilesTest, ALogThatCannotBeRenamed_LeavesTheEarlierParts) {
  DecisionFiles earlier(path("d.jsonl"), 1);
  write(earlier, "old", 4);
  ASSERT_TRUE(earlier.publish());
  DecisionFiles files(path("d.jsonl"), 1);
  write(files, "new", 3);
  ASSERT_TRUE(files.complete());
  std::filesystem::remove(path("d.jsonl"));
  std::filesystem::create_directory(path("d.jsonl"));
  const auto before = contents();
  EXPECT_FALSE(files.publish());
  EXPECT_TRUE(contents() == before);
}

TEST_F(DecisionFilesTest, LongNamesAreReplacedToo) {
  const std::string name(225, 'x');
  for (const std::string run : {"old", "new"}) {
    DecisionFiles files(path(name + ".jsonl"), 1);
    write(files, run, 3);
    ASSERT_TRUE(files.publish()) << files.error();
  }
  const std::map<std::string, std::string> expected = {{name + ".jsonl", record("new", 1)},
                                                       {name + ".2.jsonl", record("new", 2)},
                                                       {name + ".3.jsonl", record("new", 3)}};
  EXPECT_TRUE(contents() == expected);
}

TEST_F(DecisionFilesTest, NoPartIsWrittenThroughALink) {
  test::write_file(path("other"), test::buffer(record("other", 1)));
  std::filesystem::create_symlink("other", path("d.2.jsonl"));
  DecisionFiles files(path("d.jsonl"), 1);
  write(files, "new", 3);
  EXPECT_TRUE(files.failed());
  EXPECT_FALSE(files.publish());
  EXPECT_EQ(test::read_file(path("other")), record("other", 1));
  EXPECT_TRUE(std::filesystem::is_symlink(path("d.2.jsonl")));
}

TEST_F(DecisionFilesTest, OnlyADecisionLogMayBeReplaced) {
  EXPECT_TRUE(may_replace_part(path("missing")));
  for (const std::string ending : {"", ".gz", ".zst"}) {
    DecisionFiles files(path("log" + ending), 0);
    write(files, "a", 3000);
    ASSERT_TRUE(files.publish());
    EXPECT_TRUE(may_replace_part(path("log" + ending)));
    OutputFile other(path("other" + ending));
    other.write(R"({"trace_id":"01"})" + std::string(5000, ' '));
    ASSERT_TRUE(other.publish());
    EXPECT_FALSE(may_replace_part(path("other" + ending)));
  }
  test::write_file(path("empty"), {});
  EXPECT_FALSE(may_replace_part(path("empty")));
  EXPECT_FALSE(may_replace_part(folder_));
}

TEST_F(DecisionFilesTest, NamesOfLaterParts) {
  for (const char* const name : {"d.2.jsonl", "d.10.jsonl", "d.9999.jsonl", "d.1.jsonl", "d.02.jsonl", "d.+2.jsonl",
                                 "d.20240501.jsonl", "d.2.json", "d.x.jsonl", "d..jsonl", "e.2.jsonl", "d.2.jsonl.gz"})
    test::write_file(path(name), test::buffer("x"));
  const std::vector<std::string> expected = {path("d.10.jsonl"), path("d.2.jsonl"), path("d.9999.jsonl")};
  EXPECT_EQ(later_part_names(path("d.jsonl")), expected);
  EXPECT_EQ(log_parts(path("d.jsonl")), (std::vector<std::string>{path("d.jsonl"), path("d.2.jsonl")}));
  EXPECT_EQ(log_parts("-"), std::vector<std::string>{"-"});
  EXPECT_EQ(numbered_name("a/d.jsonl.zst", 3), "a/d.3.jsonl.zst");
  EXPECT_EQ(numbered_name("log", 2), "log.2");
}

}  // namespace
}  // namespace entail::cli
