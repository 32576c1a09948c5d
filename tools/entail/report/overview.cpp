#include "report/overview.hpp"

namespace entail::cli::report {
namespace {

// Lengths of a step in seconds; each is a multiple of the one before, so that steps merge.
constexpr std::int64_t kScales[] = {1, 5, 15, 60, 300, 900, 3600, 21'600, 86'400, 604'800, 4'838'400, 62'899'200};
constexpr std::size_t kScaleLast = std::size(kScales) - 1;

std::int64_t step_of(std::int64_t time_ns, std::int64_t step_ns) noexcept {
  return time_ns / step_ns - (time_ns % step_ns < 0 ? 1 : 0);
}

}  // namespace

void TraceCounts::add(const Contribution& trace, bool take_back) noexcept {
  // Unsigned: taking back is adding the negative.
  const std::uint64_t sign = take_back ? ~std::uint64_t{0} : 1;
  traces += sign;
  spans += sign * trace.spans;
  bytes += sign * trace.bytes;
}

void TraceCounts::add(const TraceCounts& more) noexcept {
  traces += more.traces;
  spans += more.spans;
  bytes += more.bytes;
}

std::int64_t Overview::step_ns() const noexcept { return kScales[scale_] * kNanosPerSecond; }

void Overview::count(const Contribution& trace, bool take_back) {
  const std::uint64_t sign = take_back ? ~std::uint64_t{0} : 1;
  const bool is_kept = trace.verdict == Verdict::keep;
  (is_kept ? kept : dropped).add(trace, take_back);
  origins += trace.origin ? sign : 0;
  revived += trace.revived ? sign : 0;
  errors += sign * trace.errors;
  if (!is_kept)
    by_reason[trace.reason].add(trace, take_back);
  else if (trace.direction == Direction::none)
    by_policy[trace.policy].add(trace, take_back);
  else
    by_hops[{trace.direction, trace.hops}].add(trace, take_back);
  if (trace.loss != NameTable::kNone) by_loss[trace.loss].add(trace, take_back);

  const bool has_room = services.size() < kServicesMax || services.contains(trace.service);
  Service& service = services[has_room ? trace.service : NameTable::kOther];
  (is_kept ? service.kept : service.dropped).add(trace, take_back);
  service.errors += sign * trace.errors;

  Step& step = steps_[step_of(trace.time_ns, step_ns())];
  (is_kept ? step.kept : step.dropped).add(trace, take_back);
  while (scale_ < kScaleLast && steps_.rbegin()->first - steps_.begin()->first >= std::int64_t{kStepsMax}) coarsen();
}

void Overview::mark_names(std::vector<bool>& used) const {
  for (const auto& [policy, counts] : by_policy) used[policy] = true;
  for (const auto& [reason, counts] : by_reason) used[reason] = true;
  for (const auto& [loss, counts] : by_loss) used[loss] = true;
  for (const auto& [service, counts] : services) used[service] = true;
}

void Overview::coarsen() {
  const std::int64_t factor = kScales[scale_ + 1] / kScales[scale_];
  ++scale_;
  std::map<std::int64_t, Step> merged;
  for (const auto& [number, step] : steps_) {
    Step& into = merged[step_of(number, factor)];
    into.kept.add(step.kept);
    into.dropped.add(step.dropped);
  }
  steps_ = std::move(merged);
}

}  // namespace entail::cli::report
