#include <array>

#include "base/check.hpp"
#include "config/option_table.hpp"

namespace entail::config {

namespace {

using namespace std::string_view_literals;

constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();
constexpr std::uint64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
constexpr std::uint64_t kValuesMax = 100'000;

constexpr std::array kStatusCodes = {"UNSET"sv, "OK"sv, "ERROR"sv};  // by OTLP number

using Row = Option<PolicyOptions>;
using Rows = std::vector<Row>;

OptionShape whole(std::string_view key, std::string_view help, OptionBounds bounds = {0, kInt64Max}) {
  return {.key = key, .kind = OptionKind::whole, .bounds = bounds, .help = help};
}
OptionShape with(OptionShape shape, Presence presence) {
  shape.presence = presence;
  return shape;
}

Row key_row(std::string_view help) {
  return option<PolicyOptions, [](auto& p) -> auto& { return p.key; }>(
      {.key = "key", .kind = OptionKind::text, .help = help, .presence = Presence::required});
}
Row invert_row() {
  return option<PolicyOptions, [](auto& p) -> auto& { return p.invert_match; }>(
      {.key = "invert_match",
       .kind = OptionKind::boolean,
       .help = "The opposite; true also when the key is on no span."});
}
Row values_row(std::string_view help) {
  return option<PolicyOptions, [](auto& p) -> auto& { return p.values; }>({.key = "values",
                                                                           .kind = OptionKind::texts,
                                                                           .bounds = {0, kValuesMax},
                                                                           .help = help,
                                                                           .presence = Presence::expected});
}
Row burst_row() {
  return option<PolicyOptions, [](auto& p) -> auto& { return p.burst_capacity; }>(
      whole("burst_capacity", "What may pass at once; 0 or less = twice the rate.", {kInt64Min, kInt64Max}));
}

Rows latency_rows() {
  return {
      option<PolicyOptions, [](auto& p) -> auto& { return p.threshold_ms; }>(with(
          whole("threshold_ms", "Milliseconds from the first start to the last end, at least."), Presence::expected)),
      option<PolicyOptions, [](auto& p) -> auto& { return p.upper_threshold_ms; }>(whole(
          "upper_threshold_ms", "And at most; with it the lower bound is exclusive, as in the Collector. 0 = none."))};
}

Rows numeric_rows() {
  const OptionBounds any = {kInt64Min, kInt64Max};
  OptionShape min = whole("min_value", "Smallest value that matches, ints and doubles alike.", any);
  OptionShape max = whole("max_value", "Largest value that matches.", any);
  min.unset = max.unset = "unbounded";
  return {key_row("Attribute of a span or a resource."),
          option<PolicyOptions, [](auto& p) -> auto& { return p.min_value; }>(min),
          option<PolicyOptions, [](auto& p) -> auto& { return p.max_value; }>(max), invert_row()};
}

Rows string_rows() {
  Row cache;
  cache.key = "cache_max_size";
  cache.kind = OptionKind::whole;
  cache.bounds = {kInt64Min, kInt64Max};
  cache.instead = "regexes run in linear time and need no cache";
  return {key_row("Attribute of a span or a resource."), values_row("Texts, or regexes, one of which must match."),
          option<PolicyOptions, [](auto& p) -> auto& { return p.enabled_regex_matching; }>(
              {.key = "enabled_regex_matching",
               .kind = OptionKind::boolean,
               .help = "values are regexes, unanchored as in Go."}),
          invert_row(), cache};
}

Rows boolean_rows() {
  return {key_row("Attribute of a span or a resource."),
          option<PolicyOptions, [](auto& p) -> auto& { return p.boolean_value; }>({.key = "value",
                                                                                   .kind = OptionKind::boolean,
                                                                                   .help = "The value that matches.",
                                                                                   .presence = Presence::expected}),
          invert_row()};
}

Rows tracestate_rows() {
  return {key_row("Key of a tracestate entry, on any span."), values_row("Values, one of which must be equal.")};
}

Rows probabilistic_rows() {
  return {option<PolicyOptions, [](auto& p) -> auto& { return p.sampling_percentage; }>(
              {.key = "sampling_percentage",
               .kind = OptionKind::percentage,
               .bounds = {0, 100},
               .help = "Share of the traces that are kept.",
               .presence = Presence::expected}),
          option<PolicyOptions, [](auto& p) -> auto& { return p.hash_salt; }>(
              {.key = "hash_salt",
               .kind = OptionKind::text,
               .help = "Hashed before the trace ID; equal salts choose equal traces. Without effect with probability: "
                       "consistent."})};
}

Rows status_rows() {
  return {option<PolicyOptions, [](auto& p) -> auto& { return p.status_code_mask; }>(
      {.key = "status_codes",
       .kind = OptionKind::choices,
       .help = "Status codes, one of which a span must have.",
       .choices = kStatusCodes,
       .presence = Presence::required})};
}

template <const char* kKey>
Rows rate_rows(std::string_view help) {
  return {
      option<PolicyOptions, [](auto& p) -> auto& { return p.per_second; }>(with(whole(kKey, help), Presence::expected)),
      burst_row()};
}
constexpr char kSpansPerSecond[] = "spans_per_second";
constexpr char kBytesPerSecond[] = "bytes_per_second";

Rows count_rows() {
  return {option<PolicyOptions, [](auto& p) -> auto& { return p.min_spans; }>(
              with(whole("min_spans", "Spans of the trace, at least.", {0, kInt32Max}), Presence::expected)),
          option<PolicyOptions, [](auto& p) -> auto& { return p.max_spans; }>(
              whole("max_spans", "And at most. 0 = none.", {0, kInt32Max}))};
}

std::vector<PolicyShape> all_shapes() {
  static const Rows latency = latency_rows(), numeric = numeric_rows(), probabilistic = probabilistic_rows(),
                    status = status_rows(), string = string_rows(), counts = count_rows(),
                    tracestate = tracestate_rows(), boolean = boolean_rows(),
                    spans_rate = rate_rows<kSpansPerSecond>("Spans that may pass in a second."),
                    bytes_rate = rate_rows<kBytesPerSecond>("Span bytes that may pass in a second.");
  // In the order of PolicyType: shape_of() relies on it.
  return {
      {"always_sample", PolicyType::always_sample, "Keeps every trace.", {}, {}},
      {"latency", PolicyType::latency, "Keeps slow traces.", latency, {}},
      {"numeric_attribute",
       PolicyType::numeric_attribute,
       "Keeps traces by a number on a span or resource.",
       numeric,
       {}},
      {"probabilistic", PolicyType::probabilistic, "Keeps a share of the traces.", probabilistic, {}},
      {"status_code", PolicyType::status_code, "Keeps traces with a span of such a status.", status, {}},
      {"string_attribute", PolicyType::string_attribute, "Keeps traces by a text on a span or resource.", string, {}},
      {"rate_limiting",
       PolicyType::rate_limiting,
       "Keeps traces while so many spans a second are not spent.",
       spans_rate,
       {}},
      {"bytes_limiting",
       PolicyType::bytes_limiting,
       "Keeps traces while so many bytes a second are not spent.",
       bytes_rate,
       {}},
      {"span_count", PolicyType::span_count, "Keeps traces by their number of spans.", counts, {}},
      {"trace_state", PolicyType::trace_state, "Keeps traces by an entry of their W3C tracestate.", tracestate, {}},
      {"boolean_attribute",
       PolicyType::boolean_attribute,
       "Keeps traces by a boolean on a span or resource.",
       boolean,
       {}},
      {"trace_flags", PolicyType::trace_flags, "Keeps traces with the W3C sampled flag on a span.", {}, {}},
      {"and", PolicyType::and_policy, "Keeps traces for which every part says keep.", {}, "and_sub_policy"},
      {"not", PolicyType::not_policy, "Keeps traces for which its one part does not say keep.", {}, "not_sub_policy"},
      {"drop",
       PolicyType::drop_policy,
       "Drops traces for which every part says keep, whatever other policies say.",
       {},
       "drop_sub_policy"},
  };
}

}  // namespace

std::span<const PolicyShape> policy_table() {
  static const std::vector<PolicyShape> shapes = all_shapes();
  return shapes;
}

const PolicyShape& shape_of(PolicyType type) noexcept {
  const std::span<const PolicyShape> shapes = policy_table();
  const auto index = static_cast<std::size_t>(type);
  ENTAIL_CHECK(index < shapes.size() && shapes[index].type == type);
  return shapes[index];
}

std::span<const std::string_view> unsupported_policy_types() noexcept {
  static constexpr std::array kTypes = {"composite"sv, "ottl_condition"sv};
  return kTypes;
}

}  // namespace entail::config
