// LinkBuilder: span links for programs that make them, from contexts, stored contexts, carriers and batches, to OTLP.
//
// A link is added whole or not at all. What cannot be a link is refused and counted by reason; what can be left out (a
// tracestate that does not parse, an attribute that is not UTF-8) is left out and counted, and the link is made. No
// call throws: what memory does not suffice for is refused, too.
//
// Thread rule: Confined to one thread at a time. Memory: at most bytes_max for the links since the last clear(), 8
// bytes a link, and scratch for the largest one. Buffers grow by doubling and are kept by clear(): once they have
// grown, adding allocates nothing, but for what a stored context unescapes. Cost: one copy of each link. Source:
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
#include "entail/types.hpp"

namespace entail {
inline namespace v1 {

// One attribute of a link. Borrows.
struct LinkAttribute {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};
using LinkAttributes = std::span<const LinkAttribute>;

// What to write on a link: each field under its key of link_vocabulary.hpp. What is empty is not written. Borrows until
// the call returns.
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
  LinkAttributes attributes;  // behind the others; of a key that comes twice the first counts
};

// A stored context as its JSON (context.hpp).
struct StoredContext {
  std::string_view json;
};
// Where an item's context is. Borrows; the pointer is not null.
using ContextSource = std::variant<const SpanContext*, StoredContext, Carrier>;

// One item of a batch: where its context stands, how long it waited, its own attributes. Borrows.
struct BatchItem {
  ContextSource source;
  std::optional<std::int64_t> delay_ms;
  LinkAttributes attributes;  // this item's own, before those that the batch shares
};

// Bounds of one builder; what goes beyond is refused or left out, and counted.
struct LinkBuilderLimits {
  std::uint32_t links_max = 0xffffffff;
  std::uint32_t bytes_max = 64u << 20;  // of all links; what the OTLP specification recommends as a request's limit
  std::uint32_t attributes_per_link_max = 128;
};

// Makes the links of one span at a time. Thread rule: Confined.
class LinkBuilder {
 public:
  explicit LinkBuilder(LinkBuilderLimits limits = {}) noexcept : limits_(limits) {}

  // Adds a link to the context. Returns why not, counted under refused(): a zero ID, no_room, out_of_memory.
  ContextError add(const SpanContext& context, const LinkDetails& details = {}) noexcept;
  // The same for a stored context and for a carrier; all of their reasons apply too.
  ContextError add(StoredContext stored, const LinkDetails& details = {}) noexcept;
  ContextError add(Carrier carrier, const LinkDetails& details = {}) noexcept;
  // A link for each item that has a context, with its index, the number of items (refused ones included) and its delay;
  // `shared` holds for all, its type is batch_source if empty, its batch_* and delay_ms are not looked at. Returns how
  // many links were added.
  std::uint64_t add_batch(std::span<const BatchItem> items, const LinkDetails& shared = {}) noexcept;

  // Forgets links and counts; keeps the memory.
  void clear() noexcept;

  std::uint64_t link_count() const noexcept { return links_.size(); }
  // The links as fields 13 of a Span message, in the order added: append these bytes to a span's. Borrowed until the
  // next call that is not const.
  Bytes span_fields() const noexcept { return fields_; }
  // One Link message, without tag and length. REQUIRES index < link_count(). Borrowed as span_fields().
  Bytes link(std::size_t index) const noexcept;

  // Contexts that gave no link, by reason, since the last clear(). no_room counts what a span's dropped_links_count
  // should say.
  std::uint64_t refused(ContextError reason) const noexcept { return refused_[static_cast<unsigned>(reason)]; }
  std::uint64_t refused_count() const noexcept;
  // Parts left out of links that were made, by reason: a tracestate, a header of an earlier format, attributes. Those
  // attributes that are bad or too many are in the link's dropped_attributes_count, too.
  std::uint64_t left_out(ContextError reason) const noexcept { return left_out_[static_cast<unsigned>(reason)]; }
  // Bytes of memory held, used or not.
  std::uint64_t held_bytes() const noexcept;

 private:
  struct Payload {
    std::uint32_t begin;
    std::uint32_t end;
  };
  using Counts = std::array<std::uint64_t, kContextErrorCount>;

  ContextError append(const SpanContext& context, const LinkDetails& details, LinkAttributes more) noexcept;
  ContextError append(const ContextSource& source, const LinkDetails& details, LinkAttributes more) noexcept;
  ContextError write(const SpanContext& context, const LinkDetails& details, LinkAttributes more);
  void write_details(const LinkDetails& details);
  void write_text(std::string_view key, std::string_view value);
  void write_number(std::string_view key, std::optional<std::int64_t> value);
  void write_attribute(const LinkAttribute& attribute);
  ContextError refuse(ContextError reason) noexcept;
  void leave_out(ContextError reason) noexcept { ++left_out_[static_cast<unsigned>(reason)]; }

  LinkBuilderLimits limits_;
  std::vector<std::uint8_t> fields_;
  std::vector<Payload> links_;
  Counts refused_{};
  Counts left_out_{};
  // Scratch of the link that is being written.
  SpanContext context_;
  std::vector<std::uint8_t> message_;
  std::vector<std::string_view> keys_;
  std::uint32_t attributes_dropped_ = 0;
};

}  // namespace v1
}  // namespace entail
