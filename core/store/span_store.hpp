// Span bytes until the verdict: copied once, at ingest, into chunks by generation; never freed one by one. A generation
// is a period of arrival: it ends with the arrival second, or when enough bytes have arrived (the engine counts them).
// Numbers only grow.
//
// Every ingest lane writes its own chunks (SpanWriter, Confined to the lane's holder), so writing takes no
// synchronisation at all. publish() links a span into the list of its node (span_list.hpp). Resources and scopes are
// copied once a generation of a lane and shared by pointer. The tick thread frees whole chunks when no trace that
// arrived in their generation, or earlier, still holds spans (SpanStore::reclaim). Chunks pass between them by PROTOCOL
// chunk_hand_over (chunk_stack.hpp).
//
// Memory: bytes() counts what is in use: whole chunks in whole pages, the side blocks of truncated spans, the lists of
// both. pooled_bytes() counts the rest of the mapped memory that may be resident. Together they are the store's memory.
// Chunks come from the system in blocks, whose pages are faulted in at once: a fault per page costs more than all the
// work on the bytes. Blocks are huge pages where 2 MiB is little beside memory_limit, and one lane at a time makes
// them. A block is unmapped when all of its chunks are in the pool; while it is in use, only the pages of surplus
// chunks are returned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/page_queue.hpp"
#include "store/chunk_stack.hpp"
#include "store/held_spans.hpp"
#include "sync/atomic.hpp"

namespace entail::store {

// What the store does with a TruncatedSpan; the engine provides it, since the store does not know the type's contents.
struct TruncatedSpanOps {
  std::uint64_t (*bytes)(const TruncatedSpan*);  // as counted when it was added
  void (*destroy)(TruncatedSpan*);
};

struct Chunk {
  Chunk* next = nullptr;
  Chunk* block = nullptr;             // the first chunk of its block; null: it has a mapping of its own, never pooled
  std::uint32_t block_chunks = 0;     // of a first chunk: the chunks of its block
  std::uint32_t pooled_in_block = 0;  // of a first chunk; scratch of trim()
  bool hollow = false;                // in the pool, with all pages but the header's returned to the system
  std::uint32_t generation = 0;
  std::size_t size = 0;      // with this header, in whole pages
  std::size_t capacity = 0;  // of the bytes behind this header; in a large chunk those of its one span
  std::size_t used = 0;
  std::vector<TruncatedSpan*> truncated_spans;
  std::byte* begin() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
};

class SpanStore {
 public:
  static constexpr std::size_t kChunkBytes = 256 * 1024;      // with the header: what the pool recycles
  static constexpr std::size_t kFirstChunkBytes = 16 * 1024;  // the first of a generation: little traffic costs little

  static constexpr std::size_t kHugeBlockChunks = 8;  // 2 MiB

  // The chunks that one lane takes for so many bytes of one generation.
  static constexpr std::uint64_t chunk_bytes_for(std::uint64_t bytes) noexcept {
    constexpr std::uint64_t kFirst = kFirstChunkBytes - sizeof(Chunk), kNext = kChunkBytes - sizeof(Chunk);
    return bytes <= kFirst ? kFirstChunkBytes : kFirstChunkBytes + (bytes - kFirst + kNext - 1) / kNext * kChunkBytes;
  }

  // huge_blocks: chunks are mapped in groups of eight, on a huge page if one is available.
  explicit SpanStore(TruncatedSpanOps truncated_spans, bool huge_blocks = false) noexcept
      : truncated_span_ops_(truncated_spans), huge_blocks_(huge_blocks) {}
  ~SpanStore();  // REQUIRES no writer in use
  SpanStore(const SpanStore&) = delete;
  SpanStore& operator=(const SpanStore&) = delete;

  // Bytes of all chunks in use and of truncated spans; what is in the pool is not counted but bounded by trim().
  std::uint64_t bytes() const noexcept { return used_bytes_.load(std::memory_order_relaxed); }  // relaxed: a gauge
  // Of chunks in the pool; only the header's page of chunks whose other pages were returned.
  std::uint64_t pooled_bytes() const noexcept { return pooled_bytes_.load(std::memory_order_relaxed); }  // as bytes()
  void add_bytes(std::uint64_t bytes) noexcept { used_bytes_.fetch_add(bytes, std::memory_order_relaxed); }
  void sub_bytes(std::uint64_t bytes) noexcept { used_bytes_.fetch_sub(bytes, std::memory_order_relaxed); }

