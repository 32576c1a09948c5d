// Compiles and runs the code of docs/contexts.md and checks what the page says about it.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "entail/entail.hpp"

namespace entail {
namespace {

std::string file_text(const std::string& path) {
  std::ifstream file(ENTAIL_SOURCE_DIR "/" + path);
  EXPECT_TRUE(file.good()) << path;
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

// The results of the three snippets, in order.
struct Left {
  std::string row;
  std::vector<std::uint8_t> span_bytes;
  std::uint64_t lost = 0;
  std::vector<std::uint8_t> later_link;
  std::uint64_t entries = 99;
};

// The page's code, aligned as on the page. The test below compares the two line by line.
// clang-format off
std::string_view page_code(Left& left) {
  const std::int64_t now_ns = 1'700'000'000 * kNanosPerSecond;
  std::vector<std::uint8_t>& span_bytes = left.span_bytes;

const Header headers[] = {{"Content-Type", "text/plain"},
                          {"B3", "463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-1"}};
SpanContext context;
const auto extracted = extract_context(headers, context);
if (!extracted.ok()) return describe(extracted.error());
const std::string row = format_stored_context(context);  // for a database

LinkBuilder builder;
const LinkAttribute own[] = {{"messaging.message.id", "m-17"}, {"partition", 3}};
const BatchItem items[] = {{Carrier(headers), 250, own},      // its delay in ms, its own attributes
                           {StoredContext{row}, {}, {}},
                           {StoredContext{"{}"}, {}, {}}};
LinkDetails shared;
shared.relationship = link_relationship::kBatchMember;
builder.add_batch(items, shared);                             // link.type, .batch.index, .batch.size are written
span_bytes.insert(span_bytes.end(), builder.span_fields().begin(), builder.span_fields().end());
const std::uint64_t lost = builder.refused(ContextError::missing_field);  // the third item
builder.clear();                                              // for the next span

auto store = ContextStore::open({.entries_max = 100'000, .bytes_max = 64 << 20});
if (!store.ok()) return "no store";
(void)(*store)->tick(now_ns);
const LinkAttribute about[] = {{link_key::kWorkflowId, "invoice-7"}};
const auto put = (*store)->put("job-42", context, about);
if (!put.ok()) return describe(put.error());

(void)(*store)->tick(now_ns + 24 * 3600 * kNanosPerSecond);   // a day later
LinkDetails details;
details.type = link_type::kScheduledTrigger;
const auto added = (*store)->add_link("job-42", builder, details);  // with link.stored_age_ms = 86400000
if (!added.ok()) return describe(added.error());
(*store)->remove("job-42");

  left.row = row;
  left.lost = lost;
  left.later_link.assign(builder.link(0).begin(), builder.link(0).end());
  left.entries = (*store)->statistics().entries;
  return {};
}
// clang-format on

bool contains(const std::vector<std::uint8_t>& bytes, std::string_view text) {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).find(text) !=
         std::string_view::npos;
}

TEST(ContextsPage, DoesWhatItSays) {
  Left left;
  EXPECT_EQ(page_code(left), "");
  EXPECT_EQ(left.row, R"({"traceId":"463ac35c9f6413ad48485a3953bb6124","spanId":"a2fb4a1d1a96d312","traceFlags":1})");
  EXPECT_NE(file_text("docs/contexts.md").find("`" + left.row + "`"), std::string::npos);
  EXPECT_TRUE(contains(left.span_bytes, "messaging.message.id"));
  EXPECT_TRUE(contains(left.span_bytes, "batch_source"));
  EXPECT_TRUE(contains(left.span_bytes, "link.batch.size"));
  EXPECT_EQ(left.lost, 1u);
  EXPECT_TRUE(contains(left.later_link, "scheduled_trigger"));
  EXPECT_TRUE(contains(left.later_link, "invoice-7"));
  EXPECT_TRUE(contains(left.later_link, "link.stored_age_ms\x12\x05\x18\x80\xb8\x99\x29"));  // 86400000
  EXPECT_EQ(left.entries, 0u);
}

TEST(ContextsPage, ShowsTheCodeThatIsCompiled) {
  const std::string page = file_text("docs/contexts.md");
  const std::string source = file_text("tests/links/contexts_page_test.cpp");
  unsigned blocks = 0;
  for (std::size_t at = page.find("```cpp\n"); at != std::string::npos; at = page.find("```cpp\n", at)) {
    at += 7;
    const std::size_t end = page.find("```", at);
    ASSERT_NE(end, std::string::npos);
    EXPECT_NE(source.find("\n\n" + page.substr(at, end - at) + "\n"), std::string::npos) << page.substr(at, end - at);
    at = end + 3;
    ++blocks;
  }
  EXPECT_EQ(blocks, 3u);
}

TEST(ContextsPage, NamesEveryReasonAndBothLosses) {
  const std::string page = file_text("docs/contexts.md");
  for (unsigned i = 0; i < kContextErrorCount; ++i) {
    const std::string name = "`" + std::string(context_error_name(static_cast<ContextError>(i))) + "`";
    EXPECT_NE(page.find(name), std::string::npos) << name;
  }
  EXPECT_NE(page.find("`context_expired`"), std::string::npos);
  EXPECT_NE(page.find("`context_evicted`"), std::string::npos);
}

}  // namespace
}  // namespace entail
