// Output between the engine and its sink: batches are offered, kept while the sink declines or defers them, and offered
// again. entail/batch_sink.hpp has the rules that users rely on.
//
//   add() ──► waiting ── offered: accepted ──────────────► delivered
//     │          ▲   └── offered: deferred ─► in flight ───────┘
//     │          └──── next round ── failed ◄─────┘
//     └─ no room ─► lost (output_full)
//
// A round begins with each tick and each offer_output(). It offers what waits, oldest first, and then each new batch,
// until the sink declines one. What fails during a round waits for the next.
//
// Thread rule: Guarded by lock_ (acknowledge() and counts() any thread; the others the tick thread). A lock suffices:
// it is taken a few times for each batch, held for one look-up, and never while the sink is called; ingest does not
// take it. Each state is a map, so that a batch changes its state without an allocation. Memory: bytes_max, and one
// larger batch.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/admission.hpp"
#include "entail/batch_sink.hpp"
#include "entail/result.hpp"

namespace entail::engine {

class WaitingOutput {
 public:
  struct Batch {
    std::vector<std::uint8_t> bytes;
    std::vector<OutputTrace> traces;
    std::uint64_t span_count = 0;
    std::uint64_t link_count = 0;
  };

  WaitingOutput(BatchSink& sink, Admission& admission, std::uint64_t bytes_max) noexcept
      : sink_(sink), admission_(admission), bytes_max_(bytes_max) {}

  // Begins a round.
  void offer_again();
  // Offers the batch in this round if nothing older waits. Returns a buffer to write the next one into.
  std::vector<std::uint8_t> add(Batch&& batch);
  // A request needs the room of a batch larger than bytes_max: that batch is lost, unless it is in flight.
  void drop_oversized() noexcept;
  Result<void> acknowledge(std::uint64_t id, Delivery outcome) noexcept;

  struct Counts {
    std::uint64_t spans_emitted = 0;
    std::uint64_t links_emitted = 0;
    std::uint64_t spans_lost = 0;
    std::uint64_t links_lost = 0;
    std::uint64_t spans_waiting = 0;  // in flight included; so are links, batches and bytes
    std::uint64_t links_waiting = 0;
    std::uint64_t batches_waiting = 0;
    std::uint64_t bytes_waiting = 0;
    std::uint64_t batches_in_flight = 0;
    std::uint64_t repeated_offers = 0;
  };
  Counts counts() const noexcept;

 private:
  struct Kept {
    Batch batch;
    bool was_offered = false;
  };
  using Batches = std::map<std::uint64_t, Kept>;  // by ID
  class Offer;

  void offer_waiting();
  static std::uint64_t bytes_of(const Batch& batch) noexcept;
  void remove(Kept& kept) noexcept;
  void deliver(Kept& kept) noexcept;
  void count_lost(const Batch& batch) noexcept;

  BatchSink& sink_;
  Admission& admission_;
  const std::uint64_t bytes_max_;
  bool declined_ = false;            // in this round; tick thread only
  std::vector<std::uint8_t> spare_;  // the buffer of a batch that was accepted; tick thread only

  mutable std::mutex lock_;  // guards all below
  std::uint64_t last_id_ = 0;
  Batches waiting_;
  Batches in_flight_;
  Batches failed_;                 // wait for the next round
  std::uint64_t offered_id_ = 0;   // the batch that the sink is being offered; 0: none
  std::optional<Delivery> early_;  // its outcome, acknowledged before the sink has returned
  std::uint64_t large_bytes_ = 0;  // of the one batch larger than bytes_max_ that waits or is in flight; 0: none
  Counts counts_;
};

}  // namespace entail::engine
