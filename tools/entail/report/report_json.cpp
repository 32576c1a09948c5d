#include "report/report_json.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "output/json_text.hpp"
#include "report/overview_json.hpp"

namespace entail::cli::report {
namespace {

constexpr double kNsPerMs = 1e6;

// The texts of one page by number, in the order in which they are first used.
class PageTexts {
 public:
  explicit PageTexts(const NameTable& names) : names_(names), numbers_(names.size(), ~std::uint32_t{0}) {
    number(NameTable::kNone);
  }
  std::uint32_t number(NameId name) {
    if (numbers_[name] == ~std::uint32_t{0}) {
      numbers_[name] = static_cast<std::uint32_t>(used_.size());
      used_.push_back(name);
    }
    return numbers_[name];
  }
  void write(JsonText& json) const {
    json.key("strings").begin_array();
    for (const NameId name : used_) json.value(names_.text(name));
    json.end_array();
  }

 private:
  const NameTable& names_;
  std::vector<std::uint32_t> numbers_;
  std::vector<NameId> used_;
};

class Writer {
 public:
  Writer(const ReportView& view, ReportCounts& counts)
      : view_(view), rows_(view.rows.rows()), counts_(counts), texts_(view.names), page_index_(rows_.size(), -1) {}

  std::string write() {
    number_rows();
    json_.begin_object();
    head();
    write_overview(view_, json_, counts_);
    traces();
    edges();
    origins();
    left_out();
    texts_.write(json_.newline());
    json_.end_object();
    return json_.take();
  }

 private:
  static JsonText& signed_value(JsonText& json, std::int64_t number) { return json.raw(std::to_string(number)); }
  void count_field(std::string_view name, std::uint64_t count) {
    if (count != 0) json_.field(name, count);
  }
  void text_field(std::string_view name, NameId text) {
    if (text != NameTable::kNone && view_.with_names) json_.key(name).value(texts_.number(text));
  }
  double after_base_ms(std::int64_t ns) const { return static_cast<double>(ns - base_ns_) / kNsPerMs; }

  void number_rows() {
    counts_ = ReportCounts();
    for (RowIndex i = 0; i < rows_.size(); ++i) {
      if (view_.choice.in_page[i]) {
        page_index_[i] = static_cast<std::int64_t>(shown_.size());
        shown_.push_back(i);
      }
    }
    const auto& steps = view_.overview.steps();
    base_ns_ = steps.empty() ? 0 : steps.begin()->first * view_.overview.step_ns();
  }

  void head() {
    const ReportSource& source = view_.source;
    json_.field("format", "entail-report").field("version", std::uint64_t{1});
    json_.field("generator", "entail " + std::string(version()));
    json_.field("detail", view_.with_names ? "full" : "ids");
    json_.field("source", source.from_engine ? "engine" : "decisions");
    json_.key("inputs").begin_array();
    for (const std::string& input : source.inputs) json_.value(input);
    json_.end_array();
    json_.key("configuration");
    if (source.configuration.empty())
      json_.null();
    else
      json_.value(source.configuration);
    json_.key("input").begin_object().field("requests", source.requests).field("bytes", source.bytes).end_object();
    json_.key("notes").begin_array();
    for (const std::string& note : source.notes) json_.value(note);
    json_.end_array();
    json_.field("base_ns", std::to_string(base_ns_));
  }

  void traces() {
    json_.newline().key("traces").begin_array();
    for (const RowIndex row : shown_) {
      json_.newline();
      trace(row);
    }
    json_.end_array();
    counts_.traces_shown = shown_.size();
  }

  const char* state_of(const TraceRow& row) const {
    if (!row.has_record()) return "absent";
    if (row.is_kept()) return "kept";
    const std::string& loss = view_.names.text(row.counted.loss);
    return loss == "keep_after_seal" ? "sealed" : loss == "keep_refused" ? "refused" : "dropped";
  }

  void trace(RowIndex index) {
    const TraceRow& row = rows_[index];
    json_.begin_object().field("id", to_hex(row.id)).field("state", state_of(row));
    if (row.has_record()) {
      json_.field("reason", view_.names.text(row.counted.reason));
      if (row.counted.policy != NameTable::kNone) json_.field("policy", view_.names.text(row.counted.policy));
      if (row.counted.loss != NameTable::kNone) json_.field("loss", view_.names.text(row.counted.loss));
      if (row.counted.origin) json_.field("origin", true);
      if (row.counted.revived) json_.field("revived", true);
      reached(row);
      json_.field("decided", after_base_ms(row.decided_at_ns)).field("span_count", row.counted.spans);
      count_field("revision", row.revision);
      count_field("not_followed", row.not_followed);
      count_field("links_dropped_upstream", row.links_dropped_upstream);
      count_field("linked_total", row.linked_total);
      if (view_.with_names) headline(row);
    }
    more(index);
    if (view_.choice.with_spans[index] && row.shown) spans(row);
    json_.end_object();
  }

