#include "stories/expectation_text.hpp"

#include <algorithm>
#include <map>

#include "output/json_text.hpp"

namespace entail::cli {
namespace {

void kept_json(JsonText& json, const ExpectedTrace& trace) {
  json.begin_object().field("trace_id", to_hex(trace.trace_id)).field("reason", trace.reason);
  if (trace.direction.empty() || trace.hops_are_least) {
    json.key("direction").null().key("hops").null();
  } else {
    json.field("direction", trace.direction).field("hops", trace.hops);
  }
  if (trace.hops_are_least) json.field("hops_min", trace.hops);
  if (!trace.hops_are_least) json.field("revived", trace.revived);
  json.end_object();
}

std::string hops_text(std::string_view direction, std::uint32_t hops) {
  return std::string(direction) + " " + std::to_string(hops) + (hops == 1 ? " hop" : " hops");
}

std::string kept_text(const ExpectedTrace& trace) {
  if (trace.reason == "policy") return "kept by policy";
  if (trace.hops_are_least) return "kept over links, at least " + hops_text("", trace.hops).substr(1);
  return "kept over links, " + hops_text(trace.direction, trace.hops) + (trace.revived ? ", revived" : "");
}

}  // namespace

std::string expectation_json(std::string_view scenario, std::uint64_t seed, const Flags& flags,
                             const StoryConfig& config, const Expectation& expectation) {
  JsonText json;
  json.begin_object().field("scenario", scenario).field("seed", seed);
  json.key("flags").begin_object();
  for (const auto& [name, text] : flags.texts()) json.field(name, text);
  json.end_object();
  json.key("config").raw(story_config_json(config)).newline();
  json.field("spans", expectation.spans).field("traces", expectation.traces).field("links", expectation.links);
  json.key("facts").begin_object();
  for (const auto& [name, count] : expectation.facts) json.field(name, count);
  json.end_object().key("named").begin_object();
  for (const NamedTrace& named : expectation.named_traces) json.field(named.role, to_hex(named.trace_id));
  json.end_object();
  json.newline().key("kept").begin_array();
  bool first = true;
  for (const ExpectedTrace& trace : expectation.kept) {
    if (!first) json.newline();
    first = false;
    kept_json(json, trace);
  }
  json.end_array().newline().key("lost").begin_array();
  for (const ExpectedLoss& lost : expectation.lost) {
    json.begin_object().field("trace_id", to_hex(lost.trace_id)).field("loss", lost.loss);
    json.field("direction", lost.direction).field("hops", lost.hops).end_object();
  }
  json.end_array().newline().field("kept_of_unspecified", expectation.kept_of_unspecified);
  json.key("unspecified").begin_array();
  for (const TraceId trace_id : expectation.unspecified) json.value(to_hex(trace_id));
  json.end_array().end_object();
  return json.take() + "\n";
}

std::string expectation_table(const Expectation& expectation) {
  std::map<TraceId, std::string> fates;
  for (const ExpectedTrace& trace : expectation.kept) fates[trace.trace_id] = kept_text(trace);
  for (const ExpectedLoss& lost : expectation.lost) {
    fates[lost.trace_id] = "lost, " + std::string(lost.loss) + ", " + hops_text(lost.direction, lost.hops);
  }
  for (const TraceId trace_id : expectation.unspecified) fates[trace_id] = "kept or dropped";
  std::size_t width = 0;
  for (const NamedTrace& named : expectation.named_traces) width = std::max(width, named.role.size());
  std::string text;
  for (const NamedTrace& named : expectation.named_traces) {
    const auto fate = fates.find(named.trace_id);
    text += named.role + std::string(width + 2 - named.role.size(), ' ') + to_hex(named.trace_id) + "  ";
    text += !named.came ? "absent" : fate == fates.end() ? "dropped" : fate->second;
    text += '\n';
  }
  return text;
}

}  // namespace entail::cli
