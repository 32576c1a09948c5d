#include "why/search.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <tuple>

#include "output/json_text.hpp"
#include "output/shown_text.hpp"
#include "output/text_width.hpp"
#include "time_text.hpp"
#include "why/trace_words.hpp"

namespace entail::cli {
namespace {

constexpr std::size_t kCellBytesMax = 60;
constexpr std::size_t kPrefixDigits = 12;  // of a trace ID: mostly enough to be unique among millions

// As many digits as make the ID of every hit unique.
std::size_t prefix_digits(const std::vector<Hit>& hits) {
  std::vector<std::string_view> ids;
  for (const Hit& hit : hits) ids.push_back(hit.record.trace_id);
  std::sort(ids.begin(), ids.end());
  std::size_t digits = kPrefixDigits;
  for (std::size_t i = 1; i < ids.size(); ++i) {
    const auto [a, b] = std::ranges::mismatch(ids[i - 1], ids[i]);
    digits = std::max(digits, static_cast<std::size_t>(a - ids[i - 1].begin()) + 1);
  }
  return digits;
}

// 2023-11-14 22:13:20
std::string short_time(std::int64_t time_ns) {
  std::string text = time_text(time_ns);
  text[text.find('T')] = ' ';
  text.pop_back();
  return text;
}

std::string decision_words(const LogRecord& record) {
  if (record.verdict != "keep") return record.loss.empty() ? "dropped" : "dropped, " + record.loss;
  return record.reason == "link" ? "link, " + hops_words(record) : record.policy + (record.origin ? ", origin" : "");
}

std::uint64_t sort_time(const LogRecord& record) { return static_cast<std::uint64_t>(record.start_ns.value_or(0)); }

// Hits that look the same to a reader: the one to look at first, and how many they are.
struct Group {
  const Hit* first = nullptr;
  std::uint64_t traces = 0;
};

std::vector<Group> groups_of(const std::vector<Hit>& hits) {
  std::vector<Group> groups;
  std::map<std::array<std::string, 3>, std::size_t> known;
  for (const Hit& hit : hits) {
    const std::string decision = hit.record.reason == "link" ? std::string("link") : decision_words(hit.record);
    const auto [at, is_new] = known.try_emplace(
        {decision, name_words(hit.record), shown_text(error_words(hit.record), kCellBytesMax)}, groups.size());
    if (is_new) groups.push_back({&hit, 0});
    ++groups[at->second].traces;
  }
  return groups;
}

using Row = std::array<std::string, 8>;

Row row_of(const Group& group, std::size_t digits) {
  const Hit& full = *group.first;
  const LogRecord record = shown_record(full.record);
  return {record.trace_id.substr(0, digits),
          group.traces == 1 ? "" : grouped(group.traces),
          record.start_ns ? short_time(*record.start_ns) : std::string(),
          decision_words(record),
          full.chain_total == 0 ? "" : "+" + grouped(full.chain_total),
          shown_text(name_words(record), kCellBytesMax),
          record.duration_ms ? duration_words(*record.duration_ms) : "",
          shown_text(error_words(record), kCellBytesMax)};
}

constexpr std::size_t kDecisionColumn = 3;
constexpr std::size_t kRootColumn = 5;
constexpr std::size_t kErrorColumn = 7;
constexpr std::size_t kDecisionWidthMin = 12;

// The columns that are not empty, and how wide they are.
struct Layout {
  std::array<std::size_t, std::tuple_size_v<Row>> widths{};
  bool has_names_below = false;  // the root and the first error have a line of their own

