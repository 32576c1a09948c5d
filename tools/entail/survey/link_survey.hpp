// What the links of some inputs look like: counted while requests pass, resolved at the end.
//
// Conservation: links = edges + same_trace + null_target + on_rejected_spans + the sum of invalid; edges + same_trace =
// resolved + span_absent + trace_absent; resolved = delay_ns.count + overlapping + untimed.
//
// Thread rule: Confined. Memory: rows of 40 bytes for each good span and of 48 for each good link, held until finish();
// with the room to grow and what finish() sorts, at most some three times that. The rest does not grow with the input.
// Cost: a few sorts of those arrays in finish().
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "entail/entail.hpp"

namespace entail::cli {

// Sizes by powers of two: 0, 1, 2, 3-4, 5-8, ...
struct Histogram {
  static constexpr std::size_t kBuckets = 34;
  std::array<std::uint64_t, kBuckets> counts = {};
  std::uint64_t max = 0;
  void add(std::uint64_t size) noexcept;
  // "3-4" of the bucket.
  static std::string label(std::size_t bucket);
};

struct Spread {  // of the values of a sample, exact
  std::uint64_t count = 0;
  std::int64_t p50 = 0;
  std::int64_t p99 = 0;
  std::int64_t max = 0;
};

// A place in the inputs.
struct Place {
  enum class Kind : std::uint8_t { line, byte, message } kind = Kind::byte;  // message: no nearer than where it begins
  std::string file;
  std::uint64_t at = 0;  // line number, or byte offset in the unpacked input
};

// Names and types are UTF-8, cut after 128 bytes, and may hold characters that a terminal obeys.
struct SurveyResult {
  struct Bad {
    std::string reason;
    TraceId trace_id;  // of the span; zero for spans without a good one
    Place place;
  };
  using Counts = std::map<std::string, std::uint64_t>;

  std::uint64_t requests = 0, spans = 0, traces = 0, spans_with_links = 0, links = 0;
  Counts rejected;  // spans with a bad ID, by reason
  std::vector<Bad> rejected_first;
  Histogram links_per_span;                                    // of all spans
  std::uint64_t on_rejected_spans = 0;                         // links
  std::uint64_t dropped_upstream = 0, spans_cut_upstream = 0;  // cut by SDKs

  // Links of good spans. A link with several types counts for each of them.
  Counts by_type;  // '-' written as '_'
  std::uint64_t untyped = 0;
  std::uint64_t other_types = 0;  // after kTypesMax distinct ones
  std::uint64_t null_target = 0, bad_tracestate = 0;
  Counts invalid;                  // by reason
  std::vector<Bad> invalid_first;  // of each reason

  struct Large {
    TraceId trace_id;
    SpanId span_id;
    std::string service, name;
    std::uint64_t links = 0, bytes = 0;
    Place place;
  };
  std::vector<Large> largest;  // by links, most first

  std::uint64_t same_trace = 0, edges = 0, distinct_edges = 0;    // good links; pairs of traces
  std::uint64_t resolved = 0, span_absent = 0, trace_absent = 0;  // good links, by what is at their end
  std::uint64_t overlapping = 0;  // resolved, but the linking span began before the linked one ended
  std::uint64_t untimed = 0;  // resolved, but one of these two times is none, or the linked span ends before it began
  Spread delay_ns;            // from the end of the linked span to the start of the linking one

  struct Degree {
    TraceId trace_id;
    std::uint64_t count = 0;
  };
  Spread fan_in, fan_out;  // distinct linking (linked) traces, of the traces that have any
  std::vector<Degree> most_linking_to, most_linked_from;

  std::uint64_t components = 0;  // of two traces or more
  Histogram component_sizes;     // in traces, absent ones included
  std::uint64_t largest_component = 0;
};

class LinkSurvey final : public RequestVisitor {
 public:
  static constexpr std::size_t kTopMax = 10;
  static constexpr std::size_t kTypesMax = 256;  // distinct types that are named

  // Takes in one request; `place` is where it begins; of Kind::byte, its parts are offset by that many bytes.
  void add(const Request& request, const Place& place);
  // Call once, at the end.
  SurveyResult finish();

  void on_span(const SpanInfo& span) override;
  void on_link(const SpanInfo& span, const LinkInfo& link) override;

 private:
  struct SpanRow {
    TraceId trace_id;
    SpanId span_id;
    std::uint64_t start_ns = 0, end_ns = 0;
    auto operator<=>(const SpanRow&) const = default;
  };
  struct LinkRow {
    TraceId linking, linked;
    SpanId linked_span;
    std::uint64_t start_ns = 0;  // of the linking span
  };
  struct Edge {
    std::uint32_t linking = 0, linked = 0;  // indices of traces
    auto operator<=>(const Edge&) const = default;
  };

  Place place_of(std::uint64_t offset) const;
  void note_bad(std::string_view problem, TraceId trace_id, std::uint64_t offset, SurveyResult::Counts& counts,
                std::vector<SurveyResult::Bad>& first) const;
  void count_types(const LinkInfo& link);
  void note_large(const SpanInfo& span);
  void resolve_links();
  std::vector<TraceId> number_traces();
  std::vector<Edge> distinct_edges(const std::vector<TraceId>& traces) const;
  void count_degrees(const std::vector<TraceId>& traces, std::vector<Edge> edges);
  void count_components(std::size_t trace_count, const std::vector<Edge>& edges);

  SurveyResult result_;
  std::vector<SpanRow> spans_;
  std::vector<LinkRow> links_;
  const Place* place_ = nullptr;  // of the request that is being added
};

}  // namespace entail::cli
