// LinkBuilder: encodes span links as OTLP, from contexts, stored contexts, carriers and batches.
//
// A link is added whole or not at all. A context that cannot become a link is refused and counted by reason. A part
// that the link can do without (a tracestate that does not parse, an attribute that is not UTF-8) is left out and
// counted. No call throws: running out of memory is one of the reasons.
//
// Thread rule: Confined to one thread at a time. Memory: at most bytes_max for the links since the last clear(), 8
// bytes per link, and scratch for the largest one. Buffers grow by doubling and survive clear(): once they have grown,
// adding allocates nothing, except to unescape a stored context. Cost: one copy of each link. Source:
// opentelemetry.proto.trace.v1.Span.Link; docs/contexts.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "entail/context.hpp"
#include "entail/link_vocabulary.hpp"
#include "entail/result.hpp"
#include "entail/types.hpp"

namespace entail {
inline namespace v1 {

// One attribute of a link. Borrows.
struct LinkAttribute {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};
using LinkAttributes = std::span<const LinkAttribute>;

// The attributes of a link: each field is written under its key of link_vocabulary.hpp, unless it is empty. Borrows
// until the call returns.
struct LinkDetails {
  std::string_view type;
  std::string_view relationship;
  std::optional<std::int64_t> delay_ms;
  std::optional<std::int64_t> gap_ms;
  std::optional<std::int64_t> batch_index;
  std::optional<std::int64_t> batch_size;
  std::string_view queue_name;
  std::optional<std::int64_t> queue_delay_ms;
  std::optional<std::int64_t> retry_attempt;
  std::string_view retry_reason;
  std::string_view workflow_step;
  std::string_view workflow_id;
  std::string_view correlation_id;
  std::optional<std::int64_t> stored_age_ms;
  LinkAttributes attributes;  // after the fields above; the first attribute of a key counts
};

// A context stored as JSON: see parse_stored_context().
struct StoredContext {
  std::string_view json;
};
// Where to read an item's context. Borrows; the pointer is not null.
using ContextSource = std::variant<const SpanContext*, StoredContext, Carrier>;

// One item of a batch. Borrows.
struct BatchItem {
  ContextSource source;
  std::optional<std::int64_t> delay_ms;  // how long the item waited
  LinkAttributes attributes;             // of this item; they take precedence over those of the batch
};

// Limits of one builder. Links and attributes beyond them are refused or left out, and counted.
struct LinkBuilderLimits {
  std::uint32_t links_max = 0xffffffff;
  std::uint32_t bytes_max = 64u << 20;  // of all links; the request limit that the OTLP specification recommends
  std::uint32_t attributes_per_link_max = 128;
};

// Builds the links of one span at a time. Thread rule: Confined.
class LinkBuilder {
 public:
  explicit LinkBuilder(LinkBuilderLimits limits = {}) noexcept : limits_(limits) {}

  // Adds a link to the context. Fails with zero_trace_id, zero_span_id, no_room or out_of_memory, counted in refused().
  Result<void, ContextError> add(const SpanContext& context, const LinkDetails& details = {}) noexcept;
  // The same for a stored context and for a carrier. Fails also with the errors of parse_stored_context() and
  // extract_context().
  Result<void, ContextError> add(StoredContext stored, const LinkDetails& details = {}) noexcept;
  Result<void, ContextError> add(Carrier carrier, const LinkDetails& details = {}) noexcept;
  // Adds a link for each item that has a context, with its index, its delay and the number of items (refused ones
  // included). `shared` applies to all links: an empty type means batch_source; its batch_* and delay_ms are ignored.
  // Returns the number of links added.
  std::uint64_t add_batch(std::span<const BatchItem> items, const LinkDetails& shared = {}) noexcept;

  // Removes all links and resets the counts; keeps the memory.
  void clear() noexcept;

  std::uint64_t link_count() const noexcept { return links_.size(); }
  // The links as encoded fields 13 of a Span message, in the order added: append them to the bytes of a span. Borrowed
  // until the next non-const call.
  Bytes span_fields() const noexcept { return fields_; }
  // One Link message, without tag and length. REQUIRES index < link_count(). Borrowed like span_fields().
  Bytes link(std::size_t index) const noexcept;

  // Refused contexts since the last clear(), by reason. Those with no_room belong into the span's dropped_links_count.
  std::uint64_t refused(ContextError reason) const noexcept { return refused_[static_cast<unsigned>(reason)]; }
  std::uint64_t refused_count() const noexcept;
  // Parts left out of links that were added, by reason: a tracestate, a header of a format of higher precedence,
  // attributes. Attributes that are invalid or beyond a limit also count in the link's dropped_attributes_count.
  std::uint64_t left_out(ContextError reason) const noexcept { return left_out_[static_cast<unsigned>(reason)]; }
  // Bytes of memory allocated, used or not.
  std::uint64_t held_bytes() const noexcept;

 private:
  struct Payload {
    std::uint32_t begin;
    std::uint32_t end;
  };
  using Counts = std::array<std::uint64_t, kContextErrorCount>;

  Result<void, ContextError> append(const SpanContext& context, const LinkDetails& details,
                                    LinkAttributes more) noexcept;
  Result<void, ContextError> append(const ContextSource& source, const LinkDetails& details,
                                    LinkAttributes more) noexcept;
  Result<void, ContextError> write(const SpanContext& context, const LinkDetails& details, LinkAttributes more);
  void write_details(const LinkDetails& details);
  void write_text(std::string_view key, std::string_view value);
  void write_number(std::string_view key, std::optional<std::int64_t> value);
  void write_attribute(const LinkAttribute& attribute);
  // Counts the refusal and returns its reason.
  ContextError refuse(ContextError reason) noexcept;
  void leave_out(ContextError reason) noexcept { ++left_out_[static_cast<unsigned>(reason)]; }

  LinkBuilderLimits limits_;
  std::vector<std::uint8_t> fields_;
  std::vector<Payload> links_;
  Counts refused_{};
  Counts left_out_{};
  // Scratch for the link being written.
  SpanContext context_;
  std::vector<std::uint8_t> message_;
  std::vector<std::string_view> keys_;
  std::uint32_t attributes_dropped_ = 0;
};

}  // namespace v1
}  // namespace entail