  void reached(const TraceRow& row) {
    if (row.origin == kNoRow) return;
    json_.field("direction", direction_name(row.direction)).field("hops", row.hops);
    json_.field("origin_id", to_hex(rows_[row.origin].id));
    if (row.via != kNoRow) json_.field("via_id", to_hex(rows_[row.via].id));
  }

  void headline(const TraceRow& row) {
    text_field("service", row.counted.service);
    text_field("name", row.name);
    if (row.start_ns != 0) json_.field("start", after_base_ms(row.start_ns)).field("duration", row.duration_ms);
    count_field("errors", row.counted.errors);
    count_field("bytes", row.counted.bytes);
    if (row.error_service != NameTable::kNone || row.error_name != NameTable::kNone ||
        row.error_message != NameTable::kNone) {
      json_.key("error").begin_object();
      text_field("service", row.error_service);
      text_field("name", row.error_name);
      text_field("message", row.error_message);
      json_.end_object();
    }
    if (row.nearest) {
      json_.key("nearest").begin_object().field("policy", view_.names.text(row.nearest->policy));
      json_.field("value", row.nearest->value).field("threshold", row.nearest->threshold);
      json_.field("why", row.nearest->why).end_object();
    }
  }

  // Neighbours that the page leaves out, by state, and linked traces that nothing names.
  void more(RowIndex index) {
    std::uint64_t kept = 0, dropped = 0, absent = 0, linked = 0;
    view_.chains.for_each_neighbour(index, [&](RowIndex other, bool is_linked) {
      linked += is_linked;
      if (page_index_[other] >= 0) return;
      ++(!rows_[other].has_record() ? absent : rows_[other].is_kept() ? kept : dropped);
    });
    const std::uint64_t unnamed = rows_[index].linked_total > linked ? rows_[index].linked_total - linked : 0;
    if (kept + dropped + absent + unnamed == 0) return;
    json_.key("more").begin_object();
    count_field("kept", kept);
    count_field("dropped", dropped);
    count_field("absent", absent);
    count_field("unnamed", unnamed);
    json_.end_object();
  }

  void spans(const TraceRow& row) {
    const TraceSpans& shown = *row.shown;
    counts_.spans_shown += shown.spans.size();
    std::unordered_map<std::uint64_t, std::size_t> index;
    std::int64_t start_ns = INT64_MAX;
    for (std::size_t i = 0; i < shown.spans.size(); ++i) {
      index.try_emplace(shown.spans[i].id.value, i);
      start_ns = std::min(start_ns, shown.spans[i].start_ns);
    }
    if (shown.spans.empty()) return;
    json_.field("spans_start", after_base_ms(start_ns));
    json_.key("spans").begin_array();
    for (const SpanRow& span : shown.spans) {
      const auto parent = index.find(span.parent.value);
      json_.begin_array().value(to_hex(span.id));
      signed_value(json_, span.parent.is_zero()   ? -1
                          : parent == index.end() ? -2
                                                  : static_cast<std::int64_t>(parent->second));
      json_.value(static_cast<double>(span.start_ns - start_ns) / kNsPerMs);
      json_.value(static_cast<double>(span.end_ns - span.start_ns) / kNsPerMs);
      json_.value(texts_.number(span.service)).value(texts_.number(span.name));
      json_.value(std::uint32_t{span.kind}).value(std::uint32_t{span.status});
      json_.value(texts_.number(span.message)).value(span.links).end_array();
    }
    json_.end_array();
    links(shown);
    count_field("spans_left_out", shown.spans_left_out);
    count_field("links_left_out", shown.links_left_out);
    if (!shown.truncations.empty()) truncations(shown);
  }

  // -1: the page has no entry for the trace.
  std::int64_t page_index(TraceId id) const {
    const std::optional<RowIndex> row = view_.rows.find(id);
    return row ? page_index_[*row] : -1;
  }

  void links(const TraceSpans& shown) {
    if (shown.links.empty()) return;
    json_.key("links").begin_array();
    for (const LinkRow& link : shown.links) {
      json_.begin_array().value(link.span);
      if (const std::int64_t to = page_index(link.trace_id); to >= 0)
        signed_value(json_, to);
      else
        json_.value(to_hex(link.trace_id));
      json_.value(to_hex(link.span_id)).value(texts_.number(link.type)).end_array();
    }
    json_.end_array();
  }

  void truncations(const TraceSpans& shown) {
    json_.key("truncated").begin_array();
    for (const TruncationRow& row : shown.truncations) {
      json_.begin_object().field("span", row.span).field("received", row.received).field("emitted", row.emitted);
      json_.field("dropped", row.dropped).field("dropped_upstream", row.dropped_upstream);
      json_.field("malformed", row.malformed).field("duplicates", row.duplicates);
      json_.key("strata").begin_object();
      for (std::size_t i = 0; i < row.strata.size(); ++i) {
        json_.key(TruncationRow::kStrata[i]).begin_array();
        json_.value(row.strata[i].received).value(row.strata[i].emitted).end_array();
      }
      json_.end_object();
      if (!row.threshold_uniform.empty()) json_.field("threshold_uniform", row.threshold_uniform);
      if (!row.threshold_consistent.empty()) json_.field("threshold_consistent", row.threshold_consistent);
      json_.field("algorithm", row.algorithm).field("seed", std::to_string(row.seed)).end_object();
    }
    json_.end_array();
  }

