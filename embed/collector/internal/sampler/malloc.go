package sampler

/*
#include <stdlib.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

// Larger blocks are returned to the system when they are freed.
enum { entail_block_kept_max = 1 << 20 };

static void entail_return_freed_memory(void) {
#if defined(__GLIBC__)
  if (!getenv("MALLOC_MMAP_THRESHOLD_")) mallopt(M_MMAP_THRESHOLD, entail_block_kept_max);
  if (!getenv("MALLOC_TRIM_THRESHOLD_")) mallopt(M_TRIM_THRESHOLD, 2 * entail_block_kept_max);
#endif
}
*/
import "C"

import "sync"

// returnFreedMemory makes malloc return large freed blocks to the system. By default, glibc's thresholds grow with what a
// process allocates, and each thread's arena then keeps up to 64 MiB of what the engine's parser needed for the largest
// request. The setting applies to the process: in a Collector, the engine is what uses malloc.
var returnFreedMemory = sync.OnceFunc(func() { C.entail_return_freed_memory() })
