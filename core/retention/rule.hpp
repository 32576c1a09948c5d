// A retention rule: how long spans and records outlive the decision, or how much may be held. Each rule is one file in
// rules/ with its options, their check and its decision; CMake makes the list of rules from the files, so a new file is
// a new rule.
//
// Thread rule: Immutable. A rule reads its options once, when the engine is opened.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "base/loss.hpp"
#include "entail/options.hpp"
#include "option/findings.hpp"
#include "option/row.hpp"

namespace entail::retention {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// time + wait, but before kNever.
constexpr std::int64_t after(std::int64_t time_ns, std::int64_t wait_ns) noexcept {
  return time_ns > kNever - 1 - wait_ns ? kNever - 1 : time_ns + wait_ns;
}

struct DroppedTrace {
  std::int64_t dropped_ns = 0;
  std::uint64_t bytes = 0;  // of its spans
};

// All dropped traces whose spans are still held.
struct Retained {
  std::uint64_t traces = 0;
  std::uint64_t bytes = 0;
};

// A rule overrides what it decides, usually one function; of several rules the strictest answer counts.
class Rule {
 public:
  Rule() = default;
  virtual ~Rule() = default;
  Rule(const Rule&) = delete;
  Rule& operator=(const Rule&) = delete;

  // When the retention of a trace that is dropped now ends. Any time: a trace may end before others that were dropped
  // earlier.
  virtual std::int64_t end_ns(const DroppedTrace&) const noexcept { return kNever; }
  // The retained traces exceed a bound: the loss as which the first dropped one is sealed now. none: within bounds.
  virtual base::Loss exceeded(const Retained&) const noexcept { return base::Loss::none; }
  // How long records, nodes and edges outlive the last span, edge or keep of their trace.
  virtual std::int64_t records_ns() const noexcept { return kNever; }
  // How many bytes must be released, with so many held: at once, for a request of `wanted` bytes that found no room (0:
  // there is none), and ahead of need, a part in each tick.
  virtual std::uint64_t bytes_to_release(std::uint64_t, std::uint64_t) const noexcept { return 0; }
  virtual std::uint64_t bytes_ahead(std::uint64_t) const noexcept { return 0; }
};

struct RuleType {
  int place = 0;  // of its rows in the table of options
  std::vector<option::Row<Options>> rows{};
  void (*check)(const Options& options, option::Findings& findings) = nullptr;  // null: its rows say it all
  std::unique_ptr<Rule> (*make)(const Options& options) = nullptr;
};

// A rule with a constructor that takes the options.
template <class T>
std::unique_ptr<Rule> make_rule(const Options& options) {
  return std::make_unique<T>(options);
}

}  // namespace entail::retention
