#include "tests/oracle/policy_oracle.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "tests/oracle/context_oracle.hpp"
#include "tests/oracle/leaf_conditions.hpp"
#include "tests/oracle/ottl_oracle.hpp"

namespace entail::oracle {
namespace {

using workload::Attributes;
using workload::Value;

// The result of an ottl_condition on one span: the conditions in order, first on the span, then on each event.
struct SpanAnswer {
  bool holds = false;
  bool fails = false;  // with error_mode: propagate
  std::uint64_t errors = 0;
};
SpanAnswer ask_span(const PolicyOptions& policy, const SeenSpan& seen) {
  SpanAnswer answer;
  const auto ask = [&](const std::vector<std::string>& conditions, const workload::Event* event) {
    for (const std::string& condition : conditions) {
      const auto held = meets(condition, *seen.resource, seen.span, event);
      if (held == true) answer.holds = true;
      if (!held && policy.error_mode != OttlErrorMode::silent) ++answer.errors;
      if (!held && policy.error_mode == OttlErrorMode::propagate) answer.fails = true;
      if (answer.holds || answer.fails) return;
    }
  };
  ask(policy.span_conditions, nullptr);
  for (const workload::Event& event : seen.span.events)
    if (!answer.holds && !answer.fails) ask(policy.spanevent_conditions, &event);
  return answer;
}

std::optional<bool> ask_ottl(const PolicyOptions& policy, const SeenSpans& spans) {
  bool holds = false;
  for (const SeenSpan& seen : spans) {
    const SpanAnswer answer = ask_span(policy, seen);
    if (answer.fails) return std::nullopt;
    holds |= answer.holds;
  }
  return holds;
}

std::uint64_t errors_of(const PolicyOptions& policy, const SeenSpan& span) {
  std::uint64_t errors = policy.type == PolicyType::ottl_condition ? ask_span(policy, span).errors : 0;
  for (const PolicyOptions& part : policy.parts) errors += errors_of(part, span);
  return errors;
}

bool always(const PolicyOptions&) { return true; }
bool never(const PolicyOptions&) { return false; }
bool without_inversion(const PolicyOptions& policy) { return !policy.invert_match; }

bool is_probabilistic(const PolicyOptions& policy) {
  return policy.type == PolicyType::probabilistic || policy.type == PolicyType::rate_limiting ||
         policy.type == PolicyType::bytes_limiting || policy.type == PolicyType::composite ||
         std::any_of(policy.parts.begin(), policy.parts.end(), is_probabilistic);
}

double burst_of(const PolicyOptions& policy) {
  return static_cast<double>(policy.burst_capacity > 0 ? policy.burst_capacity : 2 * policy.per_second);
}

double cost_of(const PolicyOptions& policy, const SeenSpans& spans) {
  double cost = 0;
  for (const SeenSpan& seen : spans)
    cost += policy.type == PolicyType::rate_limiting ? 1 : static_cast<double>(seen.batch_bytes);
  return cost;
}

// The limits among the policy, or the parts of an `and` at any depth, and its other conditions.
void sort_conjuncts(const PolicyOptions& policy, std::vector<const PolicyOptions*>& limits,
                    std::vector<const PolicyOptions*>& others) {
  if (policy.type == PolicyType::and_policy)
    for (const PolicyOptions& part : policy.parts) sort_conjuncts(part, limits, others);
  else if (policy.type == PolicyType::rate_limiting || policy.type == PolicyType::bytes_limiting)
    limits.push_back(&policy);
  else
    others.push_back(&policy);
}

bool wants_error(const std::string& condition) { return tests_error(condition); }
bool matches_error(const PolicyOptions& policy) {
  if (policy.type == PolicyType::status_code) return (policy.status_code_mask & (1U << 2)) != 0;
  if (policy.type == PolicyType::ottl_condition)
    return std::ranges::any_of(policy.span_conditions, wants_error) ||
           std::ranges::any_of(policy.spanevent_conditions, wants_error);
  const bool looks_inside = policy.type == PolicyType::and_policy || policy.type == PolicyType::composite;
  return looks_inside && std::any_of(policy.parts.begin(), policy.parts.end(), matches_error);
}

bool propagates(const Options& options, const PolicyOptions& policy) {
  if (!options.links.origins) return matches_error(policy);
  const auto& names = *options.links.origins;
  return std::count(names.begin(), names.end(), policy.name) > 0;
}

}  // namespace

bool chance_may_spread(const Options& options) {
  const auto& policies = options.tail_sampling.policies;
  return std::any_of(policies.begin(), policies.end(), [&](const PolicyOptions& policy) {
    return propagates(options, policy) && is_probabilistic(policy);
  });
}

std::uint64_t randomness_of(TraceId id, const SeenSpans& spans) {
  std::optional<std::uint64_t> smallest;
  for (const SeenSpan& seen : spans) {
    const auto randomness = randomness_in(seen.span.trace_state);
    if (randomness && (!smallest || *randomness < *smallest)) smallest = randomness;
  }
  return smallest.value_or(id.lo & (kRandomnessEnd - 1));
}

Policies::Policies(const Options& options) : options_(options) {
  for (const PolicyOptions& policy : options_.tail_sampling.policies)
    has_drop_ |= policy.type == PolicyType::drop_policy;
}

OwnVerdict Policies::judge(TraceId id, const SeenSpans& spans, Answers& answers, std::int64_t now_ns) {
  Question question{id, spans, &answers, now_ns};
  OwnVerdict verdict;
  for (const PolicyOptions& policy : options_.tail_sampling.policies) {
    if (policy.type != PolicyType::drop_policy || !says_yes(policy, question)) continue;
    verdict.vetoed = true;
    verdict.policy = policy.name;
    return verdict;
  }
  verdict.by_chance = true;
  const bool first_match = options_.tail_sampling.sample_on_first_match;
  for (const PolicyOptions& policy : options_.tail_sampling.policies) {
    if (policy.type == PolicyType::drop_policy) continue;
    if (!says_yes(policy, question)) continue;
    if (!verdict.keep) verdict.policy = policy.name;
    verdict.keep = true;
    question.spends = !first_match;
    verdict.origin |= propagates(options_, policy) && spreads(policy, question);
    verdict.by_chance &= is_probabilistic(policy);
  }
  verdict.by_chance &= verdict.keep;
  return verdict;
}

Policies::EarlyOrigin Policies::early_origin(TraceId id, const SeenSpans& spans) {
  EarlyOrigin early;
  if (has_drop_) return early;
  const Question question{id, spans, nullptr, 0};
  for (const PolicyOptions& policy : options_.tail_sampling.policies) {
    if (!propagates(options_, policy) || !is_monotone(policy) || !says_yes(policy, question)) continue;
    early.origin = true;
    early.certain |= !is_probabilistic(policy);
  }
  return early;
}

bool Policies::would_be_origin(TraceId id, const SeenSpan& span) {
  const SeenSpans alone = {span};
  const Question question{id, alone, nullptr, 0};
  bool origin = false;
  for (const PolicyOptions& policy : options_.tail_sampling.policies) {
    if (policy.type == PolicyType::drop_policy && says_yes(policy, question)) return false;
    if (policy.type == PolicyType::drop_policy || !propagates(options_, policy)) continue;
    origin |= says_yes(policy, question) && spreads(policy, question);
  }
  return origin;
}

std::uint64_t Policies::errors_on(const SeenSpan& span) const {
  std::uint64_t errors = 0;
  for (const PolicyOptions& policy : options_.tail_sampling.policies) errors += errors_of(policy, span);
  return errors;
}

bool Policies::has_link_type(const PolicyOptions& policy, const SeenSpans& spans) const {
  const auto normal = [](std::string type) {
    std::replace(type.begin(), type.end(), '-', '_');
    return type;
  };
  const auto& keys = options_.links.propagate.type_keys;
  for (const SeenSpan& seen : spans)
    for (const workload::Link& link : seen.span.links)
      for (const workload::Attribute& attribute : link.attributes) {
        const auto* type = std::get_if<std::string>(&attribute.value);
        if (type == nullptr || std::count(keys.begin(), keys.end(), attribute.key) == 0) continue;
        for (const std::string& wanted : policy.values)
          if (normal(*type) == normal(wanted)) return true;
      }
  return false;
}

// No if any part says no, whatever failed before it.
Policies::Vote Policies::vote_of_all(const PolicyOptions& policy, const Question& question) {
  Question rest = question;
  for (const PolicyOptions& part : policy.parts) {
    const Vote one = vote(part, rest);
    if (one == false) return false;
    if (!one) rest.after_error = true;
  }
  if (rest.after_error) return std::nullopt;
  return true;
}

// Of a policy that said yes. A composite spreads if the part that keeps the trace does, unless it is named itself.
bool Policies::spreads(const PolicyOptions& policy, const Question& question) {
  if (options_.links.origins || policy.type != PolicyType::composite) return true;
  if (question.answers != nullptr)
    return std::any_of(policy.parts.begin(), policy.parts.end(), [&](const PolicyOptions& part) {
      return matches_error(part) && question.answers->contains(&part) && question.answers->at(&part);
    });
  for (const PolicyOptions* part : order_of(policy))
    if (vote(*part, question) == true) return matches_error(*part);
  return false;
}

std::vector<const PolicyOptions*> Policies::order_of(const PolicyOptions& policy) {
  std::vector<const PolicyOptions*> order;
  for (const std::string& name : policy.policy_order)
    for (const PolicyOptions& part : policy.parts)
      if (part.name == name) order.push_back(&part);
  for (const PolicyOptions& part : policy.parts)
    if (std::count(order.begin(), order.end(), &part) == 0) order.push_back(&part);
  return order;
}

Policies::Vote Policies::vote_of_composite(const PolicyOptions& policy, const Question& question) {
  if (question.answers != nullptr && question.answers->contains(&policy)) return question.answers->at(&policy);
  for (const PolicyOptions* part : order_of(policy)) {
    const Vote one = vote(*part, question);
    if (!one) return one;
    if (!*one) continue;
    if (question.answers == nullptr) return true;
    if (!question.spends) return std::nullopt;
    Second& second = seconds_[&policy];
    if (const std::int64_t now = question.now_ns / kNanosPerSecond; second.second != now) second = {now, 0, {}};
    const auto spans = static_cast<std::uint64_t>(question.spans.size());
    const auto total = static_cast<double>(policy.max_total_spans_per_second);
    double allowed = std::floor(total / static_cast<double>(policy.parts.size()));
    for (const RateAllocation& share : policy.rate_allocation)
      if (share.policy == part->name) allowed = std::floor(static_cast<double>(share.percent) / 100 * total);
    const bool fits = second.total + spans <= static_cast<std::uint64_t>(policy.max_total_spans_per_second) &&
                      static_cast<double>(second.by_part[part->name] + spans) <= allowed;
    if (fits) {
      second.total += spans;
      second.by_part[part->name] += spans;
    }
    (*question.answers)[&policy] = fits;
    if (fits) (*question.answers)[part] = true;
    return fits;
  }
  return false;
}

double& Policies::tokens_of(const PolicyOptions& policy, std::int64_t now_ns) {
  const double burst = burst_of(policy);
  Bucket& bucket = buckets_.try_emplace(&policy, Bucket{burst, now_ns}).first->second;
  const double seconds = static_cast<double>(now_ns - bucket.filled_at_ns) / 1e9;
  bucket.tokens = std::min(burst, bucket.tokens + seconds * static_cast<double>(policy.per_second));
  bucket.filled_at_ns = now_ns;
  return bucket.tokens;
}

bool Policies::evaluate_bucket(const PolicyOptions& policy, const Question& question) {
  if (question.answers == nullptr) return true;
  if (const auto known = question.answers->find(&policy); known != question.answers->end()) return known->second;
  const double wanted = cost_of(policy, question.spans);
  bool granted = false;
  if (const auto limit = cuts_.find(&policy); limit != cuts_.end()) {
    granted = wanted <= burst_of(policy) && randomness_of(question.id, question.spans) >= limit->second;
  } else if (double& tokens = tokens_of(policy, question.now_ns); wanted <= tokens) {
    granted = true;
    tokens -= wanted;
  }
  (*question.answers)[&policy] = granted;
  return granted;
}

void Policies::share_limits(const std::vector<Due>& due, std::int64_t now_ns) {
  if (options_.probability != Probability::consistent) return;
  const std::vector<PolicyOptions>& policies = options_.tail_sampling.policies;
  const auto says_yes_to = [&](const PolicyOptions& policy, const Due& one) {
    return says_yes(policy, Question{one.id, *one.spans, one.answers, now_ns});
  };
  std::vector<Due> undropped = due;
  for (const PolicyOptions& policy : policies)
    if (policy.type == PolicyType::drop_policy)
      std::erase_if(undropped, [&](const Due& one) { return says_yes_to(policy, one); });
  for (const PolicyOptions& policy : policies) {
    std::vector<const PolicyOptions*> limits, others;
    sort_conjuncts(policy, limits, others);
    for (const PolicyOptions* limit : limits) {
      std::vector<Due> candidates = undropped;
      for (const PolicyOptions* other : others)
        std::erase_if(candidates, [&](const Due& one) { return !says_yes_to(*other, one); });
      cut(*limit, candidates, now_ns);
    }
  }
}

void Policies::cut(const PolicyOptions& limit, std::vector<Due> due, std::int64_t now_ns) {
  double& tokens = tokens_of(limit, now_ns);
  std::map<std::uint64_t, double, std::greater<>> costs;  // by randomness: equal ones pass or fail together
  for (const Due& one : due)
    if (const double cost = cost_of(limit, *one.spans); cost <= burst_of(limit))
      costs[randomness_of(one.id, *one.spans)] += cost;
  double taken = 0;
  std::uint64_t threshold = 0;
  for (const auto& [randomness, cost] : costs) {
    if (taken + cost > std::floor(tokens + 1e-6)) {
      threshold = taken == 0 ? kRandomnessEnd : randomness + 1;
      break;
    }
    taken += cost;
  }
  tokens -= taken;
  cuts_[&limit] = threshold;
}

Policies::Vote Policies::vote_of_bucket(const PolicyOptions& policy, const Question& question) {
  const bool asks = !question.after_error && question.spends;
  if (!asks && question.answers != nullptr && !question.answers->contains(&policy)) return std::nullopt;
  return evaluate_bucket(policy, question);
}

bool Policies::is_chosen(const PolicyOptions& policy, const Question& question) const {
  if (options_.probability == Probability::consistent) {
    const auto threshold =
        static_cast<std::uint64_t>(std::llround((1 - policy.sampling_percentage / 100) * std::exp2(56)));
    return randomness_of(question.id, question.spans) >= threshold;
  }
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : policy.hash_salt + bytes_of(question.id))
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  // long double has a 64-bit significand, as the Collector's multiplication does.
  const long double bound =
      static_cast<long double>(policy.sampling_percentage / 100) * static_cast<long double>(~std::uint64_t{0});
  return static_cast<long double>(hash) <= std::floor(bound);
}

