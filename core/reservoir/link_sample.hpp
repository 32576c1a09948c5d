// The link sample of one span (docs/design.md 4): which links of a huge set are emitted, and exactly what was cut.
//
// LinkSampler sees every link of a span once, in arrival order, and keeps two bottom-k sketches: U by H, unbiased over
// links, and C by (2^56 - 1 - R, H) over distinct linked traces, one link each, the smallest. The result is a pure
// function of the set of links (G4: sort all keys, take k), whatever the order, chunks or duplicates; sketches merge
// (bottom_k.hpp). Of links with the same trace and span ID only the first to arrive is a candidate. select() chooses at
// emission, when all verdicts of the tick are known, and fills the strata of docs/design.md 4.3.
//
// Cost: a hash, a comparison per sketch and two bits of filters a link, two more for one in eleven
// (bench/micro/link_sample_bench.cpp). Memory: the sketches hold at most 4(k+1) entries each; duplicate detection takes
// about 14 bytes a link (seen_links.hpp), and 56 more from the first link on whose tracestate sets another R than its
// trace ID has; kept for the next span until release(). Thread rule: Confined; TruncatedLinks is plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/hash.hpp"
#include "context/identity.hpp"
#include "entail/types.hpp"
#include "reservoir/bottom_k.hpp"
#include "reservoir/link_key.hpp"
#include "reservoir/seen_links.hpp"

namespace entail::reservoir {

// A link whose bytes are kept.
struct SavedLink {
  std::uint32_t index = 0;  // arrival index within the span
  context::Identity identity = context::Identity::good;
  bool in_uniform = false;     // member of the sketch U (k smallest)
  bool in_consistent = false;  // member of the sketch C
  TraceId trace_id;            // of a good link
  SpanId span_id;
  ConsistentKey key;         // of a good link; key.hash is H
  std::uint32_t offset = 0;  // where its field lies in the caller's bytes
  std::uint32_t size = 0;
};

// What is kept about a truncated span's links. received = good + null_target + malformed; good counts include
// duplicates.
struct TruncatedLinks {
  std::uint64_t received = 0;
  std::uint64_t malformed = 0;
  std::uint64_t null_target = 0;
  std::uint64_t duplicates = 0;
  std::optional<std::uint64_t> threshold_uniform;  // the first excluded key, absent when none was
  std::optional<ConsistentKey> threshold_consistent;
  std::vector<SavedLink> saved;  // ascending index: U and C members, and the first k null targets and first k bad ones
};

class LinkSampler {
 public:
  // Starts a span. k = max_links_per_span >= 1. link_count: the number of links, if known; memory is reserved for that
  // many, else it grows.
  void begin(std::uint32_t k, std::uint64_t seed, std::size_t link_count = 0);
  // One link, in arrival order. Good ones: randomness is R of the linked trace (docs/design.md 4.1).
  void add_good(TraceId trace_id, SpanId span_id, std::uint64_t randomness, std::uint32_t index, std::uint32_t offset,
                std::uint32_t size) {
    const std::uint64_t hash = base::sampling_hash(trace_id, span_id, seed_);
    seen_.add(hash, index);
    const ConsistentKey key = consistent_key(randomness, hash);
    own_randomness_ |= key.inverse_randomness != consistent_key(trace_id.lo, hash).inverse_randomness;
    if (hash > uniform_.ceiling() && key > consistent_.ceiling() && !own_randomness_) return;
    add_candidate({key, trace_id, span_id, index, offset, size});
  }
  // Links with a null target or a bad context.
  void add_other(context::Identity identity, std::uint32_t index, std::uint32_t offset, std::uint32_t size);
  // Ends the span. Valid until the next begin(). ids: of the good links; read again where two may be equal.
  const TruncatedLinks& finish(const IdsOf& ids);

  // Arrival indices of the duplicates, ascending: what counts by trace must leave out. Valid between finish() and the
  // next begin().
  std::span<const std::uint32_t> duplicate_indices() const noexcept { return duplicate_indices_; }

  std::size_t held_bytes() const noexcept;
  // Frees what grew with the links of the largest span. Only between finish() and begin().
  void release() noexcept;

 private:
  void add_candidate(const Candidate& link);
  void add_waiting();
  void save_sketches();

  std::uint32_t k_ = 1;
  std::uint64_t seed_ = 0;
  SeenLinks seen_;
  BottomK<UniformOrder> uniform_;
  BottomK<ConsistentOrder> consistent_;
  // A repeated link has the keys of the first one and changes no sketch, unless one of them sets an R other than its
  // trace ID's. From the first such link on, C waits until the duplicates are known.
  bool own_randomness_ = false;
  std::vector<Candidate> waiting_;
  std::vector<std::uint32_t> duplicate_indices_;
  TruncatedLinks truncated_;
};

// The state of a linked trace when the span is emitted.
enum class TargetState : std::uint8_t { origin, reached, open, closed };  // reached: kept, or pending and reached

// A link to be emitted with priority, found through the edges. Its bytes, if they were saved, are found by its IDs.
struct PinnedLink {
  std::uint32_t index = 0;
  TraceId trace_id;
  SpanId span_id;
  ConsistentKey key;
  bool origin = false;
};

struct Chosen {
  std::uint32_t index = 0;
  const SavedLink* saved = nullptr;      // its bytes, or
  const PinnedLink* restored = nullptr;  // rebuilt from its edge
};

struct Selection {
  std::vector<Chosen> links;  // ascending index = arrival order
  std::uint64_t emitted = 0;  // links.size()
  std::uint64_t restored = 0;
  struct Stratum {
    std::uint64_t received = 0, emitted = 0;
  };
  Stratum pinned, open, closed;  // received sums to received - duplicates - malformed
};

// Chooses exactly min(k, received - duplicates) links; never more, whatever the caller's numbers. pinned: every
// distinct good link to an origin or reached trace, any order; the selection points into it and into `truncated`.
// target(trace) returns the state of the saved good links' traces (the span's own trace is open); a saved link to an
// origin or reached trace that is missing among pinned counts as pinned. open_received and closed_received: distinct
// good links to open and closed traces (null targets are added to closed here).
Selection select(const TruncatedLinks& truncated, std::uint32_t k, std::span<const PinnedLink> pinned,
                 const std::function<TargetState(TraceId)>& target, std::uint64_t open_received,
                 std::uint64_t closed_received);

// The truncation record of docs/design.md 4.4, ready to be written as attributes by emit.
struct TruncationRecord {
  std::uint64_t received = 0, emitted = 0, dropped = 0, dropped_upstream = 0, malformed = 0, duplicates = 0;
  Selection::Stratum pinned, open, closed;
  std::optional<std::uint64_t> threshold_uniform;
  std::optional<ConsistentKey> threshold_consistent;
  std::uint64_t seed = 0;
};

}  // namespace entail::reservoir
