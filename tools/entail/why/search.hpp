// A search of a decision log: which traces match, and a table of them to choose from.
//
// Thread rule: Confined. Memory: 2 * kHitsMax records, and some 100 bytes for each trace that matches, is an origin or
// was kept over links.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "console.hpp"
#include "decision_log.hpp"

namespace entail::cli {

struct SearchTerms {
  std::string prefix;                    // of the trace ID, in lower case
  std::string service;                   // one of its services
  std::string name;                      // part of the root's or the first error's operation
  std::string policy;                    // that kept or dropped it
  bool error = false;                    // it has a failed span
  bool origin = false;                   // its own keep is carried over links
  std::optional<std::int64_t> since_ns;  // it began then, or later

  bool match(const LogRecord& record) const;
};

struct Hit {
  LogRecord record;
  std::uint64_t chain_total = 0;  // traces that it keeps as an origin
};

class Search {
 public:
  static constexpr std::size_t kHitsMax = 4096;

  explicit Search(SearchTerms terms) : terms_(std::move(terms)) {}
  void add(const LogRecord& record);
  // The largest chains first, then the latest traces. At most kHitsMax.
  std::vector<Hit> hits() const;
  std::uint64_t total() const noexcept { return matching_.size(); }
  // There were records, but none had names: the log was written with decisions.detail: ids.
  bool lacks_detail() const noexcept { return saw_record_ && !saw_detail_; }

 private:
  void make_room();

  SearchTerms terms_;
  std::unordered_map<std::string, LogRecord> newest_;  // of the matching traces
  std::unordered_set<std::string> matching_;
  std::unordered_map<std::string, std::uint64_t> chain_totals_;  // by origin
  std::unordered_map<std::string, std::string> origin_of_;       // of traces kept over links
  bool saw_record_ = false;
  bool saw_detail_ = false;
};

// One line for each of the first `shown_max` groups of hits that look alike, in columns, and how many more there are.
std::string hits_table(const std::vector<Hit>& hits, std::uint64_t total, std::size_t shown_max, Paint paint);
// One object on one line, with a newline.
std::string hits_json(const std::vector<Hit>& hits, std::uint64_t total);

}  // namespace entail::cli
