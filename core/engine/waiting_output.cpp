#include "engine/waiting_output.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/free_array.hpp"

namespace entail::engine {

// One batch on its way through the sink. It waits again if the sink leaves by an exception.
class WaitingOutput::Offer {
 public:
  // Takes the oldest waiting batch.
  explicit Offer(WaitingOutput& output) noexcept : output_(output) {
    const std::lock_guard guard(output_.lock_);
    if (output_.waiting_.empty()) return;
    node_ = output_.waiting_.extract(output_.waiting_.begin());
    output_.offered_id_ = node_.key();
    output_.counts_.repeated_offers += std::exchange(node_.mapped().was_offered, true);
  }
  ~Offer() { end(OutputAnswer::declined); }
  Offer(const Offer&) = delete;
  Offer& operator=(const Offer&) = delete;

  bool is_empty() const noexcept { return node_.empty(); }
  // No other thread changes a batch that is being offered.
  OutputBatch batch() const noexcept {
    const Batch& batch = node_.mapped().batch;
    return {node_.key(), batch.bytes, batch.span_count, batch.traces};
  }

  void end(OutputAnswer answer) noexcept {
    if (node_.empty()) return;
    const std::lock_guard guard(output_.lock_);
    output_.offered_id_ = 0;
    const std::optional<Delivery> early = std::exchange(output_.early_, {});
    const bool is_deferred = answer == OutputAnswer::deferred;
    // An acknowledgement of delivery overrides the answer.
    if (answer == OutputAnswer::accepted || early == Delivery::delivered) {
      output_.deliver(node_.mapped());
      output_.spare_ = std::move(node_.mapped().batch.bytes);
      node_ = {};
      return;
    }
    // A value outside of the enum counts as declined.
    (!is_deferred ? output_.waiting_ : early ? output_.failed_ : output_.in_flight_).insert(std::move(node_));
    output_.counts_.batches_in_flight = output_.in_flight_.size();
    output_.admission_.set_output(output_.counts_.bytes_waiting);
  }

 private:
  WaitingOutput& output_;
  Batches::node_type node_;
};

void WaitingOutput::offer_again() {
  declined_ = false;
  {
    const std::lock_guard guard(lock_);
    waiting_.merge(failed_);
  }
  offer_waiting();
  base::free_array(spare_);
}

void WaitingOutput::offer_waiting() {
  while (!declined_) {
    Offer offer(*this);
    if (offer.is_empty()) return;
    const OutputAnswer answer = sink_.on_batch(offer.batch());
    declined_ = answer != OutputAnswer::accepted && answer != OutputAnswer::deferred;
    offer.end(answer);
  }
}

std::vector<std::uint8_t> WaitingOutput::add(Batch&& batch) {
  const std::uint64_t bytes = bytes_of(batch);
  {
    const std::lock_guard guard(lock_);
    const std::uint64_t id = ++last_id_;
    const bool is_large = bytes > bytes_max_;
    if (is_large ? large_bytes_ != 0 : counts_.bytes_waiting - large_bytes_ + bytes > bytes_max_) {
      count_lost(batch);
      return std::move(batch.bytes);
    }
    if (is_large) large_bytes_ = bytes;
    const Batch& added = waiting_.emplace(id, Kept{std::move(batch)}).first->second.batch;
    ++counts_.batches_waiting;
    counts_.spans_waiting += added.span_count;
    counts_.links_waiting += added.link_count;
    counts_.bytes_waiting += bytes;
    if (declined_) admission_.set_output(counts_.bytes_waiting);  // else when the sink has answered
  }
  offer_waiting();
  return std::exchange(spare_, {});
}

void WaitingOutput::drop_oversized() noexcept {
  const std::lock_guard guard(lock_);
  if (large_bytes_ == 0) return;
  for (Batches* batches : {&waiting_, &failed_}) {
    const auto large =
        std::ranges::find_if(*batches, [&](const auto& entry) { return bytes_of(entry.second.batch) > bytes_max_; });
    if (large == batches->end()) continue;
    remove(large->second);
    count_lost(large->second.batch);
    batches->erase(large);
  }
}

Result<void> WaitingOutput::acknowledge(std::uint64_t id, Delivery outcome) noexcept {
  Batches::node_type node;  // freed after the lock
  const std::lock_guard guard(lock_);
  if (id != 0 && id == offered_id_ && !early_) {
    early_ = outcome;
    return {};
  }
  node = in_flight_.extract(id);
  if (node.empty()) return Error{ErrorCode::not_found};
  counts_.batches_in_flight = in_flight_.size();
  if (outcome == Delivery::delivered) {
    deliver(node.mapped());
  } else {
    failed_.insert(std::move(node));
  }
  return {};
}

WaitingOutput::Counts WaitingOutput::counts() const noexcept {
  const std::lock_guard guard(lock_);
  return counts_;
}

std::uint64_t WaitingOutput::bytes_of(const Batch& batch) noexcept {
  constexpr std::uint64_t kNodeBytes = 48;  // of a map, and of the allocator
  return batch.bytes.capacity() + batch.traces.capacity() * sizeof(OutputTrace) + sizeof(Kept) + kNodeBytes;
}

void WaitingOutput::remove(Kept& kept) noexcept {
  --counts_.batches_waiting;
  counts_.spans_waiting -= kept.batch.span_count;
  counts_.links_waiting -= kept.batch.link_count;
  const std::uint64_t bytes = bytes_of(kept.batch);
  counts_.bytes_waiting -= bytes;
  if (bytes > bytes_max_) large_bytes_ = 0;
  admission_.set_output(counts_.bytes_waiting);
}

void WaitingOutput::deliver(Kept& kept) noexcept {
  remove(kept);
  counts_.spans_emitted += kept.batch.span_count;
  counts_.links_emitted += kept.batch.link_count;
}

void WaitingOutput::count_lost(const Batch& batch) noexcept {
  counts_.spans_lost += batch.span_count;
  counts_.links_lost += batch.link_count;
}

}  // namespace entail::engine
