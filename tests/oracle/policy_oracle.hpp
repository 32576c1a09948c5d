// The policies of DESIGN 3.1, 3.2 and 3.11, answered by looking at every span of the trace again, each time.
// Thread rule: Confined. Cost: spans times conditions; no care is taken.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "entail/options.hpp"
#include "tests/workload/otlp_plain.hpp"

namespace entail::oracle {

// A span with the resource that it came with.
struct SeenSpan {
  std::shared_ptr<const workload::Attributes> resource;
  workload::Span span;
};
using SeenSpans = std::deque<SeenSpan>;  // what is printed points into it

// What stateful policies have said of a trace: each is asked once.
using Answers = std::map<const PolicyOptions*, bool>;

struct OwnVerdict {
  bool keep = false;
  bool vetoed = false;     // a drop policy matches
  bool origin = false;     // a policy whose keep spreads says keep
  bool by_chance = false;  // every policy that says keep rolls dice
  std::string policy;      // the first in configuration order that said keep, or drop
};

class Policies {
 public:
  explicit Policies(const Options& options);
  Policies(const Policies&) = delete;
  Policies& operator=(const Policies&) = delete;

  OwnVerdict judge(TraceId id, const SeenSpans& spans, Answers& answers, std::int64_t now_ns);
  // DESIGN 3.2: does a policy that spreads, and that no further span can unmake, say keep, with no drop policy about?
  struct EarlyOrigin {
    bool origin = false;
    bool certain = false;  // such a policy rolls no dice
  };
  EarlyOrigin early_origin(TraceId id, const SeenSpans& spans);
  // DESIGN 3.9: would this span as a trace of its own have been an origin? Stateful policies are taken to say yes.
  bool would_be_origin(TraceId id, const SeenSpan& span);

 private:
  struct Bucket {
    double tokens = 0;
    std::int64_t filled_at_ns = 0;
  };
  // Everything that one question needs. answers null: stateful policies say yes.
  struct Question {
    TraceId id;
    const SeenSpans& spans;
    Answers* answers;
    std::int64_t now_ns;
  };
  bool says_yes(const PolicyOptions& policy, const Question& question);
  bool ask_bucket(const PolicyOptions& policy, const Question& question);
  bool is_chosen(const PolicyOptions& policy, const Question& question) const;

  const Options options_;
  bool has_drop_ = false;
  std::map<const PolicyOptions*, Bucket> buckets_;
};

// The OpenTelemetry randomness of a trace: the smallest rv on its spans, else the low 56 bits of its ID.
std::uint64_t randomness_of(TraceId id, const SeenSpans& spans);

// Can a policy whose keep spreads roll dice? Which origins are chance may then change between their first keep and
// their decision, and with it what a trace reached meanwhile should do with th.
bool chance_may_spread(const Options& options);

}  // namespace entail::oracle
