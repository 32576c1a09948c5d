#include "text/json_path.hpp"

#include <gtest/gtest.h>

#include <string>

namespace entail::text {
namespace {

// The path of the value that begins at the mark.
std::string path_of(std::string text) {
  const std::size_t at = text.find('@');
  return json_path(text.erase(at, 1), at);
}

TEST(JsonPath, NamesKeysAndIndexes) {
  EXPECT_EQ(path_of("@{}"), "");
  EXPECT_EQ(path_of(R"({"a":@1})"), "a");
  EXPECT_EQ(path_of(R"({"a":1,"b":@"x"})"), "b");
  EXPECT_EQ(path_of("[@1]"), "[0]");
  EXPECT_EQ(path_of("[1,[],{},@2]"), "[3]");
  EXPECT_EQ(path_of(R"( { "a" : [ { } , { "b" : [ 1 , @ 2 ] } ] } )"), "a[1].b[1]");
  EXPECT_EQ(path_of(R"({"a":{"b":{"c":@[]}}})"), "a.b.c");
}

TEST(JsonPath, IsNotMisledByStrings) {
  EXPECT_EQ(path_of(R"({"a":"}],{[","b":["\"","\\",@1]})"), "b[2]");
  EXPECT_EQ(path_of(R"({"a\"b":@1})"), R"(a\"b)");
  EXPECT_EQ(path_of(R"(["a","b",{"c":"d","e":@1}])"), "[2].e");
}

TEST(JsonPath, CutsLongKeys) {
  const std::string path = path_of("{\"" + std::string(1000, 'k') + "\":@1}");
  EXPECT_EQ(path, std::string(64, 'k') + "...");
  // An offset behind the text: the end is the place.
  EXPECT_EQ(json_path("[1,2", 100), "[1]");
}

}  // namespace
}  // namespace entail::text
