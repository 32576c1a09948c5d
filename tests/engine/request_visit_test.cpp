// Request::visit() compared with protobuf C++: the same spans and links, in the same order, at the same offsets.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "otlp_lax.pb.h"
#include "tests/engine/engine_run.hpp"

namespace entail::engine_test {
namespace {

namespace fs = std::filesystem;

// One line per span and link, with everything the visitor receives except the offsets.
class Recorder : public RequestVisitor {
 public:
  explicit Recorder(Bytes request) : request_(request) {}

  void on_span(const SpanInfo& span) override {
    text += "span " + to_hex(span.trace_id) + " " + to_hex(span.span_id) + " " + to_hex(span.parent_span_id) + " " +
            std::string(span.problem) + "|" + std::string(span.name) + "|" + std::string(span.service) + "|" +
            std::to_string(span.start_ns) + " " + std::to_string(span.end_ns) + " " + std::to_string(span.status_code) +
            " " + std::to_string(span.link_count) + " " + std::to_string(span.dropped_links_count) + "\n";
    EXPECT_EQ(links_due_, 0u) << "links of the previous span";
    links_due_ = span.link_count;
    ++span_count;
    check_span_place(span);
  }

  void on_link(const SpanInfo&, const LinkInfo& link) override {
    text += "link " + to_hex(link.trace_id) + " " + to_hex(link.span_id) + " " + std::string(link.problem) + "|" +
            std::to_string(link.flags) + " " + std::to_string(link.bad_tracestate) + " " +
            std::to_string(link.attribute_count);
    for (const std::string_view type : link.types) text += "|" + std::string(type);
    text += "\n";
    ASSERT_GT(links_due_, 0u);
    --links_due_;
    ++link_count;
    check_link_place(link);
  }

  std::string text;
  std::size_t span_count = 0, link_count = 0;

 private:
  // The bytes at the offset are the message.
  void check_span_place(const SpanInfo& span) {
    ASSERT_LE(span.offset + span.size_bytes, request_.size());
    ASSERT_TRUE(span_.ParseFromArray(request_.data() + span.offset, static_cast<int>(span.size_bytes)));
    EXPECT_EQ(span_.name(), span.name);
    EXPECT_EQ(span_.start_time_unix_nano(), span.start_ns);
    EXPECT_EQ(static_cast<std::uint64_t>(span_.links_size()), span.link_count);
  }
  void check_link_place(const LinkInfo& link) {
    ASSERT_LT(link.offset, request_.size());
    EXPECT_EQ(request_[link.offset], 13 << 3 | 2);
    // The bytes from there are fields of a span, the first of them this link.
    const int index = span_.links_size() - 1 - static_cast<int>(links_due_);
    const std::string wanted = span_.links(index).SerializeAsString();
    otlp_lax::Span alone;
    std::size_t size = request_[link.offset + 1];
    std::size_t begin = 2;
    for (unsigned shift = 7; (request_[link.offset + begin - 1] & 0x80) != 0; shift += 7, ++begin)
      size = (size & ((std::size_t{1} << shift) - 1)) | std::size_t{request_[link.offset + begin]} << shift;
    ASSERT_TRUE(alone.ParseFromArray(request_.data() + link.offset, static_cast<int>(begin + size)));
    ASSERT_EQ(alone.links_size(), 1);
    EXPECT_EQ(alone.links(0).SerializeAsString(), wanted);
  }

