// append_span() compared with protobuf C++: for random spans and edits the edited object equals the edited bytes, and
// the bytes of all other fields are preserved, in order (G6).
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "emit/batch_writer.hpp"
#include "otlp/decode.hpp"
#include "tests/otlp/decode_oracle.hpp"
#include "wire/field_cursor.hpp"
#include "wire/range.hpp"

namespace entail::emit {
namespace {

using otlp_test::Random;
using wire::Buffer;

// The edit as protobuf would make it.
void apply(otlp_lax::Span& span, const SpanEdit& edit) {
  if (edit.replace_trace_state) span.set_trace_state(std::string(edit.trace_state));
  if (edit.replace_links) {
    span.clear_links();
    for (const Bytes field : edit.link_fields) {
      otlp_lax::Span one;
      ASSERT_TRUE(otlp_test::oracle_parse(field, one));
      ASSERT_EQ(one.links_size(), 1);
      *span.add_links() = one.links(0);
    }
  }
  if (edit.dropped_links_count) span.set_dropped_links_count(*edit.dropped_links_count);
  std::map<std::string, const Attribute*> edits;
  for (const Attribute& attribute : edit.attributes) edits[std::string(attribute.key)] = &attribute;
  otlp_lax::Span old = span;
  span.clear_attributes();
  std::map<std::string, bool> written;
  const auto write = [&](const Attribute& attribute) {
    if (std::exchange(written[std::string(attribute.key)], true) || attribute.is_removal()) return;
    auto* added = span.add_attributes();
    added->set_key(std::string(attribute.key));
    added->mutable_value()->set_int_value(std::get<std::int64_t>(attribute.value));
  };
  for (const auto& attribute : old.attributes()) {
    const auto found = edits.find(attribute.key());
    if (found == edits.end()) {
      *span.add_attributes() = attribute;
    } else {
      write(*found->second);
    }
  }
  for (const Attribute& attribute : edit.attributes) write(attribute);
}

// The bytes of all fields that no edit may change.
std::string untouched(Bytes payload) {
  std::string all;
  wire::FieldCursor cursor(payload, 0, static_cast<std::uint32_t>(payload.size()));
  for (wire::FieldView field; cursor.next(field);) {
    const bool length = field.wire_type == wire::WireType::length;
    if (length && (field.number == 3 || field.number == 9 || field.number == 13)) continue;
    if (field.wire_type == wire::WireType::varint && field.number == 14) continue;
    all += otlp_test::as_string(wire::slice(payload, field.whole));
  }
  return all;
}

TEST(EmitDifferential, MatchesProtobuf_ForRandomSpansAndEdits) {
  Random random(31);
  otlp_test::RandomMessage messages(random, false);
  std::uint64_t changed = 0;
  for (int i = 0; i < 20000; ++i) {
    Buffer payload = messages.make(*otlp_lax::Span::descriptor());
    wire::append_bytes(payload, messages.make(*otlp_lax::Span::descriptor()));
    otlp_lax::Span wanted;
    ASSERT_TRUE(otlp_test::oracle_parse(payload, wanted));
    SpanEdit edit;
    edit.replace_trace_state = random() % 3 == 0;
    edit.trace_state = random() % 2 == 0 ? "ot=th:8" : "";
    edit.replace_links = random() % 3 == 0;
    const Buffer link_a = {0x6a, 0x02, 0x0a, 0x00}, link_b = {0x6a, 0x03, 0x0a, 0x01, 0x41};
    const std::vector<Bytes> links = {link_b, link_a};
    edit.link_fields = std::span(links).first(random() % 3);
    if (random() % 3 == 0) edit.dropped_links_count = static_cast<std::uint32_t>(random() % 3 * 1000);
    std::vector<Attribute> attributes;
    if (random() % 2 == 0) attributes.push_back({"new", std::int64_t{5}});
    if (random() % 2 == 0) attributes.push_back({"", std::int64_t{6}});
    std::string existing;
    if (wanted.attributes_size() > 0) existing = wanted.attributes(0).key();
    if (!existing.empty() && random() % 2 == 0) attributes.push_back({existing, std::int64_t{7}});
    if (random() % 4 == 0 && !attributes.empty()) attributes.back().value = std::monostate{};
    edit.attributes = attributes;
    ASSERT_NO_FATAL_FAILURE(apply(wanted, edit));

    Buffer out;
    append_span(payload, edit, out);
    otlp_lax::Span got;
    ASSERT_TRUE(otlp_test::oracle_parse(out, got)) << i;
    ASSERT_EQ(otlp_test::deterministic(got), otlp_test::deterministic(wanted)) << i;
    ASSERT_EQ(untouched(out), untouched(payload)) << i;
    ASSERT_TRUE(!edit.empty() || out == payload);
    changed += out != payload;
  }
  EXPECT_GT(changed, 10000u);
}

// Every span of a capture rewritten unedited: protobuf reads the same resources, scopes and spans, and the bytes of
// each span are the received ones.
void round_trip(Bytes request) {
  otlp::Decoded decoded;
  ASSERT_TRUE(otlp::decode(request, nullptr, decoded).ok());
  const auto fields = [&](std::uint32_t first, std::uint32_t count) {
    Buffer all;
    for (std::uint32_t i = first; i < first + count; ++i)
      wire::append_bytes(all, wire::slice(request, decoded.fields[i]));
    return all;
  };
  BatchWriter writer(UINT64_MAX);
  std::multimap<std::string, std::string> wanted, got;
  for (const otlp::SpanView& span : decoded.spans) {
    const otlp::ScopeView& scope_view = decoded.scopes[span.scope];
    const otlp::ResourceView& resource_view = decoded.resources[scope_view.resource];
    const Buffer resource = fields(resource_view.first_field, resource_view.field_count);
    const Buffer scope = fields(scope_view.first_field, scope_view.field_count);
    const Bytes payload = wire::slice(request, span.payload);
    ASSERT_FALSE(writer.add({resource, base::digest(resource), scope, base::digest(scope), payload}));
    wanted.emplace(otlp_test::as_string(resource) + "|" + otlp_test::as_string(scope), otlp_test::as_string(payload));
  }
  const Bytes message = writer.take();
  ASSERT_LE(message.size(), request.size() + 8) << "spans share the same envelopes as before";
  otlp::Decoded again;
  ASSERT_TRUE(otlp::decode(message, nullptr, again).ok());
  for (const otlp::SpanView& span : again.spans) {
    std::string key;
    const otlp::ScopeView& scope = again.scopes[span.scope];
    const otlp::ResourceView& resource = again.resources[scope.resource];
    for (std::uint32_t i = 0; i < resource.field_count; ++i)
      key += otlp_test::as_string(wire::slice(message, again.fields[resource.first_field + i]));
    key += "|";
    for (std::uint32_t i = 0; i < scope.field_count; ++i)
      key += otlp_test::as_string(wire::slice(message, again.fields[scope.first_field + i]));
    got.emplace(key, otlp_test::as_string(wire::slice(message, span.payload)));
  }
  ASSERT_EQ(got.size(), wanted.size());
  ASSERT_EQ(got, wanted);
}

TEST(EmitDifferential, RoundTripsCaptures) {
  int requests = 0;
  Random random(32);
  for (const auto& entry : std::filesystem::directory_iterator(std::string(ENTAIL_SOURCE_DIR) + "/tests/golden/sdk")) {
    if (entry.path().extension() != ".bin") continue;
    for (const std::string& request : otlp_test::read_frames(entry.path())) {
      ASSERT_NO_FATAL_FAILURE(round_trip(otlp_test::as_bytes(request)));
      const std::string collector = otlp_test::reordered(request, *otlp_lax::TracesData::descriptor(), nullptr);
      ASSERT_NO_FATAL_FAILURE(round_trip(otlp_test::as_bytes(collector)));
      ++requests;
    }
  }
  EXPECT_GT(requests, 20);
}

}  // namespace
}  // namespace entail::emit
