// Prefetches of memory that will be needed soon. Thread rule: Immutable (hints). Cost: one instruction.
#pragma once

namespace entail::base {

// Prefetches the cache line of `address`, for reading or writing; any address is allowed.
//
// Into the L2 cache: a prefetch into L1 occupies one of few line fill buffers, and in a burst of more than about 24 the
// rest stall or are dropped. A random line of 32 MB, prefetched in bursts of 64 and used with 5 ns of work each, costs
// 10 ns with L2 and 32 ns with L1; in a stream 4 to 7 and 8 to 12 ns (AMD Zen 5; bench/micro/prefetch_bench.cpp).
inline void prefetch(const void* address) noexcept { __builtin_prefetch(address, 0, 2); }

// The same for sequential access, a few lines ahead: into the L1 cache, which makes decoding a sixth faster.
inline void prefetch_in_order(const void* address) noexcept { __builtin_prefetch(address); }

}  // namespace entail::base
