// One end of an edge as a 64-bit word: the far node, and the properties of the link that propagation needs. Thread
// rule: Immutable (a value); in shared memory it is written once, by one atomic store.
#pragma once

#include <cstdint>

namespace entail::graph {

// A node: bits 28-31 the slot of its window, bits 0-27 its offset there. Offset 0 is never used, so 0 = none.
// Valid while its window lives; an EdgeCell outlives it safely, because it names the window by its sequence number.
using NodeId = std::uint32_t;
constexpr unsigned kOffsetBits = 28;
constexpr std::uint32_t kOffsetMask = (1u << kOffsetBits) - 1;
constexpr unsigned kWindowSlots = 16;

constexpr unsigned kNoLimit = 63;  // the link's types set no limit of their own

// WORD EdgeCell (64 bits, written once)
//   bits 0-27   offset of the far node in its window
//   bits 28-43  sequence number of that window, modulo 2^16 (slot = sequence % 16)
//   bits 44-49  last hop on which a keep may pass it toward the linked side; 63 = no limit
//   bits 50-55  the same toward the linking side
//   bit  56     the link is on an ERROR span
//   bit  57     the link has the sampled flag set
//   bit  58     the link is on a truncated span
//   bit  63     always set: no edge is the word 0, which means "not yet written"
struct EdgeCell {
  static constexpr std::uint64_t kSequenceBits = 0xffffull << kOffsetBits;
  static constexpr std::uint64_t kLimitLinkedBits = std::uint64_t{kNoLimit} << 44;   // all set: no limit
  static constexpr std::uint64_t kLimitLinkingBits = std::uint64_t{kNoLimit} << 50;  // the same
  static constexpr std::uint64_t kOnErrorSpan = 1ull << 56;

  std::uint64_t word = 0;

  static constexpr EdgeCell make(std::uint32_t offset, std::uint32_t sequence, unsigned limit_linked,
                                 unsigned limit_linking, bool on_error_span, bool sampled) noexcept {
    return {std::uint64_t{offset & kOffsetMask} | (std::uint64_t{sequence & 0xffff} << 28) |
            (std::uint64_t{limit_linked & 63} << 44) | (std::uint64_t{limit_linking & 63} << 50) |
            (std::uint64_t{on_error_span} << 56) | (std::uint64_t{sampled} << 57) | (std::uint64_t{1} << 63)};
  }
  // The same link with another far node.
  constexpr EdgeCell with_node(std::uint32_t offset, std::uint32_t sequence) const noexcept {
    constexpr std::uint64_t kNodeMask = (std::uint64_t{1} << 44) - 1;
    return {(word & ~kNodeMask) | std::uint64_t{offset & kOffsetMask} | (std::uint64_t{sequence & 0xffff} << 28)};
  }
  // The same link, on a truncated span or not.
  constexpr EdgeCell on_truncated_span(bool is_truncated) const noexcept {
    return {(word & ~(std::uint64_t{1} << 58)) | (std::uint64_t{is_truncated} << 58)};
  }
  constexpr std::uint32_t offset() const noexcept { return static_cast<std::uint32_t>(word) & kOffsetMask; }
  constexpr std::uint32_t sequence() const noexcept { return static_cast<std::uint32_t>(word >> 28) & 0xffff; }
  constexpr unsigned limit_linked() const noexcept { return static_cast<unsigned>(word >> 44) & 63; }
  constexpr unsigned limit_linking() const noexcept { return static_cast<unsigned>(word >> 50) & 63; }
  constexpr bool on_error_span() const noexcept { return ((word >> 56) & 1) != 0; }
  constexpr bool sampled() const noexcept { return ((word >> 57) & 1) != 0; }
  constexpr bool on_truncated_span() const noexcept { return ((word >> 58) & 1) != 0; }
};

}  // namespace entail::graph
