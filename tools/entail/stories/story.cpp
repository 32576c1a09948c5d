#include "stories/story.hpp"

#include <algorithm>
#include <charconv>

namespace entail::cli {
namespace {

constexpr std::int64_t kStorySecond = 1'700'000'000;

using Kind = FlagSpec::Kind;

const std::vector<FlagSpec> kBatchFlags = {
    {"links", Kind::count, "1000", "links of the batch span, all told", 1, 20'000'000, {}},
    {"errors", Kind::count, "3", "links that lead to traces with an error", 0, 100'000, {}},
    {"errors-when",
     Kind::word,
     "before",
     "the errors come before the batch, after it, or after its decision",
     0,
     0,
     {"before", "after", "late"}},
    {"malformed", Kind::count, "0", "links with a bad trace or span ID", 0, 20'000'000, {}},
    {"duplicates", Kind::count, "0", "links that repeat another one", 0, 20'000'000, {}},
    {"absent", Kind::share, "0.9", "share of the healthy linked traces of which no span comes", 0, 1, {}},
};
const std::vector<FlagSpec> kChainFlags = {
    {"depth", Kind::count, "6", "links in a row: one trace more than links", 1, 10'000'000, {}},
    {"error-at", Kind::word, "last", "which trace fails", 0, 0, {"first", "middle", "last"}},
    {"step-seconds", Kind::count, "1", "time between one trace and the next", 0, 60, {}},
    {"max-hops", Kind::count, "4", "links.propagate.max_hops of the configuration", 0, 62, {}},
};
const std::vector<FlagSpec> kCycleFlags = {
    {"length", Kind::count, "5", "traces in the ring, each linking the next; the first one fails", 2, 10'000'000, {}},
    {"max-hops", Kind::count, "4", "links.propagate.max_hops of the configuration", 0, 62, {}},
};
const std::vector<FlagSpec> kHotProducerFlags = {
    {"consumers", Kind::count, "200", "traces that link the producer", 1, 10'000'000, {}},
    {"fails", Kind::word, "producer", "who fails: the producer, or one consumer", 0, 0, {"producer", "consumer"}},
    {"max-links-followed",
     Kind::count,
     "256",
     "links.propagate.max_links_followed of the configuration",
     1,
     1'000'000,
     {}},
};
const std::vector<FlagSpec> kMixedFlags = {
    {"spans", Kind::count, "100000", "spans, of about 400 bytes, four to a trace", 4, 4'000'000'000, {}},
    {"links", Kind::share, "0.3", "share of traces that link one to four earlier ones", 0, 1, {}},
    {"errors", Kind::share, "0.01", "share of traces with an error", 0, 1, {}},
    {"spans-per-second", Kind::count, "5000", "how fast virtual time runs", 4, 100'000'000, {}},
};

const std::vector<Scenario> kScenarios = {
    {"batch", "one span with very many links, some of them to traces that fail", kBatchFlags, tell_batch},
    {"chain", "traces that link one another in a row; one of them fails", kChainFlags, tell_chain},
    {"cycle", "traces that link one another in a ring; one of them fails", kCycleFlags, tell_cycle},
    {"hot-producer", "one trace that very many others link", kHotProducerFlags, tell_hot_producer},
    {"mixed", "plain load with some links and some errors", kMixedFlags, tell_mixed},
};

}  // namespace

std::span<const Scenario> scenarios() noexcept { return kScenarios; }

Flags::Flags(std::span<const FlagSpec> specs) : specs_(specs) {
  for (const FlagSpec& spec : specs_) texts_.emplace(spec.name, spec.default_text);
}

std::string Flags::set(std::string_view name, std::string_view text) {
  const auto spec = std::find_if(specs_.begin(), specs_.end(), [&](const FlagSpec& s) { return s.name == name; });
  if (spec == specs_.end()) {
    std::string known;
    for (const FlagSpec& s : specs_) known += " --" + std::string(s.name);
    return "this scenario has no flag --" + std::string(name) + "; it has" + known;
  }
  const std::string begin = "--" + std::string(name) + " ";
  const char* const end = text.data() + text.size();
  if (spec->kind == FlagSpec::Kind::word) {
    if (std::find(spec->choices.begin(), spec->choices.end(), text) == spec->choices.end()) {
      std::string known;
      for (const std::string_view choice : spec->choices) known += " " + std::string(choice);
      return begin + "takes one of" + known;
    }
  } else if (spec->kind == FlagSpec::Kind::share) {
    double share = -1;
    const auto parsed = std::from_chars(text.data(), end, share);
    if (parsed.ec != std::errc() || parsed.ptr != end || !(share >= 0 && share <= 1))
      return begin + "takes a share from 0 to 1";
  } else {
    std::uint64_t count = 0;
    const auto parsed = std::from_chars(text.data(), end, count);
    if (parsed.ec != std::errc() || parsed.ptr != end || count < spec->min || count > spec->max) {
      return begin + "takes a number from " + std::to_string(spec->min) + " to " + std::to_string(spec->max);
    }
  }
  texts_.find(name)->second = text;
  return {};
}

std::uint64_t Flags::count(std::string_view name) const { return std::stoull(texts_.find(name)->second); }
double Flags::share(std::string_view name) const { return std::stod(texts_.find(name)->second); }
const std::string& Flags::word(std::string_view name) const { return texts_.find(name)->second; }

std::string story_config_json(const StoryConfig& config) {
  JsonText json;
  json.begin_object();
  json.key("tail_sampling").begin_object();
  json.field("decision_wait", std::to_string(kDecisionWaitSeconds) + "s");
  json.key("policies").begin_array().begin_object();
  json.field("name", "errors").field("type", "status_code");
  json.key("status_code").begin_object().key("status_codes").begin_array().value("ERROR").end_array().end_object();
  json.end_object().end_array().end_object();
  json.key("links").begin_object().key("propagate").begin_object();
  json.field("mode", "cone").field("max_hops", config.max_hops);
  json.field("max_links_followed", config.max_links_followed);
  json.field("max_traces_per_origin", config.max_traces_per_origin);
  json.end_object().end_object();
  json.key("retain").begin_object().field("window", std::to_string(kRetainWindowSeconds) + "s").end_object();
  json.end_object();
  return json.take();
}

std::int64_t StoryTeller::at(std::uint64_t second, std::uint64_t nanosecond) noexcept {
  return (kStorySecond + static_cast<std::int64_t>(second)) * kNanosPerSecond + static_cast<std::int64_t>(nanosecond);
}

SpanFacts StoryTeller::span(TraceId trace_id, SpanId span_id, SpanId parent, std::string_view name,
                            std::uint64_t second) noexcept {
  SpanFacts facts;
  facts.trace_id = trace_id;
  facts.span_id = span_id;
  facts.parent_span_id = parent;
  facts.name = name;
  facts.end_ns = at(second, random.below(kNanosPerSecond));
  facts.start_ns = facts.end_ns - static_cast<std::int64_t>(1'000'000 + random.below(200'000'000));
  return facts;
}

void StoryTeller::flush() {
  if (requests.span_count() == 0 || failed_) return;
  expectation.spans += requests.span_count();
  failed_ = !write_(requests.take());
}

}  // namespace entail::cli
