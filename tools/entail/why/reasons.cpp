// Why, and where the chain may be incomplete.
#include <algorithm>

#include "entail/entail.hpp"
#include "why/explanation.hpp"
#include "why/trace_words.hpp"

namespace entail::cli {

std::string because_text(const LogRecord& record) {
  if (record.verdict == "keep" && record.reason == "policy") {
    return "Kept by policy " + record.policy + (record.origin ? ", which also keeps linked traces." : ".");
  }
  if (record.verdict == "keep") {
    const std::string way = record.direction == "linked"    ? "toward causes"
                            : record.direction == "linking" ? "toward consequences"
                                                            : "along links in both directions";
    return "Kept because of a link: origin " + record.origin_trace_id + " was kept, and this trace is " +
           hops_words(record) + " from it, " + way + ".";
  }
  if (record.loss == "keep_after_seal") {
    return "No policy kept it. Origin " + record.origin_trace_id +
           " would have kept it, but its spans had already been released: the chain is broken here.";
  }
  if (record.reason == "too_large") {
    return "Dropped at once: it was larger than maximum_trace_size_bytes" +
           (record.origin_trace_id.empty() ? "." : ", although origin " + record.origin_trace_id + " is linked to it.");
  }
  if (record.loss == "keep_refused") {
    return "Dropped by policy " + record.policy + ", although origin " + record.origin_trace_id + " is linked to it.";
  }
  if (!record.loss.empty() && !record.origin_trace_id.empty()) {
    return "Origin " + record.origin_trace_id + " is linked to it but could not keep it: " + record.loss + ".";
  }
  if (record.reason == "drop_policy") return "Dropped by policy " + record.policy + ".";
  return "No policy kept it, and no kept origin is linked to it within the limits.";
}

std::vector<Gap> gaps_of(const TraceStory& story) {
  const LogRecord& record = story.record;
  std::vector<Gap> gaps;
  if (!record.loss.empty()) {
    std::string help = "a loss";
    for (const LossInfo& info : loss_table()) {
      if (info.name == record.loss) help = info.help;
    }
    gaps.push_back({record.loss, 1, "this trace counts as the loss " + record.loss + ": " + help});
  }
  const auto count_if = [&](const std::vector<std::string>& ids, auto matches) {
    return static_cast<std::uint64_t>(std::count_if(ids.begin(), ids.end(), [&](const std::string& id) {
      const auto found = story.known.find(id);
      return id != record.trace_id && matches(found == story.known.end() ? nullptr : &found->second);
    }));
  };
  const auto absent = [](const LogRecord* known) { return known == nullptr; };
  const auto sealed = [](const LogRecord* known) { return known && known->loss == "keep_after_seal"; };
  const std::uint64_t absent_count = count_if(record.linked, absent) + count_if(record.path, absent);
  if (absent_count > 0) {
    gaps.push_back({"no_record", absent_count,
                    plural(absent_count, "trace has", "traces have") +
                        " no record: sampled away at the head, sent elsewhere, not decided yet, or expired"});
  }
  const std::uint64_t sealed_count = count_if(record.linked, sealed) + count_if(record.path, sealed);
  if (sealed_count > 0) {
    gaps.push_back({"keep_after_seal", sealed_count,
                    plural(sealed_count, "trace", "traces") +
                        " next to it or on the path lost their spans before they could be kept"});
  }
  if (record.not_followed > 0) {
    gaps.push_back({"not_followed", record.not_followed,
                    plural(record.not_followed, "neighbour", "neighbours") +
                        " not kept because of a limit such as max_links_followed"});
  }
  if (record.links_dropped_upstream > 0) {
    gaps.push_back({"links_dropped_upstream", record.links_dropped_upstream,
                    plural(record.links_dropped_upstream, "link was", "links were") +
                        " removed from its spans by SDKs before they arrived"});
  }
  if (record.linked_total > record.linked.size()) {
    const std::uint64_t unnamed = record.linked_total - record.linked.size();
    gaps.push_back({"linked_cut", unnamed,
                    "the record names only some of its linked traces; " + grouped(unnamed) + " more are not shown"});
  }
  if (story.linking_total > story.linking.size()) {
    const std::uint64_t unnamed = story.linking_total - story.linking.size();
    gaps.push_back({"linking_cut", unnamed,
                    plural(unnamed, "more trace links", "more traces link") + " to it and " +
                        (unnamed == 1 ? "is" : "are") + " not shown"});
  }
  return gaps;
}

}  // namespace entail::cli
