// How a span lies in a chunk of the store: the entry of its list, then its bytes. Only the store reads it.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/bytes.hpp"
#include "store/span_store.hpp"

namespace entail::store {

// How a span names its scope in two bytes: the distance back, in its chunk, to the scope's address, which is written
// there once for many spans. Part of a SpanEntry, hence not to be copied.
class ScopeReference {
 public:
  explicit ScopeReference(std::uint16_t words_back) noexcept : words_back_(words_back) {}
  ScopeReference(const ScopeReference&) = delete;
  ScopeReference& operator=(const ScopeReference&) = delete;
  // Measured from the aligned word that holds this reference.
  const Envelope& operator*() const noexcept {
    const std::uintptr_t word = reinterpret_cast<std::uintptr_t>(this) & ~std::uintptr_t{7};
    return **reinterpret_cast<const Envelope* const*>(word - std::uintptr_t{words_back_} * 8);
  }
  const Envelope* operator->() const noexcept { return &**this; }

 private:
  std::uint16_t words_back_;
};

// One span, followed by its payload bytes and, for a truncated span or one with very many links, by a Tail. 16 bytes,
// because every span held has one.
class SpanEntry {
 public:
  // words_back: from the entry's second word to the scope's address.
  SpanEntry(std::uint16_t words_back, std::uint32_t payload_size, std::uint32_t link_count, bool is_truncated) noexcept
      : size(payload_size), scope(words_back), links_(static_cast<std::uint16_t>(link_count)) {
    if (!has_tail(link_count, is_truncated)) return;
    links_ = kTail;
    write_tail({nullptr, link_count});
  }
  static constexpr std::size_t bytes_for(std::uint32_t payload_size, std::uint32_t link_count,
                                         bool is_truncated) noexcept;

  SpanEntry* next = nullptr;  // in the trace's list
  const std::uint32_t size;
  const ScopeReference scope;

  Bytes payload() const noexcept { return {reinterpret_cast<const std::uint8_t*>(this + 1), size}; }
  std::uint8_t* mutable_payload() noexcept { return reinterpret_cast<std::uint8_t*>(this + 1); }
  std::uint32_t link_count() const noexcept;  // as received
  // Null: the links are in the payload.
  TruncatedSpan* truncated() const noexcept;
  // REQUIRES an entry made for a truncated span.
  void set_truncated(TruncatedSpan* truncated) noexcept;

 private:
  static constexpr std::uint16_t kTail = 0xffff;
  struct Tail {
    TruncatedSpan* truncated;
    std::uint64_t link_count;
  };
  static constexpr bool has_tail(std::uint32_t link_count, bool is_truncated) noexcept {
    return is_truncated || link_count >= kTail;
  }
  static constexpr std::size_t tail_offset(std::uint32_t payload_size) noexcept {
    return (std::size_t{payload_size} + 7) & ~std::size_t{7};
  }
  Tail tail() const noexcept;
  void write_tail(const Tail& tail) noexcept { std::memcpy(mutable_payload() + tail_offset(size), &tail, sizeof tail); }

  std::uint16_t links_;  // their count; kTail: the count is in the tail
};
static_assert(sizeof(SpanEntry) == kSpanEntryBytes);

constexpr std::size_t SpanEntry::bytes_for(std::uint32_t payload_size, std::uint32_t link_count,
                                           bool is_truncated) noexcept {
  return sizeof(SpanEntry) +
         (has_tail(link_count, is_truncated) ? tail_offset(payload_size) + sizeof(Tail) : payload_size);
}
inline SpanEntry::Tail SpanEntry::tail() const noexcept {
  Tail tail;
  std::memcpy(&tail, payload().data() + tail_offset(size), sizeof tail);
  return tail;
}
inline std::uint32_t SpanEntry::link_count() const noexcept {
  return links_ == kTail ? static_cast<std::uint32_t>(tail().link_count) : links_;
}
inline TruncatedSpan* SpanEntry::truncated() const noexcept { return links_ == kTail ? tail().truncated : nullptr; }
inline void SpanEntry::set_truncated(TruncatedSpan* truncated) noexcept { write_tail({truncated, tail().link_count}); }

}  // namespace entail::store
