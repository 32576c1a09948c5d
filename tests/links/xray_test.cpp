// AWS X-Amzn-Trace-Id: parsing, formatting and errors.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/links/contexts.hpp"

namespace entail {
namespace {

using namespace links_test;
using enum ContextError;

constexpr std::string_view kRoot = "Root=1-463ac35c-9f6413ad48485a3953bb6124";
constexpr std::string_view kParentPart = "Parent=a2fb4a1d1a96d312";

ContextError xray_error(std::string_view text) { return error_of(parse_xray, text); }
ForeignContext xray(std::string_view text) { return read_by(parse_xray, text); }
std::string with_root(std::string_view rest) { return std::string(kRoot) + ";" + std::string(rest); }
std::string whole(std::string_view rest) { return with_root(std::string(kParentPart) + ";" + std::string(rest)); }

TEST(Xray, ReadsEveryState) {
  EXPECT_EQ(xray(whole("Sampled=1")), foreign_of(SamplingState::sampled));
  EXPECT_EQ(xray(whole("Sampled=0")), foreign_of(SamplingState::denied));
  EXPECT_EQ(xray(whole("Sampled=?")), foreign_of(SamplingState::deferred));
  EXPECT_EQ(xray(with_root(kParentPart)), foreign_of(SamplingState::deferred));
}

TEST(Xray, ReadsAnyOrder) {
  std::vector<std::string> parts = {"Parent=a2fb4a1d1a96d312", std::string(kRoot), "Sampled=1",
                                    "Self=1-67891234-12456789abcdef012345678", "Lineage=a87bd80c:1|68fd508a:5"};
  std::sort(parts.begin(), parts.end());
  do {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ";") + part;
    EXPECT_EQ(xray(text), foreign_of(SamplingState::sampled)) << text;
  } while (std::next_permutation(parts.begin(), parts.end()));
}

TEST(Xray, ParentMayBeMissing) {
  const ForeignContext parsed = xray(with_root("Sampled=1"));
  EXPECT_EQ(parsed.context.trace_id, kTrace);
  EXPECT_TRUE(parsed.context.span_id.is_zero());
  EXPECT_FALSE(parsed.context.is_valid());
  EXPECT_EQ(format_xray(parsed), with_root("Sampled=1"));
}

TEST(Xray, EpochIsTheFirstPartOfTheId) {
  EXPECT_EQ(xray("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8").context.trace_id,
            (TraceId{0x5759e988bd862e3f, 0xe1be46a994272793}));
}

TEST(Xray, ReadsEitherCaseOfDigitsAndOneOfKeys) {
  EXPECT_EQ(xray("Root=1-463AC35C-9F6413AD48485A3953BB6124;Parent=A2FB4A1D1A96D312;Sampled=1"),
            foreign_of(SamplingState::sampled));
  EXPECT_EQ(xray_error("root=1-463ac35c-9f6413ad48485a3953bb6124"), missing_field);
}

TEST(Xray, AcceptsWhitespaceAndEmptyParts) {
  EXPECT_EQ(xray(" " + whole("Sampled=1;") + " "), foreign_of(SamplingState::sampled));
  EXPECT_EQ(xray(";; " + std::string(kRoot) + " ; Parent=a2fb4a1d1a96d312 ;\tSampled=1;;"),
            foreign_of(SamplingState::sampled));
}

TEST(Xray, RefusesBadRoots) {
  EXPECT_EQ(xray_error(""), missing_field);
  EXPECT_EQ(xray_error(";"), missing_field);
  EXPECT_EQ(xray_error("Parent=a2fb4a1d1a96d312;Sampled=1"), missing_field);
  EXPECT_EQ(xray_error("Root="), bad_version);
  EXPECT_EQ(xray_error("Root=2-463ac35c-9f6413ad48485a3953bb6124"), bad_version);
  EXPECT_EQ(xray_error("Root=11-463ac35c-9f6413ad48485a3953bb6124"), bad_version);
  EXPECT_EQ(xray_error("Root=1"), bad_separator);
  EXPECT_EQ(xray_error("Root=1-463ac35c19f6413ad48485a3953bb6124"), bad_separator);
  EXPECT_EQ(xray_error("Root=1-463ac35-9f6413ad48485a3953bb6124"), bad_trace_id);
  EXPECT_EQ(xray_error("Root=1-463ac35c-9f6413ad48485a3953bb612"), bad_trace_id);
  EXPECT_EQ(xray_error("Root=1-463ac35c-9f6413ad48485a3953bb61244"), bad_trace_id);
  EXPECT_EQ(xray_error("Root=1-463ac35g-9f6413ad48485a3953bb6124"), bad_trace_id);
  EXPECT_EQ(xray_error("Root=1-463ac35c-9f6413ad48485a3953bb61-4"), bad_trace_id);
  EXPECT_EQ(xray_error("Root=1-00000000-000000000000000000000000"), zero_trace_id);
  EXPECT_EQ(xray("Root=1-00000000-000000000000000000000001").context.trace_id, (TraceId{0, 1}));
}

TEST(Xray, RefusesBadParentsAndStates) {
  EXPECT_EQ(xray_error(with_root("Parent=")), bad_span_id);
  EXPECT_EQ(xray_error(with_root("Parent=a2fb4a1d1a96d31")), bad_span_id);
  EXPECT_EQ(xray_error(with_root("Parent=a2fb4a1d1a96d3122")), bad_span_id);
  EXPECT_EQ(xray_error(with_root("Parent=a2fb4a1d1a96d31x")), bad_span_id);
  EXPECT_EQ(xray_error(with_root("Parent=0000000000000000")), zero_span_id);
  for (const char* state : {"", "2", "true", "01", "d", "??"})
    EXPECT_EQ(xray_error(with_root("Sampled=" + std::string(state))), bad_sampling) << state;
}

TEST(Xray, RefusesMalformedLists) {
  EXPECT_EQ(xray_error(with_root("Sampled")), bad_separator);
  EXPECT_EQ(xray_error("1-463ac35c-9f6413ad48485a3953bb6124"), bad_separator);
  EXPECT_EQ(xray_error(with_root(kRoot)), duplicate_field);
  EXPECT_EQ(xray_error(whole(kParentPart)), duplicate_field);
  EXPECT_EQ(xray_error(whole("Sampled=1;Sampled=1")), duplicate_field);
}

TEST(Xray, RefusesMoreThanItsLimit) {
  const std::string head = whole("Sampled=1;Lineage=");
  EXPECT_EQ(xray(head + std::string(8192 - head.size(), 'x')), foreign_of(SamplingState::sampled));
  EXPECT_EQ(xray_error(head + std::string(8193 - head.size(), 'x')), too_long);
  EXPECT_EQ(xray_error(std::string(1 << 20, ';')), too_long);
}

TEST(Xray, Formats) {
  EXPECT_EQ(format_xray(foreign_of(SamplingState::sampled)), whole("Sampled=1"));
  EXPECT_EQ(format_xray(foreign_of(SamplingState::denied)), whole("Sampled=0"));
  EXPECT_EQ(format_xray(foreign_of(SamplingState::debug)), whole("Sampled=1"));
  EXPECT_EQ(format_xray(foreign_of(SamplingState::deferred)), with_root(kParentPart));
  EXPECT_EQ(format_xray({}), "");
}

TEST(Xray, RoundTrips) {
  RandomContexts random(4);
  for (int i = 0; i < 20000; ++i) {
    ForeignContext made = random.foreign();
    if (random.below(8) == 0) made.context.span_id = {};
    const std::string text = format_xray(made);
    ASSERT_LE(text.size(), 256u);
    made.parent_id = {};  // the format has no place for it
    if (made.sampling == SamplingState::debug) made.sampling = SamplingState::sampled;
    ASSERT_EQ(xray(text), made) << text;
  }
}

}  // namespace
}  // namespace entail
