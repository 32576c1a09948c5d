#include "report/trace_rows.hpp"

#include <algorithm>
#include <cmath>

#include "output/shown_text.hpp"

namespace entail::cli::report {
namespace {

constexpr std::int64_t kStartPlausibleNs = 3600 * kNanosPerSecond;

std::uint32_t narrow(std::uint64_t number) noexcept {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(number, 0xffff'ffff));
}

}  // namespace

RowIndex TraceRows::row_of(TraceId id) {
  const auto [at, added] = index_.try_emplace(id, static_cast<RowIndex>(rows_.size()));
  if (added) rows_.emplace_back().id = id;
  return at->second;
}

std::optional<RowIndex> TraceRows::find(TraceId id) const {
  const auto found = index_.find(id);
  return found == index_.end() ? std::nullopt : std::optional(found->second);
}

TraceSpans& TraceRows::spans_of(TraceId id) {
  TraceRow& row = rows_[row_of(id)];
  if (!row.shown) row.shown = std::make_unique<TraceSpans>();
  return *row.shown;
}

void TraceRows::add(const DecisionRecord& record) {
  const RowIndex index = row_of(record.trace_id);
  const bool is_known = rows_[index].has_record();
  if (is_known && record.revision != 0 && record.revision < rows_[index].revision) return;
  // A record of revision 0 starts a new count; a later one replaces the record before it.
  if (is_known && record.revision != 0) overview_.take_back(rows_[index].counted);
  if (!is_known && record.revision != 0 && forgotten_ != 0) {
    // Its row was dropped while it counted as what revisions change: a drop that is now a keep.
    Contribution before;
    before.time_ns = record.decided_at_ns;
    before.spans = record.spans;
    before.verdict = record.revived ? Verdict::drop : record.verdict;
    before.reason = names_.number(record.revived ? "no_match" : record.reason);
    if (record.revived) overview_.take_back(before);
  }
  const std::uint32_t linked_before = rows_[index].linked_total;
  const bool again = is_known && record.revision != 0;
  TraceRow& row = rows_[index];
  const std::int64_t first_time_ns = row.counted.time_ns;
  row.counted = Contribution();
  row.counted.time_ns = again ? first_time_ns : record.decided_at_ns;
  row.counted.spans = record.spans;
  row.counted.verdict = record.verdict;
  row.counted.policy = names_.number(record.policy);
  row.counted.reason = names_.number(record.reason);
  row.counted.loss = names_.number(record.loss);
  row.counted.origin = record.origin;
  row.counted.revived = record.revived;
  row.revision = record.revision;
  row.decided_at_ns = record.decided_at_ns;
  row.not_followed = narrow(record.not_followed);
  row.links_dropped_upstream = narrow(record.links_dropped_upstream);
  row.linked_total = narrow(record.linked_total);
  row.hops = record.hops.value_or(0);
  row.direction = record.direction;
  if (record.reason == "link") {
    row.counted.direction = record.direction;
    row.counted.hops = row.hops;
  }
  take_detail(record, row);
  if (!again && row.start_ns != 0 && row.start_ns <= record.decided_at_ns &&
      row.start_ns > record.decided_at_ns - kStartPlausibleNs)
    row.counted.time_ns = row.start_ns;
  overview_.add(row.counted);
  if (!again || linked_before != record.linked_total) take_links(record, index);
  // row_of() may move the rows.
  const RowIndex origin = record.origin_trace_id ? row_of(*record.origin_trace_id) : kNoRow;
  const RowIndex via = record.path.size() >= 2 ? row_of(record.path[record.path.size() - 2]) : kNoRow;
  rows_[index].origin = origin;
  rows_[index].via = via;
}

void TraceRows::take_detail(const DecisionRecord& record, TraceRow& row) {
  row.nearest.reset();
  if (!record.detail) return;
  const TraceDetail& detail = *record.detail;
  has_names_ = true;
  row.counted.service = names_.number(detail.root_service);
  row.counted.errors = detail.errors;
  row.counted.bytes = detail.bytes;
  row.name = names_.number(detail.root_name);
  row.start_ns = detail.start_ns.value_or(0);
  row.duration_ms = static_cast<double>(detail.duration_ns.value_or(0)) / 1e6;
  if (detail.error) {
    row.error_service = names_.number(detail.error->service);
    row.error_name = names_.number(detail.error->name);
    row.error_message = names_.number(detail.error->message);
  }
  double nearest = -1;
  for (const NearPolicy& near : detail.nearest) {
    const double larger = std::max(std::abs(near.value), std::abs(near.threshold));
    const double closeness = larger == 0 ? 1 : std::min(std::abs(near.value), std::abs(near.threshold)) / larger;
    if (closeness <= nearest) continue;
    nearest = closeness;
    row.nearest = std::make_unique<NearMiss>(NearMiss{names_.number(near.policy), near.value, near.threshold,
                                                      shown_text(near.why, NameTable::kNameBytesMax)});
  }
}

void TraceRows::mark_names(std::vector<bool>& used) const {
  for (const TraceRow& row : rows_) {
    for (const NameId name : {row.counted.policy, row.counted.reason, row.counted.service, row.counted.loss, row.name,
                              row.error_service, row.error_name, row.error_message})
      used[name] = true;
    if (row.nearest) used[row.nearest->policy] = true;
    if (!row.shown) continue;
    for (const SpanRow& span : row.shown->spans)
      for (const NameId name : {span.service, span.name, span.message}) used[name] = true;
    for (const LinkRow& link : row.shown->links) used[link.type] = true;
  }
}

void TraceRows::take_links(const DecisionRecord& record, RowIndex index) {
  for (const TraceId& linked : record.linked) {
    const RowIndex to = row_of(linked);
    if (to != index) edges_.push_back({index, to});
  }
}

void TraceRows::note_spans(TraceId id, std::uint64_t bytes_before, std::size_t links_before) {
  const RowIndex index = row_of(id);
  const TraceSpans& shown = *rows_[index].shown;  // stays where it is when rows move
  span_bytes_ += shown.bytes() - bytes_before;
  for (std::size_t i = links_before; i < shown.links.size(); ++i) {
    if (shown.links[i].trace_id == id) continue;
    edges_.push_back({index, row_of(shown.links[i].trace_id)});
  }
}

const std::vector<Edge>& TraceRows::edges() {
  if (edges_sorted_ != edges_.size()) {
    std::sort(edges_.begin(), edges_.end());
    edges_.erase(std::unique(edges_.begin(), edges_.end()), edges_.end());
    edges_sorted_ = edges_.size();
  }
  return edges_;
}

bool TraceRows::full() const noexcept {
  return rows_.size() >= limits_.rows || edges_.size() >= limits_.edges || span_bytes_ >= limits_.span_bytes;
}

void TraceRows::retain(const std::vector<bool>& wanted, const std::vector<bool>& with_spans) {
  std::vector<RowIndex> renumbered(rows_.size(), kNoRow);
  RowIndex left = 0;
  span_bytes_ = 0;
  for (RowIndex i = 0; i < rows_.size(); ++i) {
    if (!wanted[i]) {
      forgotten_ += rows_[i].has_record();
      index_.erase(rows_[i].id);
      continue;
    }
    if (!with_spans[i]) rows_[i].shown.reset();
    if (rows_[i].shown) span_bytes_ += rows_[i].shown->bytes();
    renumbered[i] = left;
    index_[rows_[i].id] = left;
    if (left != i) rows_[left] = std::move(rows_[i]);
    ++left;
  }
  rows_.resize(left);
  const auto number = [&](RowIndex row) { return row == kNoRow ? kNoRow : renumbered[row]; };
  for (TraceRow& row : rows_) {
    row.origin = number(row.origin);
    row.via = number(row.via);
  }
  std::erase_if(edges_, [&](Edge& edge) {
    edge = {number(edge.linking), number(edge.linked)};
    return edge.linking == kNoRow || edge.linked == kNoRow;
  });
  edges_sorted_ = 0;
}

}  // namespace entail::cli::report
