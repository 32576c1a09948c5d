#include "store/span_store.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace entail::store {
namespace {

constexpr std::size_t kPooledCapacity = SpanStore::kChunkBytes - sizeof(Chunk);

std::size_t round_up(std::size_t bytes) noexcept { return (bytes + 7) & ~std::size_t{7}; }

// A new chunk is going to be filled: its pages are asked for at once, which costs a fraction of a fault for each. Where
// the system cannot, they come one by one.
void fetch_pages(void* memory, std::size_t size) noexcept {
#ifdef MADV_POPULATE_WRITE
  constexpr std::uintptr_t kPageBytes = 4096;
  const std::uintptr_t begin = (reinterpret_cast<std::uintptr_t>(memory) + kPageBytes - 1) & ~(kPageBytes - 1);
  const std::uintptr_t end = (reinterpret_cast<std::uintptr_t>(memory) + size) & ~(kPageBytes - 1);
  if (begin < end) static_cast<void>(::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_WRITE));
#else
  static_cast<void>(memory);
  static_cast<void>(size);
#endif
}

void destroy(Chunk* chunk) noexcept {
  chunk->~Chunk();
  std::free(chunk);
}

}  // namespace

SpanStore::~SpanStore() {
  reclaim(std::uint64_t{1} << 32);
  trim(0);
}

Chunk* SpanStore::take_pooled() noexcept {
  Chunk* chunk = free_.pop();
  if (chunk != nullptr) pooled_bytes_.fetch_sub(kChunkBytes, std::memory_order_relaxed);  // relaxed: a gauge
  return chunk;
}

Chunk* SpanStore::take_chunk(std::size_t payload_bytes, bool first_of_generation) noexcept {
  const std::size_t smallest = first_of_generation ? kFirstChunkBytes - sizeof(Chunk) : kPooledCapacity;
  const std::size_t capacity = std::max(round_up(payload_bytes), smallest);
  Chunk* chunk = capacity == kPooledCapacity ? take_pooled() : nullptr;
  if (chunk == nullptr) {
    void* memory = std::malloc(sizeof(Chunk) + capacity);
    if (memory == nullptr) return nullptr;
    if (capacity == kPooledCapacity) fetch_pages(memory, kChunkBytes);
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
  if (chunk->capacity != kPooledCapacity) {
    destroy(chunk);
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
  Chunk* chunk = free_.take_all();
  while (chunk != nullptr) {
    Chunk* next = chunk->next;
    if (pooled_bytes_.load(std::memory_order_relaxed) > bytes_max) {
      pooled_bytes_.fetch_sub(kChunkBytes, std::memory_order_relaxed);
      destroy(chunk);
    } else {
      free_.push(chunk);
    }
    chunk = next;
  }
}

void SpanWriter::begin(std::uint32_t generation) noexcept {
  if (generation == generation_) return;
  generation_ = generation;
  chunk_ = nullptr;  // tick may already have freed it
  std::fill(std::begin(slots_), std::end(slots_), Slot{});
}

std::byte* SpanWriter::allocate(std::size_t bytes) noexcept {
  const std::size_t size = round_up(bytes);
  if (chunk_ == nullptr || chunk_->capacity - chunk_->used < size) {
    Chunk* chunk = store_.take_chunk(size, chunk_ == nullptr);
    if (chunk == nullptr) return nullptr;
    chunk->generation = generation_;
    store_.in_use_.push(chunk);
    chunk_ = chunk;
  }
  std::byte* at = chunk_->begin() + chunk_->used;
  chunk_->used += size;
  return at;
}

const Envelope* SpanWriter::envelope(const Envelope* resource, Bytes bytes) noexcept {
  const base::Digest digest = base::digest(bytes);
  Slot& slot = slots_[digest.low % kEnvelopeSlots];
  if (slot.envelope != nullptr && slot.resource == resource && slot.envelope->digest == digest) return slot.envelope;
  std::byte* at = allocate(sizeof(Envelope) + bytes.size());
  if (at == nullptr) return nullptr;
  auto* envelope = new (at) Envelope{resource, digest, static_cast<std::uint32_t>(bytes.size())};
  if (!bytes.empty()) std::memcpy(at + sizeof(Envelope), bytes.data(), bytes.size());
  slot = {envelope, resource};
  return envelope;
}

SpanEntry* SpanWriter::span(const Envelope* scope, std::uint32_t size) noexcept {
  std::byte* at = allocate(sizeof(SpanEntry) + size);
  if (at == nullptr) return nullptr;
  auto* entry = new (at) SpanEntry;
  entry->scope = scope;
  entry->size = size;
  return entry;
}

void SpanWriter::own(CutSpan* cut, std::uint64_t bytes) {
  chunk_->cuts.push_back(cut);
  store_.add_bytes(bytes);
}

}  // namespace entail::store
