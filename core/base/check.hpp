// ENTAIL_CHECK checks cheap invariants, in release builds too; ENTAIL_DCHECK expensive ones, in debug builds only.
// Neither is for input: bad input is a Result. A failed check is a defect of this library and aborts the process.
#pragma once

namespace entail::base {
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;
}

#define ENTAIL_CHECK(expression)                                \
  (__builtin_expect(static_cast<bool>(expression), 1) ? void(0) \
                                                      : ::entail::base::check_failed(#expression, __FILE__, __LINE__))
#ifdef ENTAIL_DEBUG_CHECKS
#define ENTAIL_DCHECK(expression) ENTAIL_CHECK(expression)
#else
#define ENTAIL_DCHECK(expression) void(0)
#endif
