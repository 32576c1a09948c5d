#include <algorithm>
#include <sstream>

#include "tests/engine/comparison_checks.hpp"

namespace entail::engine_test {
namespace {

using oracle::Decision;

std::string text(const Decision& decision) {
  std::ostringstream out;
  out << to_hex(decision.trace_id) << " rev " << decision.revision << (decision.keep ? " keep " : " drop ")
      << decision.reason << " policy=" << decision.policy << (decision.origin ? " origin" : "")
      << (decision.revived ? " revived" : "");
  if (decision.hops)
    out << " hops=" << *decision.hops << (decision.may_be_linked ? " linked" : "")
        << (decision.may_be_linking ? " linking" : "");
  out << " loss=" << decision.loss << " not_followed=" << decision.not_followed
      << " upstream=" << decision.links_dropped_upstream << " spans=" << decision.spans
      << " linked=" << decision.linked.size();
  return out.str();
}
std::string text(const DecisionRecord& record) {
  std::string json;
  append_json(record, json);
  return json;
}

class DecisionCheck {
 public:
  DecisionCheck(const Decision& expected, const DecisionRecord& got, const DecisionContext& context, Differences& out)
      : expected_(expected), got_(got), context_(context), out_(out) {}

  void run() {
    same("trace_id", expected_.trace_id == got_.trace_id);
    same("revision", expected_.revision == got_.revision);
    same("decided_at", context_.now_ns == got_.decided_at_ns);
    same("verdict", (expected_.keep ? Verdict::keep : Verdict::drop) == got_.verdict);
    same("reason", expected_.reason == got_.reason);
    same("policy", expected_.policy == got_.policy);
    same("origin", expected_.origin == got_.origin);
    same("revived", expected_.revived == got_.revived);
    same("loss", expected_.loss == got_.loss);
    same("not_followed", expected_.not_followed == got_.not_followed);
    same("links_dropped_upstream", expected_.links_dropped_upstream == got_.links_dropped_upstream);
    same("spans", expected_.spans == got_.spans);
    same("linked_total", expected_.linked.size() == got_.linked_total);
    const std::size_t named = std::min<std::size_t>(expected_.linked.size(), 256);
    same("linked", std::equal(expected_.linked.begin(), expected_.linked.begin() + static_cast<std::ptrdiff_t>(named),
                              got_.linked.begin(), got_.linked.end()));
    same("hops", expected_.hops == got_.hops);
    if (expected_.hops && got_.hops)
      check_path();
    else
      same("path, direction or origin without hops",
           got_.path.empty() && got_.direction == Direction::none && !got_.origin_trace_id);
  }

 private:
  void same(const char* what, bool equal) {
    if (!equal) out_.push_back(std::string(what) + " differs; expected " + text(expected_) + "; got " + text(got_));
  }

  void check_path() {
    const std::vector<TraceId>& path = got_.path;
    same("length of path", path.size() == *got_.hops + 1);
    if (path.empty()) return;
    same("end of path", path.back() == got_.trace_id);
    same("origin_trace_id", got_.origin_trace_id && *got_.origin_trace_id == path.front());
    same("path from an origin", context_.oracle.is_origin(path.front()));
    const bool linked = context_.oracle.leads(path, oracle::kLinkedWay);
    const bool linking = context_.oracle.leads(path, oracle::kLinkingWay);
    if (context_.options.links.propagate.mode == PropagateMode::cone) {
      const bool right = got_.direction == Direction::linked    ? expected_.may_be_linked && linked
                         : got_.direction == Direction::linking ? expected_.may_be_linking && linking
                                                                : false;
      same("direction along path", right);
      return;
    }
    same("edges along path", context_.oracle.leads(path, std::nullopt));
    const bool right = got_.direction == Direction::linked ? linked
                       : got_.direction == Direction::linking
                           ? linking
                           : got_.direction == Direction::mixed && (expected_.keep_is_old || (!linked && !linking));
    same("direction along path", right);
  }

  const Decision& expected_;
  const DecisionRecord& got_;
  const DecisionContext& context_;
  Differences& out_;
};

}  // namespace

void check_decisions(const std::vector<Decision>& expected, const std::vector<DecisionRecord>& got,
                     const DecisionContext& context, Differences& out) {
  std::vector<const Decision*> wanted;
  std::vector<const DecisionRecord*> records;
  for (const Decision& decision : expected) wanted.push_back(&decision);
  for (const DecisionRecord& record : got) records.push_back(&record);
  const bool same_order = expected.size() == got.size() &&
                          std::equal(expected.begin(), expected.end(), got.begin(),
                                     [](const auto& a, const auto& b) { return a.trace_id == b.trace_id; });
  const auto by_id = [](const auto* a, const auto* b) { return a->trace_id < b->trace_id; };
  std::sort(wanted.begin(), wanted.end(), by_id);
  std::sort(records.begin(), records.end(), by_id);
  std::size_t i = 0;
  std::size_t j = 0;
  const std::size_t before = out.size();
  while (i < wanted.size() || j < records.size()) {
    if (j == records.size() || (i < wanted.size() && wanted[i]->trace_id < records[j]->trace_id)) {
      out.push_back("missing decision: " + text(*wanted[i++]));
    } else if (i == wanted.size() || records[j]->trace_id < wanted[i]->trace_id) {
      out.push_back("unexpected decision: " + text(*records[j++]));
    } else {
      DecisionCheck(*wanted[i++], *records[j++], context, out).run();
    }
  }
  if (context.whole_seconds && out.size() == before && !same_order)
    out.push_back("decisions are not in the order of (arrival, trace ID)");
}

}  // namespace entail::engine_test
