// The decision log in both directions. Any text as a log: records or bad lines, and each record explained as text
// without terminal controls and as JSON that parses. Any values as a record: its line reads back as the same.
#include <simdjson.h>

#include <algorithm>
#include <string>

#include "base/check.hpp"
#include "decision_log.hpp"
#include "entail/entail.hpp"
#include "fuzz/memory_source.hpp"
#include "why/explanation.hpp"

namespace {

using namespace entail;

void check_log(Bytes bytes) {
  cli::RecordMap known;
  std::uint64_t records = 0;
  cli::MessageReader reader = fuzz::reader_of(bytes, 4096, false, cli::Framing::jsonl);
  const cli::LogScan scan = cli::scan_decision_log(reader, [&](const cli::LogRecord& record) {
    ++records;
    ENTAIL_CHECK(record.trace_id.size() == 32 && !record.verdict.empty());
    if (known.size() < 8) known[record.trace_id] = record;
  });
  ENTAIL_CHECK(scan.opened && records + scan.bad_line_count <= bytes.size() + 1);
  simdjson::dom::parser parser;
  for (const auto& [trace_id, record] : known) {
    const cli::TraceStory story{record, known, {trace_id}, 2, {}};
    const std::string text = cli::explanation_text(story, cli::Paint{});
    ENTAIL_CHECK(
        std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ' && c != '\n') || c == 127; }));
    const std::string json = cli::explanation_json(story);
    ENTAIL_CHECK(json.ends_with('\n') && parser.parse(json).error() == simdjson::SUCCESS);
  }
}

// Takes values from the input until it is exhausted; then zeros.
class Values {
 public:
  explicit Values(Bytes bytes) : bytes_(bytes) {}
  std::uint64_t number(unsigned size) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) value = value << 8 | byte();
    return value;
  }
  TraceId id() { return {number(8), number(8)}; }
  std::vector<TraceId> ids() {
    std::vector<TraceId> all(byte() % 6);
    for (TraceId& one : all) one = id();
    return all;
  }
  // The rest: names are UTF-8 (check_options).
  std::string rest() const {
    std::string text(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
    return simdjson::validate_utf8(text) ? text : "\x01 \\ \" \x7f";
  }

 private:
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t first = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return first;
  }
  Bytes bytes_;
};

std::vector<std::string> hex_of(const std::vector<TraceId>& ids) {
  std::vector<std::string> all;
  for (const TraceId id : ids) all.push_back(to_hex(id));
  return all;
}

void check_record(Bytes bytes) {
  Values values(bytes);
  DecisionRecord record;
  record.trace_id = values.id();
  record.revision = static_cast<std::uint32_t>(values.number(4));
  record.decided_at_ns = static_cast<std::int64_t>(values.number(8) >> 1);
  const std::uint64_t choice = values.number(1);
  record.verdict = choice % 2 == 0 ? Verdict::keep : Verdict::drop;
  record.reason = choice & 2 ? "policy" : "link";
  record.origin = (choice & 4) != 0;
  record.revived = (choice & 8) != 0;
  if ((choice & 16) != 0) record.hops = static_cast<std::uint32_t>(values.number(4));
  if ((choice & 32) != 0) record.origin_trace_id = values.id();
  record.direction = static_cast<Direction>(choice >> 6);
  record.path = values.ids();
  record.linked = values.ids();
  record.not_followed = values.number(8);
  record.spans = values.number(8);
  const std::string name = values.rest();
  record.policy = name;

  std::string line;
  append_json(record, line);
  ENTAIL_CHECK(line.find('\n') == std::string::npos);
  unsigned read = 0;
  const Bytes as_log(reinterpret_cast<const std::uint8_t*>(line.data()), line.size());
  cli::MessageReader reader = fuzz::reader_of(as_log, line.size(), false, cli::Framing::jsonl);
  const cli::LogScan scan = cli::scan_decision_log(reader, [&](const cli::LogRecord& back) {
    ++read;
    ENTAIL_CHECK(back.trace_id == to_hex(record.trace_id) && back.revision == record.revision);
    ENTAIL_CHECK(back.policy == name && back.reason == record.reason && back.origin == record.origin);
    ENTAIL_CHECK(back.revived == record.revived && back.hops.has_value() == record.hops.has_value());
    ENTAIL_CHECK(!record.hops || *back.hops == *record.hops);
    ENTAIL_CHECK(back.origin_trace_id == (record.origin_trace_id ? to_hex(*record.origin_trace_id) : std::string()));
    ENTAIL_CHECK(back.path == hex_of(record.path) && back.linked == hex_of(record.linked));
    ENTAIL_CHECK(back.not_followed == record.not_followed && back.spans == record.spans);
  });
  ENTAIL_CHECK(read == 1 && scan.bad_line_count == 0 && scan.error.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_log({data, size});
  check_record({data, size});
  return 0;
}
