#include "config/option_table.hpp"

#include <array>

#include "option/shapes.hpp"
#include "policy/type.hpp"
#include "retention/retention.hpp"

namespace entail::config {

namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kUint32Max = std::numeric_limits<std::uint32_t>::max();

constexpr std::uint64_t kShardsMax = 256;  // as in the Collector

constexpr std::array kProbabilities = {"collector"sv, "consistent"sv};
constexpr std::array kModes = {"cone"sv, "component"sv, "none"sv, "off"sv, "false"sv};
constexpr std::array kOriginLinks = {"all"sv, "error_spans"sv};
constexpr std::array kNames = {"entail"sv, "batch"sv, "both"sv};
constexpr std::array kAttributes = {"all"sv, "truncation"sv, "none"sv};
constexpr std::array kDetails = {"full"sv, "ids"sv};
constexpr std::array kCompats = {"none"sv, "collector"sv};
constexpr std::array kStrategies = {"trace-complete"sv, "span-ingest"sv};

using Row = option::Row<Options>;
using namespace option::shapes;

Row custom(std::string_view key, option::Presence presence, std::string_view help) {
  Row row;
  row.key = key;
  row.help = help;
  row.presence = presence;
  return row;
}

Row collector_key(option::Shape shape, std::string_view instead) {
  Row row;
  static_cast<option::Shape&>(row) = shape;
  row.instead = instead;
  return row;
}

std::vector<Row> tail_sampling_rows() {
  std::vector<Row> rows;
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.tail_sampling.decision_wait_ns; }>(
      duration("tail_sampling.decision_wait",
               "How long to collect the spans of a trace, from its first span, before deciding it.")));
  rows.push_back(
      option::row<Options, [](auto& o) -> auto& { return o.tail_sampling.decision_wait_after_root_received_ns; }>(
          duration("tail_sampling.decision_wait_after_root_received",
                   "Decide this long after the first span without a parent, if that is earlier. 0s = off.")));
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.tail_sampling.sample_on_first_match; }>(
      boolean("tail_sampling.sample_on_first_match",
              "A rate_limiting, bytes_limiting or composite policy is not evaluated for a trace that an earlier policy "
              "keeps, so the trace uses up none of its limit. Other policies are always evaluated.")));
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.tail_sampling.maximum_trace_size_bytes; }>(
      whole("tail_sampling.maximum_trace_size_bytes", {0, option::kInt64Max},
            "A trace whose spans take more bytes before its decision is dropped at once, whatever policies say. 0 = no "
            "limit.")));
  rows.push_back(custom("tail_sampling.policies", option::Presence::required,
                        "A trace is kept if any policy matches and no drop policy does. At least one is required."));
  return rows;
}

// Keys of the Collector's block that bound its memory or shape its threads; here other options do.
std::vector<Row> collector_rows() {
  constexpr auto kCaches = "decision records outlive the spans for retain.records";
  const option::Bounds any = {0, option::kInt64Max};
  std::vector<Row> rows;
  rows.push_back(
      collector_key(whole("tail_sampling.num_traces", any, ""), "memory_limit bounds what is held, in bytes"));
  rows.push_back(collector_key(boolean("tail_sampling.block_on_overflow", ""),
                               "over memory_limit the oldest traces are decided early, never dropped undecided"));
  rows.push_back(collector_key(whole("tail_sampling.expected_new_traces_per_sec", any, ""), "tables grow as needed"));
  rows.push_back(collector_key(choice("tail_sampling.sampling_strategy", kStrategies, ""),
                               "traces are decided when they are complete, as with trace-complete; a span with status "
                               "ERROR makes its trace an origin before that"));
  rows.push_back(collector_key(whole("tail_sampling.decision_cache.sampled_cache_size", any, ""), kCaches));
  rows.push_back(collector_key(whole("tail_sampling.decision_cache.non_sampled_cache_size", any, ""), kCaches));
  rows.push_back(collector_key(boolean("tail_sampling.drop_pending_traces_on_shutdown", ""),
                               "pending traces are always decided at the end"));
  rows.push_back(
      collector_key(whole("tail_sampling.num_shards", {0, kShardsMax}, ""), "any number of threads share one engine"));
  rows.push_back(collector_key({.key = "tail_sampling.tail_storage", .kind = option::Kind::text, .help = ""},
                               "spans are held in memory, up to memory_limit"));
  return rows;
}

