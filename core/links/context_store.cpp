#include "entail/context_store.hpp"

#include <algorithm>
#include <mutex>
#include <new>

#include "base/loss.hpp"
#include "links/attribute_check.hpp"
#include "links/context_table.hpp"
#include "links/snapshot.hpp"
#include "links/stored_record.hpp"

namespace entail {
inline namespace v1 {
namespace {

using links::ContextTable;
using links::RecordView;

constexpr std::int64_t kNanosPerMilli = 1'000'000;
constexpr std::uint64_t kBytesMaxLowest = 4096;

// Reads a snapshot into an empty table and validates every record. Evicts the oldest entries beyond the limits.
Result<void> read_snapshot(Bytes bytes, const ContextStoreOptions& options, ContextTable& table, std::int64_t& now_ns,
                           std::uint64_t& evicted) {
  links::SnapshotReader reader;
  if (const Result<void> opened = reader.open(bytes); !opened.ok()) return opened;
  now_ns = reader.header().now_ns;
  std::int64_t newest_ns = 0;
  for (;;) {
    Bytes record;
    const Result<bool> next = reader.next(record);
    if (!next.ok()) return next.error();
    if (!*next) return {};
    const std::uint64_t offset = reader.record_offset();
    if (record.size() > kStoredEntryBytesMax) return Error(ErrorCode::bad_snapshot, offset);
    RecordView view;
    const Result<void> decoded = links::decode_record(record, view, nullptr);
    if (!decoded.ok()) return Error(decoded.error().code(), offset + decoded.error().offset());
    const bool is_in_order = view.stored_at_ns >= newest_ns && view.stored_at_ns <= now_ns;
    if (!is_in_order || table.find(view.key) != nullptr) return Error(ErrorCode::bad_snapshot, offset);
    newest_ns = view.stored_at_ns;
    table.put(record, view.key, view.stored_at_ns);
    for (; table.entry_count() > options.entries_max || table.held_bytes() > options.bytes_max; ++evicted)
      table.erase(table.oldest());
  }
}

}  // namespace

// Guarded by `lock`, except the options, which are constant.
struct ContextStore::Impl {
  explicit Impl(const ContextStoreOptions& store_options) : options(store_options), table(store_options.hash_seed) {}

  Result<void, ContextError> put(std::string_view key, const SpanContext& context, LinkAttributes attributes);
  // Counts a hit or a miss; nullptr on a miss. Records are validated on entry, so decoding one cannot fail.
  const ContextTable::Entry* look_up(std::string_view key, RecordView& record);
  std::int64_t age_ms(const RecordView& record) const noexcept {
    return (now_ns - record.stored_at_ns) / kNanosPerMilli;
  }
  void expire() noexcept;
  // Copies the context of a record to `scratch_context`.
  void read_context(const RecordView& record);

  const ContextStoreOptions options;
  std::mutex lock;
  ContextTable table;
  std::int64_t now_ns = 0;
  std::uint64_t put_count = 0, replaced = 0, removed = 0, found = 0, missed = 0, refused = 0, expired = 0, evicted = 0;
  std::vector<std::uint8_t> scratch_record;
  std::vector<LinkAttribute> scratch_attributes;
  SpanContext scratch_context;
};

Result<void, ContextError> ContextStore::Impl::put(std::string_view key, const SpanContext& context,
                                                   LinkAttributes attributes) {
  if (!links::is_valid_key(key)) return ContextError::bad_key;
  if (context.trace_id.is_zero()) return ContextError::zero_trace_id;
  if (context.span_id.is_zero()) return ContextError::zero_span_id;
  if (attributes.size() > kStoredAttributesMax) return ContextError::too_many_attributes;
  std::uint64_t size = key.size() + context.trace_state.size();
  for (const LinkAttribute& attribute : attributes) {
    if (!links::is_valid(attribute)) return ContextError::bad_attribute;
    const auto* const text = std::get_if<std::string_view>(&attribute.value);
    size += attribute.key.size() + (text == nullptr ? 0 : text->size());
  }
  if (size > kStoredEntryBytesMax) return ContextError::too_long;  // before copying it
  links::encode_record(key, context, attributes, now_ns, scratch_record);
  if (scratch_record.size() > kStoredEntryBytesMax) return ContextError::too_long;
  if (scratch_record.size() + kStoredEntryOverheadBytes > options.bytes_max) return ContextError::no_room;
  RecordView view;
  (void)links::decode_record(scratch_record, view, nullptr);  // to locate the key
  replaced += table.put(scratch_record, view.key, now_ns);
  for (; table.entry_count() > options.entries_max || table.held_bytes() > options.bytes_max; ++evicted)
    table.erase(table.oldest());
  ++put_count;
  return {};
}

const ContextTable::Entry* ContextStore::Impl::look_up(std::string_view key, RecordView& record) {
  const ContextTable::Entry* const entry = table.find(key);
  if (entry == nullptr) {
    ++missed;
    return nullptr;
  }
  (void)links::decode_record(entry->bytes(), record, &scratch_attributes);
  ++found;
  return entry;
}

void ContextStore::Impl::read_context(const RecordView& record) {
  scratch_context.trace_state.assign(record.trace_state);
  scratch_context.trace_id = record.trace_id;
  scratch_context.span_id = record.span_id;
  scratch_context.flags = record.flags;
  scratch_context.is_remote = record.is_remote;
}

// All entries have the same time to live, so they expire in insertion order.
void ContextStore::Impl::expire() noexcept {
  while (table.oldest() != nullptr && now_ns - table.oldest()->stored_at_ns >= options.ttl_ns) {
    table.erase(table.oldest());
    ++expired;
  }
}

ContextStore::ContextStore(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
ContextStore::~ContextStore() = default;

Result<std::unique_ptr<ContextStore>> ContextStore::open(const ContextStoreOptions& options) noexcept {
  if (options.entries_max == 0 || options.bytes_max < kBytesMaxLowest || options.ttl_ns <= 0)
    return Error(ErrorCode::bad_options);
  try {
    return std::unique_ptr<ContextStore>(new ContextStore(std::make_unique<Impl>(options)));
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::out_of_memory);
  }
}

Result<void, ContextError> ContextStore::put(std::string_view key, const SpanContext& context,
                                             LinkAttributes attributes) noexcept {
  const std::lock_guard guard(impl_->lock);
  Result<void, ContextError> result = ContextError::out_of_memory;
  try {
    result = impl_->put(key, context, attributes);
  } catch (const std::bad_alloc&) {
  }
  impl_->refused += !result.ok();
  return result;
}

Result<AgedContext, ContextError> ContextStore::get(std::string_view key) const noexcept {
  const std::lock_guard guard(impl_->lock);
  try {
    RecordView record;
    if (impl_->look_up(key, record) == nullptr) return ContextError::not_found;
    impl_->read_context(record);
    return AgedContext{impl_->scratch_context, impl_->age_ms(record)};
  } catch (const std::bad_alloc&) {
    return ContextError::out_of_memory;
  }
}

Result<void, ContextError> ContextStore::add_link(std::string_view key, LinkBuilder& builder,
                                                  const LinkDetails& details) const noexcept {
  const std::lock_guard guard(impl_->lock);
  try {
    RecordView record;
    if (impl_->look_up(key, record) == nullptr) return ContextError::not_found;
    impl_->read_context(record);
    std::vector<LinkAttribute>& attributes = impl_->scratch_attributes;
    attributes.insert(attributes.begin(), details.attributes.begin(), details.attributes.end());
    LinkDetails all = details;
    all.attributes = attributes;
    all.stored_age_ms = impl_->age_ms(record);
    return builder.add(impl_->scratch_context, all);
  } catch (const std::bad_alloc&) {
    return ContextError::out_of_memory;
  }
}

bool ContextStore::remove(std::string_view key) noexcept {
  const std::lock_guard guard(impl_->lock);
  const ContextTable::Entry* const entry = impl_->table.find(key);
  if (entry == nullptr) return false;
  impl_->table.erase(entry);
  ++impl_->removed;
  return true;
}

Result<void> ContextStore::tick(std::int64_t now_ns) noexcept {
  const std::lock_guard guard(impl_->lock);
  if (now_ns < impl_->now_ns) return Error(ErrorCode::time_reversed);
  impl_->now_ns = now_ns;
  impl_->expire();
  return {};
}

Result<void> ContextStore::snapshot(std::vector<std::uint8_t>& out) const noexcept {
  const std::lock_guard guard(impl_->lock);
  const ContextTable& table = impl_->table;
  links::SnapshotHeader header{table.entry_count(), impl_->now_ns, 0};
  header.records_size =
      table.held_bytes() - table.entry_count() * (kStoredEntryOverheadBytes - links::kSnapshotRecordOverhead);
  try {
    out.clear();
    links::SnapshotWriter writer(header, out);
    for (const ContextTable::Entry* entry = table.oldest(); entry != nullptr; entry = entry->newer)
      writer.append(entry->bytes());
    return {};
  } catch (const std::bad_alloc&) {
    out.clear();
    return Error(ErrorCode::out_of_memory);
  }
}

Result<void> ContextStore::load(Bytes snapshot) noexcept {
  try {
    ContextTable table(impl_->options.hash_seed);  // holds the old entries after the swap; freed outside the lock
    std::int64_t now_ns = 0;
    std::uint64_t evicted = 0;
    const Result<void> read = read_snapshot(snapshot, impl_->options, table, now_ns, evicted);
    if (!read.ok()) return read;
    const std::lock_guard guard(impl_->lock);
    impl_->table.swap(table);
    impl_->now_ns = std::max(impl_->now_ns, now_ns);
    impl_->evicted += evicted;
    impl_->expire();
    return {};
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::out_of_memory);
  }
}

ContextStoreStatistics ContextStore::statistics() const {
  ContextStoreStatistics statistics;
  const std::lock_guard guard(impl_->lock);
  statistics.entries = impl_->table.entry_count();
  statistics.bytes = impl_->table.held_bytes();
  statistics.put = impl_->put_count;
  statistics.replaced = impl_->replaced;
  statistics.removed = impl_->removed;
  statistics.found = impl_->found;
  statistics.missed = impl_->missed;
  statistics.refused = impl_->refused;
  const auto add = [&statistics](base::Loss loss, std::uint64_t count) {
    if (count != 0) statistics.losses.push_back({std::string(base::loss_name(loss)), count});
  };
  add(base::Loss::context_expired, impl_->expired);
  add(base::Loss::context_evicted, impl_->evicted);
  return statistics;
}

}  // namespace v1
}  // namespace entail
