#include "entail/link_builder.hpp"

#include <algorithm>
#include <new>
#include <numeric>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "links/attribute_check.hpp"
#include "otlp/encode.hpp"
#include "wire/writer.hpp"

namespace entail {
inline namespace v1 {
namespace {

namespace link_field = otlp::link_field;

}  // namespace

void LinkBuilder::write_attribute(const LinkAttribute& attribute) {
  ContextError error = ContextError::none;
  if (!links::is_valid(attribute))
    error = ContextError::bad_attribute;
  else if (std::find(keys_.begin(), keys_.end(), attribute.key) != keys_.end())
    return leave_out(ContextError::duplicate_attribute);
  else if (keys_.size() >= limits_.attributes_per_link_max)
    error = ContextError::too_many_attributes;
  else if (otlp::key_value_size(attribute.key, attribute.value) >
           limits_.bytes_max - std::min<std::size_t>(message_.size(), limits_.bytes_max))
    error = ContextError::no_room;
  if (error != ContextError::none) {
    ++attributes_dropped_;
    return leave_out(error);
  }
  keys_.push_back(attribute.key);
  otlp::append_attribute(link_field::kAttributes, attribute.key, attribute.value, message_);
}

void LinkBuilder::write_text(std::string_view key, std::string_view value) {
  if (!value.empty()) write_attribute({key, value});
}

void LinkBuilder::write_number(std::string_view key, std::optional<std::int64_t> value) {
  if (value) write_attribute({key, *value});
}

void LinkBuilder::write_details(const LinkDetails& details) {
  write_text(link_key::kType, details.type);
  write_text(link_key::kRelationship, details.relationship);
  write_number(link_key::kDelayMs, details.delay_ms);
  write_number(link_key::kGapMs, details.gap_ms);
  write_number(link_key::kBatchIndex, details.batch_index);
  write_number(link_key::kBatchSize, details.batch_size);
  write_text(link_key::kQueueName, details.queue_name);
  write_number(link_key::kQueueDelayMs, details.queue_delay_ms);
  write_number(link_key::kRetryAttempt, details.retry_attempt);
  write_text(link_key::kRetryReason, details.retry_reason);
  write_text(link_key::kWorkflowStep, details.workflow_step);
  write_text(link_key::kWorkflowId, details.workflow_id);
  write_text(link_key::kCorrelationId, details.correlation_id);
  write_number(link_key::kStoredAgeMs, details.stored_age_ms);
}

// Builds the message in a scratch buffer, because its length precedes it. Reserves before it appends, so that a failed
// allocation leaves the links unchanged.
Result<void, ContextError> LinkBuilder::write(const SpanContext& context, const LinkDetails& details,
                                              LinkAttributes more) {
  message_.clear();
  keys_.clear();
  attributes_dropped_ = 0;
  otlp::append_link_ids(context.trace_id, context.span_id, message_);
  if (!check_trace_state(context.trace_state).ok())
    leave_out(ContextError::bad_trace_state);
  else if (!context.trace_state.empty())
    wire::append_bytes_field(message_, link_field::kTraceState.number, base::bytes_of(context.trace_state));
  write_details(details);
  for (const LinkAttribute& attribute : more) write_attribute(attribute);
  for (const LinkAttribute& attribute : details.attributes) write_attribute(attribute);
  if (attributes_dropped_ != 0)
    wire::append_varint_field(message_, link_field::kDroppedAttributesCount.number, attributes_dropped_);
  const std::uint32_t remote = context.is_remote ? otlp::flag::kIsRemote : 0;
  wire::append_fixed32_field(message_, link_field::kFlags.number, context.flags | otlp::flag::kHasIsRemote | remote);

  const std::size_t size = wire::length_field_size(otlp::span_field::kLinks.number, message_.size());
  if (links_.size() >= limits_.links_max || fields_.size() + size > limits_.bytes_max) return ContextError::no_room;
  if (links_.size() == links_.capacity()) links_.reserve(links_.size() * 2 + 8);
  if (fields_.capacity() - fields_.size() < size)
    fields_.reserve(std::clamp<std::size_t>(fields_.capacity() * 2, fields_.size() + size, limits_.bytes_max));
  wire::append_bytes_field(fields_, otlp::span_field::kLinks.number, message_);
  const auto end = static_cast<std::uint32_t>(fields_.size());
  links_.push_back({end - static_cast<std::uint32_t>(message_.size()), end});
  return {};
}

ContextError LinkBuilder::refuse(ContextError reason) noexcept {
  ++refused_[static_cast<unsigned>(reason)];
  return reason;
}

Result<void, ContextError> LinkBuilder::append(const SpanContext& context, const LinkDetails& details,
                                               LinkAttributes more) noexcept {
  if (context.trace_id.is_zero()) return refuse(ContextError::zero_trace_id);
  if (context.span_id.is_zero()) return refuse(ContextError::zero_span_id);
  const Counts left_out_before = left_out_;
  Result<void, ContextError> written = ContextError::out_of_memory;
  try {
    written = write(context, details, more);
  } catch (const std::bad_alloc&) {
  }
  if (written.ok()) return written;
  left_out_ = left_out_before;  // a refused link leaves nothing out
  return refuse(written.error());
}

Result<void, ContextError> LinkBuilder::append(const ContextSource& source, const LinkDetails& details,
                                               LinkAttributes more) noexcept {
  if (const auto* const context = std::get_if<const SpanContext*>(&source)) return append(**context, details, more);
  if (const auto* const stored = std::get_if<StoredContext>(&source)) {
    const Result<SpanContext, ContextError> context = parse_stored_context(stored->json);
    if (!context.ok()) return refuse(context.error());
    return append(*context, details, more);
  }
  const Result<Extraction, ContextError> extraction = extract_context(*std::get_if<Carrier>(&source), context_);
  if (!extraction.ok()) return refuse(extraction.error());
  const Result<void, ContextError> result = append(context_, details, more);
  if (!result.ok()) return result;
  if (extraction->passed_over != ContextError::none) leave_out(extraction->passed_over);
  if (extraction->trace_state != ContextError::none) leave_out(extraction->trace_state);
  return result;
}

Result<void, ContextError> LinkBuilder::add(const SpanContext& context, const LinkDetails& details) noexcept {
  return append(context, details, {});
}
Result<void, ContextError> LinkBuilder::add(StoredContext stored, const LinkDetails& details) noexcept {
  return append(ContextSource(stored), details, {});
}
Result<void, ContextError> LinkBuilder::add(Carrier carrier, const LinkDetails& details) noexcept {
  return append(ContextSource(carrier), details, {});
}

std::uint64_t LinkBuilder::add_batch(std::span<const BatchItem> items, const LinkDetails& shared) noexcept {
  LinkDetails details = shared;
  if (details.type.empty()) details.type = link_type::kBatchSource;
  details.batch_size = static_cast<std::int64_t>(items.size());
  std::uint64_t added = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    details.batch_index = static_cast<std::int64_t>(i);
    details.delay_ms = items[i].delay_ms;
    added += append(items[i].source, details, items[i].attributes).ok();
  }
  return added;
}

void LinkBuilder::clear() noexcept {
  fields_.clear();
  links_.clear();
  refused_.fill(0);
  left_out_.fill(0);
}

Bytes LinkBuilder::link(std::size_t index) const noexcept {
  ENTAIL_DCHECK(index < links_.size());
  const Payload payload = links_[index];
  return Bytes(fields_).subspan(payload.begin, payload.end - payload.begin);
}

std::uint64_t LinkBuilder::refused_count() const noexcept {
  return std::accumulate(refused_.begin(), refused_.end(), std::uint64_t{0});
}

std::uint64_t LinkBuilder::held_bytes() const noexcept {
  return fields_.capacity() + links_.capacity() * sizeof(Payload) + message_.capacity() +
         keys_.capacity() * sizeof(std::string_view) + context_.trace_state.capacity();
}

}  // namespace v1
}  // namespace entail
