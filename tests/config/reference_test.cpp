#include "config/reference.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "config/option_table.hpp"
#include "config/value_reader.hpp"
#include "parsed.hpp"
#include "policy/type.hpp"

namespace entail::config {
namespace {

TEST(Defaults, ParseToTheDefaults) {
  const Options parsed = accepted(default_options_yaml());
  const Options defaults;
  unsigned compared = 0;
  for (const option::Row<Options>& row : option_table()) {
    if (!row.has_value()) continue;
    EXPECT_EQ(row.get(parsed), row.get(defaults)) << row.key;
    ++compared;
  }
  EXPECT_EQ(compared, 25u);
  EXPECT_TRUE(parsed.links.propagate.types.empty());
  ASSERT_EQ(parsed.tail_sampling.policies.size(), 1u);
  EXPECT_EQ(parsed.tail_sampling.policies[0].status_code_mask, 4u);
}

TEST(Defaults, MatchTheSpecification) {
  const std::string yaml = default_options_yaml();
  for (const char* line :
       {"  decision_wait: 30s\n", "probability: collector\n", "    mode: cone\n", "      linked: 4\n",
        "      linking: 4\n", "    max_links_followed: 256\n", "    max_traces_per_origin: 1024\n",
        "    max_propagated_bytes_per_second: 0\n", "    origin_links: all\n",
        "    type_keys: [link.type, link.relationship]\n", "    max_links_per_span: 128\n", "    seed: 0\n",
        "    names: entail\n", "  attributes: all\n", "  window: 60s\n", "  records: 1h\n", "memory_limit: 512MiB\n",
        "compat: none\n", "  detail: full\n"})
    EXPECT_TRUE(contains(yaml, line)) << line;
}

TEST(OptionTable, DescribesEachOption) {
  for (const option::Row<Options>& row : option_table())
    EXPECT_FALSE(row.help.empty() && row.instead.empty()) << row.key;
  for (const policy::Type& type : policy::types()) {
    EXPECT_FALSE(type.help.empty()) << type.name;
    for (const option::Row<PolicyOptions>& row : type.rows)
      EXPECT_FALSE(row.help.empty() && row.instead.empty()) << row.key;
  }
}

TEST(OptionTable, KeysAreUnique) {
  for (const option::Row<Options>& row : option_table())
    EXPECT_EQ(std::count_if(option_table().begin(), option_table().end(),
                            [&](const auto& other) { return other.key == row.key; }),
              1)
        << row.key;
}

TEST(OptionTable, EachRowSetsItsOwnField) {
  // Two rows that shared a field by mistake would show here: each row is set alone, and no other may change.
  for (const option::Row<Options>& row : option_table()) {
    if (!row.has_value()) continue;
    Options options;
    const OptionValue other = row.kind == option::Kind::boolean ? OptionValue(true)
                              : row.kind == option::Kind::texts
                                  ? OptionValue(std::vector<std::string>{"x"})
                                  : OptionValue(std::int64_t{row.kind == option::Kind::choice ? 1 : 59});
    row.set(options, other);
    EXPECT_EQ(row.get(options), other) << row.key;
    for (const option::Row<Options>& rest : option_table()) {
      if (!rest.has_value() || rest.key == row.key) continue;
      EXPECT_EQ(rest.get(options), rest.get(Options())) << row.key << " " << rest.key;
    }
  }
}

TEST(ConfigurationPage, MatchesTheCommittedPage) {
  std::ifstream file(ENTAIL_SOURCE_DIR "/docs/configuration.md");
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_TRUE(page == configuration_page()) << "regenerate it: bin/configuration_page > docs/configuration.md";
}

}  // namespace
}  // namespace entail::config
