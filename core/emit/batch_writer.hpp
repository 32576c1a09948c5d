// Puts kept spans together into TracesData messages: spans of equal resource and scope bytes share one ResourceSpans and
// ScopeSpans; a message is closed before it would pass the size limit (at least one span each). Only two length
// prefixes are computed. Thread rule: Confined.
#pragma once

#include <cstdint>
#include <vector>

#include "base/hash.hpp"
#include "emit/span_edit.hpp"

namespace entail::emit {

// A span to be written. resource and scope: all their fields but spans, as received (wire::ResourceView, ScopeView),
// with the digest of those bytes.
struct OutputSpan {
  Bytes resource;
  base::Digest resource_digest;
  Bytes scope;
  base::Digest scope_digest;
  Bytes payload;
  const SpanEdit* edit = nullptr;  // null = copy
};

class BatchWriter {
 public:
  explicit BatchWriter(std::uint64_t batch_bytes_max) : batch_bytes_max_(batch_bytes_max) {}
  // Buffers the span's bytes, edited. True when the batch is full after it: take() before adding more.
  bool add(const OutputSpan& span);
  bool empty() const noexcept { return span_count_ == 0; }
  std::uint64_t span_count() const noexcept { return span_count_; }
  // The message of everything added so far; resources and scopes in the order of their first span. Borrowed until the
  // next add(). Empties the writer; buffers are kept.
  Bytes take();

 private:
  // (the implementer fills this in)
  std::uint64_t batch_bytes_max_;
  std::uint64_t span_count_ = 0;
};

}  // namespace entail::emit
