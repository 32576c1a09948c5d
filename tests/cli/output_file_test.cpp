#include "output/output_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "input/trace_input.hpp"
#include "sample_bytes.hpp"
#include "time_text.hpp"

namespace entail::cli {
namespace {

using test::Buffer;

class OutputFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "entail_output_" + std::to_string(::getpid()) + "/";
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + name; }
  std::size_t file_count() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }
  // What the command reads of a file, unpacked.
  std::string unpacked(const std::string& name) const {
    OpenedInput opened = open_input(path(name), Framing::proto);
    Message message;
    if (!opened.reader || opened.reader->next(message) != MessageReader::Next::message) return {};
    return test::text(message.bytes);
  }
  std::string folder_;
};

TEST_F(OutputFileTest, TheTargetStays_UntilItIsPublished) {
  test::write_file(path("out"), test::buffer("earlier"));
  {
    OutputFile file(path("out"));
    file.write(std::string_view("later"));
    file.flush();
    EXPECT_EQ(file_count(), 2u);
    EXPECT_TRUE(file.complete());
    EXPECT_EQ(test::read_file(path("out")), "earlier");
  }
  EXPECT_EQ(file_count(), 1u) << "what is not published leaves nothing behind";
  OutputFile file(path("out"));
  file.write(std::string_view("later"));
  EXPECT_TRUE(file.publish());
  EXPECT_EQ(test::read_file(path("out")), "later");
  EXPECT_EQ(file_count(), 1u);
}

TEST_F(OutputFileTest, WhatIsKeptIncomplete_HasAnotherName) {
  test::write_file(path("out"), test::buffer("earlier"));
  std::string name;
  {
    OutputFile file(path("out"));
    file.write(std::string_view("half"));
    name = file.keep_incomplete();
  }
  EXPECT_EQ(test::read_file(name), "half");
  EXPECT_EQ(test::read_file(path("out")), "earlier");
}

TEST_F(OutputFileTest, ATargetThatCannotBeReplaced_CostsNothing) {
  std::filesystem::create_directory(path("out"));
  OutputFile folder(path("out"));
  EXPECT_TRUE(folder.failed());
  // It becomes a folder while the file is written.
  OutputFile file(path("new"));
  file.write(std::string_view("all of it"));
  std::filesystem::create_directory(path("new"));
  EXPECT_FALSE(file.publish());
  const std::string error = file.error();
  const std::size_t at = error.find("the output is in ");
  ASSERT_NE(at, std::string::npos) << error;
  EXPECT_EQ(test::read_file(error.substr(at + 17)), "all of it");
}

TEST_F(OutputFileTest, NamesEndingInGzAndZst_AreCompressed) {
  for (const char* const name : {"out.gz", "out.zst"}) {
    std::string all;
    OutputFile file(path(name));
    for (unsigned piece = 0; piece < 40; ++piece) {
      const std::string text = test::text(test::noise(piece * 9000 % 70'001, piece)) + std::string(60'000, 'x');
      all += text;
      file.write(text);
      if (piece % 7 == 3) file.flush();
    }
    const std::string large(3u << 20, 'y');  // more than the buffer
    file.write(large);
    all += large;
    ASSERT_TRUE(file.publish()) << file.error();
    EXPECT_TRUE(unpacked(name) == all) << name;
    EXPECT_LT(std::filesystem::file_size(path(name)), all.size() / 2);
    OutputFile empty(path(name));
    ASSERT_TRUE(empty.publish());
    EXPECT_EQ(unpacked(name), "");
    EXPECT_GT(std::filesystem::file_size(path(name)), 0u) << "an empty file is no " << name;
  }
}

TEST(TimeText, ReadsTimes) {
  constexpr std::int64_t kSecond = kNanosPerSecond;
  EXPECT_EQ(parse_time("1970-01-01"), 0);
  EXPECT_EQ(parse_time("1714564800"), 1'714'564'800 * kSecond);
  EXPECT_EQ(parse_time("2024-05-01T12:00:00Z"), 1'714'564'800 * kSecond);
  EXPECT_EQ(parse_time("2024-05-01t14:30:00.25+02:30"), 1'714'564'800 * kSecond + kSecond / 4);
  EXPECT_EQ(parse_time("2024-05-01 07:00:00-05:00"), 1'714'564'800 * kSecond);
  EXPECT_EQ(parse_time("2024-05-01T12:00:00.123456789999Z"), 1'714'564'800 * kSecond + 123'456'789);
  for (const char* const wrong : {"", "now", "-1", "2024-05", "2024-13-01", "2024-02-30", "2024-05-01T12:00:00", "1e9",
                                  "2024-05-01T25:00:00Z", "2024-05-01T12:00:00.Z", "2024-05-01Z", "1969-12-31", "+5",
                                  "9999-01-01", "2024-05-01T12:00:00Zx", "99999999999", "2024-05-01T12:-1:00Z"})
    EXPECT_EQ(parse_time(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace entail::cli
