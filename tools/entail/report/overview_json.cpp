#include "report/overview_json.hpp"

#include <algorithm>

namespace entail::cli::report {
namespace {

class OverviewWriter {
 public:
  OverviewWriter(const ReportView& view, JsonText& json, ReportCounts& counts)
      : view_(view), json_(json), counts_(counts) {}

  void write() {
    totals();
    losses();
    services();
  }

 private:
  void count_field(std::string_view name, std::uint64_t count) {
    if (count != 0) json_.field(name, count);
  }
  void counts_fields(const TraceCounts& counts) {
    json_.field("traces", counts.traces).field("spans", counts.spans);
    count_field("bytes", counts.bytes);
  }
  void kept_and_dropped(const TraceCounts& kept, const TraceCounts& dropped) {
    json_.key("kept").begin_object();
    counts_fields(kept);
    json_.end_object().key("dropped").begin_object();
    counts_fields(dropped);
    json_.end_object();
  }

  void totals() {
    const Overview& all = view_.overview;
    counts_.kept = all.kept.traces;
    counts_.dropped = all.dropped.traces;
    counts_.traces = counts_.kept + counts_.dropped;
    json_.newline().key("totals").begin_object();
    kept_and_dropped(all.kept, all.dropped);
    json_.field("origins", all.origins).field("revived", all.revived).field("error_spans", all.errors);
    json_.end_object();
    steps();
    json_.newline().key("policies").begin_array();
    for (const auto& [policy, counts] : all.by_policy) {
      if (counts.traces == 0) continue;
      json_.begin_object().field("policy", view_.names.text(policy));
      counts_fields(counts);
      json_.end_object();
    }
    json_.end_array().key("hops").begin_array();
    for (const auto& [place, counts] : all.by_hops) {
      if (counts.traces == 0) continue;
      json_.begin_object().field("direction", direction_name(place.first)).field("hops", place.second);
      counts_fields(counts);
      json_.end_object();
    }
    json_.end_array().key("reasons").begin_array();
    for (const auto& [reason, counts] : all.by_reason) {
      if (counts.traces == 0) continue;
      json_.begin_object().field("reason", view_.names.text(reason));
      counts_fields(counts);
      json_.end_object();
    }
    json_.end_array();
  }

  void steps() {
    const auto& steps = view_.overview.steps();
    json_.newline().key("time").begin_object();
    json_.field("step_ms", static_cast<double>(view_.overview.step_ns()) / 1e6);
    for (const auto& [name, member] :
         {std::pair("kept", &Overview::Step::kept), {"dropped", &Overview::Step::dropped}}) {
      json_.key(name).begin_array();
      std::int64_t next = steps.empty() ? 0 : steps.begin()->first;
      for (const auto& [number, step] : steps) {
        for (; next < number; ++next) json_.begin_array().value(0u).value(0u).end_array();
        json_.begin_array().value((step.*member).traces).value((step.*member).spans).end_array();
        ++next;
      }
      json_.end_array();
    }
    json_.end_object();
  }

  // Those of the engine count more than traces; of a log, the traces whose record names a loss are known.
  void losses() {
    std::vector<NamedCount> counts = view_.source.losses;
    if (!view_.source.from_engine) {
      for (const auto& [loss, traces] : view_.overview.by_loss)
        if (traces.traces != 0) counts.push_back({view_.names.text(loss), traces.traces});
    }
    json_.newline().key("losses").begin_array();
    for (const NamedCount& loss : counts) {
      json_.begin_object().field("loss", loss.name).field("count", loss.count);
      for (const LossInfo& info : loss_table())
        if (info.name == loss.name) json_.field("severity", info.severity).field("help", info.help);
      json_.end_object();
    }
    json_.end_array();
  }

  // The largest by spans; the rest together, without a name.
  void services() {
    constexpr std::size_t kShownMax = 100;
    std::vector<std::pair<NameId, Overview::Service>> services(view_.overview.services.begin(),
                                                               view_.overview.services.end());
    const auto spans = [](const auto& entry) { return entry.second.kept.spans + entry.second.dropped.spans; };
    std::sort(services.begin(), services.end(), [&](const auto& a, const auto& b) {
      return std::pair(spans(b), a.first) < std::pair(spans(a), b.first);
    });
    json_.newline().key("services").begin_array();
    Overview::Service rest;
    std::uint64_t rest_count = 0;
    for (const auto& [name, service] : services) {
      if (view_.with_names && name > NameTable::kOther && counts_.services++ < kShownMax) {
        one_service(view_.names.text(name), service);
        continue;
      }
      ++rest_count;
      rest.kept.add(service.kept);
      rest.dropped.add(service.dropped);
      rest.errors += service.errors;
    }
    if (rest_count != 0 && rest.kept.traces + rest.dropped.traces != 0) one_service("", rest);
    json_.end_array();
  }

  void one_service(const std::string& name, const Overview::Service& service) {
    json_.begin_object().field("service", name);
    kept_and_dropped(service.kept, service.dropped);
    json_.field("error_spans", service.errors).end_object();
  }

  const ReportView& view_;
  JsonText& json_;
  ReportCounts& counts_;
};

}  // namespace

void write_overview(const ReportView& view, JsonText& json, ReportCounts& counts) {
  OverviewWriter(view, json, counts).write();
}

}  // namespace entail::cli::report
