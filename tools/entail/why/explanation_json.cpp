// The story of a trace as JSON.
#include "output/json_text.hpp"
#include "why/explanation.hpp"
#include "why/trace_words.hpp"

namespace entail::cli {
namespace {

void text_or_null(JsonText& json, std::string_view key, const std::string& text) {
  json.key(key);
  if (text.empty()) {
    json.null();
  } else {
    json.value(text);
  }
}

void detail(JsonText& json, const LogRecord& record, const LogRecord& story_record) {
  if (!record.has_detail) return;
  text_or_null(json, "service", record.root_service);
  text_or_null(json, "name", record.root_name);
  json.field("duration_ms", record.duration_ms);
  json.field("delay_ms", delay_ms(story_record, record));  // from the start of the trace that is explained
  text_or_null(json, "error", error_words(record));
}

void trace_state(JsonText& json, const TraceStory& story, const std::string& trace_id) {
  json.begin_object().field("trace_id", trace_id);
  const LogRecord* const record = story.find(trace_id);
  if (!record) {
    json.field("state", "no_record");
  } else {
    json.field("state", record->verdict == "keep" ? "kept" : "dropped").field("reason", record->reason);
    json.field("origin", record->origin);
    if (!record->policy.empty()) json.field("policy", record->policy);
    if (!record->loss.empty()) json.field("loss", record->loss);
    detail(json, *record, story.record);
  }
  json.end_object();
}

void trace_states(JsonText& json, const TraceStory& story, std::string_view key,
                  const std::vector<std::string>& trace_ids) {
  json.key(key).begin_array();
  for (const std::string& trace_id : trace_ids) trace_state(json, story, trace_id);
  json.end_array();
}

}  // namespace

std::string explanation_json(const TraceStory& story) {
  JsonText json;
  json.begin_object().field("trace_id", story.record.trace_id).field("because", because_text(story.record));
  json.key("record").raw_from_outside(story.record.json);
  trace_states(json, story, "path", story.record.path);
  trace_states(json, story, "chain", story.chain);
  json.field("chain_total", story.chain_total);
  trace_states(json, story, "linked", story.record.linked);
  trace_states(json, story, "linking", story.linking);
  json.field("linking_total", story.linking_total);
  json.key("incomplete").begin_array();
  for (const Gap& gap : gaps_of(story)) {
    json.begin_object().field("kind", gap.kind).field("count", gap.count).field("text", gap.text).end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

}  // namespace entail::cli
