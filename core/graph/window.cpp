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

// A column of this many bytes or more lies on huge pages where all columns together are so large that what is lost on
// the huge pages in which they end, one a column and half of it as a rule, is less than a sixteenth.
constexpr std::uint64_t kHugeColumnBytes = 2 * kHugePageBytes;
constexpr std::uint64_t kHugeColumnsBytes = 24 * kHugePageBytes;

// A column: where it begins, and what of it is paid for at once.
struct Column {
  std::uint64_t begin = 0;
  std::uint64_t width = 0;
  std::uint64_t unit = kPageBytes;
  // Of its first `count` places.
  std::uint64_t bytes(std::uint64_t count) const noexcept { return round_up(count * width, unit); }
};

// Where the parts lie in the mapping.
struct Layout {
  explicit Layout(const Window::Shape& shape) noexcept {
    const std::uint64_t offsets = offset_count(shape);
    const std::uint64_t payload_bytes = offsets * shape.payload_bytes;
    slots = round_up(sizeof(Window), kPageBytes);
    end = round_up(slots + 2 * shape.capacity * sizeof(SlotIndex<>::Slot), kPageBytes);
    index_end = end;
    is_large = offsets * (kNodeBytes + sizeof(Incarnations)) >= kHugeColumnsBytes;
    place(keys, sizeof(SlotIndex<>::Key), offsets);
    place(rows, sizeof(NodeRow), offsets);
    place(incarnations, sizeof(Incarnations), offsets);
    place(hints, sizeof(std::uint8_t), offsets);
    place(filter, sizeof(std::uint64_t), KeyFilter::words_for(offsets));
    payload_unit = payload_bytes >= kHugePayloadBytes ? kHugePageBytes : kPageBytes;
    marks = end;
    marks_end = round_up(marks + payload_bytes / payload_unit + 2, kPageBytes);
    payload = round_up(marks_end, payload_unit);
    end = round_up(payload + payload_bytes, payload_unit);
  }
  std::uint64_t slots, index_end, marks, marks_end, payload, end;
  Column keys, rows, incarnations, hints, filter;
  std::uint64_t payload_unit;  // what is paid for at once
  bool is_large;               // enough for columns on huge pages, and an arena that begins with them
  // The index is touched all over.
  std::uint64_t fixed_bytes() const noexcept { return index_end + marks_end - marks + kPageBytes; }  // a page of marks
  std::uint64_t node_bytes(std::uint64_t offsets) const noexcept {
    return keys.bytes(offsets) + rows.bytes(offsets) + hints.bytes(offsets);
  }
  std::uint64_t arena_huge_from() const noexcept { return is_large ? 0 : Arena::kHugeFrom; }

 private:
  void place(Column& column, std::uint64_t width, std::uint64_t count) noexcept {
    column.width = width;
    column.unit = is_large && width * count >= kHugeColumnBytes ? kHugePageBytes : kPageBytes;
    column.begin = round_up(end, column.unit);
    end = column.begin + column.bytes(count);
  }
};

}  // namespace

std::uint64_t Window::bytes_for(const Shape& shape, std::uint64_t nodes, std::uint64_t with_payload,
                                std::uint64_t edge_bytes) noexcept {
  const Layout layout(shape);
  const std::uint64_t edge_unit = layout.is_large || edge_bytes >= Arena::kHugeFrom ? kHugePageBytes : kPageBytes;
  return layout.fixed_bytes() + layout.node_bytes(nodes) + layout.filter.bytes(KeyFilter::words_for(nodes)) +
         round_up(with_payload * shape.payload_bytes, layout.payload_unit) + round_up(edge_bytes, edge_unit);
}

Window* Window::make(std::uint64_t sequence, const Shape& shape) noexcept {
  ENTAIL_CHECK(shape.capacity >= 1 && shape.capacity <= capacity_max(shape.writers) && shape.payload_bytes % 8 == 0);
  const Layout layout(shape);
  Mapping mapping = Mapping::reserve(layout.end);
  if (mapping.data() == nullptr) return nullptr;
  mapping.prefer_small_pages(0, layout.end);
  // The index is touched all over: as far as it fills huge pages it lies on them. The mapping begins on one, and so do
  // the columns that lie on them.
  mapping.prefer_huge_pages(0, layout.index_end / kHugePageBytes * kHugePageBytes);
  for (const Column& column : {layout.keys, layout.rows, layout.incarnations, layout.hints, layout.filter})
    if (column.unit == kHugePageBytes)
      mapping.prefer_huge_pages(column.begin, column.begin + column.bytes(offset_count(shape)));
  // A small payload stays on small pages: nodes without one are to cost nothing.
  if (layout.payload_unit == kHugePageBytes) mapping.prefer_huge_pages(layout.payload, layout.end);
  auto* place = reinterpret_cast<Window*>(mapping.data());
  Window* window = std::construct_at(place, sequence, shape, std::move(mapping),
                                     Arena::reserve(layout.arena_huge_from()), Resident{layout.fixed_bytes()});
  if (window->arena_.ok()) return window;
  destroy(window);
  return nullptr;
}

Window* Window::make_again(Window* window, std::uint64_t sequence) noexcept {
  const Shape shape = window->shape_;
  Resident resident = window->resident_;
  resident.bytes = window->bytes();
  resident.node_bytes = window->node_bytes_.load(std::memory_order_relaxed);  // relaxed: its writers have ended
  Mapping mapping = std::move(window->mapping_);
  Mapping arena = window->arena_.release();
  std::destroy_at(window);
  return std::construct_at(window, sequence, shape, std::move(mapping), std::move(arena), resident);
}