  // Tick only. Frees every chunk of a generation before `open_generation`.
  void reclaim(std::uint64_t open_generation) noexcept;
  // Tick only. Bytes of truncated spans freed to the heap since the counter was last set to 0: many small pieces, whose
  // pages the C library keeps.
  std::uint64_t& heap_bytes_freed() noexcept { return heap_bytes_freed_; }
  // Tick only. The bytes of chunks and truncated spans by generation, ascending. Allocates.
  std::map<std::uint32_t, std::uint64_t> bytes_by_generation();
  // Tick only. Frees pooled chunks until at most `bytes_max` stay in the pool: whole blocks first; then the pages of
  // those whose blocks are in use, but for a page of each.
  void trim(std::uint64_t bytes_max) noexcept;

 private:
  friend class SpanWriter;
  static constexpr unsigned kPoolStacks = 8;
  struct Used {
    Chunk* chunk;
    std::uint32_t generation;
  };
  // A chunk for at least payload_bytes; null: out of memory. turn: of the writer.
  Chunk* take_chunk(std::size_t payload_bytes, bool first_of_generation, unsigned turn) noexcept;
  Chunk* take_pooled(unsigned turn) noexcept;
  Chunk* make_block(unsigned turn) noexcept;
  static Chunk* map_chunk(std::size_t size, std::size_t payload_bytes) noexcept;
  void release(Chunk* chunk) noexcept;
  void collect() noexcept;
  void count_list() noexcept;

  TruncatedSpanOps truncated_span_ops_;
  std::uint64_t heap_bytes_freed_ = 0;  // tick only
  const bool huge_blocks_;
  ChunkPool<Chunk, kPoolStacks> free_;
  ChunkStack<Chunk> in_use_;
  base::PageQueue<Used> chunks_;  // tick's own list of chunks in use
  std::uint64_t list_bytes_ = 0;  // of chunks_, as counted
  unsigned release_turn_ = 0;     // tick only
  sync::HardwareSync::Atomic<unsigned> writer_count_{0};
  sync::HardwareSync::Atomic<std::uint32_t> makes_huge_block_{0};  // 1: a lane is making one
  sync::HardwareSync::Atomic<std::uint64_t> used_bytes_{0};
  sync::HardwareSync::Atomic<std::uint64_t> pooled_bytes_{0};
};

// A span in the store, not yet in a list.
struct WrittenSpan {
  SpanEntry* entry = nullptr;       // null: out of memory
  std::uint8_t* payload = nullptr;  // to be filled
  explicit operator bool() const noexcept { return entry != nullptr; }
};
constexpr std::size_t kSpanEntryBytes = 16;  // of every span, beside its payload

// The writing end of one lane. Confined to the lane's holder.
class SpanWriter {
 public:
  explicit SpanWriter(SpanStore& store) noexcept
      : store_(store), turn_(store.writer_count_.fetch_add(1, std::memory_order_relaxed)) {}  // relaxed: only a hint

  // Everything written from now on belongs to this generation; a new one starts a new chunk and forgets the envelopes.
  void begin(std::uint32_t generation) noexcept;
  // Finds or copies a resource (resource = null) or a scope. Null: out of memory.
  const Envelope* envelope(const Envelope* resource, Bytes bytes) noexcept;
  // Room for a span of `size` payload bytes; with is_truncated, own() must follow.
  WrittenSpan span(const Envelope* scope, std::uint32_t size, std::uint32_t link_count = 0,
                   bool is_truncated = false) noexcept;
  // Gives the span that was written last its truncated links, counted as `bytes`. Its chunk takes them over, unless
  // this throws bad_alloc.
  void own(WrittenSpan span, std::unique_ptr<TruncatedSpan>& truncated, std::uint64_t bytes);
  // PROTOCOL touch T2. True: the node was in no log, and is to be logged.
  static bool publish(WrittenSpan span, SpanSlot& slot, bool has_links) noexcept;

 private:
  bool ensure(std::size_t bytes) noexcept;
  std::byte* take(std::size_t bytes) noexcept;
  void fetch_ahead(std::size_t size) const noexcept;

  static constexpr unsigned kEnvelopeSlots = 64;
  struct Slot {
    const Envelope* envelope = nullptr;
    const Envelope* resource = nullptr;
  };
  // Where the current chunk holds a scope's address. A few suffice, because a request's spans are grouped by scope.
  static constexpr unsigned kAnchorSlots = 16;
  using Anchor = const Envelope*;

  SpanStore& store_;
  const unsigned turn_;  // where it starts looking for a chunk, apart from the other writers
  Chunk* chunk_ = nullptr;
  std::uint32_t generation_ = 0;
  Slot slots_[kEnvelopeSlots] = {};
  Anchor* anchors_[kAnchorSlots] = {};
};

}  // namespace entail::store
