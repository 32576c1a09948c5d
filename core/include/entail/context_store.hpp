// ContextStore: a bounded store of contexts for work that comes later, such as a job a day after its trigger.
//
// A program puts the context of now under a key of its choice (a job ID, an order number), with attributes; later it
// asks for it by key, as a link whose link.stored_age_ms says how long it lay there. Entries go when they are removed,
// when their time to live is over, or, the oldest first, when the store is full; the last two are counted by name, in
// the loss table's words context_expired and context_evicted. A snapshot carries the store over a restart.
//
// Time is an input: the store is as old as its last tick() or load(), and reads no clock.
//
// Thread rule: Guarded (by one lock inside): any number of threads. It is not made for hot paths: every call takes the
// lock, about 1 us at half a million entries; snapshot() holds it while it copies (0.1 us an entry), load() only while
// it swaps.
// Memory: at most bytes_max by the store's own account, an entry's bytes and kStoredEntryOverheadBytes for what lies
// around them, and scratch for one entry. load() holds what it reads beside what is there until it is done.
// Source: docs/contexts.md, with the layout of a snapshot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "entail/context.hpp"
#include "entail/link_builder.hpp"
#include "entail/result.hpp"
#include "entail/types.hpp"

namespace entail {
inline namespace v1 {

// Bounds of one entry.
constexpr std::size_t kStoredKeyBytesMax = 1024;
constexpr std::uint32_t kStoredEntryBytesMax = 1u << 20;  // key, context and attributes of one entry
constexpr std::uint32_t kStoredAttributesMax = 128;
constexpr std::uint64_t kStoredEntryOverheadBytes = 128;  // table and allocator, counted for each entry

// What a store may hold, and for how long. bad_options where a value is out of the range beside it.
struct ContextStoreOptions {
  std::uint64_t entries_max = 1'000'000;                  // 1 or more
  std::uint64_t bytes_max = 256u << 20;                   // 4096 or more
  std::int64_t ttl_ns = 7 * 24 * 3600 * kNanosPerSecond;  // more than 0
  std::uint64_t hash_seed = 0;  // a secret where keys come from strangers, so that they cannot choose colliding ones
};

// Counts since open(). put = entries + replaced + removed + expired + evicted, unless load() changed the entries.
struct ContextStoreStatistics {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t put = 0;       // taken in by put()
  std::uint64_t replaced = 0;  // went because their key was put again
  std::uint64_t removed = 0;
  std::uint64_t found = 0;  // answers of get() and add_link()
  std::uint64_t missed = 0;
  std::uint64_t refused = 0;       // not taken in by put()
  std::vector<NamedCount> losses;  // context_expired and context_evicted, those that are not zero
};

// The store. Thread rule: Guarded by one lock of its own; any thread may call anything at any time.
class ContextStore {
 public:
  struct Impl;  // opaque
  // Fails with bad_options or out_of_memory.
  static Result<std::unique_ptr<ContextStore>> open(const ContextStoreOptions& options = {}) noexcept;
  ~ContextStore();  // no other call may be running
  ContextStore(const ContextStore&) = delete;
  ContextStore& operator=(const ContextStore&) = delete;

  // Puts the context under the key, as of the last tick, in place of what was there. The trace state is kept as it is.
  // Makes room by evicting the oldest entries. Errors, all of which change nothing: bad_key, zero_trace_id,
  // zero_span_id, bad_attribute, too_many_attributes, too_long (kStoredEntryBytesMax), no_room (the entry alone is more
  // than bytes_max), out_of_memory.
  ContextError put(std::string_view key, const SpanContext& context, LinkAttributes attributes = {}) noexcept;
  // The context under the key and its age; it stays there. not_found, out_of_memory. age_ms may be null.
  ContextError get(std::string_view key, SpanContext& context, std::int64_t* age_ms = nullptr) const noexcept;
  // Adds a link to the context under the key: `details` first, then the attributes it was put with, of a key that comes
  // twice the first counts; stored_age_ms is set here. not_found, or what the builder says.
  ContextError add_link(std::string_view key, LinkBuilder& builder, const LinkDetails& details = {}) const noexcept;
  // False if there is no such key.
  bool remove(std::string_view key) noexcept;

  // Entries put ttl_ns ago or earlier expire. now must not go back (time_reversed). Cost: of those that expire.
  Result<void> tick(std::int64_t now_ns) noexcept;

  // Replaces the bytes of `out` with the snapshot: version, time, entries from the oldest on, checksums. out_of_memory.
  Result<void> snapshot(std::vector<std::uint8_t>& out) const noexcept;
  // Replaces what the store holds by what the snapshot holds; its time counts if it is later than the last tick.
  // Entries beyond the limits or the time to live are evicted or expire at once. Anything else changes nothing and says
  // at which byte: bad_snapshot, unknown_version (newer than this library), truncated, bad_length, bad_checksum;
  // out_of_memory. Cost: one pass.
  Result<void> load(Bytes snapshot) noexcept;

  ContextStoreStatistics statistics() const;

 private:
  explicit ContextStore(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace v1
}  // namespace entail
