// Measured values by name, printed as the JSON that tools/bench reads:
//   {"measures": [{"name": "macro.plain.1.cpu", "unit": "ns/span", "values": [...]}, ...]}
// Thread rule: Confined.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace entail::bench {

class Report {
 public:
  // One repetition's value of a measure.
  void add(std::string_view name, std::string_view unit, double value) {
    for (Measure& measure : measures_) {
      if (measure.name != name) continue;
      measure.values.push_back(value);
      return;
    }
    measures_.push_back({std::string(name), std::string(unit), {value}});
  }

  void print(std::FILE* out) const {
    std::fputs("{\"measures\": [", out);
    const char* separator = "\n";
    for (const Measure& measure : measures_) {
      std::fprintf(out, "%s  {\"name\": \"%s\", \"unit\": \"%s\", \"values\": [", separator, measure.name.c_str(),
                   measure.unit.c_str());
      for (std::size_t i = 0; i < measure.values.size(); ++i)
        std::fprintf(out, "%s%.6g", i == 0 ? "" : ", ", measure.values[i]);
      std::fputs("]}", out);
      separator = ",\n";
    }
    std::fputs("\n]}\n", out);
  }

 private:
  struct Measure {
    std::string name;
    std::string unit;
    std::vector<double> values;
  };
  std::vector<Measure> measures_;
};

// The quantile of the samples at that share; reorders them. 0 for none.
inline double percentile(std::vector<double>& samples, double share) {
  if (samples.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(samples.size() - 1));
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(at), samples.end());
  return samples[at];
}

}  // namespace entail::bench
