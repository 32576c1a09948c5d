#include "report/report_data.hpp"

#include "report/report_json.hpp"

namespace entail::cli::report {
namespace {

// While traces still arrive, enough for several pages is held, since later traces displace some of it.
constexpr std::uint64_t kHeldBytes = 32u << 20;

}  // namespace

void ReportData::add(const DecisionRecord& record) {
  make_room_when_full();
  rows_.add(record);
}

// Holds what a large page would show, and the newest quarter of all traces: their chains are still growing. If that
// makes no room, it is not tried again at once.
void ReportData::make_room_when_full() {
  constexpr std::uint64_t kAddsMin = 100;
  ++adds_;
  if (adds_ < kAddsMin || !(rows_.full() || names_.full())) return;
  adds_ = 0;
  const Chains chains(rows_.rows(), rows_.edges());
  Choice choice = chains.choose(kHeldBytes);
  const std::size_t count = rows_.rows().size();
  for (std::size_t i = count - count / 4; i < count; ++i) choice.in_page[i] = choice.with_spans[i] = true;
  rows_.retain(choice.in_page, choice.with_spans);
  std::vector<bool> used(names_.size());
  used[NameTable::kNone] = used[NameTable::kOther] = true;
  rows_.mark_names(used);
  overview_.mark_names(used);
  names_.release_unused(used);
}

void ReportData::choose_before_spans(std::uint64_t page_bytes) {
  chosen_ = Chains(rows_.rows(), rows_.edges()).choose(page_bytes).with_spans;
  chosen_before_ = true;
}

bool ReportData::wants(TraceId id) const {
  if (!chosen_before_) return true;
  const std::optional<RowIndex> row = rows_.find(id);
  return row && *row < chosen_.size() && chosen_[*row];
}

bool ReportData::add_spans(Bytes traces_data) {
  if (!chosen_before_) make_room_when_full();
  if (!reader_) reader_.emplace(names_, with_names_ && (!chosen_before_ || rows_.has_names()));
  struct Before {
    std::uint64_t bytes = 0;
    std::size_t links = 0;
  };
  std::unordered_map<TraceId, Before> before;
  const bool read = reader_->read(traces_data, [&](TraceId id) -> TraceSpans* {
    if (!wants(id)) return nullptr;
    TraceSpans& spans = rows_.spans_of(id);
    before.try_emplace(id, Before{spans.bytes(), spans.links.size()});
    return &spans;
  });
  for (const auto& [id, was] : before) rows_.note_spans(id, was.bytes, was.links);
  return read;
}

std::string ReportData::finish(const ReportSource& source, std::uint64_t page_bytes, ReportCounts& counts) {
  const Chains chains(rows_.rows(), rows_.edges());
  // Costs are estimates: a page that came out too long is made again with less.
  for (std::uint64_t bytes = page_bytes;; bytes -= bytes / 4) {
    const Choice choice = chains.choose(bytes);
    const ReportView view{rows_, names_, overview_, chains, choice, source, with_names_ && rows_.has_names()};
    std::string text = report_json(view, counts);
    if (text.size() <= page_bytes || bytes < 1024) return text;
  }
}

}  // namespace entail::cli::report
