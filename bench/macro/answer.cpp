#include "macro/answer.hpp"

#include <algorithm>
#include <iterator>

#include "entail/entail.hpp"

namespace entail::bench {
namespace {

constexpr std::uint64_t kLinksEmittedMax = 128;  // the default of max_links_per_span

struct Collect final : RequestVisitor {
  explicit Collect(Answer& collected) : answer(collected) {}
  void on_span(const SpanInfo& span) override {
    answer.traces.push_back(span.trace_id);
    ++answer.spans;
  }
  void on_link(const SpanInfo&, const LinkInfo&) override { ++answer.links; }
  Answer& answer;
};

bool is_service_load(const Load& load) { return !load.errors_only; }

}  // namespace

bool read_answer(std::span<const Buffer> batches, Answer& answer) {
  Collect collect(answer);
  Request request;
  for (const Buffer& batch : batches) {
    if (!request.parse_protobuf(batch).ok()) return false;
    request.visit(collect);
  }
  std::sort(answer.traces.begin(), answer.traces.end());
  answer.traces.erase(std::unique(answer.traces.begin(), answer.traces.end()), answer.traces.end());
  return true;
}

std::string fault_in(const Answer& answer, const Load& load, bool links_cut) {
  const std::size_t wanted = load.own_kept.size() + load.by_link_count;
  if (answer.traces.size() != wanted)
    return std::to_string(answer.traces.size()) + " traces kept, not " + std::to_string(wanted);
  const auto are_kept = [&](const std::vector<TraceId>& ids) {
    return std::includes(answer.traces.begin(), answer.traces.end(), ids.begin(), ids.end());
  };
  if (!are_kept(load.own_kept) || !are_kept(load.by_link)) return "other traces kept";
  const std::uint64_t spans = wanted * (is_service_load(load) ? kSpansPerTrace : 1);
  if (answer.spans != spans) return std::to_string(answer.spans) + " spans kept, not " + std::to_string(spans);
  if (load.name == "million_links") {
    const std::uint64_t links = links_cut ? kLinksEmittedMax : load.links;
    if (answer.links != links) return std::to_string(answer.links) + " links left, not " + std::to_string(links);
  }
  return {};
}

}  // namespace entail::bench
