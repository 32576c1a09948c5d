#include "size/size_plan.hpp"

#include <algorithm>

namespace entail::cli {
namespace {

constexpr std::uint64_t kMiB = 1ull << 20;

// docs/collector.md, "Memory and slow senders" and "Behaviour under load".
constexpr std::uint64_t kCollectorBytes = 128 * kMiB;   // the Collector, and about 1,000 connections
constexpr std::uint64_t kUndeliveredBytes = 64 * kMiB;  // kept spans that wait for the next consumer
constexpr std::uint64_t kIntakeRequests = 12, kIntakeBytesMin = 192 * kMiB;
constexpr std::uint64_t kParsedRequests = 16;
constexpr std::uint64_t kInflateBytes = 16 * kMiB;  // for each CPU
constexpr std::uint64_t kContainerStep = 64 * kMiB;
constexpr std::uint64_t kRequestShare = 4;  // a request of more than this share of memory_limit is refused for good
constexpr std::uint64_t kMemoryLimitMost = 16ull << 40;  // of the option memory_limit

std::uint64_t in_steps(std::uint64_t bytes) { return (bytes + kContainerStep - 1) / kContainerStep * kContainerStep; }

void add_limits(SizePlan& plan) {
  const SizeQuestion& question = plan.question;
  const unsigned requests = std::max(question.load.requests_at_once, 1u);
  const double kept_per_tick = question.load.spans_per_second * question.load.bytes_per_span * question.load.kept_share;
  const std::uint64_t limit = question.options.memory_limit_bytes;
  const std::uint64_t library =
      memory_bound_bytes(question.options, requests, std::min(question.request_bytes_max, limit / kRequestShare));
  const std::uint64_t collector =
      library + kCollectorBytes + kUndeliveredBytes + static_cast<std::uint64_t>(kept_per_tick);
  plan.memory_limit = limit;
  plan.library_bytes = library;
  plan.container_bytes_processor = in_steps(collector);
  plan.container_bytes = in_steps(collector + std::max(kIntakeRequests * question.request_bytes_max, kIntakeBytesMin) +
                                  kParsedRequests * question.request_bytes_max + requests * kInflateBytes);
}

}  // namespace

Result<SizePlan> plan_size(SizeQuestion question, std::string* why) {
  SizePlan plan;
  if (question.memory_limit) {
    question.options.memory_limit_bytes = *question.memory_limit;
  } else {
    Result<std::uint64_t> limit = memory_limit_for(question.options, question.load, why);
    if (!limit.ok()) return limit.error();
    plan.is_possible = *limit != 0;
    if (!plan.is_possible && question.options.retain.max_bytes) {
      // What the load needs but for that bound, so that the estimate names it alone.
      Options unbounded = question.options;
      unbounded.retain.max_bytes.reset();
      limit = memory_limit_for(unbounded, question.load, why);
      if (!limit.ok()) return limit.error();
    }
    // If none is enough, the estimate says what the load exceeds even with the largest.
    question.options.memory_limit_bytes =
        *limit == 0 ? kMemoryLimitMost : std::max(*limit, kRequestShare * question.request_bytes_max);
  }
  if (!question.has_rate) {
    const Result<double> rate = spans_per_second_for(question.options, question.load, why);
    if (!rate.ok()) return rate.error();
    plan.is_possible = *rate != 0;
    question.load.spans_per_second = *rate;
  }
  const Result<MemoryEstimate> estimate = estimate_memory(question.options, question.load, why);
  if (!estimate.ok()) return estimate.error();
  plan.estimate = *estimate;
  plan.exceeds_request = question.request_bytes_max > question.options.memory_limit_bytes / kRequestShare;
  plan.question = std::move(question);
  if (plan.is_possible) add_limits(plan);
  return plan;
}

}  // namespace entail::cli
