#include <algorithm>
#include <map>

#include "cost/groups.hpp"
#include "cost/report_parts.hpp"
#include "output/figure_text.hpp"
#include "output/shown_text.hpp"
#include "output/text_width.hpp"

namespace entail::cli {
namespace {

constexpr std::size_t kChangesListed = 100;
constexpr std::size_t kChangesShown = 10;

struct Both {
  Amount a, b;
};

// A's policies in configuration order, then those that only B has.
std::vector<std::pair<std::string, Both>> policies_of(const Outcome& a, const Outcome& b) {
  std::vector<std::pair<std::string, Both>> rows;
  for (const PolicyRow& row : a.by_policy) rows.push_back({row.policy, {row.amount, {}}});
  for (const PolicyRow& row : b.by_policy) {
    auto known = std::ranges::find(rows, row.policy, &std::pair<std::string, Both>::first);
    if (known == rows.end()) known = rows.insert(known, {row.policy, {}});
    known->second.b = row.amount;
  }
  return rows;
}

std::map<std::pair<Direction, std::uint32_t>, Both> links_of(const Outcome& a, const Outcome& b) {
  std::map<std::pair<Direction, std::uint32_t>, Both> rows;
  for (const LinkRow& row : a.by_link) rows[{row.direction, row.hops}].a = row.amount;
  for (const LinkRow& row : b.by_link) rows[{row.direction, row.hops}].b = row.amount;
  return rows;
}

void both_fields(JsonText& json, const Both& both) {
  amount_field(json, "a", both.a);
  amount_field(json, "b", both.b);
}

void config_field(JsonText& json, const Trial& trial, std::size_t config, const Outcome& outcome) {
  const Written& written = trial.written(config);
  json.key(config == 0 ? "a" : "b").begin_object();
  json.field("config", trial.arguments().configs[config].name());
  amount_field(json, "kept", outcome.kept);
  json.field("kept_share", share_of(outcome.kept.bytes, trial.ledger().received().bytes));
  json.field("kept_bytes_per_day", per_day(trial, outcome.kept.bytes));
  json.key("written").begin_object();
  json.field("spans", written.all.spans).field("bytes", written.all.bytes);
  json.field("message_bytes", written.message_bytes).end_object();
  json.key("losses").begin_object();
  for (const NamedCount& loss : trial.statistics(config).losses)
    if (loss.count != 0) json.field(loss.name, loss.count);
  json.end_object().end_object();
}

void sides_field(JsonText& json, const Sides& sides) {
  for (std::size_t i = 0; i < sides.size(); ++i) amount_field(json, kSideNames[i], sides[i]);
}

void changes_field(JsonText& json, const Trial& trial) {
  const std::vector<Change> changes = changes_of(trial);
  json.field("change_count", std::uint64_t{changes.size()});
  json.key("changes").begin_array();
  for (std::size_t i = 0; i < std::min(changes.size(), kChangesListed); ++i) {
    const Change& change = changes[i];
    json.begin_object().field("kept", kSideNames[static_cast<std::size_t>(change.side)]);
    name_fields(json, "service", trial.ledger().services(), change.service);
    json.field("a", change.reasons[0]).field("b", change.reasons[1]);
    amount_fields(json, change.amount);
    json.key("examples").begin_array();
    for (const TraceId id : change.examples) json.value(to_hex(id));
    json.end_array().end_object();
  }
  json.end_array();
}

// "+1.2 MiB", "-300 B", "" for none.
std::string change_text(std::uint64_t a, std::uint64_t b) {
  if (a == b) return "";
  return b > a ? "+" + byte_count(b - a) : "-" + byte_count(a - b);
}

Grid sides_grid(const Trial& trial, Paint paint) {
  constexpr std::array<const char*, 4> kLabels = {"by both", "only by A", "only by B", "by neither"};
  Grid grid(paint, {"Kept", "traces", "spans", "bytes", "share"});
  const Sides sides = sides_of(trial);
  for (std::size_t i = 0; i < sides.size(); ++i)
    grid.row({kLabels[i], grouped(sides[i].traces), grouped(sides[i].spans), byte_count(sides[i].bytes),
              percent_text(sides[i].bytes, trial.ledger().received().bytes)});
  return grid;
}

Grid configs_grid(const Trial& trial, const Outcome& a, const Outcome& b, Paint paint) {
  Grid grid(paint, {"Kept by", "A traces", "A bytes", "B traces", "B bytes", "change"});
  const auto row = [&](const std::string& label, const Both& both, unsigned indent) {
    grid.row({shown_text(label, NameTable::kShownBytesMax), grouped(both.a.traces), byte_count(both.a.bytes),
              grouped(both.b.traces), byte_count(both.b.bytes), change_text(both.a.bytes, both.b.bytes)},
             indent);
  };
  row("policies and links", {a.kept, b.kept}, 0);
  for (const auto& [policy, both] : policies_of(a, b)) row(policy, both, 1);
  row("links", {a.by_link_all, b.by_link_all}, 1);
  for (const auto& [key, both] : links_of(a, b)) row(link_text(key.first, key.second), both, 2);
  const Written& written_a = trial.written(0);
  const Written& written_b = trial.written(1);
  grid.row({"output with resources", "", byte_count(written_a.message_bytes), "", byte_count(written_b.message_bytes),
            change_text(written_a.message_bytes, written_b.message_bytes)});
  if (trial.seconds() > 0) {
    const std::uint64_t day_a = per_day(trial, written_a.message_bytes);
    const std::uint64_t day_b = per_day(trial, written_b.message_bytes);
    grid.row({"output per day", "", byte_count(day_a), "", byte_count(day_b), change_text(day_a, day_b)});
  }
  return grid;
}

Grid services_grid(const Trial& trial, Paint paint) {
  Grid grid(paint, {"Service", "both", "only A", "only B", "neither"});
  const std::vector<ServiceSides> rows = service_sides_of(trial);
  for (std::size_t i = 0; i < std::min(rows.size(), kRowsShown); ++i) {
    std::vector<std::string> cells = {trial.ledger().services().shown(rows[i].service)};
    for (const Amount& amount : rows[i].sides) cells.push_back(byte_count(amount.bytes));
    grid.row(std::move(cells));
  }
  add_rest(grid, rows.size());
  return grid;
}

void append_changes(std::string& text, const Trial& trial, Paint paint) {
  const std::vector<Change> changes = changes_of(trial);
  if (changes.empty()) {
    text += "\nBoth keep the same traces.\n";
    return;
  }
  text.append("\n").append(paint.bold()).append("Largest changes").append(paint.end()) += '\n';
  for (std::size_t i = 0; i < std::min(changes.size(), kChangesShown); ++i) {
    const Change& change = changes[i];
    const std::string traces = plural(change.amount.traces, "trace", "traces");
    const std::string service = trial.ledger().services().shown(change.service);
    text += indented((change.side == Side::only_a ? "only A keeps " : "only B keeps ") + traces + " of " + service +
                         ", " + byte_count(change.amount.bytes),
                     0, paint.columns);
    text += indented("A: " + shown_text(change.reasons[0]) + "; B: " + shown_text(change.reasons[1]), 2, paint.columns);
    for (const TraceId id : change.examples)
      text.append("  ").append(paint.dim()).append(to_hex(id)).append(paint.end()) += '\n';
  }
  if (changes.size() > kChangesShown) text += "(" + grouped(changes.size() - kChangesShown) + " more with --json)\n";
}

}  // namespace

std::string diff_json(const Trial& trial) {
  const Outcome a = outcome_of(trial, 0);
  const Outcome b = outcome_of(trial, 1);
  JsonText json;
  json.begin_object();
  trial_fields(json, trial);
  config_field(json, trial, 0, a);
  config_field(json, trial, 1, b);
  json.key("kept").begin_object();
  sides_field(json, sides_of(trial));
  json.end_object().key("by_policy").begin_array();
  for (const auto& [policy, both] : policies_of(a, b)) {
    json.begin_object().field("policy", policy);
    both_fields(json, both);
    json.end_object();
  }
  json.end_array().key("links").begin_object();
  both_fields(json, {a.by_link_all, b.by_link_all});
  json.end_object().key("by_link").begin_array();
  for (const auto& [key, both] : links_of(a, b)) {
    json.begin_object().field("direction", direction_name(key.first)).field("hops", key.second);
    both_fields(json, both);
    json.end_object();
  }
  json.end_array().key("by_service").begin_array();
  for (const ServiceSides& row : service_sides_of(trial)) {
    json.begin_object();
    name_fields(json, "service", trial.ledger().services(), row.service);
    sides_field(json, row.sides);
    json.end_object();
  }
  json.end_array();
  changes_field(json, trial);
  notes_field(json, trial);
  return json.end_object().take() + "\n";
}

std::string diff_table(const Trial& trial, Paint paint) {
  const auto& configs = trial.arguments().configs;
  std::string text = trial_heading(trial, paint);
  text +=
      indented("A is " + shown_text(configs[0].name()) + ", B is " + shown_text(configs[1].name()), 0, paint.columns);
  append_grid(text, sides_grid(trial, paint));
  append_grid(text, configs_grid(trial, outcome_of(trial, 0), outcome_of(trial, 1), paint));
  append_grid(text, services_grid(trial, paint));
  append_changes(text, trial, paint);
  return text;
}

}  // namespace entail::cli
