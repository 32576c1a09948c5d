// Options: everything that can be configured, as plain data. parse_options() reads it from YAML
// (docs/formats.md "Configuration"); programs may also fill it in by hand. Engine::open() checks the bounds again.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "entail/types.hpp"

namespace entail {
inline namespace v1 {

// The names of the policy types that this library has, as configurations write them. A PolicyOptions can name any type:
// the list of docs/configuration.md, which may be longer than this one.
struct PolicyType {
  static constexpr char always_sample[] = "always_sample";
  static constexpr char latency[] = "latency";
  static constexpr char numeric_attribute[] = "numeric_attribute";
  static constexpr char probabilistic[] = "probabilistic";
  static constexpr char status_code[] = "status_code";
  static constexpr char string_attribute[] = "string_attribute";
  static constexpr char rate_limiting[] = "rate_limiting";
  static constexpr char bytes_limiting[] = "bytes_limiting";
  static constexpr char span_count[] = "span_count";
  static constexpr char trace_state[] = "trace_state";
  static constexpr char boolean_attribute[] = "boolean_attribute";
  static constexpr char trace_flags[] = "trace_flags";
  static constexpr char and_policy[] = "and";
  static constexpr char not_policy[] = "not";
  static constexpr char drop_policy[] = "drop";
  static constexpr char composite[] = "composite";
  static constexpr char ottl_condition[] = "ottl_condition";
  static constexpr char link_count[] = "link_count";
  static constexpr char link_type[] = "link_type";
};

// The value of an option. Integers have 64 bits; durations are nanoseconds, sizes bytes, percentages doubles. A choice
// is its index in the list of docs/configuration.md, from 0; a set of choices is a bit mask of indexes. monostate: not
// set.
using OptionValue = std::variant<std::monostate, std::int64_t, double, bool, std::string, std::vector<std::string>>;

// Options without a field of their own, by key. An unknown key, or a value of the wrong kind, is an error.
using Settings = std::map<std::string, OptionValue>;

// What happens when a condition cannot be evaluated on a span (a string where a number is needed). ignore: it is false
// there, and counted (loss policy_error); silent: the same, uncounted; propagate: counted, and the policy abstains from
// that trace.
enum class OttlErrorMode : std::uint8_t { ignore, silent, propagate };

// composite: the share of max_total_spans_per_second that a part may use.
struct RateAllocation {
  std::string policy;        // name of the part
  std::int64_t percent = 0;  // 0 = none (with compat: collector, 0 or less = an equal share)
};

// One policy of tail_sampling.policies, or a part of an and, not, drop or composite policy. Only the fields of its type
// are used.
struct PolicyOptions {
  std::string name;
  std::string type = PolicyType::always_sample;

  // latency, milliseconds; upper 0 = none
  std::int64_t threshold_ms = 0;
  std::int64_t upper_threshold_ms = 0;

  // numeric_, string_, boolean_attribute, trace_state
  std::string key;
  bool invert_match = false;
  // numeric_attribute: absent = unbounded. An explicit 0 is 0 (with compat: collector it is unbounded).
  std::optional<std::int64_t> min_value;
  std::optional<std::int64_t> max_value;
  // string_attribute, trace_state; link_type: types ('-' and '_' are the same)
  std::vector<std::string> values;
  bool enabled_regex_matching = false;
  // boolean_attribute
  bool boolean_value = false;

  // status_code: OTLP numbers, 0 UNSET, 1 OK, 2 ERROR, as a bit mask (1 << code)
  std::uint8_t status_code_mask = 0;

  // probabilistic
  double sampling_percentage = 0;
  std::string hash_salt = "default-hash-seed";

  // rate_limiting (spans), bytes_limiting (bytes); burst 0 = twice the rate
  std::int64_t per_second = 0;
  std::int64_t burst_capacity = 0;

  // span_count; max 0 = none
  std::int32_t min_spans = 0;
  std::int32_t max_spans = 0;

  // link_count: links with a valid context on all spans; max 0 = none
  std::int64_t min_links = 0;
  std::int64_t max_links = 0;

  // ottl_condition: conditions on spans and on span events; one match is enough
  std::vector<std::string> span_conditions;
  std::vector<std::string> spanevent_conditions;
  OttlErrorMode error_mode = OttlErrorMode::ignore;

  // composite: parts not named in policy_order are evaluated last; those without an allocation have an equal share
  std::int64_t max_total_spans_per_second = 0;
  std::vector<std::string> policy_order;
  std::vector<RateAllocation> rate_allocation;

  // and, drop, composite: all parts; not: exactly one
  std::vector<PolicyOptions> parts;

  // options of types that have no fields above, by their keys inside the type's block
  Settings settings;
};

// The Collector's tail_sampling block. Times in ns.
struct TailSamplingOptions {
  std::int64_t decision_wait_ns = 30 * kNanosPerSecond;
  std::int64_t decision_wait_after_root_received_ns = 0;  // 0 = off
  bool sample_on_first_match = false;
  std::uint64_t maximum_trace_size_bytes = 0;  // a larger trace is dropped at once; 0 = no limit
  std::vector<PolicyOptions> policies;
};

// Options with a fixed set of values, named as in configurations; docs/configuration.md describes them.
enum class PropagateMode : std::uint8_t { cone, component, none };
enum class OriginLinks : std::uint8_t { all, error_spans };
enum class Probability : std::uint8_t { collector, consistent };
enum class Compat : std::uint8_t { none, collector };
enum class TruncationNames : std::uint8_t { entail, batch, both };
enum class SpanAttributes : std::uint8_t { all, truncation, none };
enum class DecisionDetail : std::uint8_t { full, ids };

constexpr std::uint32_t kHopsMax = 62;          // bound of every hop limit
constexpr std::uint32_t kIngestLanesMax = 256;  // bound of Options::ingest_lanes_max

// The last hop on which a keep may follow a link of a type, per direction; absent = max_hops applies.
struct TypeRule {
  std::optional<std::uint32_t> linked;
  std::optional<std::uint32_t> linking;
};

// links.propagate: how far keeps propagate over links (docs/design.md 3.4, 3.5, 3.10).
struct PropagateOptions {
  PropagateMode mode = PropagateMode::cone;
  std::uint32_t max_hops_linked = 4;
  std::uint32_t max_hops_linking = 4;
  std::uint32_t max_links_followed = 256;
  std::uint32_t max_traces_per_origin = 1024;
  std::uint64_t max_propagated_bytes_per_second = 0;  // 0 = no limit
  std::optional<std::uint64_t> rank_seed;             // absent: chosen at random when the engine is opened
  OriginLinks origin_links = OriginLinks::all;
  std::vector<std::string> type_keys = {"link.type", "link.relationship"};
  std::map<std::string, TypeRule> types;  // keys with '-' written as '_'
};

// links.sample: how many links of a span are emitted, and how the truncation is reported (docs/design.md 4).
struct LinkSampleOptions {
  std::uint32_t max_links_per_span = 128;
  std::uint64_t seed = 0;
  TruncationNames names = TruncationNames::entail;
};

// The links block.
struct LinksOptions {
  std::optional<std::vector<std::string>> origins;  // absent: the policies that name ERROR (docs/design.md 3.2)
  PropagateOptions propagate;
  LinkSampleOptions sample;
  SpanAttributes attributes = SpanAttributes::all;  // the attributes that the engine adds to emitted spans
};

// The retain block: how long dropped traces can be revived and records are kept (docs/design.md 3.7).
struct RetainOptions {
  std::int64_t window_ns = 60 * kNanosPerSecond;
  std::int64_t records_ns = 3600 * kNanosPerSecond;
  std::optional<std::uint64_t> max_bytes;  // absent: half of memory_limit
};

// The decisions block: what the decision log says.
struct DecisionsOptions {
  DecisionDetail detail = DecisionDetail::full;
};

// The options of an engine. The defaults are those of an empty configuration.
struct Options {
  TailSamplingOptions tail_sampling;
  Probability probability = Probability::collector;
  LinksOptions links;
  RetainOptions retain;
  std::uint64_t memory_limit_bytes = 512ull << 20;
  Compat compat = Compat::none;
  DecisionsOptions decisions;
  Settings settings;  // options without a field above; keys with dots, from the root

  // Not in the configuration file: chosen by the embedding program.
  std::uint32_t ingest_lanes_max = 64;                // concurrent callers of ingest(), 1..kIngestLanesMax
  std::uint64_t output_batch_bytes_max = 4ull << 20;  // batches are split at a span boundary before this size; >= 1
  std::optional<std::uint64_t> table_seed;  // of the trace table's hash; absent: random. Does not affect results
};

// One error or warning about a configuration. Lines and columns count from 1; 0 = no position.
struct ConfigMessage {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string text;  // "unknown key 'max_hop'; did you mean 'max_hops'?"
};

// The result of parse_options(). Not a Result: a text can have several errors, and warnings beside its options.
struct ConfigResult {
  std::optional<Options> options;  // set iff there are no errors
  std::vector<ConfigMessage> errors;
  std::vector<ConfigMessage> warnings;  // accepted, but ignored or replaced
  std::string no_origins;               // the warning, if any, that no policy makes origins, so links are not followed
};

// What a configuration may refer to outside its own text.
struct ConfigContext {
  // The component of a Collector configuration to read: its ID (tail_sampling/errors), or the part after the slash.
  // Empty: the only one, or the one without a name.
  std::string instance;
  // Values of ${env:NAME} and ${NAME}. Absent: a text that has them is rejected.
  std::optional<std::map<std::string, std::string>> environment;
};

// Reads a configuration (docs/formats.md "Configuration"), a whole Collector configuration that holds
// processors.tail_sampling, or the Kubernetes resource OpenTelemetryCollector with such a configuration inside.
// Options missing in the text come from `defaults`, except policies. Throws only std::bad_alloc; reads no file and no
// environment variable.
ConfigResult parse_options(std::string_view yaml, const Options& defaults = Options(),
                           const ConfigContext& context = ConfigContext());

// Every option with its default, bounds and help as commented YAML that parse_options() accepts.
std::string default_options_yaml();

// A policy type, with its options as commented YAML: one policy of a list, where values that a user must choose are
// left out.
struct PolicyTypeText {
  std::string name;
  std::string help;
  std::string yaml;
};
// All of them, ascending by name.
std::vector<PolicyTypeText> policy_type_texts();

}  // namespace v1
}  // namespace entail
