// Details: the notes of each trace, by record, from the tick that takes them until the record is forgotten
// (docs/formats.md "Decision log", from `root_service` on). Empty, and without cost, unless decision records have
// details.
// Thread rule: Confined (tick). Memory: 40 bytes a record, in blocks, and its notes (notes/trace_notes.hpp), which
// Admission accounts.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/admission.hpp"
#include "notes/trace_notes.hpp"
#include "propagate/record.hpp"

namespace entail::engine {

class Details {
 public:
  // heap_bytes_freed: counts what is returned to the heap (SpanStore::heap_bytes_freed).
  Details(bool wanted, Admission& admission, std::uint64_t& heap_bytes_freed) noexcept
      : wanted_(wanted), admission_(admission), heap_bytes_freed_(heap_bytes_freed) {}

  bool wanted() const noexcept { return wanted_; }
  // Takes ownership of a list of notes.
  void add(propagate::RecordId id, notes::SpanNote* first);
  // The span that stands for a root in a trace that has none. Null: no memory, and nothing changes.
  void set_entry(propagate::RecordId id, notes::SpanNotePointer note);
  // Null: nothing was noted.
  const notes::TraceNotes* find(propagate::RecordId id) const noexcept;
  void forget(propagate::RecordId id) noexcept;
  // Frees notes that no record owns.
  void free_list(notes::SpanNote* first) noexcept;
  std::uint64_t bytes() const noexcept {
    return blocks_.capacity() * sizeof(blocks_[0]) + block_count_ * sizeof(Block);
  }

 private:
  static constexpr std::size_t kBlockCount = 1024;
  struct Block {
    std::array<notes::TraceNotes, kBlockCount> traces;
    std::size_t used = 0;  // those that are not empty
  };
  notes::TraceNotes& trace(propagate::RecordId id);
  void count_freed(std::uint64_t bytes) noexcept;

  const bool wanted_;
  Admission& admission_;
  std::uint64_t& heap_bytes_freed_;
  std::vector<std::unique_ptr<Block>> blocks_;  // by record; null while none of them has notes
  std::size_t block_count_ = 0;
};

}  // namespace entail::engine
