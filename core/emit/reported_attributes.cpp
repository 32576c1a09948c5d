// The attributes of truncated spans and of kept traces (docs/formats.md "Attributes on emitted spans").
#include <limits>

#include "emit/span_edit.hpp"
#include "otlp/encode.hpp"
#include "text/hex.hpp"

namespace entail::emit {
namespace {

constexpr std::string_view kAlgorithm = "bottom-k/1";

// Attribute integers are signed; a count beyond them is pinned to the largest.
std::int64_t count_value(std::uint64_t count) noexcept {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(count < kMax ? count : kMax);
}

void add_count(std::vector<Attribute>& out, std::string_view key, std::uint64_t count) {
  out.push_back({key, count_value(count)});
}

// What does not apply is removed, so that an earlier stage's value cannot be taken for this one's.
void add_text(std::vector<Attribute>& out, std::string_view key, std::string text) {
  if (text.empty()) {
    out.push_back({key, std::monostate{}});
  } else {
    out.push_back({key, std::move(text)});
  }
}

void append_entail_names(const reservoir::TruncationRecord& record, std::vector<Attribute>& out) {
  add_count(out, "entail.links.received", record.received);
  add_count(out, "entail.links.emitted", record.emitted);
  add_count(out, "entail.links.dropped", record.dropped);
  add_count(out, "entail.links.dropped_upstream", record.dropped_upstream);
  add_count(out, "entail.links.malformed", record.malformed);
  add_count(out, "entail.links.duplicates", record.duplicates);
  add_count(out, "entail.links.pinned.received", record.pinned.received);
  add_count(out, "entail.links.pinned.emitted", record.pinned.emitted);
  add_count(out, "entail.links.open.received", record.open.received);
  add_count(out, "entail.links.open.emitted", record.open.emitted);
  add_count(out, "entail.links.closed.received", record.closed.received);
  add_count(out, "entail.links.closed.emitted", record.closed.emitted);
  std::string uniform;
  if (record.threshold_uniform) text::append_hex(*record.threshold_uniform, 16, uniform);
  add_text(out, "entail.links.threshold.uniform", std::move(uniform));
  std::string consistent;
  if (record.threshold_consistent) {
    text::append_hex(record.threshold_consistent->inverse_randomness, 14, consistent);
    consistent.push_back(':');
    text::append_hex(record.threshold_consistent->hash, 16, consistent);
  }
  add_text(out, "entail.links.threshold.consistent", std::move(consistent));
  out.push_back({"entail.links.algorithm", std::string(kAlgorithm)});
  out.push_back({"entail.links.seed", static_cast<std::int64_t>(record.seed)});
}

void append_batch_names(const reservoir::TruncationRecord& record, std::vector<Attribute>& out) {
  out.push_back({"batch.links_truncated", true});
  add_count(out, "batch.total_sources", record.received);
  add_count(out, "batch.total_items", record.received);
  add_count(out, "batch.sampled_links", record.emitted);
}

}  // namespace

void append_truncation_attributes(const reservoir::TruncationRecord& record, TruncationNames names,
                                  std::vector<Attribute>& out) {
  if (names != TruncationNames::batch) append_entail_names(record, out);
  if (names != TruncationNames::entail) append_batch_names(record, out);
}

void append_reason_attributes(const KeepReason& reason, std::vector<Attribute>& out) {
  constexpr std::size_t kReasonAttributes = 6;
  out.reserve(out.size() + kReasonAttributes);
  add_text(out, "entail.keep.reason", std::string(reason.reason));
  add_text(out, "entail.keep.policy", std::string(reason.policy));
  add_text(out, "entail.keep.origin_trace_id",
           reason.origin_trace_id ? to_hex(*reason.origin_trace_id) : std::string());
  add_text(out, "entail.keep.direction", std::string(reason.direction));
  if (reason.hops) {
    add_count(out, "entail.keep.hops", *reason.hops);
  } else {
    out.push_back({"entail.keep.hops", std::monostate{}});
  }
  if (reason.path.empty()) {
    out.push_back({"entail.keep.path", std::monostate{}});
    return;
  }
  std::vector<std::string> path;
  path.reserve(reason.path.size());
  for (const TraceId id : reason.path) path.push_back(to_hex(id));
  out.push_back({"entail.keep.path", std::move(path)});
}

void append_restored_link(TraceId trace_id, SpanId span_id, std::vector<std::uint8_t>& out) {
  wire::Buffer link;
  otlp::append_link_ids(trace_id, span_id, link);
  const std::variant<bool> is_restored = true;
  otlp::append_attribute(otlp::link_field::kAttributes, "entail.link.restored", is_restored, link);
  wire::append_bytes_field(out, otlp::span_field::kLinks.number, link);
}

}  // namespace entail::emit
