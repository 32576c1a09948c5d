// Asking for memory that will be needed soon. Thread rule: Immutable (hints). Cost: an instruction.
#pragma once

namespace entail::base {

// Asks for the cache line that holds `address`, whether it will be read or written; any address is allowed.
//
// Into the second cache, not the first: a line on its way to the first takes one of few places for misses there, and a
// burst of more than some 24 waits or is lost. A random line of 32 MB, asked for in bursts of 64 and used with 5 ns of
// work each, costs 10 ns in this way and 32 when asked for into the first cache; in a stream 4 to 7 and 8 to 12 (AMD
// Zen 5; bench/micro/prefetch_bench.cpp).
inline void prefetch(const void* address) noexcept { __builtin_prefetch(address, 0, 2); }

// The same for what is read or written in order, a few lines ahead: into the first cache, where decoding finds it a
// sixth faster.
inline void prefetch_in_order(const void* address) noexcept { __builtin_prefetch(address); }

}  // namespace entail::base
