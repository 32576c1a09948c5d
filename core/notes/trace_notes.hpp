// What the tick thread keeps of a trace's notes: the root, the first failed span, and a span of each service, of more
// than kServicesMax the smallest names. A note can have several roles; one without a role is freed.
// Thread rule: Confined (tick). Memory: 24 bytes, and at most kServicesMax + 2 notes of 3 * kTextMax bytes.
// Cost: linear in the notes; each is compared with at most kServicesMax names.
#pragma once

#include <cstdint>

#include "notes/span_note.hpp"

namespace entail::notes {

constexpr std::size_t kServicesMax = 16;

class TraceNotes {
 public:
  TraceNotes() = default;
  ~TraceNotes() { clear(); }
  TraceNotes(const TraceNotes&) = delete;
  TraceNotes& operator=(const TraceNotes&) = delete;

  // Keeps the note if it counts, and frees those that no longer do. Returns the bytes freed.
  std::uint64_t add(SpanNotePointer note) noexcept;
  // A span with a parent, in the place of a root while there is none. Returns the bytes freed.
  std::uint64_t set_entry(SpanNotePointer note) noexcept;
  // Frees all; returns their bytes.
  std::uint64_t clear() noexcept;

  bool empty() const noexcept { return root_ == nullptr && error_ == nullptr && services_ == nullptr; }
  bool has_root() const noexcept { return root_ != nullptr && !root_is_entry_; }
  const SpanNote* root() const noexcept { return root_; }
  const SpanNote* error() const noexcept { return error_; }
  // f(name) for each service, ascending.
  template <class F>
  void for_each_service(F&& f) const {
    for (const SpanNote* note = services_; note != nullptr; note = note->next) f(note->service());
  }

 private:
  void add_service(SpanNote* note) noexcept;
  // Frees a note without further roles. Null: does nothing.
  void drop_role(SpanNote* note, Role role) noexcept;

  SpanNote* root_ = nullptr;
  SpanNote* error_ = nullptr;
  SpanNote* services_ = nullptr;  // ascending, linked by `next`
  std::uint32_t service_count_ = 0;
  bool root_is_entry_ = false;
  std::uint64_t freed_bytes_ = 0;
};

}  // namespace entail::notes
