#include "decision_log.hpp"

#include <simdjson.h>

#include <filesystem>

#include "input/trace_input.hpp"
#include "output/log_parts.hpp"
#include "time_text.hpp"

namespace entail::cli {
namespace {

using simdjson::dom::element;

std::string text_of(const element& object, const char* key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::uint64_t number_of(const element& object, const char* key) {
  std::uint64_t number = 0;
  return object[key].get(number) == simdjson::SUCCESS ? number : 0;
}

bool truth_of(const element& object, const char* key) {
  bool truth = false;
  return object[key].get(truth) == simdjson::SUCCESS && truth;
}

std::vector<std::string> texts_of(const element& object, const char* key) {
  std::vector<std::string> texts;
  simdjson::dom::array array;
  if (object[key].get(array) != simdjson::SUCCESS) return texts;
  for (const element& entry : array) {
    std::string_view text;
    if (entry.get(text) == simdjson::SUCCESS) texts.emplace_back(text);
  }
  return texts;
}

double measure_of(const element& object, const char* key) {
  double number = 0;
  return object[key].get(number) == simdjson::SUCCESS ? number : 0;
}

// Fields that a log with decisions.detail: ids does not have.
void read_detail(const element& object, LogRecord& record) {
  record.has_detail = object["root_service"].error() == simdjson::SUCCESS;
  record.root_service = text_of(object, "root_service");
  record.root_name = text_of(object, "root_name");
  record.start_ns = parse_time(text_of(object, "start"));
  double duration_ms = 0;
  record.duration_ms =
      object["duration_ms"].get(duration_ms) == simdjson::SUCCESS ? std::optional(duration_ms) : std::nullopt;
  record.services = texts_of(object, "services");
  record.errors = number_of(object, "errors");
  record.bytes = number_of(object, "bytes");
  record.error.reset();
  if (element error; object["error"].get(error) == simdjson::SUCCESS && error.is_object())
    record.error = {text_of(error, "service"), text_of(error, "name"), text_of(error, "message")};
  record.nearest.clear();
  simdjson::dom::array nearest;
  if (object["nearest"].get(nearest) != simdjson::SUCCESS) return;
  for (const element& near : nearest)
    record.nearest.push_back(
        {text_of(near, "policy"), measure_of(near, "value"), measure_of(near, "threshold"), text_of(near, "why")});
}

bool read_record(simdjson::dom::parser& parser, std::string_view line, LogRecord& record) {
  element object;
  if (parser.parse(line.data(), line.size()).get(object) != simdjson::SUCCESS) return false;
  record.trace_id = text_of(object, "trace_id");
  record.verdict = text_of(object, "verdict");
  if (record.trace_id.size() != 32 || record.verdict.empty()) return false;
  record.revision = number_of(object, "revision");
  record.decided_at = text_of(object, "decided_at");
  record.reason = text_of(object, "reason");
  record.policy = text_of(object, "policy");
  record.origin_trace_id = text_of(object, "origin_trace_id");
  record.direction = text_of(object, "direction");
  record.loss = text_of(object, "loss");
  std::uint64_t hops = 0;
  record.hops = object["hops"].get(hops) == simdjson::SUCCESS ? std::optional(hops) : std::nullopt;
  record.origin = truth_of(object, "origin");
  record.revived = truth_of(object, "revived");
  record.not_followed = number_of(object, "not_followed");
  record.links_dropped_upstream = number_of(object, "links_dropped_upstream");
  record.spans = number_of(object, "spans");
  record.linked_total = number_of(object, "linked_total");
  record.path = texts_of(object, "path");
  record.linked = texts_of(object, "linked");
  read_detail(object, record);
  record.json = line;
  return true;
}

}  // namespace

namespace {

LogScan scan_file(const std::string& path, const std::function<void(const LogRecord&)>& each) {
  OpenedInput opened = open_input(path, Framing::jsonl);
  if (opened.reader) return scan_decision_log(*opened.reader, each);
  LogScan scan;
  scan.error = opened.problem.text;
  return scan;
}

}  // namespace

LogScan scan_decision_log(const std::string& path, const std::function<void(const LogRecord&)>& each) {
  LogScan scan = scan_file(path, each);
  const std::vector<std::string> parts = log_parts(path);
  for (std::size_t i = 1; scan.opened && i < parts.size(); ++i) {
    const LogScan next = scan_file(parts[i], each);
    scan.bad_line_count += next.bad_line_count;
    if (!next.error.empty()) scan.error = std::filesystem::path(parts[i]).filename().string() + ": " + next.error;
  }
  return scan;
}

LogScan scan_decision_log(MessageReader& reader, const std::function<void(const LogRecord&)>& each) {
  LogScan scan;
  scan.opened = true;
  simdjson::dom::parser parser;
  LogRecord record;
  Message message;
  for (;;) {
    const MessageReader::Next next = reader.next(message);
    if (next == MessageReader::Next::end) return scan;
    if (next == MessageReader::Next::problem) {
      scan.error = reader.problem().text;
      continue;
    }
    const std::string_view line(reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size());
    if (read_record(parser, line, record)) {
      each(record);
    } else {
      ++scan.bad_line_count;
    }
  }
}

}  // namespace entail::cli
