#include "cost/trace_ledger.hpp"

#include <algorithm>
#include <functional>

namespace entail::cli {
namespace {

constexpr std::size_t kSlotsFirst = 1024;
constexpr std::size_t kPartsPerTrace = 2;  // beside the first one of each, for which there is always room

}  // namespace

TraceLedger::TraceLedger(std::size_t traces_max) : traces_max_(traces_max), parts_(1), slots_(kSlotsFirst) {}

// std::hash leaves little in the low bits of IDs that count up; the multiplication spreads them into the high ones.
std::size_t TraceLedger::slot_of(TraceId id) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = (std::hash<TraceId>()(id) * 0x9e3779b97f4a7c15ULL >> 32) & mask;
  while (slots_[slot] != 0 && traces_[slots_[slot] - 1].id != id) slot = (slot + 1) & mask;
  return slot;
}

TraceLedger::Trace* TraceLedger::find(TraceId id) noexcept {
  const std::uint32_t index = slots_[slot_of(id)];
  return index == 0 ? nullptr : &traces_[index - 1];
}

TraceLedger::Trace* TraceLedger::find_or_add(TraceId id) {
  if (Trace* const known = find(id)) return known;
  if (traces_.size() >= traces_max_) return nullptr;
  if ((traces_.size() + 1) * 4 > slots_.size() * 3) grow_slots();
  const std::size_t slot = slot_of(id);
  Trace& trace = traces_.emplace_back();
  trace.id = id;
  slots_[slot] = static_cast<std::uint32_t>(traces_.size());
  return &trace;
}

void TraceLedger::grow_slots() {
  slots_.assign(slots_.size() * 2, 0);
  for (std::uint32_t i = 0; i < traces_.size(); ++i) slots_[slot_of(traces_[i].id)] = i + 1;
}

TraceLedger::Part& TraceLedger::part_of(Trace& trace, std::uint16_t service) {
  for (std::uint32_t at = trace.first_part; at != 0; at = parts_[at].next)
    if (parts_[at].service == service) return parts_[at];
  if (trace.first_part != 0 && parts_.size() > traces_max_ * kPartsPerTrace) return parts_[trace.first_part];
  const auto index = static_cast<std::uint32_t>(parts_.size());
  Part& part = parts_.emplace_back();
  part.service = service;
  part.next = trace.first_part;
  trace.first_part = index;
  return part;
}

void TraceLedger::add(const Request& request) {
  message_bytes_ += request.protobuf().size();
  request.visit(*this);
}

void TraceLedger::on_span(const SpanInfo& span) {
  if (!span.problem.empty()) {
    ++rejected_.spans;
    rejected_.bytes += span.size_bytes;
    return;
  }
  ++received_.spans;
  received_.bytes += span.size_bytes;
  Trace* const trace = find_or_add(span.trace_id);
  if (!trace) {
    ++untracked_.spans;
    untracked_.bytes += span.size_bytes;
    return;
  }
  const std::uint16_t service = services_.number(span.service);
  if (trace->spans == 0) ++received_.traces;
  const bool is_root = span.parent_span_id.is_zero();
  if (trace->spans == 0 || (is_root && !trace->has_root)) trace->service = service;
  trace->has_root |= is_root;
  ++trace->spans;
  trace->bytes += span.size_bytes;
  Part& part = part_of(*trace, service);
  ++part.spans;
  part.bytes += span.size_bytes;
}

void TraceLedger::decide(std::size_t config, const DecisionRecord& record) {
  Trace* const trace = find(record.trace_id);
  if (!trace) return;
  Decision& decision = trace->decisions[config];
  const bool keeps = record.verdict == Verdict::keep;
  if (decision.kept && !keeps) return;
  decision.kept = keeps;
  decision.policy = policies_.number(record.policy);
  decision.reason = static_cast<std::uint8_t>(reasons_.number(record.reason));
  decision.direction = record.direction;
  decision.hops = static_cast<std::uint8_t>(std::min<std::uint32_t>(record.hops.value_or(0), 255));
}

void TraceLedger::write(std::size_t config, TraceId trace_id, std::uint64_t bytes) {
  if (Trace* const trace = find(trace_id)) trace->written_bytes[config] += bytes;
}

}  // namespace entail::cli
