// Retention: all rules together (rule.hpp). The engine asks it when a dropped trace is sealed, when records are
// forgotten, and how many bytes must be released; it knows no rule by name. Thread rule: Immutable. Cost: a virtual
// call for each rule.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "retention/rule.hpp"

namespace entail::retention {

// By place.
std::span<const RuleType> rule_types();

class Retention {
 public:
  explicit Retention(const Options& options);

  std::int64_t end_ns(const DroppedTrace& trace) const noexcept;
  base::Loss exceeded(const Retained& retained) const noexcept;
  std::int64_t records_ns() const noexcept { return records_ns_; }
  std::uint64_t bytes_to_release(std::uint64_t held_bytes, std::uint64_t wanted_bytes) const noexcept;
  std::uint64_t bytes_ahead(std::uint64_t held_bytes) const noexcept;

 private:
  std::vector<std::unique_ptr<Rule>> rules_;
  std::int64_t records_ns_ = kNever;
};

}  // namespace entail::retention
