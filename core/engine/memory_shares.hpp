// How memory_limit is divided, and what depends on it: the one place where the engine's shares of it are stated. A part
// of 1/kShare each. Thread rule: Immutable.
#pragma once

#include <cstdint>

#include "retention/headroom.hpp"

namespace entail::engine {

// --- requests
// The largest request, in bytes as received (G9). What it needs at most, the index of a window for its nodes included,
// can be three times that.
constexpr std::uint64_t kRequestShare = 4;
constexpr std::uint64_t kRequestNeedFactor = 3;
constexpr std::uint64_t kIndexBytes = 24;   // of an empty window, for each node that it has room for
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

constexpr std::uint64_t kLaneScratchShare = 64;  // scratch of all lanes together
constexpr std::uint64_t kFixedShare = 32;        // first blocks of tables, pages partly used

// --- steps in which memory is released
constexpr std::uint64_t kSpareWindowsShare = 16;  // dropped windows that are used again; freed when memory is short
constexpr std::uint64_t kGenerationShare = 32;    // span bytes of a generation
constexpr std::uint64_t kWindowBytesShare = 8;    // a window with its edges
constexpr std::uint64_t kMovedShare = 16;         // edges that closing a window early may copy

// Of 1/1: these shares, and what is held in any case, fit into what the largest request leaves.
constexpr bool is_left_by_largest_request(double shares) noexcept {
  const double always = 1.0 / kPooledShare + 1.0 / kMarginShare + 1.0 / kLaneScratchShare + 1.0 / kFixedShare;
  return shares + always <= 1 - double{kRequestNeedFactor} / kRequestShare;
}
static_assert(is_left_by_largest_request(double{kBuffers} / kBufferShare),
              "the largest request finds room when everything that can be evicted is");
static_assert(is_left_by_largest_request(double{kBuffers} / kWaitingBufferShare + 1.0 / kWaitingOutputShare),
              "and when a BatchSink accepts nothing");
static_assert((retention::kHeadroomAhead - 1) * kWindowBytesShare == retention::kHeadroomShare,
              "room is made ahead of need for as long as one window takes");
static_assert(kMovedShare >= retention::kHeadroomShare, "the edges of one move fit into the headroom");
static_assert(kGenerationShare >= 2 * retention::kHeadroomShare, "room is made by several generations, not by one");

}  // namespace entail::engine
