#include "engine/details.hpp"

#include <utility>

namespace entail::engine {

using notes::SpanNote;
using notes::SpanNotePointer;
using notes::TraceNotes;
using propagate::RecordId;

TraceNotes& Details::trace(RecordId id) {
  const std::size_t at = id / kBlockCount;
  if (blocks_.size() <= at) blocks_.resize(at + 1);
  if (blocks_[at] == nullptr) {
    blocks_[at] = std::make_unique<Block>();
    ++block_count_;
  }
  return blocks_[at]->traces[id % kBlockCount];
}

void Details::count_freed(std::uint64_t bytes) noexcept {
  if (bytes == 0) return;
  admission_.sub_notes(bytes);
  heap_bytes_freed_ += bytes;
}

namespace {

// Frees the rest of a list if there is no memory for its record.
struct ListGuard {
  Details& details;
  SpanNote* first;
  ~ListGuard() { details.free_list(first); }
};

}  // namespace

void Details::add(RecordId id, SpanNote* first) {
  if (first == nullptr) return;
  ListGuard rest{*this, first};
  TraceNotes& notes = trace(id);
  const bool was_empty = notes.empty();
  while (rest.first != nullptr) {
    SpanNotePointer note(std::exchange(rest.first, rest.first->next));
    count_freed(notes.add(std::move(note)));
  }
  if (was_empty && !notes.empty()) ++blocks_[id / kBlockCount]->used;
}

void Details::set_entry(RecordId id, SpanNotePointer note) {
  if (note == nullptr) return;
  TraceNotes& notes = trace(id);
  if (notes.empty()) ++blocks_[id / kBlockCount]->used;
  admission_.add_note(note->bytes());
  count_freed(notes.set_entry(std::move(note)));
}

const TraceNotes* Details::find(RecordId id) const noexcept {
  const std::size_t at = id / kBlockCount;
  if (at >= blocks_.size() || blocks_[at] == nullptr) return nullptr;
  const TraceNotes& notes = blocks_[at]->traces[id % kBlockCount];
  return notes.empty() ? nullptr : &notes;
}

void Details::forget(RecordId id) noexcept {
  if (find(id) == nullptr) return;
  std::unique_ptr<Block>& block = blocks_[id / kBlockCount];
  count_freed(block->traces[id % kBlockCount].clear());
  if (--block->used != 0) return;
  block.reset();
  --block_count_;
}

void Details::free_list(SpanNote* first) noexcept {
  while (first != nullptr) {
    SpanNotePointer note(first);
    first = note->next;
    count_freed(note->bytes());
  }
}

}  // namespace entail::engine
