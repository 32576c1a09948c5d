#include "notes/trace_notes.hpp"

#include <utility>

namespace entail::notes {

// note->roles are the roles that the note still has.
void TraceNotes::drop_role(SpanNote* note, Role role) noexcept {
  if (note == nullptr) return;
  note->roles = static_cast<std::uint16_t>(note->roles & ~role);
  if (note->roles != 0) return;
  freed_bytes_ += note->bytes();
  SpanNoteDelete()(note);
}

void TraceNotes::add_service(SpanNote* note) noexcept {
  if (note->service_size == 0) return drop_role(note, kService);
  SpanNote** place = &services_;
  while (*place != nullptr && (*place)->service() < note->service()) place = &(*place)->next;
  if (*place != nullptr && (*place)->service() == note->service()) return drop_role(note, kService);
  if (*place == nullptr && service_count_ == kServicesMax) return drop_role(note, kService);
  note->next = std::exchange(*place, note);
  if (++service_count_ <= kServicesMax) return;
  SpanNote** last = place;
  while ((*last)->next != nullptr) last = &(*last)->next;
  --service_count_;
  drop_role(std::exchange(*last, nullptr), kService);
}

std::uint64_t TraceNotes::add(SpanNotePointer added) noexcept {
  SpanNote* const note = added.release();
  const unsigned noted = note->roles;
  note->roles = kService;  // every note names its service
  if ((noted & kRoot) != 0 && (!has_root() || note->is_before(*root_))) {
    note->roles |= kRoot;
    drop_role(std::exchange(root_, note), kRoot);
    root_is_entry_ = false;
  }
  if ((noted & kError) != 0 && (error_ == nullptr || note->is_error_before(*error_))) {
    note->roles |= kError;
    drop_role(std::exchange(error_, note), kError);
  }
  add_service(note);
  return std::exchange(freed_bytes_, 0);
}

std::uint64_t TraceNotes::set_entry(SpanNotePointer note) noexcept {
  if (has_root()) return note->bytes();
  note->roles = kRoot;
  drop_role(std::exchange(root_, note.release()), kRoot);
  root_is_entry_ = true;
  return std::exchange(freed_bytes_, 0);
}

std::uint64_t TraceNotes::clear() noexcept {
  for (SpanNote* note = std::exchange(services_, nullptr); note != nullptr;) {
    SpanNote* const next = note->next;
    drop_role(note, kService);
    note = next;
  }
  service_count_ = 0;
  drop_role(std::exchange(root_, nullptr), kRoot);
  drop_role(std::exchange(error_, nullptr), kError);
  root_is_entry_ = false;
  return std::exchange(freed_bytes_, 0);
}

}  // namespace entail::notes
