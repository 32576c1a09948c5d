// Groups kept spans into TracesData messages: spans of equal resource and scope bytes share one ResourceSpans and
// ScopeSpans, within one part of the message if it has parts; a message is closed before it would pass the size limit
// (at least one span each). Only two length prefixes are computed. Thread rule: Confined. Cost: two copies of a span's
// bytes and two look-ups of a digest. Memory: two messages and a few words a group, kept between messages.
#pragma once

#include <cstdint>
#include <vector>

#include "base/hash.hpp"
#include "emit/digest_table.hpp"
#include "emit/span_edit.hpp"
#include "otlp/decode.hpp"

namespace entail::emit {

// A span to be written. resource and scope: all their fields but spans, as received (otlp::ResourceView, ScopeView),
// with the digest of those bytes. Equal digests (128 bits) are taken for equal bytes. Borrowed during add() only.
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
  // Buffers the span's bytes, edited. True when a message is full: take() before adding more. The span that would have
  // passed the limit is then the first of the next message, and counts there.
  bool add(const OutputSpan& span);
  // Ends a part of the message: what is added later shares no resource or scope with it, so that the part is a message
  // by itself. Returns the size of the message so far. REQUIRES that no message is full.
  std::size_t end_part();
  // The size of the message that take() gives. REQUIRES that it is full.
  std::size_t full_size() const noexcept { return message_.size(); }
  // Of the message that take() gives next.
  bool empty() const noexcept { return span_count() == 0; }
  std::uint64_t span_count() const noexcept { return closed_ ? closed_span_count_ : span_count_; }
  // The closed message, if add() was true, else the one of everything added so far; resources and scopes in the order
  // of their first span. Borrowed until the next add() or take(). Buffers are kept.
  Bytes take();
  // The same, but the message is the caller's. give_buffer() saves the next message an allocation.
  std::vector<std::uint8_t> take_owned();
  void give_buffer(std::vector<std::uint8_t>&& buffer) noexcept;
  // Frees each buffer that is much larger than a message should be, or than buffer_bytes_max. REQUIRES that nothing is
  // buffered and nothing borrowed.
  void trim(std::uint64_t buffer_bytes_max) noexcept;
  std::uint64_t capacity_bytes() const noexcept;

 private:
  static constexpr std::uint32_t kNone = DigestTable::kNone;

  // Encoded Span fields of one scope that follow each other in span_bytes_.
  struct Piece {
    std::size_t offset = 0;
    std::size_t size = 0;
    std::uint32_t next = kNone;
  };
  // Own fields of a ResourceSpans or ScopeSpans in header_bytes_, and the size of the whole message content.
  struct Message {
    std::size_t header_offset = 0;
    std::size_t header_size = 0;
    std::size_t content_size = 0;
  };
  struct Resource {
    Message message;
    std::uint32_t first_scope = kNone;
    std::uint32_t last_scope = kNone;
  };
  struct Scope {
    Message message;
    std::uint32_t next = kNone;  // of the same resource
    std::uint32_t first_piece = kNone;
    std::uint32_t last_piece = kNone;
  };
  // The groups of a span: kNone where a resource or scope is new.
  struct Place {
    std::uint32_t resource = kNone;
    std::uint32_t scope = kNone;
  };

  Place find(const OutputSpan& span) const noexcept;
  std::size_t size_with(const OutputSpan& span, Place place, std::size_t span_size) const noexcept;
  void append(const OutputSpan& span, Place place, Bytes payload);
  Place make_place(const OutputSpan& span, Place place);
  Message make_message(Bytes header);
  void append_piece(Scope& scope, std::size_t offset, std::size_t size);
  void write_part();
  void close();

  std::uint64_t batch_bytes_max_;
  std::vector<Resource> resources_;
  std::vector<Scope> scopes_;
  std::vector<Piece> pieces_;
  DigestTable resource_index_;
  DigestTable scope_index_;  // owner: the resource
  std::vector<std::uint8_t> span_bytes_;
  std::vector<std::uint8_t> header_bytes_;
  std::vector<std::uint8_t> edited_;   // the edited payload, until its size is known
  std::vector<std::uint8_t> message_;  // what take() lends; else the parts of the open message that have ended
  bool lent_ = false;                  // message_ is not part of the open message
  std::size_t message_size_ = 0;       // of the open message without the parts that have ended
  std::uint64_t span_count_ = 0;       // of the open message
  std::uint64_t closed_span_count_ = 0;
  bool closed_ = false;
};

}  // namespace entail::emit
