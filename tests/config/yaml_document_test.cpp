#include "config/yaml_document.hpp"

#include <gtest/gtest.h>

#include "parsed.hpp"

namespace entail::config {
namespace {

std::vector<std::string> problems(std::string_view text) {
  YamlDocument document;
  std::vector<ConfigMessage> errors;
  document.load(text, &errors);
  return texts_of(errors);
}

TEST(YamlDocument, RecordsPositions) {
  YamlDocument document;
  std::vector<ConfigMessage> errors;
  ASSERT_TRUE(document.load("a: 1\nb:\n  - x\n  - 'y'\n", &errors));
  const YamlNode& root = document.root();
  ASSERT_EQ(root.entries.size(), 2u);
  EXPECT_EQ(root.entries[1].position.line, 2u);
  EXPECT_EQ(root.entries[1].position.column, 1u);
  const YamlNode& list = document.node(root.entries[1].node);
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_EQ(document.node(list.items[1]).position.line, 4u);
  EXPECT_EQ(document.node(list.items[1]).position.column, 5u);
  EXPECT_TRUE(document.node(list.items[1]).quoted);
  EXPECT_FALSE(document.node(list.items[0]).quoted);
  EXPECT_EQ(find_entry(root, "b"), &root.entries[1]);
  EXPECT_EQ(find_entry(root, "c"), nullptr);
}

TEST(YamlDocument, ResolvesMergeKeys_AndExplicitKeysWin) {
  YamlDocument document;
  std::vector<ConfigMessage> errors;
  ASSERT_TRUE(document.load("base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nuse: {y: 9, <<: [*b, *m]}\n", &errors));
  EXPECT_TRUE(errors.empty());
  const YamlNode& use = document.node(find_entry(document.root(), "use")->node);
  ASSERT_EQ(use.entries.size(), 3u);
  const auto text = [&](const char* key) { return document.node(find_entry(use, key)->node).text; };
  EXPECT_EQ(text("x"), "1");
  EXPECT_EQ(text("y"), "9");
  EXPECT_EQ(text("z"), "4");
}

TEST(YamlDocument, SharesAnchors_SoTheyCannotExplode) {
  std::string text = "a0: &a0 [x]\n";
  for (int level = 1; level < 60; ++level) {
    const std::string below = "*a" + std::to_string(level - 1);
    text += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + below + ", " + below + "]\n";
  }
  EXPECT_EQ(problems(text), std::vector<std::string>());
}

TEST(YamlDocument, BoundsMergedKeys) {
  std::string text = "base: &b {";
  for (int key = 0; key < 1000; ++key) text += "k" + std::to_string(key) + ": 1, ";
  text += "z: 1}\nuse: {<<: [*b";
  for (int again = 0; again < 200; ++again) text += ", *b";
  text += "]}\n";
  EXPECT_EQ(problems(text), std::vector<std::string>({"1:7: too many merged keys"}));
}

TEST(YamlDocument, RefusesConstructsThatWouldBeIgnored) {
  EXPECT_EQ(problems("a: 1\nb: {c: 2, c: 3}\n"),
            std::vector<std::string>({"2:11: duplicate key 'c', first on line 2"}));
  EXPECT_EQ(problems("? [a]\n: 1\n"), std::vector<std::string>({"1:3: a key must be a string"}));
  EXPECT_EQ(problems("a: &x [*x]\n"), std::vector<std::string>({"1:8: this alias refers to a value that contains it"}));
  EXPECT_EQ(problems("a: 1\n---\nb: 2\n"), std::vector<std::string>({"3:1: a second document: only one is expected"}));
  EXPECT_EQ(problems("a: !thing 1\n"), std::vector<std::string>({"1:4: tags other than !!str are not supported"}));
  EXPECT_EQ(problems("a: {<<: 5}\n"), std::vector<std::string>({"1:9: <<: expected a map or a list of maps"}));
}

TEST(YamlDocument, ReportsThePositionOfSyntaxErrors) {
  const std::vector<std::string> broken = problems("a: [1, 2\nb: 3\n");
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_TRUE(contains(broken[0], "not valid YAML")) << broken[0];
  EXPECT_TRUE(broken[0].starts_with("2:")) << broken[0];
  EXPECT_EQ(problems("a: ok\nb: \xff\n"), std::vector<std::string>({"2:4: the text is not UTF-8"}));
  EXPECT_EQ(problems("a: \xed\xa0\x80"), std::vector<std::string>({"1:4: the text is not UTF-8"}));
  EXPECT_EQ(problems(std::string(kTextBytesMax + 1, ' ')),
            std::vector<std::string>({"0:0: the text is larger than 1 MiB"}));
  ASSERT_EQ(problems(std::string(100'000, '[')).size(), 1u);
  EXPECT_EQ(problems("a: *nowhere\n").size(), 1u);
}

}  // namespace
}  // namespace entail::config
