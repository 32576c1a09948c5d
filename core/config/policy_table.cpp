#include <algorithm>
#include <array>

#include "config/option_table.hpp"

namespace entail::config {

namespace {

using namespace std::string_view_literals;

constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();
constexpr std::uint64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
constexpr std::uint64_t kValuesMax = 100'000;
constexpr std::uint64_t kConditionsMax = 1000;

constexpr std::array kStatusCodes = {"UNSET"sv, "OK"sv, "ERROR"sv};  // by OTLP number
constexpr std::array kErrorModes = {"ignore"sv, "silent"sv, "propagate"sv};

using Row = option::Row<PolicyOptions>;
using Rows = std::vector<Row>;

option::Shape whole(std::string_view key, std::string_view help, option::Bounds bounds = {0, kInt64Max}) {
  return {.key = key, .kind = option::Kind::whole, .bounds = bounds, .help = help};
}
option::Shape with(option::Shape shape, option::Presence presence) {
  shape.presence = presence;
  return shape;
}

Row key_row(std::string_view help) {
  return option::row<PolicyOptions, [](auto& p) -> auto& { return p.key; }>(
      {.key = "key", .kind = option::Kind::text, .help = help, .presence = option::Presence::required});
}
Row invert_row() {
  return option::row<PolicyOptions, [](auto& p) -> auto& { return p.invert_match; }>(
      {.key = "invert_match",
       .kind = option::Kind::boolean,
       .help = "Match the opposite; also matches if no span has the key."});
}
Row values_row(std::string_view help) {
  return option::row<PolicyOptions, [](auto& p) -> auto& { return p.values; }>(
      {.key = "values",
       .kind = option::Kind::texts,
       .bounds = {0, kValuesMax},
       .help = help,
       .presence = option::Presence::expected});
}
Row burst_row() {
  return option::row<PolicyOptions, [](auto& p) -> auto& { return p.burst_capacity; }>(
      whole("burst_capacity", "Size of the burst that can pass at once; 0 or less = twice the rate.",
            {kInt64Min, kInt64Max}));
}

Rows latency_rows() {
  return {option::row<PolicyOptions, [](auto& p) -> auto& { return p.threshold_ms; }>(
              with(whole("threshold_ms", "Minimum milliseconds from the first start to the last end."),
                   option::Presence::expected)),
          option::row<PolicyOptions, [](auto& p) -> auto& { return p.upper_threshold_ms; }>(whole(
              "upper_threshold_ms", "Maximum; with it the lower bound is exclusive, as in the Collector. 0 = none."))};
}

Rows numeric_rows() {
  const option::Bounds any = {kInt64Min, kInt64Max};
  option::Shape min = whole("min_value", "Smallest value that matches; integers and doubles.", any);
  option::Shape max = whole("max_value", "Largest value that matches.", any);
  min.unset = max.unset = "unbounded";
  return {key_row("Attribute of a span or a resource."),
          option::row<PolicyOptions, [](auto& p) -> auto& { return p.min_value; }>(min),
          option::row<PolicyOptions, [](auto& p) -> auto& { return p.max_value; }>(max), invert_row()};
}

Rows string_rows() {
  Row cache;
  cache.key = "cache_max_size";
  cache.kind = option::Kind::whole;
  cache.bounds = {kInt64Min, kInt64Max};
  cache.instead = "regexes run in linear time and need no cache";
  return {key_row("Attribute of a span or a resource."), values_row("Strings or regexes, one of which must match."),
          option::row<PolicyOptions, [](auto& p) -> auto& { return p.enabled_regex_matching; }>(
              {.key = "enabled_regex_matching",
               .kind = option::Kind::boolean,
               .help = "Treat values as regexes, unanchored as in Go."}),
          invert_row(), cache};
}

Rows boolean_rows() {
  return {key_row("Attribute of a span or a resource."),
          option::row<PolicyOptions, [](auto& p) -> auto& { return p.boolean_value; }>(
              {.key = "value",
               .kind = option::Kind::boolean,
               .help = "The value that matches.",
               .presence = option::Presence::expected}),
          invert_row()};
}

Rows tracestate_rows() {
  return {key_row("Key of a tracestate entry, on any span."),
          values_row("Values, one of which must equal the entry's.")};
}

Rows probabilistic_rows() {
  return {option::row<PolicyOptions, [](auto& p) -> auto& { return p.sampling_percentage; }>(
              {.key = "sampling_percentage",
               .kind = option::Kind::percentage,
               .bounds = {0, 100},
               .help = "Percentage of traces to keep.",
               .presence = option::Presence::expected}),
          option::row<PolicyOptions, [](auto& p) -> auto& { return p.hash_salt; }>(
              {.key = "hash_salt",
               .kind = option::Kind::text,
               .help = "Hashed before the trace ID; equal salts choose the same traces. No effect with probability: "
                       "consistent."})};
}

Rows status_rows() {
  return {option::row<PolicyOptions, [](auto& p) -> auto& { return p.status_code_mask; }>(
      {.key = "status_codes",
       .kind = option::Kind::choices,
       .help = "Status codes, one of which a span must have.",
       .choices = kStatusCodes,
       .presence = option::Presence::required})};
}

template <const char* kKey>
Rows rate_rows(std::string_view help) {
  return {option::row<PolicyOptions, [](auto& p) -> auto& { return p.per_second; }>(
              with(whole(kKey, help), option::Presence::expected)),
          burst_row()};
}
constexpr char kSpansPerSecond[] = "spans_per_second";
constexpr char kBytesPerSecond[] = "bytes_per_second";

Rows count_rows() {
  return {option::row<PolicyOptions, [](auto& p) -> auto& { return p.min_spans; }>(with(
              whole("min_spans", "Minimum number of spans in the trace.", {0, kInt32Max}), option::Presence::expected)),
          option::row<PolicyOptions, [](auto& p) -> auto& { return p.max_spans; }>(
              whole("max_spans", "Maximum. 0 = none.", {0, kInt32Max}))};
}

Rows link_count_rows() {
  return {option::row<PolicyOptions, [](auto& p) -> auto& { return p.min_links; }>(
              with(whole("min_links", "Minimum number of links with a valid context on all spans of the trace."),
                   option::Presence::expected)),
          option::row<PolicyOptions, [](auto& p) -> auto& { return p.max_links; }>(
              whole("max_links", "Maximum. 0 = none."))};
}

Rows link_type_rows() {
  return {option::row<PolicyOptions, [](auto& p) -> auto& { return p.values; }>(
      {.key = "values",
       .kind = option::Kind::texts,
       .bounds = {0, kValuesMax},
       .help = "Types, one of which a link of the trace must have, whatever its target (links.propagate.type_keys "
               "names the attributes that hold types). '-' and '_' are the same.",
       .presence = option::Presence::expected})};
}

Rows ottl_rows() {
  const option::Bounds count = {0, kConditionsMax};
  return {
      option::row<PolicyOptions, [](auto& p) -> auto& { return p.span_conditions; }>(
          {.key = "span",
           .kind = option::Kind::texts,
           .bounds = count,
           .help = "Conditions, one of which a span must meet."}),
      option::row<PolicyOptions, [](auto& p) -> auto& { return p.spanevent_conditions; }>(
          {.key = "spanevent",
           .kind = option::Kind::texts,
           .bounds = count,
           .help = "Conditions, one of which an event of a span must meet; a match in either list is enough."}),
      option::row<PolicyOptions, [](auto& p) -> auto& { return p.error_mode; }>(
          {.key = "error_mode",
           .kind = option::Kind::choice,
           .help = "What to do if a condition cannot be evaluated on a span. ignore: it does not match there, and is "
                   "counted (loss policy_error). silent: the same, not counted. propagate: counted, and the policy "
                   "does not decide about the trace.",
           .choices = kErrorModes})};
}

Rows composite_rows() {
  Row allocation;
  allocation.key = "rate_allocation";
  allocation.kind = option::Kind::allocations;
  allocation.help = "Shares of the total, by name of the part. Parts without one use what the others leave.";
  allocation.unset = "none";
  return {option::row<PolicyOptions, [](auto& p) -> auto& { return p.max_total_spans_per_second; }>(
              with(whole("max_total_spans_per_second", "Spans per second that all parts together can keep."),
                   option::Presence::expected)),
          option::row<PolicyOptions, [](auto& p) -> auto& { return p.policy_order; }>(
              {.key = "policy_order",
               .kind = option::Kind::texts,
               .bounds = {0, kPoliciesMax},
               .help = "Names of parts in the order of evaluation; the rest follow in the order of the list."}),
          allocation};
}

std::vector<PolicyShape> all_shapes() {
  static const Rows latency = latency_rows(), numeric = numeric_rows(), probabilistic = probabilistic_rows(),
                    status = status_rows(), string = string_rows(), counts = count_rows(),
                    tracestate = tracestate_rows(), boolean = boolean_rows(), link_counts = link_count_rows(),
                    link_types = link_type_rows(), ottl = ottl_rows(), composite = composite_rows(),
                    spans_rate = rate_rows<kSpansPerSecond>("Spans per second to keep."),
                    bytes_rate = rate_rows<kBytesPerSecond>("Span bytes per second to keep.");
  return {
      {"always_sample", "Keeps every trace.", {}, {}},
      {"latency", "Keeps slow traces.", latency, {}},
      {"numeric_attribute", "Keeps traces by a numeric attribute of a span or resource.", numeric, {}},
      {"probabilistic", "Keeps a percentage of the traces.", probabilistic, {}},
      {"status_code", "Keeps traces with a span that has one of these status codes.", status, {}},
      {"string_attribute", "Keeps traces by a string attribute of a span or resource.", string, {}},
      {"rate_limiting", "Keeps traces up to a number of spans per second.", spans_rate, {}},
      {"bytes_limiting", "Keeps traces up to a number of span bytes per second.", bytes_rate, {}},
      {"span_count", "Keeps traces by their number of spans.", counts, {}},
      {"trace_state", "Keeps traces by an entry of the W3C tracestate.", tracestate, {}},
      {"boolean_attribute", "Keeps traces by a boolean attribute of a span or resource.", boolean, {}},
      {"trace_flags", "Keeps traces with the W3C sampled flag on a span.", {}, {}},
      {"and", "Keeps traces that all parts keep.", {}, "and_sub_policy"},
      {"not", "Keeps traces that its one part does not keep.", {}, "not_sub_policy"},
      {"drop",
       "Drops traces that all parts match, whatever other policies say, and even if a kept trace is linked to them.",
       {},
       "drop_sub_policy"},
      {"composite",
       "Keeps traces up to a number of spans per second: the first part that matches decides, if its share and the "
       "total for this second are not used up. Evaluated once per trace, when a part matches for the first time.",
       composite, "composite_sub_policy"},
      {"ottl_condition", "Keeps traces with a span or span event that meets an OTTL condition.", ottl, {}},
      {"link_count", "Keeps traces by their number of links. Not in the Collector.", link_counts, {}},
      {"link_type", "Keeps traces by the types of their links. Not in the Collector.", link_types, {}},
  };
}

}  // namespace

std::span<const PolicyShape> policy_table() {
  static const std::vector<PolicyShape> shapes = all_shapes();
  return shapes;
}

const PolicyShape* find_shape(std::string_view type) noexcept {
  const std::span<const PolicyShape> shapes = policy_table();
  const auto found = std::ranges::find(shapes, type, &PolicyShape::name);
  return found == shapes.end() ? nullptr : &*found;
}

}  // namespace entail::config
