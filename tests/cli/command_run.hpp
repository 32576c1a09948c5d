// Runs the built command from a test, in the test's own folder, and reads its output.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "sample_bytes.hpp"

namespace entail::cli::test {

inline const std::string kDemo = ENTAIL_SOURCE_DIR "/tests/golden/otel_demo_capture/otel_demo_2024-10-30.mixed.jsonl";

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

  // Runs `entail ARGUMENTS` through the shell, in the test's folder.
  Outcome run(const std::string& arguments) const {
    const std::string command = "cd '" + folder_ + "' && '" ENTAIL_COMMAND "' " + arguments + " >'" + path(".out") +
                                "' 2>'" + path(".err") + "'";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(path(".out")), read_file(path(".err"))};
  }

  // Names in the test's folder.
  std::vector<std::string> temporary_files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      const std::string name = entry.path().filename();
      if (name.find(".entail-") != std::string::npos) names.push_back(name);
    }
    return names;
  }

  std::string folder_;
};

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// No control characters but ends of lines.
inline bool is_plain(const std::string& text) {
  return std::ranges::all_of(text,
                             [](char c) { return c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); });
}

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

// By value: a reference into a temporary result would dangle.
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

inline bool truth_at(const simdjson::dom::element& element, const std::string& pointer) {
  bool truth = false;
  EXPECT_EQ(element.at_pointer(pointer).get(truth), simdjson::SUCCESS) << pointer;
  return truth;
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

// The equations that docs/formats.md "Summary" states.
inline void expect_conserved(const simdjson::dom::element& s) {
  EXPECT_EQ(number(s, "/spans/received"), number(s, "/spans/emitted") + number(s, "/spans/dropped") +
                                              sum(s, "/spans/rejected") + sum(s, "/spans/lost"));
  EXPECT_EQ(number(s, "/traces/received"), number(s, "/traces/kept") + number(s, "/traces/dropped"));
  std::uint64_t by_link = 0;
  for (const auto group : array_at(s, "/traces/kept_by_link")) by_link += number(group, "/traces");
  EXPECT_EQ(number(s, "/traces/kept"), sum(s, "/traces/kept_by_policy") + by_link);
  EXPECT_EQ(number(s, "/links/received"), number(s, "/links/edges") + number(s, "/links/same_trace") +
                                              number(s, "/links/null_target") + sum(s, "/links/invalid"));
  EXPECT_EQ(number(s, "/links/received"), number(s, "/links/emitted") + number(s, "/links/dropped"));
}

// trace ID -> "policy", or direction and hops; from the decision log's highest revisions.
struct Decided {
  std::string answer;  // empty: dropped
  bool revived = false;
  std::string loss;
};
inline std::map<std::string, Decided> decisions_of(const std::string& path) {
  std::map<std::string, Decided> decided;
  std::map<std::string, std::uint64_t> revisions;
  simdjson::dom::parser parser;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto record = parse(parser, line);
    const std::string id = text_at(record, "/trace_id");
    const std::uint64_t revision = number(record, "/revision");
    if (revisions.contains(id) && revisions[id] > revision) continue;
    revisions[id] = revision;
    Decided& entry = decided[id];
    entry.revived = truth_at(record, "/revived");
    entry.answer.clear();
    entry.loss.clear();
    if (!record["loss"].is_null()) entry.loss = text_at(record, "/loss");
    if (text_at(record, "/verdict") != "keep") continue;
    entry.answer = text_at(record, "/reason");
    if (entry.answer == "link") {
      entry.answer = text_at(record, "/direction") + " " + std::to_string(number(record, "/hops"));
    }
  }
  return decided;
}

// Verdict, reason and hops of every trace: independent of which of equally short paths was found first.
inline std::map<std::string, std::string> answers_of(const std::string& path) {
  std::map<std::string, std::string> answers;
  for (const auto& [id, entry] : decisions_of(path)) {
    answers[id] =
        entry.answer.starts_with("link") ? "link" + entry.answer.substr(entry.answer.find(' ')) : entry.answer;
  }
  return answers;
}

}  // namespace entail::cli::test
