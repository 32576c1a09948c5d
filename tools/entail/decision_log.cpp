#include "decision_log.hpp"

#include <simdjson.h>

#include <filesystem>

#include "entail/types.hpp"
#include "input/trace_input.hpp"
#include "output/log_parts.hpp"
#include "time_text.hpp"

namespace entail::cli {
namespace {

using simdjson::dom::element;

// Reads the members of an object. One that is absent or null leaves its value empty; one of another type is an error.
class Members {
 public:
  Members(const element& object, bool& is_good) : object_(object), is_good_(is_good) {}

  // False: it has none, or null.
  template <class T>
  bool read(const char* key, T& out) const {
    out = T();
    element value;
    if (object_[key].get(value) != simdjson::SUCCESS || value.is_null()) return false;
    if (value.get(out) == simdjson::SUCCESS) return true;
    is_good_ = false;
    return false;
  }
  std::string text(const char* key) const {
    std::string_view text;
    return read(key, text) ? std::string(text) : std::string();
  }
  template <class T>
  T value(const char* key) const {
    T value;
    return read(key, value) ? value : T();
  }
  template <class T>
  std::optional<T> optional(const char* key) const {
    T value;
    return read(key, value) ? std::optional(value) : std::nullopt;
  }
  std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> texts;
    simdjson::dom::array array;
    if (!read(key, array)) return texts;
    for (const element& entry : array) {
      std::string_view text;
      is_good_ &= entry.get(text) == simdjson::SUCCESS;
      texts.emplace_back(text);
    }
    return texts;
  }
  // False: it has none, or null.
  bool read_object(const char* key, element& out) const {
    if (object_[key].get(out) != simdjson::SUCCESS || out.is_null()) return false;
    is_good_ &= out.is_object();
    return out.is_object();
  }
  bool has(const char* key) const { return object_[key].error() == simdjson::SUCCESS; }

 private:
  const element& object_;
  bool& is_good_;
};

void read_nearest(const Members& members, bool& is_good, LogRecord& record) {
  record.nearest.clear();
  simdjson::dom::array nearest;
  if (!members.read("nearest", nearest)) return;
  for (const element& entry : nearest) {
    if (!entry.is_object()) {
      is_good = false;
      return;
    }
    const Members near(entry, is_good);
    record.nearest.push_back(
        {near.text("policy"), near.value<double>("value"), near.value<double>("threshold"), near.text("why")});
  }
}

// Fields that a log with decisions.detail: ids does not have.
void read_detail(const Members& members, bool& is_good, LogRecord& record) {
  record.has_detail = members.has("root_service");
  record.root_service = members.text("root_service");
  record.root_name = members.text("root_name");
  record.start_ns = parse_time(members.text("start"));
  record.duration_ms = members.optional<double>("duration_ms");
  record.services = members.texts("services");
  record.errors = members.value<std::uint64_t>("errors");
  record.bytes = members.value<std::uint64_t>("bytes");
  record.error.reset();
  if (element object; members.read_object("error", object)) {
    const Members error(object, is_good);
    record.error = {error.text("service"), error.text("name"), error.text("message")};
  }
  read_nearest(members, is_good, record);
}

// False: the line is no record, or a field of it has another type than a record's.
bool read_record(simdjson::dom::parser& parser, std::string_view line, LogRecord& record) {
  element object;
  if (parser.parse(line.data(), line.size()).get(object) != simdjson::SUCCESS || !object.is_object()) return false;
  bool is_good = true;
  const Members members(object, is_good);
  record.trace_id = members.text("trace_id");
  record.verdict = members.text("verdict");
  if (!from_hex(record.trace_id) || record.verdict.empty()) return false;
  record.revision = members.value<std::uint64_t>("revision");
  record.decided_at = members.text("decided_at");
  record.reason = members.text("reason");
  record.policy = members.text("policy");
  record.origin_trace_id = members.text("origin_trace_id");
  record.direction = members.text("direction");
  record.loss = members.text("loss");
  record.hops = members.optional<std::uint64_t>("hops");
  record.origin = members.value<bool>("origin");
  record.revived = members.value<bool>("revived");
  record.not_followed = members.value<std::uint64_t>("not_followed");
  record.links_dropped_upstream = members.value<std::uint64_t>("links_dropped_upstream");
  record.spans = members.value<std::uint64_t>("spans");
  record.linked_total = members.value<std::uint64_t>("linked_total");
  record.path = members.texts("path");
  record.linked = members.texts("linked");
  read_detail(members, is_good, record);
  record.json = line;
  return is_good;
}

LogScan scan_file(const std::string& path, const std::function<void(const LogRecord&)>& each) {
  OpenedInput opened = open_input(path, Framing::jsonl);
  if (opened.reader) return scan_decision_log(*opened.reader, each);
  LogScan scan;
  scan.error = opened.problem.text;
  return scan;
}

}  // namespace

void report_scan(const std::string& path, const LogScan& scan, Console& console) {
  if (!scan.error.empty()) console.message(path + ": " + scan.error);
  if (scan.bad_line_count > 0)
    console.message(path + ": " +
                    plural(scan.bad_line_count, "line is not a decision record", "lines are not decision records"));
}

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
