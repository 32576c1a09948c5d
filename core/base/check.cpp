#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace entail::base {

void check_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "entail: check failed: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace entail::base
