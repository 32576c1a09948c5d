// The cases of the W3C suite with several requests to one service (its AdvancedTest), and the outgoing header.
// A service here is a program that makes a link for each request it receives; it creates new IDs on its own.
#include <gtest/gtest.h>

#include <vector>

#include "entail/context.hpp"
#include "entail/link_builder.hpp"

namespace entail {
namespace {

const std::string kTrace = "12345678901234567890123456789012";

// Three requests with these headers, and the service's view of them.
struct Served {
  LinkBuilder builder;
  std::vector<SpanContext> contexts;
  explicit Served(const std::vector<Header>& headers) {
    for (int request = 0; request < 3; ++request) {
      SpanContext context;
      if (extract_context(headers, context).ok()) contexts.push_back(context);
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
    EXPECT_EQ(context, served.contexts[0]);  // nothing carries over from one request to the next
  }
  EXPECT_EQ(served.builder.link_count(), 3u);
}

TEST(W3cRequests, multiple_requests_without_traceparent) {
  const Served served(std::vector<Header>{{"accept", "*/*"}});
  EXPECT_TRUE(served.contexts.empty());  // and no ID is invented
  EXPECT_EQ(served.builder.link_count(), 0u);
  EXPECT_EQ(served.builder.refused(ContextError::no_context), 3u);
}

TEST(W3cRequests, multiple_requests_with_illegal_traceparent) {
  const Served served(std::vector<Header>{{"traceparent", "00-00000000000000000000000000000000-1234567890123456-01"}});
  EXPECT_TRUE(served.contexts.empty());
  EXPECT_EQ(served.builder.refused(ContextError::zero_trace_id), 3u);
}

// A header parsed at version 00 or above, formatted and parsed again, gives the same: a hop through this library.
TEST(W3cRequests, AHeaderRoundTrips) {
  for (const char* version : {"00", "01", "cc", "fe"}) {
    const std::string text = std::string(version) + "-" + kTrace + "-1234567890123456-03";
    const auto context = parse_traceparent(text);
    ASSERT_TRUE(context.ok()) << text;
    EXPECT_EQ(format_traceparent(*context), "00-" + kTrace + "-1234567890123456-03");
  }
}

}  // namespace
}  // namespace entail
