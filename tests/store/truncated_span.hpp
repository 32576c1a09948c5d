// The truncated span of these tests; the store does not look inside.
#pragma once

namespace entail::store {

struct TruncatedSpan {
  int* destroyed = nullptr;  // counts
  int name = 0;
};

}  // namespace entail::store
