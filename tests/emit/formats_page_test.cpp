// docs/formats.md documents every attribute that the core writes, with its type, and no others.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>

#include "emit/span_edit.hpp"
#include "otlp_trace.pb.h"
#include "tests/examples/page_table.hpp"

namespace entail::emit {
namespace {

using Types = std::map<std::string, std::string>;

std::string type_of(const Attribute& attribute) {
  if (std::holds_alternative<std::int64_t>(attribute.value)) return "int";
  if (std::holds_alternative<bool>(attribute.value)) return "bool";
  if (std::holds_alternative<std::string>(attribute.value)) return "string";
  return attribute.is_removal() ? "removal" : "string[]";
}

// All attributes that this room writes when every value is present.
Types written() {
  reservoir::TruncationRecord truncation;
  truncation.received = 3;
  truncation.threshold_uniform = 1;
  truncation.threshold_consistent = reservoir::ConsistentKey{1, 2};
  const TraceId path[] = {{1, 2}, {3, 4}};
  std::vector<Attribute> attributes;
  append_truncation_attributes(truncation, TruncationNames::both, attributes);
  append_reason_attributes({.reason = "link",
                            .policy = "errors",
                            .origin_trace_id = path[0],
                            .direction = "linked",
                            .hops = 1,
                            .path = path},
                           attributes);
  Types types;
  for (const Attribute& attribute : attributes) types[std::string(attribute.key)] = type_of(attribute);

  std::vector<std::uint8_t> link;
  append_restored_link({1, 2}, {3}, link);
  otlp_proto::Span span;
  EXPECT_TRUE(span.ParseFromArray(link.data(), static_cast<int>(link.size())));
  for (const auto& attribute : span.links(0).attributes()) {
    EXPECT_TRUE(attribute.value().has_bool_value());
    types[attribute.key()] = "bool";
  }
  return types;
}

Types documented() {
  Types types;
  const std::string section = page::sections_of(page::formats_page())["Attributes on emitted spans"];
  for (const page::Row& row : page::rows_of(section, "attribute"))
    EXPECT_TRUE(types.emplace(row.name, row.type).second) << row.name << " is listed twice";
  return types;
}

TEST(FormatsPage, DocumentsEveryAttribute_WithItsType) {
  const Types types = written();
  EXPECT_GE(types.size(), 27u);
  EXPECT_EQ(documented(), types);
}

// Including those that other files of the core write without these functions.
TEST(FormatsPage, DocumentsEveryAttributeNamedInTheCore) {
  const Types types = documented();
  const std::regex literal("\"((?:entail\\.(?:keep|links?)|batch)\\.[a-z_.]+)\"");
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(ENTAIL_SOURCE_DIR "/core")) {
    if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
    std::ifstream file(entry.path());
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    for (std::sregex_iterator at(text.begin(), text.end(), literal), end; at != end; ++at) {
      names.insert((*at)[1]);
      EXPECT_TRUE(types.contains((*at)[1])) << entry.path() << ": " << (*at)[1] << " is not on the page";
    }
  }
  EXPECT_EQ(names.size(), types.size());
}

// In text and tables alike. "entail.links.*" covers all names with that prefix.
TEST(FormatsPage, DocumentsNoAttributeTheCoreDoesNotWrite) {
  const Types types = written();
  const std::string text = page::formats_page();
  const std::regex name("\\bentail\\.[a-z_]+(?:\\.[a-z_]+)*(?:\\.\\*)?");
  unsigned count = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at, ++count) {
    const std::string found = at->str();
    const std::string prefix = found.substr(0, found.size() - 1);
    const auto begins_so = [&](const auto& type) { return type.first.starts_with(prefix); };
    EXPECT_TRUE(types.contains(found) || (found.ends_with(".*") && std::any_of(types.begin(), types.end(), begins_so)))
        << found;
  }
  EXPECT_GE(count, 40u);
}

}  // namespace
}  // namespace entail::emit
