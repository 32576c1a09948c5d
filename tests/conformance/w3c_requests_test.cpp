// The cases of the W3C suite that are about several requests of one service (its AdvancedTest), and the header that
// goes on. A service here is a program that makes a link for each request that it got; new IDs are its own affair.
#include <gtest/gtest.h>

#include <vector>

#include "entail/context.hpp"
#include "entail/link_builder.hpp"

namespace entail {
namespace {

const std::string kTrace = "12345678901234567890123456789012";

// Three requests with these headers, and what a service has of them.
struct Served {
  LinkBuilder builder;
  std::vector<SpanContext> contexts;
  explicit Served(const std::vector<Header>& headers) {
    for (int request = 0; request < 3; ++request) {
      SpanContext context;
      if (extract_context(headers, context) == ContextError::none) contexts.push_back(context);
      static_cast<void>(builder.add(Carrier(headers)));
    }
  }
};

TEST(W3cRequests, multiple_requests_with_valid_traceparent) {
  const std::string header = "00-" + kTrace + "-1234567890123456-01";
  const Served served(std::vector<Header>{{"traceparent", header}});
  ASSERT_EQ(served.contexts.size(), 3u);
  for (const SpanContext& context : served.contexts) {
    EXPECT_EQ(to_hex(context.trace_id), kTrace);
    EXPECT_EQ(context.flags, kTraceFlagSampled);
    EXPECT_EQ(context, served.contexts[0]);  // nothing is carried over from one request to the next
  }
  EXPECT_EQ(served.builder.link_count(), 3u);
}

TEST(W3cRequests, multiple_requests_without_traceparent) {
  const Served served(std::vector<Header>{{"accept", "*/*"}});
  EXPECT_TRUE(served.contexts.empty());  // and no ID is made up
  EXPECT_EQ(served.builder.link_count(), 0u);
  EXPECT_EQ(served.builder.refused(ContextError::no_context), 3u);
}

TEST(W3cRequests, multiple_requests_with_illegal_traceparent) {
  const Served served(std::vector<Header>{{"traceparent", "00-00000000000000000000000000000000-1234567890123456-01"}});
  EXPECT_TRUE(served.contexts.empty());
  EXPECT_EQ(served.builder.refused(ContextError::zero_trace_id), 3u);
}

// What is read at version 00 or above, and printed, is read again as the same: a hop through this library.
TEST(W3cRequests, AHeaderRoundTrips) {
  for (const char* version : {"00", "01", "cc", "fe"}) {
    SpanContext context;
    const std::string text = std::string(version) + "-" + kTrace + "-1234567890123456-03";
    ASSERT_EQ(parse_traceparent(text, context), ContextError::none) << text;
    EXPECT_EQ(format_traceparent(context), "00-" + kTrace + "-1234567890123456-03");
  }
}

}  // namespace
}  // namespace entail
