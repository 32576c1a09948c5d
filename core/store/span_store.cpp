#include "store/span_store.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "base/large_pages.hpp"
#include "base/prefetch.hpp"

namespace entail::store {
namespace {

static_assert(SpanStore::kHugeBlockChunks * SpanStore::kChunkBytes == base::kHugePageBytes);
constexpr std::size_t kPooledCapacity = SpanStore::kChunkBytes - sizeof(Chunk);
static_assert(SpanStore::kChunkBytes / 8 <= 1 << 16);  // what a ScopeReference reaches; a larger chunk holds one span

std::size_t round_up(std::size_t bytes) noexcept { return (bytes + 7) & ~std::size_t{7}; }

// A new block is going to be filled: its pages are asked for at once. Where the system cannot, they come one by one.
void fetch_pages(void* block, std::size_t size) noexcept {
  if (size >= base::kHugePageBytes) base::prefer_huge_pages(block, size);
#ifdef MADV_POPULATE_WRITE
  static_cast<void>(::madvise(block, size, MADV_POPULATE_WRITE));
#endif
}

// All but the page of the header; they come again one by one, zeroed, when they are written.
void give_pages_back(Chunk* chunk) noexcept {
  constexpr std::size_t kPageBytes = 4096;
  auto* const begin = reinterpret_cast<std::byte*>(chunk);
  static_cast<void>(::madvise(begin + kPageBytes, SpanStore::kChunkBytes - kPageBytes, MADV_DONTNEED));
}

void unmap_block(Chunk* first, std::size_t chunk_count) noexcept {
  auto* const memory = reinterpret_cast<std::byte*>(first);
  for (std::size_t i = 0; i < chunk_count; ++i)
    std::destroy_at(std::launder(reinterpret_cast<Chunk*>(memory + i * SpanStore::kChunkBytes)));
  ::munmap(memory, chunk_count * SpanStore::kChunkBytes);
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
  while (going != nullptr) unmap_block(std::exchange(going, going->next), block_chunks_);
}

Chunk* SpanStore::take_pooled() noexcept {
  Chunk* chunk = free_.pop();
  if (chunk != nullptr && !std::exchange(chunk->hollow, false))
    pooled_bytes_.fetch_sub(kChunkBytes, std::memory_order_relaxed);  // relaxed: a gauge
  return chunk;
}

// One chunk of a new block; the others go into the pool.
Chunk* SpanStore::make_block() noexcept {
  const std::size_t size = block_chunks_ * kChunkBytes;
  auto* memory = static_cast<std::byte*>(base::map_pages(size, size >= base::kHugePageBytes));
  if (memory == nullptr) return nullptr;
  fetch_pages(memory, size);
  auto* const first = new (memory) Chunk;
  pooled_bytes_.fetch_add(size - kChunkBytes, std::memory_order_relaxed);  // relaxed: a gauge
  for (std::size_t i = block_chunks_; i-- > 0;) {
    Chunk* chunk = i == 0 ? first : new (memory + i * kChunkBytes) Chunk;
    chunk->block = first;
    chunk->capacity = kPooledCapacity;
    if (i != 0) free_.push(chunk);
  }
  return first;
}

Chunk* SpanStore::take_chunk(std::size_t payload_bytes, bool first_of_generation) noexcept {
  const std::size_t smallest = first_of_generation ? kFirstChunkBytes - sizeof(Chunk) : kPooledCapacity;
  const std::size_t capacity = std::max(round_up(payload_bytes), smallest);
  Chunk* chunk = nullptr;
  if (capacity == kPooledCapacity) {
    chunk = take_pooled();
    if (chunk == nullptr) chunk = make_block();
    if (chunk == nullptr) return nullptr;
  } else {
    void* memory = std::malloc(sizeof(Chunk) + capacity);
    if (memory == nullptr) return nullptr;
    chunk = new (memory) Chunk;
    chunk->capacity = capacity;
  }
  chunk->used = 0;
  add_bytes(sizeof(Chunk) + capacity);
  return chunk;
}

void SpanStore::release(Chunk* chunk) noexcept {
  sub_bytes(sizeof(Chunk) + chunk->capacity);
  for (CutSpan* cut : chunk->cuts) {
    sub_bytes(cuts_.bytes(cut));
    cuts_.destroy(cut);
  }
  chunk->cuts.clear();
  if (chunk->block == nullptr) {
    chunk->~Chunk();
    std::free(chunk);
    return;
  }
  pooled_bytes_.fetch_add(kChunkBytes, std::memory_order_relaxed);
  free_.push(chunk);
}

void SpanStore::collect() noexcept {
  for (Chunk* chunk = in_use_.take_all(); chunk != nullptr;) {
    Chunk* next = chunk->next;
    try {
      chunks_.push_back(chunk);
    } catch (const std::bad_alloc&) {
      in_use_.push(chunk);  // until the next time
    }
    chunk = next;
  }
}

void SpanStore::reclaim(std::uint64_t open_generation) noexcept {
  collect();
  std::size_t kept = 0;
  for (Chunk* chunk : chunks_) {
    if (chunk->generation < open_generation) {
      release(chunk);
    } else {
      chunks_[kept++] = chunk;
    }
  }
  chunks_.resize(kept);
}

std::map<std::uint32_t, std::uint64_t> SpanStore::bytes_by_generation() {
  collect();
  std::map<std::uint32_t, std::uint64_t> bytes;
  for (const Chunk* chunk : chunks_) {
    std::uint64_t& sum = bytes[chunk->generation];
    sum += sizeof(Chunk) + chunk->capacity;
    for (const CutSpan* cut : chunk->cuts) sum += cuts_.bytes(cut);
  }
  return bytes;
}

void SpanStore::trim(std::uint64_t bytes_max) noexcept {
  if (pooled_bytes_.load(std::memory_order_relaxed) <= bytes_max) return;
  Chunk* const all = free_.take_all();
  for (Chunk* chunk = all; chunk != nullptr; chunk = chunk->next) chunk->block->pooled_in_block = 0;
  for (Chunk* chunk = all; chunk != nullptr; chunk = chunk->next) ++chunk->block->pooled_in_block;
  const auto is_whole = [&](const Chunk* chunk) { return chunk->block->pooled_in_block == block_chunks_; };
  const auto too_many = [&] { return pooled_bytes_.load(std::memory_order_relaxed) > bytes_max; };
  // A chunk whose block is marked goes with it; the first one of the block is remembered for the end.
  constexpr std::uint32_t kGoes = ~std::uint32_t{0};
  std::uint64_t left = pooled_bytes_.load(std::memory_order_relaxed);  // when the marked blocks are gone
  Chunk* kept = nullptr;
  Chunk* going = nullptr;
  for (Chunk* chunk = all; chunk != nullptr;) {
    Chunk* const next = chunk->next;
    if (is_whole(chunk) && left > bytes_max) {
      chunk->block->pooled_in_block = kGoes;
      left -= std::min<std::uint64_t>(left, block_chunks_ * kChunkBytes);
    }
    const bool goes = chunk->block->pooled_in_block == kGoes;
    if (goes && !chunk->hollow) pooled_bytes_.fetch_sub(kChunkBytes, std::memory_order_relaxed);
    if (!goes || chunk == chunk->block) {
      Chunk*& list = goes ? going : kept;
      chunk->next = list;
      list = chunk;
    }
    chunk = next;
  }
  while (kept != nullptr) {
    Chunk* const next = kept->next;
    if (!kept->hollow && too_many()) {
      give_pages_back(kept);
      kept->hollow = true;
      pooled_bytes_.fetch_sub(kChunkBytes, std::memory_order_relaxed);
    }
    free_.push(kept);
    kept = next;
  }
  while (going != nullptr) unmap_block(std::exchange(going, going->next), block_chunks_);
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
  Chunk* chunk = store_.take_chunk(bytes, chunk_ == nullptr);
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

SpanEntry* SpanWriter::span(const Envelope* scope, std::uint32_t size, std::uint32_t link_count, bool is_cut) noexcept {
  const std::size_t bytes = round_up(SpanEntry::bytes_for(size, link_count, is_cut));
  if (!ensure(sizeof(Anchor) + bytes)) return nullptr;
  Anchor*& anchor = anchors_[(reinterpret_cast<std::uintptr_t>(scope) / alignof(Envelope)) % kAnchorSlots];
  if (anchor == nullptr || *anchor != scope) anchor = new (take(sizeof(Anchor))) Anchor(scope);
  std::byte* at = take(bytes);
  fetch_ahead(bytes);
  const auto words_back = static_cast<std::uint16_t>((at - reinterpret_cast<std::byte*>(anchor)) / 8 + 1);
  return new (at) SpanEntry(words_back, size, link_count, is_cut);
}

void SpanWriter::own(CutSpan* cut, std::uint64_t bytes) {
  chunk_->cuts.push_back(cut);
  store_.add_bytes(bytes);
}

}  // namespace entail::store