std::vector<Row> link_rows() {
  std::vector<Row> rows;
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.links.origins; }>(
      unset_is(texts("links.origins", policy::kPoliciesMax,
                     "Names of the policies that make a trace an origin: its linked traces are kept too. [] = none."),
               "policies that test for the status ERROR: status_code, ottl_condition, and those of type and and "
               "composite with such a part (of a composite, traces that this part keeps)")));
  option::Shape mode =
      choice("links.propagate.mode", kModes,
             "Which linked traces are kept. cone: causes and consequences; a path never changes direction. "
             "component: every trace connected by links, in any direction. none (or off, or false): links are not "
             "followed.");
  mode.aliases = 2;
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.links.propagate.mode; }>(mode));
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.links.propagate.max_hops_linked; }>(
      whole("links.propagate.max_hops.linked", {0, kHopsMax}, "Hops along links, toward causes.")));
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.links.propagate.max_hops_linking; }>(
      whole("links.propagate.max_hops.linking", {0, kHopsMax}, "Hops against links, toward consequences.")));
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.links.propagate.max_links_followed; }>(
      whole("links.propagate.max_links_followed", {0, kUint32Max},
            "How many linked traces are followed from one trace, per direction; 0 = none. Only traces whose spans "
            "arrived here count. Traces beyond the limit are a counted loss.")));
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.links.propagate.max_traces_per_origin; }>(
      whole("links.propagate.max_traces_per_origin", {0, kUint32Max},
            "How many traces one origin can keep over links; 0 = none. Traces with fewer hops come first.")));
  rows.push_back(
      option::row<Options, [](auto& o) -> auto& { return o.links.propagate.max_propagated_bytes_per_second; }>(
          size("links.propagate.max_propagated_bytes_per_second",
               "Limit on the span bytes per second of traces that are kept only because of links. 0 = no limit.")));
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.links.propagate.rank_seed; }>(
      unset_is(whole("links.propagate.rank_seed", {},
                     "Seed of the hash that ranks linked traces when max_links_followed is reached. Senders of spans "
                     "must not know it."),
               "drawn at random when the engine is opened")));
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.links.propagate.origin_links; }>(
      choice("links.propagate.origin_links", kOriginLinks,
             "Which links of an origin are followed toward causes: all, or only those on ERROR spans (not with mode: "
             "component).")));
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.links.propagate.type_keys; }>(
      texts("links.propagate.type_keys", 16, "Link attributes whose string value is a type of the link.")));
  rows.push_back(custom("links.propagate.types", option::Presence::optional,
                        "Hop limits for links of one type, replacing max_hops: the link is followed only within that "
                        "many hops of the origin. 0 = never. A direction that is not named follows max_hops. '-' and "
                        "'_' are the same."));
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.links.sample.max_links_per_span; }>(
      whole("links.sample.max_links_per_span", {1, 65536},
            "A span with more links is emitted with a sample of this many; attributes account for the rest.")));
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.links.sample.seed; }>(
      whole("links.sample.seed", {}, "Seed of the hash that samples links.")));
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.links.sample.names; }>(
      choice("links.sample.names", kNames,
             "Names of the attributes on a truncated span: entail.links.*, the common batch.* convention, or both.")));
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.links.attributes; }>(
      choice("links.attributes", kAttributes,
             "Attributes added to emitted spans. all: why the trace was kept (entail.keep.*) and which links were "
             "removed (links.sample.names). truncation: only the latter. none: neither.")));
  return rows;
}

std::vector<Row> all_rows() {
  std::vector<Row> rows = tail_sampling_rows();
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.probability; }>(choice(
      "probability", kProbabilities,
      "How probabilistic policies choose. collector: by the Collector's hash of the trace ID. consistent: by the "
      "OpenTelemetry randomness of the trace (rv); th is raised.")));
  for (Row& row : link_rows()) rows.push_back(row);
  for (const retention::RuleType& rule : retention::rule_types())
    rows.insert(rows.end(), rule.rows.begin(), rule.rows.end());
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.compat; }>(choice(
      "compat", kCompats,
      "collector: reproduce the Collector's quirks: a bound of 0 means no bound, an attribute of another type is read "
      "as 0, false or an empty string, latency ranges and failing OTTL conditions depend on the order of spans, and in "
      "a composite policy_order is ignored, a share of 0 means an equal share, and the total limits each part "
      "separately.")));
  rows.push_back(option::row<Options, [](auto& o) -> auto& { return o.decisions.detail; }>(
      choice("decisions.detail", kDetails,
             "What the decision log says of a trace. full: also the services, operations, first error message, times "
             "and sizes of its spans, and how close each policy came to keeping a dropped trace. ids: the decision "
             "alone, without any text from spans.")));
  for (Row& row : collector_rows()) rows.push_back(row);
  return rows;
}

}  // namespace

std::span<const option::Row<Options>> option_table() {
  static const std::vector<Row> rows = all_rows();
  return rows;
}

std::string_view section_help(std::string_view path) noexcept {
  struct Section {
    std::string_view path;
    std::string_view help;
  };
  constexpr std::array kSections = {
      Section{"tail_sampling", "The block of the OpenTelemetry Collector's tail_sampling processor, unchanged."},
      Section{"links", "Which links are followed, and which links of a span are emitted."},
      Section{"links.propagate", "Which traces are kept because they are linked to a kept one."},
      Section{"links.propagate.max_hops", "Hop limit per direction; a single number sets both."},
      Section{"links.sample", "Sampling of the links of one span."},
      Section{"decisions", "What the decision log says."},
      Section{"retain", "What to remember of decided traces, and for how long."},
  };
  for (const Section& section : kSections)
    if (section.path == path) return section.help;
  return {};
}

}  // namespace entail::config