  struct LinksOfEdge {
    std::uint64_t count = 0;
    NameId type = NameTable::kNone;
    double delay_ms = NAN;
  };

  // From the linked span's end, else start, to the linking span's start; of several links the shortest.
  static void note_delay(const SpanRow& linking, const TraceRow& target, SpanId linked_id, LinksOfEdge& edge) {
    if (!target.shown) return;
    for (const SpanRow& linked : target.shown->spans) {
      if (!(linked.id == linked_id)) continue;
      const std::int64_t from = linked.end_ns != 0 ? linked.end_ns : linked.start_ns;
      const double delay_ms = static_cast<double>(linking.start_ns - from) / kNsPerMs;
      if (!(std::abs(edge.delay_ms) <= std::abs(delay_ms))) edge.delay_ms = delay_ms;
      return;
    }
  }

  void edges() {
    json_.newline().key("edges").begin_array();
    for (const RowIndex row : shown_) {
      std::unordered_map<RowIndex, LinksOfEdge> links;
      if (rows_[row].shown) {
        for (const LinkRow& link : rows_[row].shown->links) {
          const std::optional<RowIndex> to = view_.rows.find(link.trace_id);
          if (!to) continue;
          LinksOfEdge& edge = links[*to];
          if (++edge.count == 1) edge.type = link.type;
          note_delay(rows_[row].shown->spans[link.span], rows_[*to], link.span_id, edge);
        }
      }
      view_.chains.for_each_neighbour(row, [&](RowIndex other, bool is_linked) {
        if (!is_linked || page_index_[other] < 0) return;
        const LinksOfEdge edge = links.contains(other) ? links[other] : LinksOfEdge{1, NameTable::kNone, NAN};
        json_.begin_array();
        signed_value(json_, page_index_[row]);
        signed_value(json_, page_index_[other]);
        json_.value(edge.count).value(texts_.number(edge.type));
        if (std::isnan(edge.delay_ms))
          json_.null();
        else
          json_.value(edge.delay_ms);
        json_.end_array();
      });
    }
    json_.end_array();
  }

  void hops_field(const char* name, const std::vector<std::uint32_t>& by_hops) {
    if (by_hops.empty()) return;
    json_.key(name).begin_array();
    for (const std::uint32_t traces : by_hops) json_.value(traces);
    json_.end_array();
  }

  void origins() {
    constexpr const char* kRanks[] = {"largest", "latest", "unusual"};
    json_.newline().key("origins").begin_array();
    for (const Choice::Shown& shown : view_.choice.shown) {
      const Chain& chain = view_.chains.all()[shown.chain];
      if (page_index_[chain.origin] < 0) continue;
      ++counts_.chains;
      json_.newline().begin_object().key("trace");
      signed_value(json_, page_index_[chain.origin]);
      json_.field("chosen_as", kRanks[static_cast<std::size_t>(shown.rank)]);
      json_.field("traces", chain.traces).field("spans", chain.spans);
      count_field("errors", chain.errors);
      count_field("not_kept", chain.sealed);
      json_.field("alike", chain.alike).field("last", after_base_ms(chain.last_ns));
      hops_field("linked", chain.linked);
      hops_field("linking", chain.linking);
      hops_field("mixed", chain.mixed);
      json_.end_object();
    }
    json_.end_array();
  }

  void left_out() {
    std::uint64_t kept_shown = 0;
    for (const RowIndex row : shown_) kept_shown += rows_[row].is_kept();
    counts_.chains_left_out = view_.overview.origins - counts_.chains;
    counts_.kept_left_out = counts_.kept - std::min(counts_.kept, kept_shown);
    json_.newline().key("left_out").begin_object();
    json_.field("origins", counts_.chains_left_out).field("kept_traces", counts_.kept_left_out);
    json_.field("dropped_traces", counts_.dropped - std::min(counts_.dropped, dropped_shown()));
    json_.field("forgotten", view_.rows.forgotten()).end_object();
  }

  std::uint64_t dropped_shown() const {
    std::uint64_t dropped = 0;
    for (const RowIndex row : shown_) dropped += rows_[row].has_record() && !rows_[row].is_kept();
    return dropped;
  }

  const ReportView& view_;
  const std::vector<TraceRow>& rows_;
  ReportCounts& counts_;
  PageTexts texts_;
  JsonText json_;
  std::vector<RowIndex> shown_;
  std::vector<std::int64_t> page_index_;  // by row; -1: not in the page
  std::int64_t base_ns_ = 0;
};

}  // namespace

std::string report_json(const ReportView& view, ReportCounts& counts) { return Writer(view, counts).write(); }

}  // namespace entail::cli::report
