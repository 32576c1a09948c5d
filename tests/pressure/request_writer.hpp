// Writes requests of a load fast: one resource, one scope, and the added spans. For loads of millions of
// spans, where the plain writer of tests/workload would be slower than the engine.
// Thread rule: Confined. Memory: two buffers, as large as the largest request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "entail/entail.hpp"

namespace entail::pressure {

struct LoadSpan {
  TraceId trace;
  std::uint64_t span_id = 1;
  bool is_error = false;
  std::size_t pad_bytes = 0;            // of an attribute
  std::span<const TraceId> links = {};  // the contexts of their first spans
};

class RequestWriter {
 public:
  void add(const LoadSpan& span);
  std::size_t span_count() const noexcept { return span_count_; }
  // The request with everything added since the last call. Borrowed until the next call of either function.
  Bytes finish();
  // Frees the memory.
  void release() { spans_ = {}, request_ = {}; }

 private:
  std::string spans_;  // fields of one ScopeSpans
  std::string request_;
  std::size_t span_count_ = 0;
};

}  // namespace entail::pressure