// One row for each type: its name, whether further spans cannot take its keep back, and its vote.
struct Policies::Type {
  const char* name;
  bool (*is_monotone)(const PolicyOptions& policy);
  Vote (*vote)(Policies& policies, const PolicyOptions& policy, const Question& question);
};

const std::vector<Policies::Type>& Policies::types() {
  using P = const PolicyOptions&;
  using Q = const Question&;
  static const std::vector<Type> all = {
      {"always_sample", always, [](Policies&, P, Q) -> Vote { return true; }},
      {"latency", [](P policy) { return policy.upper_threshold_ms == 0; },
       [](Policies&, P policy, Q question) -> Vote { return has_latency(policy, question.spans); }},
      {"numeric_attribute", without_inversion,
       [](Policies&, P policy, Q question) -> Vote {
         return policy.invert_match !=
                any_value(question.spans, policy.key, [&](const Value& value) { return within(policy, value); });
       }},
      {"string_attribute", without_inversion,
       [](Policies&, P policy, Q question) -> Vote {
         return policy.invert_match !=
                any_value(question.spans, policy.key, [&](const Value& value) { return matches_text(policy, value); });
       }},
      {"boolean_attribute", without_inversion,
       [](Policies&, P policy, Q question) -> Vote {
         return policy.invert_match != any_value(question.spans, policy.key, [&](const Value& value) {
                  const auto* boolean = std::get_if<bool>(&value);
                  return boolean != nullptr && *boolean == policy.boolean_value;
                });
       }},
      {"probabilistic", always,
       [](Policies& policies, P policy, Q question) -> Vote { return policies.is_chosen(policy, question); }},
      {"status_code", always,
       [](Policies&, P policy, Q question) -> Vote {
         return any_span(question.spans, [&](const workload::Span& span) {
           return span.status_code < 8 && (policy.status_code_mask & (1U << span.status_code)) != 0;
         });
       }},
      {"rate_limiting", never,
       [](Policies& policies, P policy, Q question) { return policies.vote_of_bucket(policy, question); }},
      {"bytes_limiting", never,
       [](Policies& policies, P policy, Q question) { return policies.vote_of_bucket(policy, question); }},
      {"span_count", [](P policy) { return policy.max_spans == 0; },
       [](Policies&, P policy, Q question) -> Vote { return has_count(policy, question.spans); }},
      {"trace_state", always,
       [](Policies&, P policy, Q question) -> Vote { return has_state(policy, question.spans); }},
      {"trace_flags", always,
       [](Policies&, P, Q question) -> Vote {
         return any_span(question.spans, [](const workload::Span& span) { return (span.flags & 1) != 0; });
       }},
      {"link_count", [](P policy) { return policy.max_links == 0; },
       [](Policies&, P policy, Q question) -> Vote { return has_link_count(policy, question.spans); }},
      {"link_type", always,
       [](Policies& policies, P policy, Q question) -> Vote { return policies.has_link_type(policy, question.spans); }},
      {"ottl_condition", [](P policy) { return policy.error_mode != OttlErrorMode::propagate; },
       [](Policies&, P policy, Q question) { return ask_ottl(policy, question.spans); }},
      {"and", [](P policy) { return std::all_of(policy.parts.begin(), policy.parts.end(), Policies::is_monotone); },
       [](Policies& policies, P policy, Q question) { return policies.vote_of_all(policy, question); }},
      {"drop", never, [](Policies& policies, P policy, Q question) { return policies.vote_of_all(policy, question); }},
      {"not", never,
       [](Policies& policies, P policy, Q question) -> Vote {
         if (const Vote part = policies.vote(policy.parts.front(), question)) return !*part;
         return std::nullopt;
       }},
      {"composite", never,
       [](Policies& policies, P policy, Q question) { return policies.vote_of_composite(policy, question); }},
  };
  return all;
}

const Policies::Type& Policies::type_of(const PolicyOptions& policy) {
  for (const Type& type : types())
    if (policy.type == type.name) return type;
  throw std::invalid_argument("the oracle has no row for " + policy.type);
}

bool Policies::is_monotone(const PolicyOptions& policy) { return type_of(policy).is_monotone(policy); }

Policies::Vote Policies::vote(const PolicyOptions& policy, const Question& question) {
  return type_of(policy).vote(*this, policy, question);
}

std::vector<std::string_view> policy_types() {
  std::vector<std::string_view> names;
  for (const Policies::Type& type : Policies::types()) names.push_back(type.name);
  return names;
}

}  // namespace entail::oracle