void Window::destroy(Window* window) noexcept {
  // The window lies in the mapping that it owns: move that out first, so that it is unmapped last.
  const Mapping mapping = std::move(window->mapping_);
  std::destroy_at(window);
}

Window::Window(std::uint64_t sequence, const Shape& shape, Mapping mapping, Mapping arena,
               const Resident& resident) noexcept
    : sequence_(sequence),
      shape_(shape),
      resident_(resident),
      mapping_(std::move(mapping)),
      arena_(std::move(arena), Layout(shape).arena_huge_from()),
      node_bytes_(resident.node_bytes),
      bytes_(resident.bytes) {
  const Layout layout(shape);
  std::byte* base = mapping_.data();
  keys_ = reinterpret_cast<SlotIndex<>::Key*>(base + layout.keys.begin);
  rows_ = reinterpret_cast<NodeRow*>(base + layout.rows.begin);
  hints_ = reinterpret_cast<std::uint8_t*>(base + layout.hints.begin);
  payload_marks_ = PageMarks(base + layout.marks);
  incarnations_ = reinterpret_cast<Incarnations*>(base + layout.incarnations.begin);
  payload_ = base + layout.payload;
  index_ = SlotIndex<>(reinterpret_cast<SlotIndex<>::Slot*>(base + layout.slots), 2 * shape.capacity, keys_);
  payload_unit_bits_ = static_cast<unsigned>(std::countr_zero(layout.payload_unit));
}

std::uint64_t Window::mark_nodes() noexcept {
  const std::uint64_t bytes = Layout(shape_).node_bytes(offset_end());
  std::uint64_t counted = node_bytes_.load(std::memory_order_relaxed);
  while (counted < bytes)
    if (node_bytes_.compare_exchange(counted, bytes, std::memory_order_relaxed, std::memory_order_relaxed))
      return bytes - counted;
  return 0;
}

std::uint64_t Window::mark_payload(std::uint32_t offset) noexcept {
  if (shape_.payload_bytes == 0) return 0;
  const std::uint64_t begin = std::uint64_t{offset} * shape_.payload_bytes;
  const std::uint64_t last_unit = (begin + shape_.payload_bytes - 1) >> payload_unit_bits_;
  std::uint64_t bytes = 0;
  for (std::uint64_t unit = begin >> payload_unit_bits_; unit <= last_unit; ++unit)
    if (payload_marks_.mark(unit)) bytes += std::uint64_t{1} << payload_unit_bits_;
  return bytes;
}

// Counted as far as its last place in use: a window without a trace of another has none of the column's memory.
std::uint64_t Window::mark_incarnations(std::uint32_t offset) noexcept {
  if (offset < incarnations_end_) return 0;
  incarnations_end_ = offset + 1;
  return grow(resident_.incarnations_bytes, Layout(shape_).incarnations.bytes(incarnations_end_));
}

std::uint64_t Window::filter_keys(std::uint32_t offsets) noexcept {
  std::uint64_t bytes = 0;
  if (filtered_end_ == 0) {
    const Column column = Layout(shape_).filter;
    filter_ =
        KeyFilter(reinterpret_cast<std::uint64_t*>(mapping_.data() + column.begin), KeyFilter::words_for(offset_end()));
    filtered_end_ = 1;
    bytes = grow(resident_.filter_bytes, column.bytes(KeyFilter::words_for(offset_end())));
  }
  const std::uint32_t end = std::min(offset_end() - filtered_end_, offsets) + filtered_end_;
  for (; filtered_end_ < end; ++filtered_end_)
    if (const TraceId id = key(filtered_end_); !id.is_zero()) filter_.add(base::table_hash(id, shape_.hash_seed));
  return bytes;
}

std::uint64_t Window::grow(std::uint64_t& counted, std::uint64_t bytes) noexcept {
  const std::uint64_t before = std::exchange(counted, std::max(counted, bytes));
  return counted - before;
}

void Window::add_touched(std::vector<std::span<std::byte>>& ranges) {
  const Layout layout(shape_);
  const std::uint64_t offsets = offset_end();
  const bool sparse = index_is_sparse();
  const auto add = [&](std::uint64_t from, std::uint64_t bytes) { ranges.push_back({mapping_.data() + from, bytes}); };
  if (!sparse) add(layout.slots, 2 * shape_.capacity * sizeof(SlotIndex<>::Slot));
  add(layout.keys.begin, offsets * sizeof(SlotIndex<>::Key));
  add(layout.rows.begin, offsets * sizeof(NodeRow));
  add(layout.hints.begin, offsets);
  add(layout.filter.begin, filter_.bytes());
  add(layout.incarnations.begin, incarnations_end_ * sizeof(Incarnations));
  const std::uint64_t units = shape_.payload_bytes == 0 ? 0 : (layout.end - layout.payload) >> payload_unit_bits_;
  for (std::uint64_t unit = 0; unit < units; ++unit)
    if (payload_marks_.is_marked(unit))
      add(layout.payload + (unit << payload_unit_bits_), std::uint64_t{1} << payload_unit_bits_);
  arena_.add_touched(ranges);
  payload_marks_.renew(units);
  arena_.renew_marks();
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
