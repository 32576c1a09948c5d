#include "graph/window.hpp"

#include <bit>
#include <memory>
#include <utility>

#include "base/check.hpp"
#include "base/hash.hpp"

namespace entail::graph {
namespace {

// Offsets that can be given out: a node each, and the unused rest of one run a writer.
std::uint64_t offset_count(const Window::Shape& shape) noexcept {
  return 1 + shape.capacity + std::uint64_t{kNodeRunCount} * shape.writers;
}

// From here on the payload lies on huge pages: nodes without one then cost more where they are many in a row, and
// first touches, which are most of what a payload costs, a fifth.
constexpr std::uint64_t kHugePayloadBytes = 4 * kHugePageBytes;

// An index with fewer keys than one for so many is emptied key by key.
constexpr std::uint64_t kSparseShare = 64;

// Where the parts lie in the mapping.
struct Layout {
  explicit Layout(const Window::Shape& shape) noexcept {
    const std::uint64_t offsets = offset_count(shape);
    const std::uint64_t payload_bytes = offsets * shape.payload_bytes;
    slots = round_up(sizeof(Window), kPageBytes);
    keys = round_up(slots + 2 * shape.capacity * sizeof(SlotIndex<>::Slot), kPageBytes);
    rows = round_up(keys + offsets * sizeof(SlotIndex<>::Key), kPageBytes);
    hints = round_up(rows + offsets * sizeof(NodeRow), kPageBytes);
    filter = round_up(hints + offsets, kPageBytes);
    marks = round_up(filter + KeyFilter::words_for(offsets) * sizeof(std::uint64_t), kPageBytes);
    payload_unit = payload_bytes >= kHugePayloadBytes ? kHugePageBytes : kPageBytes;
    incarnations = round_up(marks + payload_bytes / payload_unit + 2, kPageBytes);
    payload = round_up(incarnations + offsets * sizeof(Incarnations), payload_unit);
    end = round_up(payload + payload_bytes, payload_unit);
  }
  std::uint64_t slots, keys, rows, hints, filter, marks, incarnations, payload, end;
  std::uint64_t payload_unit;  // what is paid for at once
  // The index is touched all over, and lies on huge pages only if it fills some itself. Of so many nodes the edges do.
  bool index_is_large() const noexcept { return keys - slots >= 2 * kHugePageBytes; }
};

}  // namespace

Window* Window::make(std::uint64_t sequence, const Shape& shape) noexcept {
  ENTAIL_CHECK(shape.capacity >= 1 && shape.capacity <= capacity_max(shape.writers) && shape.payload_bytes % 8 == 0);
  const Layout layout(shape);
  Mapping mapping = Mapping::reserve(layout.end);
  if (mapping.data() == nullptr) return nullptr;
  // From the start of the mapping, which is that of a huge page, and to the next part's: else the first and the last of
  // a part would stay small pages; and before the first of them is touched.
  mapping.prefer_huge_pages(layout.index_is_large() ? 0 : layout.keys, layout.payload);
  // A small payload stays on small pages: nodes without one are to cost nothing.
  if (layout.payload_unit == kHugePageBytes) mapping.prefer_huge_pages(layout.payload, layout.end);
  auto* place = reinterpret_cast<Window*>(mapping.data());
  Window* window =
      std::construct_at(place, sequence, shape, std::move(mapping), Arena::reserve(layout.index_is_large()), 0);
  if (window->arena_.ok()) return window;
  destroy(window);
  return nullptr;
}

Window* Window::make_again(Window* window, std::uint64_t sequence) noexcept {
  const Shape shape = window->shape_;
  const std::uint64_t bytes = window->bytes();
  Mapping mapping = std::move(window->mapping_);
  Mapping arena = window->arena_.release();
  std::destroy_at(window);
  return std::construct_at(window, sequence, shape, std::move(mapping), std::move(arena), bytes);
}

void Window::destroy(Window* window) noexcept {
  // The window lies in the mapping that it owns: take that out first, so that it goes last.
  const Mapping mapping = std::move(window->mapping_);
  std::destroy_at(window);
}

Window::Window(std::uint64_t sequence, const Shape& shape, Mapping mapping, Mapping arena,
               std::uint64_t bytes_before) noexcept
    : sequence_(sequence),
      shape_(shape),
      mapping_(std::move(mapping)),
      arena_(std::move(arena)),
      bytes_before_(bytes_before) {
  const Layout layout(shape);
  std::byte* base = mapping_.data();
  keys_ = reinterpret_cast<SlotIndex<>::Key*>(base + layout.keys);
  rows_ = reinterpret_cast<NodeRow*>(base + layout.rows);
  hints_ = reinterpret_cast<std::uint8_t*>(base + layout.hints);
  payload_marks_ = reinterpret_cast<sync::HardwareAtomic<std::uint8_t>*>(base + layout.marks);
  incarnations_ = reinterpret_cast<Incarnations*>(base + layout.incarnations);
  payload_ = base + layout.payload;
  index_ = SlotIndex<>(reinterpret_cast<SlotIndex<>::Slot*>(base + layout.slots), 2 * shape.capacity, keys_);
  payload_unit_bits_ = static_cast<unsigned>(std::countr_zero(layout.payload_unit));
  count_bytes(layout.keys);
}

std::uint64_t Window::mark_payload(std::uint32_t offset) noexcept {
  if (shape_.payload_bytes == 0) return 0;
  const std::uint64_t begin = std::uint64_t{offset} * shape_.payload_bytes;
  const std::uint64_t last_unit = (begin + shape_.payload_bytes - 1) >> payload_unit_bits_;
  std::uint64_t bytes = 0;
  for (std::uint64_t unit = begin >> payload_unit_bits_; unit <= last_unit; ++unit) {
    sync::HardwareAtomic<std::uint8_t>& mark = payload_marks_[unit];
    if (mark.load(std::memory_order_relaxed) != 0) continue;
    if (mark.exchange(1, std::memory_order_relaxed) == 0) bytes += std::uint64_t{1} << payload_unit_bits_;
  }
  return bytes;
}

// A window without a trace of another has none of the column's memory; one that has a few soon has all of it.
std::uint64_t Window::mark_incarnations() noexcept {
  return std::exchange(has_incarnations_, true) ? 0 : offset_count(shape_) * sizeof(Incarnations);
}

std::uint64_t Window::filter_keys(std::uint32_t offsets) noexcept {
  std::uint64_t bytes = 0;
  if (filtered_end_ == 0) {
    auto* const words = reinterpret_cast<std::uint64_t*>(mapping_.data() + Layout(shape_).filter);
    filter_ = KeyFilter(words, KeyFilter::words_for(offset_end()));
    filtered_end_ = 1;
    bytes = filter_.bytes();
  }
  const std::uint32_t end = std::min(offset_end() - filtered_end_, offsets) + filtered_end_;
  for (; filtered_end_ < end; ++filtered_end_)
    if (const TraceId id = key(filtered_end_); !id.is_zero()) filter_.add(base::table_hash(id, shape_.hash_seed));
  return bytes;
}

void Window::add_touched(std::vector<std::span<std::byte>>& ranges) {
  const Layout layout(shape_);
  const std::uint64_t offsets = offset_end();
  const bool sparse = index_is_sparse();
  const auto add = [&](std::uint64_t from, std::uint64_t bytes) { ranges.push_back({mapping_.data() + from, bytes}); };
  if (!sparse) add(layout.slots, 2 * shape_.capacity * sizeof(SlotIndex<>::Slot));
  add(layout.keys, offsets * sizeof(SlotIndex<>::Key));
  add(layout.rows, offsets * sizeof(NodeRow));
  add(layout.hints, offsets);
  add(layout.filter, filter_.bytes());
  const std::uint64_t units = shape_.payload_bytes == 0 ? 0 : (layout.end - layout.payload) >> payload_unit_bits_;
  add(layout.marks, units);
  if (has_incarnations_) add(layout.incarnations, offsets * sizeof(Incarnations));
  for (std::uint64_t unit = 0; unit < units; ++unit)
    if (payload_marks_[unit].load(std::memory_order_relaxed) != 0)  // relaxed: its writers have ended
      add(layout.payload + (unit << payload_unit_bits_), std::uint64_t{1} << payload_unit_bits_);
  ranges.push_back(arena_.taken());
  if (sparse) clear_index();
}

bool Window::index_is_sparse() const noexcept { return offset_end() <= shape_.capacity / kSparseShare; }

void Window::clear_index() noexcept {
  constexpr std::uint32_t kSlotsAhead = 16;
  const auto hash_of = [this](std::uint32_t offset) { return base::table_hash(key(offset), shape_.hash_seed); };
  const std::uint32_t end = offset_end();
  for (std::uint32_t offset = 1; offset < end; ++offset) {
    if (end - offset > kSlotsAhead) index_.prefetch_slot(hash_of(offset + kSlotsAhead));
    if (!key(offset).is_zero()) index_.clear(hash_of(offset));
  }
}

}  // namespace entail::graph
