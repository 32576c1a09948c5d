// ContextStore: a bounded store of contexts for later work, such as a job that runs a day after its trigger.
//
// A program puts its current context under a key of its choice (a job ID, an order number), with attributes. Later it
// fetches the context by key, or adds a link to it whose link.stored_age_ms is the age of the entry. Entries are
// removed, expire after their time to live, or are evicted, oldest first, when the store is full; the loss table counts
// the last two as context_expired and context_evicted. A snapshot preserves the store across a restart.
//
// Time is an input: the current time is that of the last tick() or load(). The store reads no clock.
//
// Thread rule: Guarded by one internal lock: any number of threads. Not meant for hot paths: every call takes the lock,
// for about 1 us at half a million entries; snapshot() holds it while it copies (0.1 us per entry), load() only for a
// swap.
// Memory: at most bytes_max, counting each entry's bytes and kStoredEntryOverheadBytes, and scratch for one entry.
// load() holds the old and the new entries until it returns.
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

// Limits of a store. open() fails with bad_options if a value is out of its range.
struct ContextStoreOptions {
  std::uint64_t entries_max = 1'000'000;                  // 1 or more
  std::uint64_t bytes_max = 256u << 20;                   // 4096 or more
  std::int64_t ttl_ns = 7 * 24 * 3600 * kNanosPerSecond;  // more than 0
  std::uint64_t hash_seed = 0;  // choose a secret if keys are untrusted, so that nobody can make them collide
};

// Counts since open(). put = entries + replaced + removed + expired + evicted, unless load() changed the entries.
struct ContextStoreStatistics {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t put = 0;       // accepted by put()
  std::uint64_t replaced = 0;  // by a put() of the same key
  std::uint64_t removed = 0;
  std::uint64_t found = 0;  // by get() and add_link()
  std::uint64_t missed = 0;
  std::uint64_t refused = 0;       // by put()
  std::vector<NamedCount> losses;  // context_expired and context_evicted, if not zero
};

// A context from the store.
struct AgedContext {
  SpanContext context;
  std::int64_t age_ms = 0;  // since put()
};

// The store. Thread rule: Guarded by one internal lock: any thread may make any call at any time.
class ContextStore {
 public:
  struct Impl;  // opaque
  // Fails with bad_options or out_of_memory.
  static Result<std::unique_ptr<ContextStore>> open(const ContextStoreOptions& options = {}) noexcept;
  ~ContextStore();  // no other call may be running
  ContextStore(const ContextStore&) = delete;
  ContextStore& operator=(const ContextStore&) = delete;

  // Stores a copy of the context under the key, as of the last tick, and replaces an entry of the same key. The trace
  // state is not validated. Evicts the oldest entries if the store is full. Fails, without any change, with bad_key,
  // zero_trace_id, zero_span_id, bad_attribute, too_many_attributes, too_long (kStoredEntryBytesMax), no_room (the
  // entry alone exceeds bytes_max), out_of_memory.
  Result<void, ContextError> put(std::string_view key, const SpanContext& context,
                                 LinkAttributes attributes = {}) noexcept;
  // Returns a copy of the context under the key; the entry stays. Fails with not_found or out_of_memory.
  Result<AgedContext, ContextError> get(std::string_view key) const noexcept;
  // Adds a link to the context under the key, with `details`, then the attributes of the entry; the first attribute of
  // a key counts. Sets stored_age_ms. Fails with not_found, or like LinkBuilder::add().
  Result<void, ContextError> add_link(std::string_view key, LinkBuilder& builder,
                                      const LinkDetails& details = {}) const noexcept;
  // Returns false if there is no such key.
  bool remove(std::string_view key) noexcept;

  // Advances the time, which must not go back (time_reversed), and expires entries that are ttl_ns old or older. Cost:
  // proportional to the entries that expire.
  Result<void> tick(std::int64_t now_ns) noexcept;

  // Replaces `out` with a snapshot: version, time, entries from the oldest on, checksums. Fails with out_of_memory;
  // `out` is then empty.
  Result<void> snapshot(std::vector<std::uint8_t>& out) const noexcept;
  // Replaces the entries with those of the snapshot, and the time if that of the snapshot is later. Entries beyond the
  // limits or the time to live are evicted or expire at once. Fails, without any change and with the offset of the
  // error, with bad_snapshot, unknown_version (newer than this library), truncated, bad_length, bad_checksum; or with
  // out_of_memory. Cost: one pass.
  Result<void> load(Bytes snapshot) noexcept;

  ContextStoreStatistics statistics() const;

 private:
  explicit ContextStore(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace v1
}  // namespace entail
