// Running the built command from outside, and looking into the JSON that it prints.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "sample_bytes.hpp"

namespace entail::cli::test {

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

class CommandTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "entail_command_" + testing::UnitTest::GetInstance()->current_test_info()->name() +
              "_" + std::to_string(::getpid()) + "/";
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + name; }

  // Runs `entail ARGUMENTS` by the shell, in the test's folder.
  Outcome run(const std::string& arguments) const {
    const std::string command = "cd '" + folder_ + "' && '" ENTAIL_COMMAND "' " + arguments + " >'" + path(".out") +
                                "' 2>'" + path(".err") + "'";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(path(".out")), read_file(path(".err"))};
  }

  std::string folder_;
};

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline simdjson::dom::element parse(simdjson::dom::parser& parser, const std::string& json) {
  simdjson::dom::element element;
  EXPECT_EQ(parser.parse(json).get(element), simdjson::SUCCESS) << json;
  return element;
}

inline std::uint64_t number(const simdjson::dom::element& element, const std::string& pointer) {
  std::uint64_t value = ~0ull;
  EXPECT_EQ(element.at_pointer(pointer).get(value), simdjson::SUCCESS) << pointer;
  return value;
}

// By value: what a result gives out from a temporary does not outlive it.
inline simdjson::dom::array array_at(const simdjson::dom::element& element, const std::string& pointer) {
  simdjson::dom::array array;
  EXPECT_EQ(element.at_pointer(pointer).get(array), simdjson::SUCCESS) << pointer;
  return array;
}

inline std::string text_at(const simdjson::dom::element& element, const std::string& pointer) {
  std::string_view text;
  EXPECT_EQ(element.at_pointer(pointer).get(text), simdjson::SUCCESS) << pointer;
  return std::string(text);
}

inline std::uint64_t sum(const simdjson::dom::element& element, const std::string& pointer) {
  std::uint64_t total = 0;
  simdjson::dom::object object;
  EXPECT_EQ(element.at_pointer(pointer).get(object), simdjson::SUCCESS) << pointer;
  for (const auto field : object) {
    std::uint64_t count = 0;
    EXPECT_EQ(field.value.get(count), simdjson::SUCCESS) << pointer;
    total += count;
  }
  return total;
}

}  // namespace entail::cli::test
