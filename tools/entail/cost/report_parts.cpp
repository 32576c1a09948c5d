#include "cost/report_parts.hpp"

#include <cmath>

#include "output/shown_text.hpp"
#include "output/text_width.hpp"
#include "time_text.hpp"

namespace entail::cli {
namespace {

constexpr double kSecondsPerDay = 86'400;

void time_value(JsonText& json, std::string_view name, std::int64_t time_ns) {
  json.key(name);
  if (time_ns == 0)
    json.null();
  else
    json.value(time_text(time_ns));
}

}  // namespace

void amount_fields(JsonText& json, const Amount& amount) {
  json.field("traces", amount.traces).field("spans", amount.spans).field("bytes", amount.bytes);
}

void amount_field(JsonText& json, std::string_view name, const Amount& amount) {
  json.key(name).begin_object();
  amount_fields(json, amount);
  json.end_object();
}

void trial_fields(JsonText& json, const Trial& trial) {
  const RunFacts& facts = trial.facts();
  const TraceLedger& ledger = trial.ledger();
  json.key("input").begin_object();
  input_fields(json, facts);
  json.end_object();
  json.key("time").begin_object();
  time_value(json, "first", trial.first_ns());
  time_value(json, "last", trial.last_ns());
  json.field("seconds", trial.seconds()).end_object();
  json.key("received").begin_object();
  amount_fields(json, ledger.received());
  json.field("message_bytes", ledger.message_bytes()).end_object();
  json.key("rejected").begin_object();
  json.field("spans", ledger.rejected().spans).field("bytes", ledger.rejected().bytes).end_object();
  json.key("untracked").begin_object();
  json.field("spans", ledger.untracked().spans).field("bytes", ledger.untracked().bytes).end_object();
}

void notes_field(JsonText& json, const Trial& trial) {
  json.key("notes").begin_array();
  for (const std::string& note : trial.notes()) json.value(note);
  json.end_array();
}

std::uint64_t per_day(const Trial& trial, std::uint64_t bytes) {
  if (trial.seconds() == 0) return 0;
  return static_cast<std::uint64_t>(
      std::llround(static_cast<double>(bytes) / static_cast<double>(trial.seconds()) * kSecondsPerDay));
}

double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string trial_heading(const Trial& trial, Paint paint) {
  const RunFacts& facts = trial.facts();
  std::string text;
  for (const std::string& note : trial.notes())
    text.append(paint.red()).append(indented("note: " + shown_text(note), 0, paint.columns)).append(paint.end());
  if (facts.interrupted) text += "interrupted: what was read so far\n";
  std::string received =
      plural(facts.requests, "request", "requests") + " from " + plural(facts.files, "input", "inputs");
  if (trial.seconds() > 0)
    received += ", " + time_text(trial.first_ns()) + " to " + time_text(trial.last_ns()) + " (" +
                grouped(trial.seconds()) + " s)";
  text += indented(received, 0, paint.columns);
  for (std::size_t i = 0; i < kSkipNames.size(); ++i)
    if (facts.skipped[i] > 0) text += "skipped: " + std::string(kSkipNames[i]) + " " + grouped(facts.skipped[i]) + "\n";
  const Amount& rejected = trial.ledger().rejected();
  if (rejected.spans > 0)
    text += "rejected: " + grouped(rejected.spans) + " spans with invalid IDs, " + byte_count(rejected.bytes) + "\n";
  return text;
}

void append_grid(std::string& text, const Grid& grid) {
  if (!grid.empty()) text += '\n' + grid.text();
}

void add_rest(Grid& grid, std::size_t rows) {
  if (rows > kRowsShown) grid.line("(" + grouped(rows - kRowsShown) + " more with --json)");
}

}  // namespace entail::cli
