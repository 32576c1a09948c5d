// The entries of a ContextStore: records by key and in insertion order. Internal to the room.
//
// Thread rule: Confined; the store guards it. Memory: about held_bytes(). Pointers to an entry stay valid until it is
// erased or replaced.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "base/hash.hpp"
#include "entail/context_store.hpp"

namespace entail::links {

class ContextTable {
 public:
  struct Entry {
    std::unique_ptr<std::uint8_t[]> record;
    std::uint32_t record_size = 0;
    std::int64_t stored_at_ns = 0;
    std::string_view key;  // points into the record
    Entry* older = nullptr;
    Entry* newer = nullptr;
    Bytes bytes() const noexcept { return {record.get(), record_size}; }
    std::uint64_t held_bytes() const noexcept { return record_size + kStoredEntryOverheadBytes; }
  };

  explicit ContextTable(std::uint64_t hash_seed) : entries_(0, Hash{hash_seed}) {}
  ContextTable(const ContextTable&) = delete;
  ContextTable& operator=(const ContextTable&) = delete;
  void swap(ContextTable& other) noexcept;

  // Adds a copy of the record as the newest entry. Returns true if it replaced an entry with the same key. Throws
  // std::bad_alloc without any change. REQUIRES that key points into the record, and a record below 4 GiB.
  bool put(Bytes record, std::string_view key, std::int64_t stored_at_ns);
  // nullptr if absent.
  const Entry* find(std::string_view key) const noexcept;
  void erase(const Entry* entry) noexcept;

  const Entry* oldest() const noexcept { return oldest_; }
  std::uint64_t entry_count() const noexcept { return entries_.size(); }
  std::uint64_t held_bytes() const noexcept { return held_bytes_; }

 private:
  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(std::string_view key) const noexcept {
      return XXH3_64bits_withSeed(key.data(), key.size(), seed);
    }
  };

  void append(Entry& entry) noexcept;
  void unlink(Entry& entry) noexcept;

  std::unordered_map<std::string_view, Entry, Hash> entries_;  // keys point into the records
  Entry* oldest_ = nullptr;
  Entry* newest_ = nullptr;
  std::uint64_t held_bytes_ = 0;
};

}  // namespace entail::links
