// The rows of the reports, counted from a Trial: what was kept by policy and over links, what was dropped and why, and
// both by service; of two configurations, what changes from one to the other.
//
// Thread rule: Immutable (functions). Cost: one pass over the ledger each, and a sort of the rows.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "cost/trial.hpp"

namespace entail::cli {

// Kept or dropped for one reason. Bytes are as received; written_bytes are those of the same spans in the output.
struct PolicyRow {
  std::string policy;
  Amount amount;
  std::uint64_t written_bytes = 0;
};
struct LinkRow {
  Direction direction = Direction::none;
  std::uint32_t hops = 0;
  Amount amount;
  std::uint64_t written_bytes = 0;
};
// "linking, 2 hops".
std::string link_text(Direction direction, std::uint32_t hops);

struct ReasonRow {
  std::string reason;  // "undecided" for a trace without a record: its spans were lost before it was decided
  std::string policy;  // empty: none
  Amount amount;
};

// What one configuration did. kept = the sum of by_policy + by_link; dropped = the sum of by_reason.
struct Outcome {
  Amount kept, dropped, by_link_all;
  std::vector<PolicyRow> by_policy;  // in configuration order
  std::vector<LinkRow> by_link;      // linked before linking, nearest first
  std::vector<ReasonRow> by_reason;  // most bytes first
};
Outcome outcome_of(const Trial& trial, std::size_t config);

// Spans of a service, by what became of their traces; most bytes first.
struct ServiceRow {
  std::uint16_t service = NameTable::kNone;  // of TraceLedger::services()
  Amount kept, dropped;                      // traces: those that the service has spans in
  Amount written;                            // its spans in the output
};
std::vector<ServiceRow> services_of(const Trial& trial);

// Which of the two configurations keeps something.
enum class Side : std::uint8_t { both, only_a, only_b, neither };
constexpr std::array<const char*, 4> kSideNames = {"both", "only_a", "only_b", "neither"};
Side side_of(const TraceLedger::Trace& trace) noexcept;
using Sides = std::array<Amount, 4>;  // by Side

Sides sides_of(const Trial& trial);
struct ServiceSides {
  std::uint16_t service = NameTable::kNone;
  Sides sides;
  std::uint64_t bytes() const noexcept { return sides[0].bytes + sides[1].bytes + sides[2].bytes + sides[3].bytes; }
};
std::vector<ServiceSides> service_sides_of(const Trial& trial);  // the largest change first

// Traces that only one configuration keeps, with the same service at their root and the same reasons.
struct Change {
  static constexpr std::size_t kExamplesMax = 3;
  Side side = Side::only_a;
  std::uint16_t service = NameTable::kNone;
  std::array<std::string, 2> reasons;  // "policy errors", "linking, 1 hop", "no_match"
  Amount amount;
  std::vector<TraceId> examples;  // the largest traces, of equal ones the smaller ID
};
// Most bytes first.
std::vector<Change> changes_of(const Trial& trial);

}  // namespace entail::cli