  bool is_below(std::size_t i) const { return has_names_below && (i == kRootColumn || i == kErrorColumn); }
  std::size_t line_width() const {
    std::size_t width = 0;
    for (std::size_t i = 0; i < widths.size(); ++i)
      if (widths[i] != 0 && !is_below(i)) width += widths[i] + 2;
    return width - 2;
  }
};

// Names go below their rows, and then decisions are shortened, as far as the columns demand it.
Layout layout_of(const std::vector<Row>& rows, std::size_t columns) {
  Layout layout;
  for (std::size_t i = 0; i < layout.widths.size(); ++i) {
    if (std::all_of(rows.begin() + 1, rows.end(), [&](const Row& row) { return row[i].empty(); })) continue;
    for (const Row& row : rows) layout.widths[i] = std::max(layout.widths[i], columns_of(row[i]));
  }
  layout.has_names_below = layout.line_width() > columns;
  const std::size_t width = layout.line_width();
  std::size_t& decision = layout.widths[kDecisionColumn];
  if (width > columns && decision > kDecisionWidthMin)
    decision -= std::min(width - columns, decision - kDecisionWidthMin);
  return layout;
}

// The cells side by side; where they do not fit, in as many lines as it takes.
std::string row_text(const Row& row, const Layout& layout, std::size_t columns) {
  const bool fits = layout.line_width() <= columns;
  std::string text;
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (layout.widths[i] == 0 || layout.is_below(i) || (!fits && row[i].empty())) continue;
    std::string cell = shortened(row[i], std::min(layout.widths[i], columns - 2));
    if (fits) {
      cell.append(layout.widths[i] - columns_of(cell), ' ');
    } else if (columns_of(line) + columns_of(cell) > columns) {
      text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
      line = "  ";
    }
    line += cell + "  ";
  }
  return text + line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string names_text(const Row& row, std::size_t columns) {
  const std::string& root = row[kRootColumn];
  const std::string& error = row[kErrorColumn];
  if (root.empty() && error.empty()) return {};
  return "  " + shortened(root + (root.empty() || error.empty() ? "" : "  ") + error, columns - 2) + "\n";
}

std::string rows_text(const std::vector<Row>& rows, Paint paint) {
  const Layout layout = layout_of(rows, paint.columns);
  std::string text(paint.bold());
  for (const Row& row : rows) {
    text += row_text(row, layout, paint.columns);
    if (layout.has_names_below) text += names_text(row, paint.columns);
    if (&row == &rows.front()) text += paint.end();
  }
  return text;
}

}  // namespace

bool SearchTerms::match(const LogRecord& record) const {
  if (!record.trace_id.starts_with(prefix)) return false;
  if (!service.empty() && record.root_service != service &&
      std::find(record.services.begin(), record.services.end(), service) == record.services.end())
    return false;
  if (!name.empty() && record.root_name.find(name) == std::string::npos &&
      (!record.error || record.error->name.find(name) == std::string::npos))
    return false;
  if (!policy.empty() && record.policy != policy) return false;
  if (error && record.errors == 0) return false;
  if (origin && !record.origin) return false;
  return !since_ns || (record.start_ns && *record.start_ns >= *since_ns);
}

void Search::add(const LogRecord& record) {
  saw_record_ = true;
  saw_detail_ |= record.has_detail;
  if (record.reason == "link") {
    std::string& origin = origin_of_[record.trace_id];
    if (origin != record.origin_trace_id) {
      if (!origin.empty()) --chain_totals_[origin];
      ++chain_totals_[record.origin_trace_id];
      origin = record.origin_trace_id;
    }
  }
  const auto known = newest_.find(record.trace_id);
  if (!terms_.match(record)) {  // a later revision counts
    if (known != newest_.end() && record.revision < known->second.revision) return;
    if (known != newest_.end()) newest_.erase(known);
    matching_.erase(record.trace_id);
    return;
  }
  matching_.insert(record.trace_id);
  if (known != newest_.end()) {
    if (record.revision >= known->second.revision) known->second = record;
    return;
  }
  newest_.emplace(record.trace_id, record);
  if (newest_.size() >= 2 * kHitsMax) make_room();
}

// Keeps the better half; origins stay as long as they can, since their chains may still grow.
void Search::make_room() {
  std::vector<std::tuple<bool, std::uint64_t, std::string>> order;
  for (const auto& [id, record] : newest_) order.emplace_back(record.origin, sort_time(record), id);
  std::nth_element(order.begin(), order.begin() + kHitsMax, order.end(), std::greater<>());
  for (auto at = order.begin() + kHitsMax; at != order.end(); ++at) newest_.erase(std::get<2>(*at));
}

std::vector<Hit> Search::hits() const {
  std::vector<Hit> hits;
  for (const auto& [id, record] : newest_) {
    const auto chain = chain_totals_.find(id);
    hits.push_back({record, record.origin && chain != chain_totals_.end() ? chain->second : 0});
  }
  const auto order = [](const Hit& hit) {
    return std::tuple(~hit.chain_total, !hit.record.origin, ~sort_time(hit.record), hit.record.trace_id);
  };
  std::sort(hits.begin(), hits.end(), [&](const Hit& a, const Hit& b) { return order(a) < order(b); });
  if (hits.size() > kHitsMax) hits.resize(kHitsMax);
  return hits;
}

std::string hits_table(const std::vector<Hit>& hits, std::uint64_t total, std::size_t shown_max, Paint paint) {
  const std::size_t digits = prefix_digits(hits);
  const std::vector<Group> groups = groups_of(hits);
  std::vector<Row> rows = {{"TRACE", "ALIKE", "STARTED", "DECISION", "KEEPS", "ROOT", "DURATION", "FIRST ERROR"}};
  std::uint64_t listed = 0;
  for (std::size_t i = 0; i < std::min(groups.size(), shown_max); ++i) {
    rows.push_back(row_of(groups[i], digits));
    listed += groups[i].traces;
  }
  std::string text = rows_text(rows, paint);
  if (listed < total) text += "and " + grouped(total - listed) + " more\n";
  return text;
}

std::string hits_json(const std::vector<Hit>& hits, std::uint64_t total) {
  JsonText json;
  json.begin_object().field("total", total).key("traces").begin_array();
  for (const Hit& hit : hits) {
    json.begin_object().field("keeps", hit.chain_total).key("record").raw_from_outside(hit.record.json).end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

}  // namespace entail::cli
