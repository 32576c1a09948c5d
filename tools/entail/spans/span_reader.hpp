// The spans of a request with everything that they carry, for commands that write them in another form.
//
// They are read from the request as it would be written: repaired, and printed as OTLP/JSON. Spans with an invalid
// trace or span ID are counted and left out. Thread rule: Confined. Memory: the JSON form of one request, some five
// times its protobuf form.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "entail/entail.hpp"
#include "spans/plain_json.hpp"

namespace entail::cli {

// IDs are lower-case hex digits.
struct LinkView {
  std::string_view trace_id;  // empty if it was not of its length
  std::string_view span_id;
  std::string_view trace_state;
  JsonList attributes;
};

struct EventView {
  std::optional<std::int64_t> time_ns;
  std::string_view name;
  JsonList attributes;
};

// All views end with the call that gives the span out.
struct SpanView {
  std::string_view trace_id;
  std::string_view span_id;
  std::string_view parent_span_id;  // empty for a root
  std::string_view trace_state;
  std::string_view service;   // the resource's service.name, if it is a string
  std::string_view resource;  // its attributes as a plain JSON object
  JsonList resource_attributes;
  std::string_view scope_name;
  std::string_view scope_version;
  std::string_view name;
  std::int64_t kind = 0;                 // as in OTLP
  std::optional<std::int64_t> start_ns;  // nothing if it is 0 or beyond 2^63: no time
  std::optional<std::int64_t> end_ns;
  std::int64_t status_code = 0;
  std::string_view status_message;
  std::uint64_t flags = 0;
  std::uint64_t size_bytes = 0;  // of the Span message as it arrived
  JsonList attributes;
  JsonList events;
  JsonList links;

  bool is_error() const noexcept { return status_code == 2; }
};

// "SERVER"; a number that OTLP does not define is written as such.
std::string kind_name(std::int64_t kind);
// "UNSET", "OK", "ERROR"; likewise.
std::string status_name(std::int64_t code);

// Fills in what an OTLP/JSON span says itself, without its resource and scope. False: it is no object.
bool read_span(const simdjson::dom::element& span, SpanView& view);
LinkView link_view(const simdjson::dom::element& link);
EventView event_view(const simdjson::dom::element& event);
// The value of link.type, else of link.relationship.
std::string_view type_of(const LinkView& link);

class SpanReader {
 public:
  // Calls each(span) in the order of the request. False: the request cannot be printed as JSON, and nothing was given
  // out.
  bool read(const Request& request, const std::function<void(const SpanView&)>& each);

  std::uint64_t rejected() const noexcept { return rejected_; }  // spans with an invalid ID

 private:
  void read_scope(const simdjson::dom::element& scope_spans, SpanView& span,
                  const std::function<void(const SpanView&)>& each);

  struct SpanFact {
    std::uint64_t size_bytes = 0;
    bool valid = false;
  };
  class FactVisitor;

  std::vector<SpanFact> facts_;
  std::size_t next_fact_ = 0;
  std::vector<std::uint8_t> repaired_;
  std::string json_;
  std::string resource_;
  simdjson::dom::parser parser_;
  std::uint64_t rejected_ = 0;
};

}  // namespace entail::cli
