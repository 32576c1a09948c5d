#include "services/span_index.hpp"

#include <algorithm>
#include <utility>

namespace entail::cli {
namespace {

// The finalizer of splitmix64.
std::uint64_t mixed(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

template <class Entry>
std::uint32_t& SpanIndex::Generation<Entry>::slot_of(std::uint64_t key) noexcept {
  const std::size_t mask = slots.size() - 1;
  std::size_t slot = static_cast<std::size_t>(key) & mask;
  while (slots[slot] != 0 && entries[slots[slot] - 1].key != key) slot = (slot + 1) & mask;
  return slots[slot];
}

// Keeps a quarter of the slots free after one more entry.
template <class Entry>
void SpanIndex::Generation<Entry>::make_slot() {
  if ((entries.size() + 1) * 4 <= slots.size() * 3) return;
  const std::vector<std::uint32_t> before = std::exchange(slots, std::vector<std::uint32_t>(slots.size() * 2));
  for (const std::uint32_t index : before)
    if (index != 0) slot_of(entries[index - 1].key) = index;
}

SpanIndex::SpanIndex(Resolve resolve, std::size_t entries_max)
    : resolve_(std::move(resolve)), generation_max_(std::max<std::size_t>(entries_max / 2, 1)) {}

std::uint64_t SpanIndex::key_of(TraceId trace_id, SpanId span_id) noexcept {
  return mixed(mixed(mixed(trace_id.hi) ^ trace_id.lo) ^ span_id.value);
}

const SpanEnd* SpanIndex::find(std::uint64_t key) noexcept {
  for (Generation<Span>& generation : spans_)
    if (const std::uint32_t index = generation.slot_of(key)) return &generation.entries[index - 1].end;
  return nullptr;
}

void SpanIndex::add(TraceId trace_id, SpanId span_id, const SpanEnd& span) {
  const std::uint64_t key = key_of(trace_id, span_id);
  if (find(key)) return;
  if (spans_[0].entries.size() >= generation_max_) {
    forgotten_spans_ += spans_[1].entries.size();
    spans_[1] = std::exchange(spans_[0], {});
  }
  Generation<Span>& young = spans_[0];
  young.make_slot();
  std::uint32_t& slot = young.slot_of(key);
  young.entries.push_back({key, span});
  slot = static_cast<std::uint32_t>(young.entries.size());
  for (Generation<Reference>& generation : references_) resolve_waiting(generation, key, span);
}

void SpanIndex::resolve_waiting(Generation<Reference>& generation, std::uint64_t key, const SpanEnd& named) {
  // The head of the chain keeps its slot, so references that are done stay in the chain and are skipped.
  for (std::uint32_t at = generation.slot_of(key); at != 0;) {
    Reference& reference = generation.entries[at - 1];
    if (!reference.done) {
      reference.done = true;
      --waiting_[static_cast<std::size_t>(reference.kind)];
      resolve_(reference.kind, named, reference.naming);
    }
    at = reference.next;
  }
}

void SpanIndex::refer(EdgeKind kind, TraceId trace_id, SpanId span_id, const SpanEnd& naming) {
  const std::uint64_t key = key_of(trace_id, span_id);
  if (const SpanEnd* const named = find(key)) return resolve_(kind, *named, naming);
  if (references_[0].entries.size() >= std::max<std::size_t>(generation_max_ / 2, 1)) forget_references();
  Generation<Reference>& young = references_[0];
  young.make_slot();
  std::uint32_t& slot = young.slot_of(key);
  Reference reference{key, naming, 0, kind, false};
  const auto index = static_cast<std::uint32_t>(young.entries.size() + 1);
  if (slot != 0) {
    // Behind the head, whose slot the key already has.
    reference.next = std::exchange(young.entries[slot - 1].next, index);
  } else {
    slot = index;
  }
  young.entries.push_back(reference);
  ++waiting_[static_cast<std::size_t>(kind)];
}

void SpanIndex::forget_references() {
  for (const Reference& reference : references_[1].entries) {
    if (reference.done) continue;
    ++forgotten_[static_cast<std::size_t>(reference.kind)];
    --waiting_[static_cast<std::size_t>(reference.kind)];
  }
  references_[1] = std::exchange(references_[0], {});
}

}  // namespace entail::cli
