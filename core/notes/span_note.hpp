// A span note: the names of one span, and its message if it failed, for the decision record of its trace
// (docs/formats.md "Decision log"). Ingest makes notes of the few spans that matter, and the tick thread keeps the best
// of them: they outlive the span's bytes. One heap block, with its text behind it. Thread rule: Confined (to the
// owner). Cost: an allocation, and a walk over the span's fields where its name is wanted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "entail/types.hpp"

namespace entail::notes {

constexpr std::size_t kTextMax = 256;  // bytes of each text, as UTF-8

// Why a span is noted, and for what the tick thread keeps it: bits.
enum Role : std::uint16_t {
  kRoot = 1,     // no parent
  kError = 2,    // status ERROR
  kService = 4,  // its resource is not one of the two that were noted last
};

struct SpanNote {
  SpanNote* next = nullptr;
  std::uint64_t start_ns = 0;
  SpanId span_id;
  std::uint16_t service_size = 0;
  std::uint16_t name_size = 0;
  std::uint16_t message_size = 0;
  std::uint16_t roles = 0;

  std::string_view service() const noexcept { return {text(), service_size}; }
  std::string_view name() const noexcept { return {text() + service_size, name_size}; }
  std::string_view message() const noexcept { return {text() + service_size + name_size, message_size}; }
  // Including the heap's overhead.
  std::uint64_t bytes() const noexcept { return bytes_for(std::size_t{service_size} + name_size + message_size); }
  static constexpr std::uint64_t bytes_for(std::size_t text_size) noexcept {
    return (sizeof(SpanNote) + text_size + 8 + 15) & ~std::size_t{15};
  }
  // The earlier span counts, then the one with the smaller ID.
  bool is_before(const SpanNote& other) const noexcept {
    return start_ns != other.start_ns ? start_ns < other.start_ns : span_id < other.span_id;
  }
  bool is_error_before(const SpanNote& other) const noexcept;

 private:
  const char* text() const noexcept { return reinterpret_cast<const char*>(this + 1); }
};

struct SpanNoteDelete {
  void operator()(SpanNote* note) const noexcept { ::operator delete(note); }
};
using SpanNotePointer = std::unique_ptr<SpanNote, SpanNoteDelete>;

// The key by which failed spans are ordered: the start, but 0 (unknown) comes after all others.
constexpr std::uint64_t error_order(std::uint64_t start_ns) noexcept { return start_ns - 1; }

inline bool SpanNote::is_error_before(const SpanNote& other) const noexcept {
  return start_ns != other.start_ns ? error_order(start_ns) < error_order(other.start_ns) : span_id < other.span_id;
}

// The span that is noted, as received.
struct NotedSpan {
  Bytes payload;             // of the Span message
  std::string_view service;  // service_of() its resource
  std::uint64_t start_ns = 0;
  SpanId span_id;
};

// The resource's service.name, if it is a string; the first, if there are several.
std::optional<std::string_view> find_service(Bytes resource_fields) noexcept;
// The same; empty if it has none.
inline std::string_view service_of(Bytes resource_fields) noexcept {
  return find_service(resource_fields).value_or(std::string_view());
}
// The first size_max bytes, cut between characters of UTF-8.
std::string_view cut_text(std::string_view text, std::size_t size_max) noexcept;

// A note of the span: its service, and its name and status message if it is a root or failed. Bytes that are not UTF-8
// are replaced, texts cut. Null: no memory.
SpanNotePointer make_note(const NotedSpan& span, std::uint16_t roles) noexcept;

}  // namespace entail::notes
