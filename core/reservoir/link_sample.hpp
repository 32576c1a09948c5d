// The link sample of one span (DESIGN section 4): which links of a huge set are printed, and exactly what was cut.
//
// LinkSampler sees every link of a span once, in arrival order, and keeps two bottom-k sketches: U by H, unbiased over
// links, and C by (2^56 - 1 - R, H) over distinct linked traces, one link each, the smallest. Its answer is a pure
// function of the set of links (G4: sort all keys, take k), whatever the order, chunks or duplicates; sketches merge.
// select() chooses at emission, when all verdicts of the tick are known, and fills the strata of DESIGN 4.3.
//
// Cost: about 1.3 ns a link for the sketches, plus the look-up that finds duplicates. Memory: the sketches hold at most
// 4 * (k + 1) entries each; the duplicate index 8 bytes a link while the sampler is in use, kept for the next span.
// Thread rule: Confined; CutLinks is plain data.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/hash.hpp"
#include "context/identity.hpp"
#include "context/tracestate.hpp"
#include "entail/types.hpp"

namespace entail::reservoir {

// The key C, smaller first: traces that consistent samplers keep (large R) come first.
struct ConsistentKey {
  std::uint64_t inverse_randomness = 0;  // 2^56 - 1 - R
  std::uint64_t hash = 0;                // H
  constexpr auto operator<=>(const ConsistentKey&) const noexcept = default;
};
inline ConsistentKey consistent_key(std::uint64_t randomness, std::uint64_t hash) noexcept {
  return {context::kRandomnessMask - (randomness & context::kRandomnessMask), hash};
}

// A link whose bytes survive the cut.
struct SavedLink {
  std::uint32_t index = 0;       // arrival index within the span
  context::Identity identity = context::Identity::good;
  bool in_uniform = false;       // member of the sketch U (k smallest)
  bool in_consistent = false;    // member of the sketch C
  TraceId trace_id;              // of a good link
  SpanId span_id;
  ConsistentKey key;             // of a good link; key.hash is H
  std::uint32_t offset = 0;      // where its field lies in the caller's bytes
  std::uint32_t size = 0;
};

// All that is known of a cut span's links. received = good + null_target + malformed; good counts include duplicates.
struct CutLinks {
  std::uint64_t received = 0;
  std::uint64_t malformed = 0;
  std::uint64_t null_target = 0;
  std::uint64_t duplicates = 0;
  std::optional<std::uint64_t> threshold_uniform;        // the first excluded key, absent when none was
  std::optional<ConsistentKey> threshold_consistent;
  std::vector<SavedLink> saved;  // ascending index: U and C members, and the first k null targets and first k bad ones
};

class LinkSampler {
 public:
  // Starts a span. k = max_links_per_span >= 1.
  void begin(std::uint32_t k, std::uint64_t seed);
  // One link, in arrival order. Good ones: randomness is R of the linked trace (DESIGN 4.1).
  void add_good(TraceId trace_id, SpanId span_id, std::uint64_t randomness, std::uint32_t index, std::uint32_t offset,
                std::uint32_t size);
  // null_target and bad ones.
  void add_other(context::Identity identity, std::uint32_t index, std::uint32_t offset, std::uint32_t size);
  // True if the last add_good() was a duplicate of an earlier link of the span.
  bool last_was_duplicate() const noexcept { return last_was_duplicate_; }
  // Ends the span. Valid until the next begin().
  const CutLinks& finish();
 private:
  // (the implementer fills this in)
  bool last_was_duplicate_ = false;
};

// How a linked trace stands when the span is emitted.
enum class Target : std::uint8_t { origin, reached, open, closed };  // reached: kept, or pending and reached

// A link that must not be cut: found through the edges. has_bytes is filled in by select().
struct PinnedLink {
  std::uint32_t index = 0;
  TraceId trace_id;
  SpanId span_id;
  ConsistentKey key;
  bool origin = false;
};

struct Chosen {
  std::uint32_t index = 0;
  const SavedLink* saved = nullptr;    // its bytes, or
  const PinnedLink* restored = nullptr;  // written again from its edge
};

struct Selection {
  std::vector<Chosen> links;           // ascending index = arrival order
  std::uint64_t emitted = 0;           // links.size()
  std::uint64_t restored = 0;
  struct Stratum { std::uint64_t received = 0, emitted = 0; };
  Stratum pinned, open, closed;        // received sums to received - duplicates - malformed
};

// Chooses exactly min(k, received - duplicates) links. pinned: every distinct good link to an origin or reached trace,
// any order. stratum(trace) of the saved good links gives where they stand. open_received and closed_received: distinct
// good links to open and closed traces (null targets are added to closed here).
Selection select(const CutLinks& cut, std::uint32_t k, std::span<const PinnedLink> pinned,
                 const std::function<Target(TraceId)>& target, std::uint64_t open_received, std::uint64_t closed_received);

// The truncation record of DESIGN 4.4, ready to be written as attributes by emit.
struct TruncationRecord {
  std::uint64_t received = 0, emitted = 0, dropped = 0, dropped_upstream = 0, malformed = 0, duplicates = 0;
  Selection::Stratum pinned, open, closed;
  std::optional<std::uint64_t> threshold_uniform;
  std::optional<ConsistentKey> threshold_consistent;
  std::uint64_t seed = 0;
};

}  // namespace entail::reservoir
