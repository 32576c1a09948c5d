// The policies of docs/design.md 3.1, 3.2 and 3.11, evaluated over every span of the trace again each time.
// Thread rule: Confined. Cost: spans times conditions, unoptimised.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "entail/options.hpp"
#include "tests/workload/otlp_plain.hpp"

namespace entail::oracle {

// A span with its resource.
struct SeenSpan {
  std::shared_ptr<const workload::Attributes> resource;
  workload::Span span;
  // Of the first span of its trace in a ResourceSpans: the bytes of all of them there, as the Collector counts.
  std::uint64_t batch_bytes = 0;
};
using SeenSpans = std::deque<SeenSpan>;  // emitted spans point into it

// The answers of stateful policies for a trace: each is evaluated once.
using Answers = std::map<const PolicyOptions*, bool>;

struct OwnVerdict {
  bool keep = false;
  bool vetoed = false;     // a drop policy matches
  bool origin = false;     // a policy whose keep propagates says keep
  bool by_chance = false;  // every policy that says keep is probabilistic
  std::string policy;      // the first in configuration order that said keep, or drop
};

class Policies {
 public:
  explicit Policies(const Options& options);
  Policies(const Policies&) = delete;
  Policies& operator=(const Policies&) = delete;

  // With probability: consistent, before the traces that a tick decides are judged: how high the randomness must be
  // that the limits let pass.
  struct Due {
    TraceId id;
    const SeenSpans* spans;
    Answers* answers;
  };
  void share_limits(const std::vector<Due>& due, std::int64_t now_ns);
  OwnVerdict judge(TraceId id, const SeenSpans& spans, Answers& answers, std::int64_t now_ns);
  // docs/design.md 3.2: true if a policy that propagates, and whose keep no later span can revoke, says keep, and no
  // drop policy matches.
  struct EarlyOrigin {
    bool origin = false;
    bool certain = false;  // such a policy is not probabilistic
  };
  EarlyOrigin early_origin(TraceId id, const SeenSpans& spans);
  // Conditions that fail on this span, counted once for each policy or part, when the span arrives.
  std::uint64_t errors_on(const SeenSpan& span) const;
  // docs/design.md 3.9: whether this span alone would have made an origin. Stateful policies count as yes.
  bool would_be_origin(TraceId id, const SeenSpan& span);

 private:
  struct Bucket {
    double tokens = 0;
    std::int64_t filled_at_ns = 0;
  };
  // What a composite policy admitted in the last second in which it was evaluated.
  struct Second {
    std::int64_t second = 0;
    std::uint64_t total = 0;
    std::map<std::string, std::uint64_t> by_part;
  };
  // Context of one evaluation. answers null: stateful policies say yes. after_error, or not spends: they are not
  // evaluated.
  struct Question {
    TraceId id;
    const SeenSpans& spans;
    Answers* answers;
    std::int64_t now_ns;
    bool after_error = false;
    bool spends = true;
  };
  // Nothing: a condition failed, and the policy has no say.
  using Vote = std::optional<bool>;
  struct Type;
  static const std::vector<Type>& types();
  static const Type& type_of(const PolicyOptions& policy);
  friend std::vector<std::string_view> policy_types();
  static bool is_monotone(const PolicyOptions& policy);
  Vote vote(const PolicyOptions& policy, const Question& question);
  Vote vote_of_bucket(const PolicyOptions& policy, const Question& question);
  Vote vote_of_all(const PolicyOptions& policy, const Question& question);
  bool spreads(const PolicyOptions& policy, const Question& question);
  static std::vector<const PolicyOptions*> order_of(const PolicyOptions& policy);
  Vote vote_of_composite(const PolicyOptions& policy, const Question& question);
  bool says_yes(const PolicyOptions& policy, const Question& question) { return vote(policy, question) == true; }
  bool has_link_type(const PolicyOptions& policy, const SeenSpans& spans) const;
  double& tokens_of(const PolicyOptions& policy, std::int64_t now_ns);
  void cut(const PolicyOptions& limit, std::vector<Due> due, std::int64_t now_ns);
  bool evaluate_bucket(const PolicyOptions& policy, const Question& question);
  bool is_chosen(const PolicyOptions& policy, const Question& question) const;

  const Options options_;
  bool has_drop_ = false;
  std::map<const PolicyOptions*, Bucket> buckets_;
  std::map<const PolicyOptions*, Second> seconds_;
  std::map<const PolicyOptions*, std::uint64_t> cuts_;
};

// The names of all types that have a row here.
std::vector<std::string_view> policy_types();

// The OpenTelemetry randomness of a trace: the smallest rv on its spans, else the low 56 bits of its ID.
std::uint64_t randomness_of(TraceId id, const SeenSpans& spans);

// True if a policy whose keep propagates can be probabilistic. Which origins are probabilistic may then change between
// their first keep and their decision, and with it what th becomes on traces reached meanwhile.
bool chance_may_spread(const Options& options);

}  // namespace entail::oracle
