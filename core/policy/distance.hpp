// How close a condition came to keeping a trace: for the record of a dropped trace, which names it for each policy that
// has a distance. Thread rule: Immutable (plain values, free functions). Cost: one or two short strings; only records
// with details ask.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/facts.hpp"

namespace entail::policy {

struct Distance {
  double value = 0;  // of the trace, in the unit of the threshold
  double threshold = 0;
  std::string why;
};

// What is known of a trace whose distances are asked for.
struct Missed {
  const Facts& trace;
  TraceId id;
  std::span<const std::uint64_t> near_numbers;  // by index of NearNumbers
};

// Nothing: the trace has no value for this condition. REQUIRES that the condition does not hold for the trace.
using DistanceTest = std::function<std::optional<Distance>(const Missed& missed)>;

// 4.5 -> "4.5", 4 -> "4".
std::string number_text(double number);
// 900 -> "900 ms", 4900 -> "4.9 s".
std::string duration_text(std::int64_t milliseconds);
// 1 -> "1 span", 4 -> "4 spans".
std::string count_text(std::uint64_t count, std::string_view unit);
// A trace that was drawn at `drawn` percent, where up to `kept` percent are kept. 0 <= drawn <= 100.
Distance chance_distance(double drawn, double kept);

}  // namespace entail::policy