  Bytes request_;
  otlp_lax::Span span_;
  std::uint64_t links_due_ = 0;
};

std::string problem_of(const std::string& trace_id, const std::string& span_id, bool has_payload) {
  const std::string reason = oracle::bad_reason(trace_id, span_id);
  return reason == "all_zero" && has_payload ? "null_target" : reason;
}

std::string ids_text(const std::string& trace_id, const std::string& span_id, bool good) {
  return good ? to_hex(oracle::trace_id_of(trace_id)) + " " + to_hex(oracle::span_id_of(span_id))
              : to_hex(TraceId{}) + " " + to_hex(SpanId{});
}

std::string link_line(const otlp_lax::Span::Link& link) {
  const std::string problem =
      problem_of(link.trace_id(), link.span_id(), link.attributes_size() != 0 || !link.trace_state().empty());
  const bool bad_tracestate = !link.trace_state().empty() && !oracle::is_sound(link.trace_state());
  std::string text = "link " + ids_text(link.trace_id(), link.span_id(), problem.empty()) + " " + problem + "|" +
                     std::to_string(link.flags()) + " " + std::to_string(bad_tracestate) + " " +
                     std::to_string(link.attributes_size());
  for (const otlp_lax::KeyValue& attribute : link.attributes())
    if ((attribute.key() == "link.type" || attribute.key() == "link.relationship") &&
        attribute.value().value_case() == otlp_lax::AnyValue::kStringValue)
      text += "|" + attribute.value().string_value();
  return text + "\n";
}

std::string span_line(const otlp_lax::Span& span, const std::string& service) {
  const std::string problem = problem_of(span.trace_id(), span.span_id(), false);
  const std::string parent = span.parent_span_id().size() == 8 ? span.parent_span_id() : std::string(8, '\0');
  const auto code = static_cast<std::uint32_t>(span.status().code());
  return "span " + ids_text(span.trace_id(), span.span_id(), problem.empty()) + " " +
         to_hex(oracle::span_id_of(parent)) + " " + problem + "|" + span.name() + "|" + service + "|" +
         std::to_string(span.start_time_unix_nano()) + " " + std::to_string(span.end_time_unix_nano()) + " " +
         std::to_string(std::min(code, 3u)) + " " + std::to_string(span.links_size()) + " " +
         std::to_string(span.dropped_links_count()) + "\n";
}

std::string service_of(const otlp_lax::Resource& resource) {
  for (const otlp_lax::KeyValue& attribute : resource.attributes())
    if (attribute.key() == "service.name" && attribute.value().value_case() == otlp_lax::AnyValue::kStringValue)
      return attribute.value().string_value();
  return {};
}

std::string expected_text(const otlp_lax::TracesData& data) {
  std::string text;
  for (const auto& resource_spans : data.resource_spans())
    for (const auto& scope_spans : resource_spans.scope_spans())
      for (const auto& span : scope_spans.spans()) {
        text += span_line(span, service_of(resource_spans.resource()));
        for (const auto& link : span.links()) text += link_line(link);
      }
  return text;
}

struct Seen {
  std::size_t spans = 0, links = 0, requests = 0;
};

void compare(const std::string& bytes, Seen& seen) {
  Request request;
  if (!request.parse_protobuf(as_bytes(bytes)).ok()) return;
  otlp_lax::TracesData data;
  if (!data.ParseFromString(bytes)) return;  // its depth limit differs
  Recorder recorder(request.protobuf());
  request.visit(recorder);
  EXPECT_EQ(recorder.text, expected_text(data));
  EXPECT_EQ(recorder.span_count, request.span_count());
  seen.spans += recorder.span_count;
  seen.links += recorder.link_count;
  ++seen.requests;
}

std::vector<std::string> captures() {
  std::vector<std::string> all;
  for (const auto& entry : fs::directory_iterator(ENTAIL_SOURCE_DIR "/tests/golden/sdk"))
    if (entry.path().extension() == ".bin")
      for (std::string& message : workload::split_frames(workload::read_file(entry.path().string())))
        all.push_back(std::move(message));
  for (const char* const name : {"traces-initial.otlp.pb", "otlp_traces.pb"})
    all.push_back(workload::read_file(std::string(ENTAIL_SOURCE_DIR "/tests/golden/duckdb-otlp/") + name));
  return all;
}

TEST(RequestVisit, MatchesProtobuf) {
  Seen seen;
  for (const std::string& bytes : captures()) compare(bytes, seen);
  EXPECT_GT(seen.requests, 50u);
  EXPECT_GT(seen.links, 400u);
  // Two concatenated requests are one request.
  std::string joined;
  for (const std::string& bytes : captures()) joined += bytes;
  Seen whole;
  compare(joined, whole);
  EXPECT_EQ(whole.spans, seen.spans);
  EXPECT_EQ(whole.links, seen.links);
}

TEST(RequestVisit, MatchesProtobuf_ForMutatedBytes) {
  std::mt19937_64 random(11);
  Seen seen;
  const std::vector<std::string> all = captures();
  for (int round = 0; round < 6000; ++round) {
    std::string bytes = all[random() % all.size()];
    if (bytes.size() > 4000) continue;
    for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    compare(bytes, seen);
    if (HasFailure()) return;
  }
  EXPECT_GT(seen.requests, 1000u);
  EXPECT_GT(seen.links, 1000u);
}

TEST(RequestVisit, HandlesUnusualRequests) {
  otlp_lax::TracesData data;
  auto& spans = *data.add_resource_spans();
  for (const char* const key : {"service.name", "service.name"})
    spans.mutable_resource()->add_attributes()->set_key(key);
  auto& attributes = *spans.mutable_resource()->mutable_attributes();
  attributes[0].mutable_value()->set_int_value(3);
  attributes[1].mutable_value()->set_string_value("second");
  auto& span = *spans.add_scope_spans()->add_spans();
  span.set_trace_id(std::string(16, '\x01'));
  span.set_span_id(std::string(8, '\x02'));
  span.set_parent_span_id("odd");
  span.mutable_status()->set_code(static_cast<otlp_lax::Status::StatusCode>(-1));
  auto& link = *span.add_links();
  link.set_trace_state("=,=");
  for (int i = 0; i < 40; ++i) {
    auto& attribute = *link.add_attributes();
    attribute.set_key(i % 2 == 0 ? "link.type" : "link.relationship");
    attribute.mutable_value()->set_string_value("type " + std::to_string(i));
  }
  link.add_attributes()->set_key("link.type");
  span.add_links();
  data.add_resource_spans()->add_scope_spans()->add_spans();
  // Repeated singular fields: messages merge, the last scalar wins.
  std::string bytes = data.SerializeAsString();
  otlp_lax::ResourceSpans again;
  again.mutable_resource()->add_attributes()->set_key("more");
  const std::string resource = again.SerializeAsString();
  const std::string first = spans.SerializeAsString() + resource;
  bytes = "\x0a" + std::string(1, static_cast<char>((first.size() & 0x7f) | 0x80)) +
          std::string(1, static_cast<char>(first.size() >> 7)) + first + bytes;
  Seen seen;
  compare(bytes, seen);
  EXPECT_EQ(seen.spans, 3u);
  EXPECT_EQ(seen.links, 4u);
  compare("", seen);
  EXPECT_EQ(seen.requests, 2u);
}

TEST(RequestVisit, DistinguishesBadHex_InJson) {
  Request request;
  ASSERT_TRUE(request
                  .parse_json(R"({"resourceSpans":[{"scopeSpans":[{"spans":[
      {"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"a","links":[
        {"traceId":"zz","spanId":"0102030405060708"},{"traceId":"01","spanId":"0102030405060708"},
        {"traceId":"00000000000000000000000000000000","spanId":"0000000000000000"},{"traceState":"k=v"}]},
      {"traceId":"0102030405060708090a0b0c0d0e0fzz","spanId":"0102030405060708","name":"b","links":[{}]}]}]}]})")
                  .ok());
  struct Problems : RequestVisitor {
    std::vector<std::string> all;
    void on_span(const SpanInfo& span) override {
      all.push_back(std::string(span.name) + " " + std::string(span.problem));
    }
    void on_link(const SpanInfo& span, const LinkInfo& link) override {
      all.push_back(std::string(span.name) + " link " + std::string(link.problem));
    }
  } problems;
  request.visit(problems);
  EXPECT_EQ(problems.all, (std::vector<std::string>{"a ", "a link bad_hex", "a link wrong_length", "a link all_zero",
                                                    "a link null_target", "b bad_hex", "b link all_zero"}));
  // The visitor receives nothing that did not parse.
  EXPECT_FALSE(request.parse_json("{").ok());
  problems.all.clear();
  request.visit(problems);
  EXPECT_TRUE(problems.all.empty());
}

}  // namespace
}  // namespace entail::engine_test
