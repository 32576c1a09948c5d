#include <algorithm>

#include "cost/groups.hpp"
#include "cost/report_parts.hpp"
#include "output/figure_text.hpp"
#include "output/shown_text.hpp"
#include "output/text_width.hpp"

namespace entail::cli {
namespace {

// An amount as a share of the input's bytes, and per day.
void cost_fields(JsonText& json, const Trial& trial, const Amount& amount) {
  amount_fields(json, amount);
  json.field("share", share_of(amount.bytes, trial.ledger().received().bytes));
  json.field("bytes_per_day", per_day(trial, amount.bytes));
}

void kept_field(JsonText& json, const Trial& trial, const Outcome& outcome) {
  json.key("kept").begin_object();
  cost_fields(json, trial, outcome.kept);
  json.key("by_policy").begin_array();
  for (const PolicyRow& row : outcome.by_policy) {
    json.begin_object().field("policy", row.policy);
    cost_fields(json, trial, row.amount);
    json.field("written_bytes", row.written_bytes).end_object();
  }
  json.end_array().key("by_link").begin_array();
  for (const LinkRow& row : outcome.by_link) {
    json.begin_object().field("direction", direction_name(row.direction)).field("hops", row.hops);
    cost_fields(json, trial, row.amount);
    json.field("written_bytes", row.written_bytes).end_object();
  }
  json.end_array().end_object();
  const Written& written = trial.written(0);
  json.key("written").begin_object();
  json.field("spans", written.all.spans).field("bytes", written.all.bytes);
  json.field("message_bytes", written.message_bytes);
  json.field("message_bytes_per_day", per_day(trial, written.message_bytes)).end_object();
}

void dropped_field(JsonText& json, const Trial& trial, const Outcome& outcome) {
  json.key("dropped").begin_object();
  cost_fields(json, trial, outcome.dropped);
  json.key("by_reason").begin_array();
  for (const ReasonRow& row : outcome.by_reason) {
    json.begin_object().field("reason", row.reason).key("policy");
    if (row.policy.empty())
      json.null();
    else
      json.value(row.policy);
    cost_fields(json, trial, row.amount);
    json.end_object();
  }
  json.end_array().end_object();
}

std::vector<std::string> cells(const Trial& trial, const std::string& label, const Amount& amount,
                               const std::string& written) {
  return {shown_text(label, NameTable::kShownBytesMax),
          grouped(amount.traces),
          grouped(amount.spans),
          byte_count(amount.bytes),
          percent_text(amount.bytes, trial.ledger().received().bytes),
          trial.seconds() == 0 ? "" : byte_count(per_day(trial, amount.bytes)),
          written};
}

Grid total_grid(const Trial& trial, const Outcome& outcome, Paint paint) {
  Grid grid(paint, {"Traces", "traces", "spans", "bytes", "share", "per day", "written"});
  grid.row(cells(trial, "received", trial.ledger().received(), ""));
  grid.row(cells(trial, "kept", outcome.kept, byte_count(trial.written(0).all.bytes)));
  for (const PolicyRow& row : outcome.by_policy)
    grid.row(cells(trial, row.policy, row.amount, byte_count(row.written_bytes)), 1);
  for (const LinkRow& row : outcome.by_link)
    grid.row(cells(trial, link_text(row.direction, row.hops), row.amount, byte_count(row.written_bytes)), 1);
  grid.row(cells(trial, "dropped", outcome.dropped, ""));
  for (const ReasonRow& row : outcome.by_reason)
    grid.row(cells(trial, row.reason + (row.policy.empty() ? "" : " " + row.policy), row.amount, ""), 1);
  return grid;
}

Grid service_grid(const Trial& trial, Paint paint) {
  Grid grid(paint, {"Service", "kept", "dropped", "share kept", "kept per day", "written"});
  const std::vector<ServiceRow> rows = services_of(trial);
  for (std::size_t i = 0; i < std::min(rows.size(), kRowsShown); ++i) {
    const ServiceRow& row = rows[i];
    grid.row({trial.ledger().services().shown(row.service), byte_count(row.kept.bytes), byte_count(row.dropped.bytes),
              percent_text(row.kept.bytes, row.kept.bytes + row.dropped.bytes),
              trial.seconds() == 0 ? "" : byte_count(per_day(trial, row.kept.bytes)), byte_count(row.written.bytes)});
  }
  add_rest(grid, rows.size());
  return grid;
}

}  // namespace

std::string cost_json(const Trial& trial) {
  const Outcome outcome = outcome_of(trial, 0);
  JsonText json;
  json.begin_object();
  trial_fields(json, trial);
  kept_field(json, trial, outcome);
  dropped_field(json, trial, outcome);
  json.key("by_service").begin_array();
  for (const ServiceRow& row : services_of(trial)) {
    json.begin_object();
    name_fields(json, "service", trial.ledger().services(), row.service);
    json.key("kept").begin_object();
    cost_fields(json, trial, row.kept);
    json.end_object().key("dropped").begin_object();
    cost_fields(json, trial, row.dropped);
    json.end_object().key("written").begin_object();
    json.field("spans", row.written.spans).field("bytes", row.written.bytes).end_object().end_object();
  }
  json.end_array();
  notes_field(json, trial);
  return json.end_object().take() + "\n";
}

std::string cost_table(const Trial& trial, Paint paint) {
  std::string text = trial_heading(trial, paint);
  append_grid(text, total_grid(trial, outcome_of(trial, 0), paint));
  append_grid(text, service_grid(trial, paint));
  const Written& written = trial.written(0);
  std::string output = "The output has " + byte_count(written.message_bytes) + " with its resources and scopes";
  if (trial.seconds() > 0) output += ", " + byte_count(per_day(trial, written.message_bytes)) + " per day";
  return text + "\n" + indented(output + ".", 0, paint.columns);
}

}  // namespace entail::cli
