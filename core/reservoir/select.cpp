// Filling the strata of docs/design.md 4.3 from the pinned links and a truncated span's saved ones.
#include <algorithm>
#include <tuple>
#include <utility>

#include "reservoir/link_sample.hpp"

namespace entail::reservoir {
namespace {

// A saved link with a good context, and the state of its trace.
struct SavedLinkState {
  const SavedLink* link = nullptr;
  TargetState target = TargetState::open;
  bool taken = false;   // chosen
  bool listed = false;  // among the caller's pinned links
};

bool is_pinned(TargetState target) noexcept { return target == TargetState::origin || target == TargetState::reached; }

// Origins first, each group by C.
bool pinned_before(const PinnedLink* a, const PinnedLink* b) noexcept {
  return std::make_tuple(!a->origin, a->key, a->trace_id, a->span_id) <
         std::make_tuple(!b->origin, b->key, b->trace_id, b->span_id);
}

class Selector {
 public:
  Selector(const TruncatedLinks& truncated, std::uint32_t k, const std::function<TargetState(TraceId)>& target)
      : truncated_(truncated) {
    const std::uint64_t distinct =
        truncated.received > truncated.duplicates ? truncated.received - truncated.duplicates : 0;
    room_ = std::min<std::uint64_t>(k, distinct);
    for (const SavedLink& link : truncated.saved)
      if (link.identity == context::Identity::good) states_.push_back({&link, target(link.trace_id)});
    std::sort(states_.begin(), states_.end(),
              [](const SavedLinkState& a, const SavedLinkState& b) { return ids_before(*a.link, *b.link); });
  }

  void take_pinned(std::span<const PinnedLink> pinned);
  // One stratum from the sketches, read in turn, C first.
  void take_from_sketches(TargetState target, Selection::Stratum& stratum);
  // What has no good context, in arrival order. Bad contexts belong to no stratum.
  void take_others(bool null_targets, Selection::Stratum* stratum);

  Selection finish() {
    std::sort(selection_.links.begin(), selection_.links.end(),
              [](const Chosen& a, const Chosen& b) { return a.index < b.index; });
    selection_.emitted = selection_.links.size();
    return std::move(selection_);
  }
  Selection& selection() noexcept { return selection_; }

 private:
  template <class A, class B>
  static bool ids_before(const A& a, const B& b) noexcept {
    return std::tie(a.trace_id, a.span_id) < std::tie(b.trace_id, b.span_id);
  }

  SavedLinkState* find(const PinnedLink& link) noexcept {
    const auto found =
        std::lower_bound(states_.begin(), states_.end(), link,
                         [](const SavedLinkState& a, const PinnedLink& b) { return ids_before(*a.link, b); });
    return found == states_.end() || ids_before(link, *found->link) ? nullptr : &*found;
  }

  void take(SavedLinkState& state, Selection::Stratum& stratum) {
    state.taken = true;
    choose({state.link->index, state.link, nullptr}, &stratum);
  }
  void choose(const Chosen& chosen, Selection::Stratum* stratum) {
    selection_.links.push_back(chosen);
    --room_;
    if (stratum != nullptr) ++stratum->emitted;
  }

  const TruncatedLinks& truncated_;
  std::uint64_t room_ = 0;
  std::vector<SavedLinkState> states_;  // by trace and span ID
  Selection selection_;
};

void Selector::take_pinned(std::span<const PinnedLink> pinned) {
  std::vector<const PinnedLink*> ranked;
  ranked.reserve(pinned.size());
  for (const PinnedLink& link : pinned) {
    ranked.push_back(&link);
    if (SavedLinkState* state = find(link)) state->listed = true;
  }
  std::vector<PinnedLink> unlisted;
  for (const SavedLinkState& state : states_) {
    if (state.listed || !is_pinned(state.target)) continue;
    const SavedLink& link = *state.link;
    unlisted.push_back({link.index, link.trace_id, link.span_id, link.key, state.target == TargetState::origin});
  }
  for (const PinnedLink& link : unlisted) ranked.push_back(&link);

  Selection::Stratum& stratum = selection_.pinned;
  stratum.received = ranked.size();
  const auto end = ranked.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(room_, ranked.size()));
  std::nth_element(ranked.begin(), end, ranked.end(), pinned_before);
  for (auto link = ranked.begin(); link != end; ++link) {
    SavedLinkState* state = find(**link);
    if (state != nullptr && !state->taken) {
      take(*state, stratum);
    } else if (state == nullptr) {
      choose({(*link)->index, nullptr, *link}, &stratum);
      ++selection_.restored;
    }
  }
}

void Selector::take_from_sketches(TargetState target, Selection::Stratum& stratum) {
  std::vector<SavedLinkState*> uniform;
  std::vector<SavedLinkState*> consistent;
  for (SavedLinkState& state : states_) {
    if (state.target != target || state.taken) continue;
    if (state.link->in_uniform) uniform.push_back(&state);
    if (state.link->in_consistent) consistent.push_back(&state);
  }
  // Where keys tie the IDs decide: states_ lies in their order, so the addresses do.
  std::sort(uniform.begin(), uniform.end(), [](const SavedLinkState* a, const SavedLinkState* b) {
    return std::tie(a->link->key.hash, a) < std::tie(b->link->key.hash, b);
  });
  std::sort(consistent.begin(), consistent.end(), [](const SavedLinkState* a, const SavedLinkState* b) {
    return std::tie(a->link->key, a) < std::tie(b->link->key, b);
  });

  std::size_t at[2] = {0, 0};
  const std::vector<SavedLinkState*>* sketches[2] = {&consistent, &uniform};
  while (room_ > 0 && (at[0] < consistent.size() || at[1] < uniform.size())) {
    for (unsigned i = 0; i < 2 && room_ > 0; ++i) {
      const std::vector<SavedLinkState*>& sketch = *sketches[i];
      while (at[i] < sketch.size() && sketch[at[i]]->taken) ++at[i];
      if (at[i] < sketch.size()) take(*sketch[at[i]++], stratum);
    }
  }
}

void Selector::take_others(bool null_targets, Selection::Stratum* stratum) {
  for (const SavedLink& link : truncated_.saved) {
    if (room_ == 0) return;
    if (link.identity == context::Identity::good) continue;
    if ((link.identity == context::Identity::null_target) != null_targets) continue;
    choose({link.index, &link, nullptr}, stratum);
  }
}

}  // namespace

Selection select(const TruncatedLinks& truncated, std::uint32_t k, std::span<const PinnedLink> pinned,
                 const std::function<TargetState(TraceId)>& target, std::uint64_t open_received,
                 std::uint64_t closed_received) {
  Selector selector(truncated, k, target);
  selector.selection().open.received = open_received;
  selector.selection().closed.received = closed_received + truncated.null_target;
  selector.take_pinned(pinned);
  selector.take_from_sketches(TargetState::open, selector.selection().open);
  selector.take_from_sketches(TargetState::closed, selector.selection().closed);
  selector.take_others(true, &selector.selection().closed);
  selector.take_others(false, nullptr);
  return selector.finish();
}

}  // namespace entail::reservoir
