#include "cost/groups.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace entail::cli {
namespace {

using Trace = TraceLedger::Trace;
using Decision = TraceLedger::Decision;

bool is_kept_by_link(const TraceLedger& ledger, const Decision& decision) {
  return decision.kept && ledger.reasons().name(decision.reason) == "link";
}

std::string reason_name(const TraceLedger& ledger, const Decision& decision) {
  return decision.reason == 0 ? "undecided" : ledger.reasons().name(decision.reason);
}

std::string policy_name(const TraceLedger& ledger, const Decision& decision) {
  return decision.policy == 0 ? "" : ledger.policies().name(decision.policy);
}

std::string reason_text(const TraceLedger& ledger, const Decision& decision) {
  if (is_kept_by_link(ledger, decision)) return link_text(decision.direction, decision.hops);
  const std::string policy = policy_name(ledger, decision);
  if (decision.kept) return "policy " + policy;
  return reason_name(ledger, decision) + (policy.empty() ? "" : " " + policy);
}

void add_to_policy(Outcome& outcome, const std::string& policy, const Trace& trace, std::uint64_t written_bytes) {
  auto row = std::ranges::find(outcome.by_policy, policy, &PolicyRow::policy);
  if (row == outcome.by_policy.end()) row = outcome.by_policy.insert(row, {policy, {}, 0});
  row->amount.add(trace.amount());
  row->written_bytes += written_bytes;
}

}  // namespace

std::string link_text(Direction direction, std::uint32_t hops) {
  return std::string(direction_name(direction)) + ", " + plural(hops, "hop", "hops");
}

Outcome outcome_of(const Trial& trial, std::size_t config) {
  const TraceLedger& ledger = trial.ledger();
  Outcome outcome;
  for (const NamedCount& policy : trial.statistics(config).traces.kept_by_policy)
    outcome.by_policy.push_back({policy.name, {}, 0});
  std::map<std::pair<Direction, std::uint32_t>, LinkRow> links;
  std::map<std::pair<std::uint8_t, std::uint16_t>, ReasonRow> reasons;
  for (const Trace& trace : ledger.traces()) {
    const Decision& decision = trace.decisions[config];
    const std::uint64_t written_bytes = trace.written_bytes[config];
    if (!decision.kept) {
      ReasonRow& row = reasons[{decision.reason, decision.policy}];
      row.amount.add(trace.amount());
      row.reason = reason_name(ledger, decision);
      row.policy = policy_name(ledger, decision);
      outcome.dropped.add(trace.amount());
      continue;
    }
    outcome.kept.add(trace.amount());
    if (!is_kept_by_link(ledger, decision)) {
      add_to_policy(outcome, policy_name(ledger, decision), trace, written_bytes);
      continue;
    }
    LinkRow& row = links[{decision.direction, decision.hops}];
    row.direction = decision.direction;
    row.hops = decision.hops;
    row.amount.add(trace.amount());
    row.written_bytes += written_bytes;
    outcome.by_link_all.add(trace.amount());
  }
  for (auto& [key, row] : links) outcome.by_link.push_back(row);
  for (auto& [key, row] : reasons) outcome.by_reason.push_back(std::move(row));
  std::ranges::stable_sort(outcome.by_reason, std::greater(), [](const ReasonRow& row) { return row.amount.bytes; });
  return outcome;
}

std::vector<ServiceRow> services_of(const Trial& trial) {
  const TraceLedger& ledger = trial.ledger();
  std::vector<ServiceRow> rows(ledger.services().size());
  for (const Trace& trace : ledger.traces()) {
    ledger.for_each_part(trace, [&](const TraceLedger::Part& part) {
      ServiceRow& row = rows[part.service];
      (trace.decisions[0].kept ? row.kept : row.dropped).add({1, part.spans, part.bytes});
    });
  }
  const std::vector<Amount>& written = trial.written(0).by_service;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].service = static_cast<std::uint16_t>(i);
    if (i < written.size()) rows[i].written = written[i];
  }
  std::erase_if(rows,
                [](const ServiceRow& row) { return row.kept.spans + row.dropped.spans + row.written.spans == 0; });
  std::ranges::sort(rows, {}, [&](const ServiceRow& row) {
    return std::tuple(~(row.kept.bytes + row.dropped.bytes), std::string_view(ledger.services().name(row.service)));
  });
  return rows;
}

Side side_of(const Trace& trace) noexcept {
  const bool a = trace.decisions[0].kept;
  const bool b = trace.decisions[1].kept;
  return a && b ? Side::both : a ? Side::only_a : b ? Side::only_b : Side::neither;
}

Sides sides_of(const Trial& trial) {
  Sides sides;
  for (const Trace& trace : trial.ledger().traces())
    sides[static_cast<std::size_t>(side_of(trace))].add(trace.amount());
  return sides;
}

std::vector<ServiceSides> service_sides_of(const Trial& trial) {
  const TraceLedger& ledger = trial.ledger();
  std::vector<ServiceSides> rows(ledger.services().size());
  for (const Trace& trace : ledger.traces()) {
    const auto side = static_cast<std::size_t>(side_of(trace));
    ledger.for_each_part(
        trace, [&](const TraceLedger::Part& part) { rows[part.service].sides[side].add({1, part.spans, part.bytes}); });
  }
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].service = static_cast<std::uint16_t>(i);
  std::erase_if(rows, [](const ServiceSides& row) { return row.bytes() == 0; });
  std::ranges::sort(rows, {}, [&](const ServiceSides& row) {
    return std::tuple(~(row.sides[1].bytes + row.sides[2].bytes), ~row.bytes(),
                      std::string_view(ledger.services().name(row.service)));
  });
  return rows;
}

std::vector<Change> changes_of(const Trial& trial) {
  const TraceLedger& ledger = trial.ledger();
  struct Group {
    Change change;
    std::vector<const Trace*> largest;
  };
  std::map<std::tuple<Side, std::uint16_t, std::string, std::string>, Group> groups;
  const auto is_before = [](const Trace* a, const Trace* b) {
    return std::tuple(~a->bytes, a->id) < std::tuple(~b->bytes, b->id);
  };
  for (const Trace& trace : ledger.traces()) {
    const Side side = side_of(trace);
    if (side == Side::both || side == Side::neither) continue;
    const std::string a = reason_text(ledger, trace.decisions[0]);
    const std::string b = reason_text(ledger, trace.decisions[1]);
    auto& [change, largest] = groups[{side, trace.service, a, b}];
    change.side = side;
    change.service = trace.service;
    change.reasons = {a, b};
    change.amount.add(trace.amount());
    largest.insert(std::ranges::upper_bound(largest, &trace, is_before), &trace);
    if (largest.size() > Change::kExamplesMax) largest.pop_back();
  }
  std::vector<Change> changes;
  for (auto& [key, group] : groups) {
    for (const Trace* const trace : group.largest) group.change.examples.push_back(trace->id);
    changes.push_back(std::move(group.change));
  }
  std::ranges::stable_sort(changes, std::greater(), [](const Change& change) { return change.amount.bytes; });
  return changes;
}

}  // namespace entail::cli
