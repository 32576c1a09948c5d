#include "emit/batch_writer.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "otlp/fields.hpp"
#include "wire/writer.hpp"

namespace entail::emit {
namespace {

constexpr std::uint32_t kResourceSpans = otlp::request_field::kResourceSpans.number;
constexpr std::uint32_t kScopeSpans = otlp::resource_spans_field::kScopeSpans.number;
constexpr std::uint32_t kSpans = otlp::scope_spans_field::kSpans.number;

// The size of any of the three fields: each has a tag of one byte.
std::size_t field_size(std::size_t content_size) noexcept { return wire::length_field_size(kSpans, content_size); }

}  // namespace

BatchWriter::Place BatchWriter::find(const OutputSpan& span) const noexcept {
  const std::uint32_t resource = resource_index_.find(span.resource_digest, 0);
  if (resource == kNone) return {};
  return {resource, scope_index_.find(span.scope_digest, resource)};
}

// Size of the open message with one more span field of span_size bytes.
std::size_t BatchWriter::size_with(const OutputSpan& span, Place place, std::size_t span_size) const noexcept {
  std::size_t scope_size = field_size(span.scope.size() + span_size);
  std::size_t scope_size_before = 0;
  if (place.scope != kNone) {
    const std::size_t content_size = scopes_[place.scope].message.content_size;
    scope_size = field_size(content_size + span_size);
    scope_size_before = field_size(content_size);
  }
  if (place.resource == kNone) return message_size_ + field_size(span.resource.size() + scope_size);
  const std::size_t content_size = resources_[place.resource].message.content_size;
  return message_size_ - field_size(content_size) + field_size(content_size - scope_size_before + scope_size);
}

BatchWriter::Message BatchWriter::make_message(Bytes header) {
  const Message message{header_bytes_.size(), header.size(), header.size()};
  wire::append_bytes(header_bytes_, header);
  return message;
}

BatchWriter::Place BatchWriter::make_place(const OutputSpan& span, Place place) {
  if (place.resource == kNone) {
    place.resource = static_cast<std::uint32_t>(resources_.size());
    resources_.push_back({make_message(span.resource)});
    resource_index_.insert(span.resource_digest, 0, place.resource);
  }
  if (place.scope != kNone) return place;
  place.scope = static_cast<std::uint32_t>(scopes_.size());
  scopes_.push_back({make_message(span.scope)});
  scope_index_.insert(span.scope_digest, place.resource, place.scope);
  Resource& resource = resources_[place.resource];
  if (resource.first_scope == kNone) {
    resource.first_scope = place.scope;
  } else {
    scopes_[resource.last_scope].next = place.scope;
  }
  resource.last_scope = place.scope;
  return place;
}

void BatchWriter::append_piece(Scope& scope, std::size_t offset, std::size_t size) {
  const auto added = static_cast<std::uint32_t>(pieces_.size());
  if (scope.first_piece == kNone) {
    scope.first_piece = added;
  } else {
    Piece& last = pieces_[scope.last_piece];
    if (last.offset + last.size == offset) {
      last.size += size;
      return;
    }
    last.next = added;
  }
  scope.last_piece = added;
  pieces_.push_back({offset, size});
}

void BatchWriter::append(const OutputSpan& span, Place place, Bytes payload) {
  const std::size_t span_size = field_size(payload.size());
  message_size_ = size_with(span, place, span_size);
  const bool new_scope = place.scope == kNone;
  place = make_place(span, place);
  Scope& scope = scopes_[place.scope];
  Message& resource = resources_[place.resource].message;
  if (!new_scope) resource.content_size -= field_size(scope.message.content_size);
  scope.message.content_size += span_size;
  resource.content_size += field_size(scope.message.content_size);
  append_piece(scope, span_bytes_.size(), span_size);
  wire::append_bytes_field(span_bytes_, kSpans, payload);
  ++span_count_;
}

bool BatchWriter::add(const OutputSpan& span) {
  ENTAIL_CHECK(!closed_);
  Bytes payload = span.payload;
  if (span.edit != nullptr && !span.edit->empty()) {
    edited_.clear();
    append_span(span.payload, *span.edit, edited_);
    payload = edited_;
  }
  const Place place = find(span);
  const std::size_t ended_size = lent_ ? 0 : message_.size();
  if (span_count_ == 0 || ended_size + size_with(span, place, field_size(payload.size())) <= batch_bytes_max_) {
    append(span, place, payload);
    return false;
  }
  close();
  append(span, {}, payload);
  return true;
}

// Writes the open part behind those that have ended. REQUIRES room for it.
void BatchWriter::write_part() {
  [[maybe_unused]] const std::size_t size = message_.size() + message_size_;
  for (const Resource& resource : resources_) {
    wire::append_length_header(message_, kResourceSpans, resource.message.content_size);
    wire::append_bytes(message_,
                       Bytes(header_bytes_).subspan(resource.message.header_offset, resource.message.header_size));
    for (std::uint32_t s = resource.first_scope; s != kNone; s = scopes_[s].next) {
      const Scope& scope = scopes_[s];
      wire::append_length_header(message_, kScopeSpans, scope.message.content_size);
      wire::append_bytes(message_,
                         Bytes(header_bytes_).subspan(scope.message.header_offset, scope.message.header_size));
      for (std::uint32_t p = scope.first_piece; p != kNone; p = pieces_[p].next) {
        wire::append_bytes(message_, Bytes(span_bytes_).subspan(pieces_[p].offset, pieces_[p].size));
      }
    }
  }
  ENTAIL_DCHECK(message_.size() == size);
  resources_.clear();
  scopes_.clear();
  pieces_.clear();
  resource_index_.clear();
  scope_index_.clear();
  span_bytes_.clear();
  header_bytes_.clear();
  message_size_ = 0;
}

std::size_t BatchWriter::end_part() {
  ENTAIL_CHECK(!closed_);
  if (std::exchange(lent_, false)) message_.clear();
  const std::size_t size = message_.size() + message_size_;
  if (size > message_.capacity())
    message_.reserve(std::max<std::size_t>(size, std::min<std::uint64_t>(2 * message_.capacity(), batch_bytes_max_)));
  write_part();
  return message_.size();
}

// Completes the open message in message_, and begins the next one.
void BatchWriter::close() {
  if (std::exchange(lent_, false)) message_.clear();
  message_.reserve(message_.size() + message_size_);
  write_part();
  closed_span_count_ = std::exchange(span_count_, 0);
  closed_ = true;
}

Bytes BatchWriter::take() {
  if (!closed_) close();
  closed_ = false;
  lent_ = true;
  return message_;
}

std::vector<std::uint8_t> BatchWriter::take_owned() {
  take();
  return std::exchange(message_, {});
}

void BatchWriter::give_buffer(std::vector<std::uint8_t>&& buffer) noexcept {
  if (lent_ && buffer.capacity() > message_.capacity()) message_ = std::move(buffer);
}

void BatchWriter::trim(std::uint64_t buffer_bytes_max) noexcept {
  ENTAIL_DCHECK(!closed_ && span_count_ == 0);
  constexpr std::uint64_t kSlackBytes = 64 << 10;
  const std::uint64_t kept = std::min(2 * batch_bytes_max_ + kSlackBytes, buffer_bytes_max);
  for (std::vector<std::uint8_t>* buffer : {&span_bytes_, &header_bytes_, &edited_, &message_})
    if (buffer->capacity() > kept) std::vector<std::uint8_t>().swap(*buffer);
}

std::uint64_t BatchWriter::capacity_bytes() const noexcept {
  return span_bytes_.capacity() + header_bytes_.capacity() + edited_.capacity() + message_.capacity() +
         resources_.capacity() * sizeof(Resource) + scopes_.capacity() * sizeof(Scope) +
         pieces_.capacity() * sizeof(Piece);
}

}  // namespace entail::emit
