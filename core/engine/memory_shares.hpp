// How memory_limit is divided, and what depends on it: the one place where the engine's shares of it are stated. A part
// of 1/kShare each. Thread rule: Immutable.
#pragma once

#include <cstdint>

#include "retention/headroom.hpp"

namespace entail::engine {

// --- requests
// The largest request, in bytes as received (G9). What it needs at most can be three times that: its links may all lead
// to nodes that are there.
constexpr std::uint64_t kRequestShare = 4;
constexpr std::uint64_t kRequestNeedFactor = 3;
constexpr std::uint64_t kMarginShare = 32;  // what no account sees: callers' buffers, the allocator's slack

// --- memory that eviction does not free
constexpr std::uint64_t kPooledShare = 16;  // empty chunks of the span store
constexpr std::uint64_t kHeapShare = 32;    // freed pieces of the heap, until their pages are returned
constexpr std::uint64_t kBufferShare = 64;  // each output buffer that stays between ticks
constexpr std::uint64_t kBuffers = 4;
// Of a BatchSink: what may wait for it, each output buffer that stays beside that, and a batch, of which several may
// wait.
constexpr std::uint64_t kWaitingOutputShare = 16;
constexpr std::uint64_t kWaitingBufferShare = 128;
constexpr std::uint64_t kWaitingBatchShare = 64;

// --- steps in which memory is released
constexpr std::uint64_t kSpareWindowsShare = 16;  // dropped windows that are used again; freed when memory is short
constexpr std::uint64_t kGenerationShare = 32;    // span bytes of a generation
constexpr std::uint64_t kWindowBytesShare = 8;    // a window with its edges
constexpr std::uint64_t kMovedShare = 16;         // edges that closing a window early may copy

// Of 1/1: a sum of shares fits into what is left beside the largest request and the headroom that is made for it.
constexpr bool is_left_by_largest_request(double shares) noexcept {
  return shares <= 1 - double{kRequestNeedFactor} / kRequestShare - 1.0 / retention::kHeadroomShare;
}
static_assert(is_left_by_largest_request(1.0 / kPooledShare + double{kBuffers} / kBufferShare + 1.0 / kMarginShare),
              "the largest request finds room when everything that can be evicted is");
static_assert(is_left_by_largest_request(1.0 / kPooledShare + double{kBuffers} / kWaitingBufferShare +
                                         1.0 / kMarginShare + 1.0 / kWaitingOutputShare),
              "and when a BatchSink accepts nothing");
static_assert((retention::kHeadroomAhead - 1) * kWindowBytesShare == retention::kHeadroomShare,
              "room is made ahead of need for as long as one window takes");
static_assert(kMovedShare >= retention::kHeadroomShare, "the edges of one move fit into the headroom");
static_assert(kGenerationShare >= 2 * retention::kHeadroomShare, "room is made by several generations, not by one");

}  // namespace entail::engine
