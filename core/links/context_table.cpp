#include "links/context_table.hpp"

#include <algorithm>
#include <utility>

namespace entail::links {

void ContextTable::swap(ContextTable& other) noexcept {
  entries_.swap(other.entries_);
  std::swap(oldest_, other.oldest_);
  std::swap(newest_, other.newest_);
  std::swap(held_bytes_, other.held_bytes_);
}

void ContextTable::append(Entry& entry) noexcept {
  entry.older = newest_;
  entry.newer = nullptr;
  (newest_ == nullptr ? oldest_ : newest_->newer) = &entry;
  newest_ = &entry;
  held_bytes_ += entry.held_bytes();
}

void ContextTable::unlink(Entry& entry) noexcept {
  (entry.older == nullptr ? oldest_ : entry.older->newer) = entry.newer;
  (entry.newer == nullptr ? newest_ : entry.newer->older) = entry.older;
  held_bytes_ -= entry.held_bytes();
}

bool ContextTable::put(Bytes record, std::string_view key, std::int64_t stored_at_ns) {
  Entry entry;
  entry.record = std::make_unique_for_overwrite<std::uint8_t[]>(record.size());
  entry.record_size = static_cast<std::uint32_t>(record.size());
  entry.stored_at_ns = stored_at_ns;
  std::copy(record.begin(), record.end(), entry.record.get());
  const auto key_offset = reinterpret_cast<const std::uint8_t*>(key.data()) - record.data();
  entry.key = {reinterpret_cast<const char*>(entry.record.get()) + key_offset, key.size()};

  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    const std::string_view own_key = entry.key;
    append(entries_.emplace(own_key, std::move(entry)).first->second);
    return false;
  }
  // Reusing the node cannot fail. Its key must point into the new record before the old record is freed.
  auto node = entries_.extract(found);
  unlink(node.mapped());
  node.key() = entry.key;
  node.mapped() = std::move(entry);
  append(entries_.insert(std::move(node)).position->second);
  return true;
}

const ContextTable::Entry* ContextTable::find(std::string_view key) const noexcept {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

void ContextTable::erase(const Entry* entry) noexcept {
  const auto found = entries_.find(entry->key);
  unlink(found->second);
  entries_.erase(found);  // by iterator: the key points into the record being freed
}

}  // namespace entail::links
