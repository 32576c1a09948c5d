// LinkBuilder, decoded with protobuf C++: fields, refused contexts, left-out parts and allocations.
#include "entail/link_builder.hpp"

#include <gtest/gtest.h>

#include "otlp/decode.hpp"
#include "otlp_trace.pb.h"
#include "tests/links/allocations.hpp"
#include "tests/links/contexts.hpp"

namespace entail {
namespace {

using namespace links_test;
using enum ContextError;
using ProtoLink = otlp_proto::Span::Link;

otlp_proto::Span span_of(const LinkBuilder& builder) {
  const Bytes fields = builder.span_fields();
  otlp_proto::Span span;
  EXPECT_TRUE(span.ParseFromArray(fields.data(), static_cast<int>(fields.size())));
  EXPECT_EQ(static_cast<std::uint64_t>(span.links_size()), builder.link_count());
  for (int i = 0; i < span.links_size(); ++i) {
    const Bytes message = builder.link(static_cast<std::size_t>(i));
    EXPECT_EQ(span.links(i).SerializeAsString(), std::string(message.begin(), message.end()));
  }
  return span;
}

ProtoLink link_of(const LinkBuilder& builder) {
  const otlp_proto::Span span = span_of(builder);
  EXPECT_EQ(span.links_size(), 1);
  return span.links_size() == 1 ? span.links(0) : ProtoLink();
}

// "key=value" in wire order; strings quoted.
std::vector<std::string> attributes_of(const ProtoLink& link) {
  std::vector<std::string> attributes;
  for (const auto& attribute : link.attributes()) {
    const auto& value = attribute.value();
    std::string text = "?";
    if (value.has_string_value()) text = "'" + value.string_value() + "'";
    if (value.has_int_value()) text = std::to_string(value.int_value());
    if (value.has_bool_value()) text = value.bool_value() ? "true" : "false";
    if (value.has_double_value()) text = std::to_string(value.double_value());
    attributes.push_back(attribute.key() + "=" + text);
  }
  return attributes;
}

using Strings = std::vector<std::string>;

TEST(LinkBuilder, WritesABareLinkInThirtyFiveBytes) {
  LinkBuilder builder;
  EXPECT_EQ(builder.add(context_of()).error(), none);
  EXPECT_EQ(builder.span_fields().size(), 35u);
  const ProtoLink link = link_of(builder);
  EXPECT_EQ(link.trace_id(), "\x46\x3a\xc3\x5c\x9f\x64\x13\xad\x48\x48\x5a\x39\x53\xbb\x61\x24");
  EXPECT_EQ(link.span_id(), "\xa2\xfb\x4a\x1d\x1a\x96\xd3\x12");
  EXPECT_EQ(link.flags(), 0x301u);
  EXPECT_EQ(link.trace_state(), "");
  EXPECT_EQ(link.dropped_attributes_count(), 0u);
}

TEST(LinkBuilder, EncodesIsRemoteInTheFlags) {
  LinkBuilder builder;
  SpanContext local = context_of(kTrace, kSpan, 0xff);
  local.is_remote = false;
  EXPECT_TRUE(builder.add(local).ok());
  EXPECT_EQ(link_of(builder).flags(), 0x1ffu);
}

TEST(LinkBuilder, WritesAllDetailsUnderTheirKeys) {
  LinkBuilder builder;
  const LinkAttribute own[] = {{"text", "x"}, {"int", -5},   {"double", 0.5},
                               {"yes", true}, {"no", false}, {"empty", ""}};
  LinkDetails details;
  details.type = link_type::kRetryPrevious;
  details.relationship = link_relationship::kRetryOf;
  details.delay_ms = 0;
  details.gap_ms = -1;
  details.batch_index = 2;
  details.batch_size = 3;
  details.queue_name = "orders";
  details.queue_delay_ms = 40;
  details.retry_attempt = 1;
  details.retry_reason = "timeout";
  details.workflow_step = "charge";
  details.workflow_id = "w-1";
  details.correlation_id = "c-1";
  details.stored_age_ms = 86400000;
  details.attributes = own;
  SpanContext context = context_of();
  context.trace_state = "ot=th:8,foo=1";
  EXPECT_EQ(builder.add(context, details).error(), none);
  const ProtoLink link = link_of(builder);
  EXPECT_EQ(link.trace_state(), "ot=th:8,foo=1");
  EXPECT_EQ(attributes_of(link), (Strings{"link.type='retry_previous'",
                                          "link.relationship='retry_of'",
                                          "link.delay_ms=0",
                                          "link.gap_ms=-1",
                                          "link.batch.index=2",
                                          "link.batch.size=3",
                                          "link.queue.name='orders'",
                                          "link.queue.delay_ms=40",
                                          "link.retry.attempt=1",
                                          "link.retry.reason='timeout'",
                                          "link.workflow.step='charge'",
                                          "link.workflow.id='w-1'",
                                          "link.correlation_id='c-1'",
                                          "link.stored_age_ms=86400000",
                                          "text='x'",
                                          "int=-5",
                                          "double=0.500000",
                                          "yes=true",
                                          "no=false",
                                          "empty=''"}));
}

TEST(LinkVocabulary, HasTheDocumentedSpelling) {
  const std::string_view types[] = {link_type::kBatchSource,   link_type::kAsyncTrigger,
                                    link_type::kRetryPrevious, link_type::kFanoutSource,
                                    link_type::kFaninTarget,   link_type::kWorkflowPredecessor,
                                    link_type::kEventSource,   link_type::kScheduledTrigger};
  const std::string_view relationships[] = {link_relationship::kTriggeredBy, link_relationship::kBatchMember,
                                            link_relationship::kFollowsFrom, link_relationship::kAggregates,
                                            link_relationship::kRetryOf,     link_relationship::kCompensates,
                                            link_relationship::kDerivedFrom};
  std::string text;
  for (const std::string_view type : types) text.append(type).append(" ");
  for (const std::string_view relationship : relationships) text.append(relationship).append(" ");
  EXPECT_EQ(text,
            "batch_source async_trigger retry_previous fanout_source fanin_target workflow_predecessor event_source "
            "scheduled_trigger triggered_by batch_member follows_from aggregates retry_of compensates derived_from ");
}

TEST(LinkBuilder, RefusesAndCountsInvalidContexts) {
  LinkBuilder builder;
  EXPECT_EQ(builder.add(SpanContext{}).error(), zero_trace_id);
  EXPECT_EQ(builder.add(context_of({}, kSpan)).error(), zero_trace_id);
  EXPECT_EQ(builder.add(context_of(kTrace, {})).error(), zero_span_id);
  EXPECT_EQ(builder.add(StoredContext{"{"}).error(), bad_json);
  EXPECT_EQ(builder.add(Carrier{}).error(), no_context);
  const Header bad{"b3", "0"};
  EXPECT_EQ(builder.add(Carrier(&bad, 1)).error(), no_ids);
  EXPECT_EQ(builder.link_count(), 0u);
  EXPECT_EQ(builder.span_fields().size(), 0u);
  EXPECT_EQ(builder.refused(zero_trace_id), 2u);
  EXPECT_EQ(builder.refused(zero_span_id), 1u);
  EXPECT_EQ(builder.refused(bad_json), 1u);
  EXPECT_EQ(builder.refused(no_context), 1u);
  EXPECT_EQ(builder.refused(no_ids), 1u);
  EXPECT_EQ(builder.refused_count(), 6u);
}

TEST(LinkBuilder, ABadTraceStateIsLeftOut) {
  LinkBuilder builder;
  SpanContext context = context_of();
  context.trace_state = "NOT ONE";
  EXPECT_EQ(builder.add(context).error(), none);
  EXPECT_EQ(link_of(builder).trace_state(), "");
  EXPECT_EQ(builder.left_out(bad_trace_state), 1u);
  EXPECT_EQ(builder.refused_count(), 0u);
}

TEST(LinkBuilder, AddsStoredContextsAndCarriers) {
  LinkBuilder builder;
  SpanContext context = context_of();
  context.trace_state = "a=1";
  EXPECT_EQ(builder.add(StoredContext{format_stored_context(context)}).error(), none);
  const std::string traceparent = format_traceparent(context);
  const Header headers[] = {{"Content-Type", "x"}, {"TraceParent", traceparent}, {"tracestate", "a=1"}};
  EXPECT_EQ(builder.add(Carrier(headers)).error(), none);
  EXPECT_EQ(builder.add(context).error(), none);
  const otlp_proto::Span span = span_of(builder);
  for (const ProtoLink& link : span.links()) EXPECT_EQ(link.SerializeAsString(), span.links(2).SerializeAsString());
}

TEST(LinkBuilder, CountsPartsLostFromACarrier) {
  LinkBuilder builder;
  const Header headers[] = {{"traceparent", "00-"}, {"b3", "000000000000000b-000000000000000b"}};
  EXPECT_EQ(builder.add(Carrier(headers)).error(), none);
  EXPECT_EQ(builder.left_out(too_short), 1u);
  const std::string traceparent = format_traceparent(context_of());
  const Header more[] = {{"traceparent", traceparent}, {"tracestate", "BAD"}};
  EXPECT_EQ(builder.add(Carrier(more)).error(), none);
  EXPECT_EQ(builder.left_out(bad_trace_state), 1u);
  EXPECT_EQ(span_of(builder).links(1).trace_state(), "");
  EXPECT_EQ(builder.refused_count(), 0u);
}

TEST(LinkBuilder, AttributesThatAreBadOrTooManyAreDroppedAndCountedOnTheLink) {
  LinkBuilder builder(LinkBuilderLimits{.attributes_per_link_max = 3});
  const LinkAttribute own[] = {{"", 1}, {"a\xff", 1}, {"b", "\xc0\x80"}, {"c", 1}, {"c", 2}, {"d", 1}, {"e", 1}};
  LinkDetails details;
  details.type = "t";
  details.attributes = own;
  EXPECT_EQ(builder.add(context_of(), details).error(), none);
  const ProtoLink link = link_of(builder);
  EXPECT_EQ(attributes_of(link), (Strings{"link.type='t'", "c=1", "d=1"}));
  EXPECT_EQ(link.dropped_attributes_count(), 4u);
  EXPECT_EQ(builder.left_out(bad_attribute), 3u);
  EXPECT_EQ(builder.left_out(duplicate_attribute), 1u);
  EXPECT_EQ(builder.left_out(too_many_attributes), 1u);
}

TEST(LinkBuilder, DetailsWinOverAttributesOfTheSameKey) {
  LinkBuilder builder;
  const LinkAttribute own[] = {{link_key::kType, "other"}, {link_key::kDelayMs, 7}};
  LinkDetails details;
  details.type = link_type::kEventSource;
  details.attributes = own;
  EXPECT_TRUE(builder.add(context_of(), details).ok());
  EXPECT_EQ(attributes_of(link_of(builder)), (Strings{"link.type='event_source'", "link.delay_ms=7"}));
  EXPECT_EQ(builder.left_out(duplicate_attribute), 1u);
  EXPECT_EQ(link_of(builder).dropped_attributes_count(), 0u);
}

TEST(LinkBuilder, ABatchHasIndexSizeDelayAndOwnAttributes) {
  LinkBuilder builder;
  const SpanContext first = context_of({0, 1});
  const Header headers[] = {{"b3", "0000000000000002-0000000000000002-1"}};
  const std::string last = format_stored_context(context_of({0, 4}));
  const LinkAttribute own[] = {{"messaging.message.id", "m-2"}, {"partition", 9}};
  const LinkAttribute common[] = {{"topic", "t"}, {"partition", 1}};
  const BatchItem items[] = {
      {&first, {}, {}}, {Carrier(headers), 250, own}, {StoredContext{"no"}, 1, {}}, {StoredContext{last}, -3, {}}};
  LinkDetails shared;
  shared.relationship = link_relationship::kBatchMember;
  shared.delay_ms = 99;
  shared.batch_index = 99;
  shared.attributes = common;
  EXPECT_EQ(builder.add_batch(items, shared), 3u);
  const otlp_proto::Span span = span_of(builder);
  const Strings head = {"link.type='batch_source'", "link.relationship='batch_member'"};
  const auto with = [&head](Strings tail) {
    Strings all = head;
    all.insert(all.end(), tail.begin(), tail.end());
    return all;
  };
  EXPECT_EQ(attributes_of(span.links(0)),
            with({"link.batch.index=0", "link.batch.size=4", "topic='t'", "partition=1"}));
  EXPECT_EQ(attributes_of(span.links(1)), with({"link.delay_ms=250", "link.batch.index=1", "link.batch.size=4",
                                                "messaging.message.id='m-2'", "partition=9", "topic='t'"}));
  EXPECT_EQ(attributes_of(span.links(2)),
            with({"link.delay_ms=-3", "link.batch.index=3", "link.batch.size=4", "topic='t'", "partition=1"}));
  EXPECT_EQ(builder.refused(bad_json), 1u);
  EXPECT_EQ(builder.left_out(duplicate_attribute), 1u);
  shared.type = link_type::kFaninTarget;
  EXPECT_EQ(builder.add_batch(std::span(items).first(1), shared), 1u);
  EXPECT_EQ(attributes_of(span_of(builder).links(3))[0], "link.type='fanin_target'");
}

// span_fields() appended to a span are links of that span, for protobuf and for the engine's decoder.
TEST(LinkBuilder, FieldsAreAppendedToASpan) {
  otlp_proto::Span own;
  own.set_name("batch");
  own.add_links()->set_trace_id("0123456789abcdef");
  std::string bytes = own.SerializeAsString();
  LinkBuilder builder;
  for (int i = 0; i < 300; ++i) EXPECT_TRUE(builder.add(context_of({1, static_cast<std::uint64_t>(i) + 1})).ok());
  bytes.append(reinterpret_cast<const char*>(builder.span_fields().data()), builder.span_fields().size());
  otlp_proto::Span read;
  ASSERT_TRUE(read.ParseFromString(bytes));
  EXPECT_EQ(read.name(), "batch");
  EXPECT_EQ(read.links_size(), 301);

  otlp_proto::TracesData data;
  *data.add_resource_spans()->add_scope_spans()->add_spans() = read;
  const std::string request = data.SerializeAsString();
  otlp::Decoded decoded;
  ASSERT_TRUE(
      otlp::decode(Bytes(reinterpret_cast<const std::uint8_t*>(request.data()), request.size()), nullptr, decoded));
  EXPECT_EQ(decoded.link_count, 301u);
}

TEST(LinkBuilder, RefusesLinksBeyondItsLimits) {
  LinkBuilder few(LinkBuilderLimits{.links_max = 2});
  for (int i = 0; i < 5; ++i) (void)few.add(context_of());
  EXPECT_EQ(few.link_count(), 2u);
  EXPECT_EQ(few.refused(no_room), 3u);

  LinkBuilder small(LinkBuilderLimits{.bytes_max = 100});
  const std::string long_text(60, 'x');
  const LinkAttribute own[] = {{"k", long_text}};
  LinkDetails details;
  details.attributes = own;
  EXPECT_EQ(small.add(context_of()).error(), none);
  EXPECT_EQ(small.add(context_of(), details).error(), no_room);
  EXPECT_EQ(small.add(context_of()).error(), none);
  EXPECT_EQ(small.add(context_of()).error(), no_room);
  EXPECT_EQ(span_of(small).links_size(), 2);
  // An attribute beyond the limit is left out before it is copied.
  const std::string huge(1 << 20, 'x');
  const LinkAttribute beyond[] = {{"k", huge}};
  details.attributes = beyond;
  small.clear();
  EXPECT_EQ(small.add(context_of(), details).error(), none);
  EXPECT_EQ(small.left_out(no_room), 1u);
  EXPECT_EQ(link_of(small).dropped_attributes_count(), 1u);
  EXPECT_LT(small.held_bytes(), 4096u);
}

TEST(LinkBuilder, HoldsNoMoreThanItsLimit) {
  LinkBuilder builder(LinkBuilderLimits{.bytes_max = 50000});
  while (builder.add(context_of()).ok()) {
  }
  EXPECT_EQ(builder.link_count(), 50000u / 35);
  EXPECT_LE(builder.held_bytes(), 50000u + 2 * 8 * builder.link_count() + 1024);
}

TEST(LinkBuilder, ARefusedLinkLeavesNothingOut) {
  LinkBuilder builder(LinkBuilderLimits{.links_max = 0});
  SpanContext context = context_of();
  context.trace_state = "BAD";
  EXPECT_EQ(builder.add(context).error(), no_room);
  EXPECT_EQ(builder.left_out(bad_trace_state), 0u);
}

TEST(LinkBuilder, ClearForgetsLinksAndCounts) {
  LinkBuilder builder;
  EXPECT_TRUE(builder.add(context_of()).ok());
  EXPECT_FALSE(builder.add(SpanContext{}).ok());
  const std::uint64_t held = builder.held_bytes();
  EXPECT_GT(held, 35u);
  builder.clear();
  EXPECT_EQ(builder.link_count(), 0u);
  EXPECT_EQ(builder.refused_count(), 0u);
  EXPECT_EQ(builder.span_fields().size(), 0u);
  EXPECT_EQ(builder.held_bytes(), held);
}

void add_some(LinkBuilder& builder) {
  const Header headers[] = {{"traceparent", "00-463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-01"},
                            {"tracestate", "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"}};
  const LinkAttribute own[] = {{"messaging.message.id", "3b241101-e2bb-4255-8caf-4136c566a962"}, {"partition", 9}};
  static const SpanContext context = context_of();
  const BatchItem items[] = {{Carrier(headers), 5, own}, {&context, 6, own}, {Carrier{}, 7, own}};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(builder.add_batch(items), 2u);
}

TEST(LinkBuilder, AllocatesNothingOnceItsBuffersHaveGrown) {
  LinkBuilder builder;
  add_some(builder);
  const std::uint64_t before = allocations();
  for (int round = 0; round < 3; ++round) {
    builder.clear();
    add_some(builder);
  }
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(builder.link_count(), 200u);
}

// Whichever allocation fails, added links are complete and all others are refused.
TEST(LinkBuilder, SurvivesEveryFailedAllocation) {
  const LinkAttribute own[] = {{"messaging.message.id", "3b241101-e2bb-4255-8caf-4136c566a962"}};
  LinkDetails details;
  details.attributes = own;
  const SpanContext context = context_of();
  const std::string json =
      "{\"traceId\":\"463ac35c9f6413ad48485a3953bb6124\",\"spanId\":\"a2fb4a1d1a96d312\","
      "\"traceState\":\"congo=t61rcWkgMzE,rojo=00f067aa0ba902b7\",\"a long key of no meaning\":1}";
  std::uint64_t refused = 0;
  for (std::int64_t limit = 0; limit < 40; ++limit) {
    LinkBuilder builder;
    {
      const AllocationLimit scope(limit);
      for (int i = 0; i < 20; ++i) (void)builder.add(context, details);
      (void)builder.add(StoredContext{json});
    }
    EXPECT_EQ(builder.link_count() + builder.refused(out_of_memory), 21u);
    EXPECT_EQ(builder.refused_count(), builder.refused(out_of_memory));
    refused += builder.refused(out_of_memory);
    EXPECT_EQ(static_cast<std::uint64_t>(span_of(builder).links_size()), builder.link_count());
  }
  EXPECT_GT(refused, 50u);
}

}  // namespace
}  // namespace entail
