#include "store/span_store.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "base/large_pages.hpp"
#include "base/prefetch.hpp"
#include "store/span_entry.hpp"

namespace entail::store {
namespace {

static_assert(SpanStore::kHugeBlockChunks * SpanStore::kChunkBytes == base::kHugePageBytes);
constexpr std::size_t kPooledCapacity = SpanStore::kChunkBytes - sizeof(Chunk);
static_assert(SpanStore::kChunkBytes / 8 <= 1 << 16);  // what a ScopeReference reaches; a larger chunk holds one span

std::size_t round_up(std::size_t bytes) noexcept { return (bytes + 7) & ~std::size_t{7}; }

// A new block will be filled, so its pages are faulted in at once. Where the system cannot, they fault one by one.
void fetch_pages(void* block, std::size_t size) noexcept {
  if (size >= base::kHugePageBytes) base::prefer_huge_pages(block, size);
#ifdef MADV_POPULATE_WRITE
  static_cast<void>(::madvise(block, size, MADV_POPULATE_WRITE));
#endif
}

// All but the page of the header; they come again one by one, zeroed, when they are written. Small ones from now on,
// or the system itself might make a huge page of the block again.
void give_pages_back(Chunk* chunk) noexcept {
  auto* const begin = reinterpret_cast<std::byte*>(chunk);
  base::prefer_small_pages(begin, SpanStore::kChunkBytes);
  static_cast<void>(::madvise(begin + base::kPageBytes, SpanStore::kChunkBytes - base::kPageBytes, MADV_DONTNEED));
}

void unmap_block(Chunk* first) noexcept {
  auto* const memory = reinterpret_cast<std::byte*>(first);
  const std::size_t count = first->block_chunks;
  for (std::size_t i = 0; i < count; ++i)
    std::destroy_at(std::launder(reinterpret_cast<Chunk*>(memory + i * SpanStore::kChunkBytes)));
  base::unmap_pages(memory, count * SpanStore::kChunkBytes);
}

// What a chunk in the pool counts.
std::uint64_t pooled_size(const Chunk* chunk) noexcept {
  return chunk->hollow ? base::kPageBytes : SpanStore::kChunkBytes;
}

std::uint64_t list_size(const std::vector<TruncatedSpan*>& truncated_spans) noexcept {
  return truncated_spans.capacity() * sizeof(TruncatedSpan*);
}

}  // namespace

SpanStore::~SpanStore() {
  reclaim(std::uint64_t{1} << 32);
  // All chunks of all blocks are in the pool now.
  Chunk* going = nullptr;
  for (Chunk* chunk = free_.take_all(); chunk != nullptr;) {
    Chunk* const next = chunk->next;
    if (chunk == chunk->block) {
      chunk->next = going;
      going = chunk;
    }
    chunk = next;
  }
  while (going != nullptr) unmap_block(std::exchange(going, going->next));
}

Chunk* SpanStore::take_pooled(unsigned turn) noexcept {
  Chunk* chunk = free_.pop(turn, [this] { return pooled_bytes() != 0; });
  if (chunk == nullptr) return nullptr;
  pooled_bytes_.fetch_sub(pooled_size(chunk), std::memory_order_relaxed);  // relaxed: a gauge
  chunk->hollow = false;
  return chunk;
}

// One chunk of a new block; the others go into the pool. While one lane makes a huge block, the others make small ones:
// its chunks will soon be there for them.
Chunk* SpanStore::make_block(unsigned turn) noexcept {
  // Relaxed: it guards no data.
  const bool huge = huge_blocks_ && makes_huge_block_.exchange(1, std::memory_order_relaxed) == 0;
  const std::uint32_t count = huge ? kHugeBlockChunks : 1;
  auto* memory = static_cast<std::byte*>(base::map_pages(count * kChunkBytes, huge));
  Chunk* first = nullptr;
  if (memory != nullptr) {
    fetch_pages(memory, count * kChunkBytes);
    pooled_bytes_.fetch_add((count - 1) * kChunkBytes, std::memory_order_relaxed);  // relaxed: a gauge
    first = new (memory) Chunk;
    first->block_chunks = count;
    for (std::uint32_t i = count; i-- > 0;) {
      Chunk* chunk = i == 0 ? first : new (memory + i * kChunkBytes) Chunk;
      chunk->block = first;
      chunk->size = kChunkBytes;
      chunk->capacity = kPooledCapacity;
      if (i != 0) free_.push(chunk, turn + i);
    }
  }
  if (huge) makes_huge_block_.store(0, std::memory_order_relaxed);
  return first;
}

// A mapping of its own, which is never pooled. In one that is larger than the others the rest of the last page is left
// alone: a ScopeReference does not reach that far.
Chunk* SpanStore::map_chunk(std::size_t size, std::size_t payload_bytes) noexcept {
  void* const memory = base::map_pages(size, false);
  if (memory == nullptr) return nullptr;
  auto* const chunk = new (memory) Chunk;
  chunk->size = size;
  chunk->capacity = size > kChunkBytes ? round_up(payload_bytes) : size - sizeof(Chunk);
  return chunk;
}

Chunk* SpanStore::take_chunk(std::size_t payload_bytes, bool first_of_generation, unsigned turn) noexcept {
  const std::size_t smallest = first_of_generation ? kFirstChunkBytes : kChunkBytes;
  const std::size_t size = std::max(base::whole_pages(sizeof(Chunk) + round_up(payload_bytes)), smallest);
  Chunk* chunk = nullptr;
  if (size == kChunkBytes) {
    chunk = take_pooled(turn);
    if (chunk == nullptr) chunk = make_block(turn);
  } else {
    chunk = map_chunk(size, payload_bytes);
  }
  if (chunk == nullptr) return nullptr;
  chunk->used = 0;
  add_bytes(size);
  return chunk;
}

void SpanStore::release(Chunk* chunk) noexcept {
  sub_bytes(chunk->size + list_size(chunk->truncated_spans));
  for (TruncatedSpan* truncated : chunk->truncated_spans) {
    sub_bytes(truncated_span_ops_.bytes(truncated));
    heap_bytes_freed_ += truncated_span_ops_.bytes(truncated);
    truncated_span_ops_.destroy(truncated);
  }
  std::vector<TruncatedSpan*>().swap(chunk->truncated_spans);
  if (chunk->block == nullptr) {
    const std::size_t size = chunk->size;
    chunk->~Chunk();
    base::unmap_pages(chunk, size);
    return;
  }
  pooled_bytes_.fetch_add(kChunkBytes, std::memory_order_relaxed);
  free_.push(chunk, release_turn_++);
}

void SpanStore::collect() noexcept {
  for (Chunk* chunk = in_use_.take_all(); chunk != nullptr;) {
    Chunk* next = chunk->next;
    try {
      chunks_.push_back({chunk, chunk->generation});
    } catch (const std::bad_alloc&) {
      in_use_.push(chunk);  // until the next time
    }
    chunk = next;
  }
}

// The list is part of what the chunks in use cost.
void SpanStore::count_list() noexcept {
  if (chunks_.empty()) chunks_.clear();
  const std::uint64_t before = std::exchange(list_bytes_, chunks_.bytes());
  add_bytes(list_bytes_ - before);  // modulo 2^64
}

void SpanStore::reclaim(std::uint64_t open_generation) noexcept {
  collect();
  chunks_.erase_if([&](const Used& used) {
    if (used.generation >= open_generation) return false;
    release(used.chunk);
    return true;
  });
  count_list();
}

std::map<std::uint32_t, std::uint64_t> SpanStore::bytes_by_generation() {
  collect();
  std::map<std::uint32_t, std::uint64_t> bytes;
  chunks_.for_each([&](const Used& used) {
    std::uint64_t& sum = bytes[used.generation];
    sum += used.chunk->size + list_size(used.chunk->truncated_spans);
    for (const TruncatedSpan* truncated : used.chunk->truncated_spans) sum += truncated_span_ops_.bytes(truncated);
  });
  count_list();
  return bytes;
}

void SpanStore::trim(std::uint64_t bytes_max) noexcept {
  if (pooled_bytes() <= bytes_max) return;
  Chunk* const all = free_.take_all();
  for (Chunk* chunk = all; chunk != nullptr; chunk = chunk->next) chunk->block->pooled_in_block = 0;
  for (Chunk* chunk = all; chunk != nullptr; chunk = chunk->next) ++chunk->block->pooled_in_block;
  const auto is_whole = [](const Chunk* chunk) { return chunk->block->pooled_in_block == chunk->block->block_chunks; };
  // A chunk whose block is marked goes with it; the first one of the block is remembered for the end.
  constexpr std::uint32_t kGoes = ~std::uint32_t{0};
  std::uint64_t left = pooled_bytes();  // when the marked blocks are gone
  Chunk* kept = nullptr;
  Chunk* going = nullptr;
  for (Chunk* chunk = all; chunk != nullptr;) {
    Chunk* const next = chunk->next;
    if (is_whole(chunk) && left > bytes_max) {
      left -= std::min<std::uint64_t>(left, chunk->block->block_chunks * kChunkBytes);
      chunk->block->pooled_in_block = kGoes;
    }
    const bool goes = chunk->block->pooled_in_block == kGoes;
    if (goes) pooled_bytes_.fetch_sub(pooled_size(chunk), std::memory_order_relaxed);
    if (!goes || chunk == chunk->block) {
      Chunk*& list = goes ? going : kept;
      chunk->next = list;
      list = chunk;
    }
    chunk = next;
  }
  while (kept != nullptr) {
    Chunk* const next = kept->next;
    if (!kept->hollow && pooled_bytes() > bytes_max) {
      give_pages_back(kept);
      kept->hollow = true;
      pooled_bytes_.fetch_sub(kChunkBytes - base::kPageBytes, std::memory_order_relaxed);
    }
    free_.push(kept, release_turn_++);
    kept = next;
  }
  while (going != nullptr) unmap_block(std::exchange(going, going->next));
}

void SpanWriter::begin(std::uint32_t generation) noexcept {
  if (generation == generation_) return;
  generation_ = generation;
  chunk_ = nullptr;  // tick may already have freed it
  std::fill(std::begin(slots_), std::end(slots_), Slot{});
}

// Room for so many bytes, each part rounded up, in one chunk.
bool SpanWriter::ensure(std::size_t bytes) noexcept {
  if (chunk_ != nullptr && chunk_->capacity - chunk_->used >= bytes) return true;
  Chunk* chunk = store_.take_chunk(bytes, chunk_ == nullptr, turn_);
  if (chunk == nullptr) return false;
  chunk->generation = generation_;
  store_.in_use_.push(chunk);
  chunk_ = chunk;
  std::fill(std::begin(anchors_), std::end(anchors_), nullptr);
  return true;
}

std::byte* SpanWriter::take(std::size_t bytes) noexcept {
  return chunk_->begin() + std::exchange(chunk_->used, chunk_->used + bytes);
}

const Envelope* SpanWriter::envelope(const Envelope* resource, Bytes bytes) noexcept {
  const base::Digest digest = base::digest(bytes);
  Slot& slot = slots_[digest.low % kEnvelopeSlots];
  if (slot.envelope != nullptr && slot.resource == resource && slot.envelope->digest == digest) return slot.envelope;
  const std::size_t size = round_up(sizeof(Envelope) + bytes.size());
  if (!ensure(size)) return nullptr;
  std::byte* at = take(size);
  auto* envelope = new (at) Envelope{resource, digest, static_cast<std::uint32_t>(bytes.size())};
  if (!bytes.empty()) std::memcpy(at + sizeof(Envelope), bytes.data(), bytes.size());
  slot = {envelope, resource};
  return envelope;
}

// Asks for the lines that the spans after this one will be written to: an atomic operation, of which every span takes
// some, waits for all stores before it.
void SpanWriter::fetch_ahead(std::size_t size) const noexcept {
  constexpr std::size_t kAheadBytes = 1024;
  const auto first = reinterpret_cast<std::uintptr_t>(chunk_->begin() + chunk_->used) + kAheadBytes;
  for (std::size_t offset = 0; offset < std::min(size, kAheadBytes); offset += sync::kCacheLineBytes)
    base::prefetch_in_order(reinterpret_cast<const void*>(first + offset));
}

WrittenSpan SpanWriter::span(const Envelope* scope, std::uint32_t size, std::uint32_t link_count,
                             bool is_truncated) noexcept {
  const std::size_t bytes = round_up(SpanEntry::bytes_for(size, link_count, is_truncated));
  if (!ensure(sizeof(Anchor) + bytes)) return {};
  Anchor*& anchor = anchors_[(reinterpret_cast<std::uintptr_t>(scope) / alignof(Envelope)) % kAnchorSlots];
  if (anchor == nullptr || *anchor != scope) anchor = new (take(sizeof(Anchor))) Anchor(scope);
  std::byte* at = take(bytes);
  fetch_ahead(bytes);
  const auto words_back = static_cast<std::uint16_t>((at - reinterpret_cast<std::byte*>(anchor)) / 8 + 1);
  auto* const entry = new (at) SpanEntry(words_back, size, link_count, is_truncated);
  return {entry, entry->mutable_payload()};
}

void SpanWriter::own(WrittenSpan span, std::unique_ptr<TruncatedSpan>& truncated, std::uint64_t bytes) {
  const std::uint64_t list_before = list_size(chunk_->truncated_spans);
  chunk_->truncated_spans.push_back(truncated.get());
  store_.add_bytes(bytes + list_size(chunk_->truncated_spans) - list_before);
  span.entry->set_truncated(truncated.release());
}

bool SpanWriter::publish(WrittenSpan span, SpanSlot& slot, bool has_links) noexcept {
  return slot.list_.push(span.entry, has_links);
}

}  // namespace entail::store
