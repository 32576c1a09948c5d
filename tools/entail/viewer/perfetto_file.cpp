#include "viewer/perfetto_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <numeric>
#include <queue>
#include <unordered_map>

#include "output/json_text.hpp"

namespace entail::cli {
namespace {

constexpr std::string_view kNoService = "unknown_service";

std::uint64_t span_number(std::string_view hex) {
  std::uint64_t number = 0;
  std::from_chars(hex.data(), hex.data() + hex.size(), number, 16);
  return number;
}

// Microseconds with all nanoseconds, as the format has them.
std::string micros_text(std::int64_t ns) {
  std::array<char, 32> text;
  const int size = std::snprintf(text.data(), text.size(), "%lld.%03lld", static_cast<long long>(ns / 1000),
                                 static_cast<long long>(ns % 1000));
  return {text.data(), static_cast<std::size_t>(size)};
}

// The part of a slice that does not depend on other spans.
std::string name_and_arguments(const SpanView& span) {
  JsonText json;
  json.begin_object().field("name", span.name).field("cat", kind_name(span.kind));
  json.key("args").begin_object().field("trace_id", span.trace_id).field("span_id", span.span_id);
  if (!span.parent_span_id.empty()) json.field("parent_span_id", span.parent_span_id);
  json.field("status", status_name(span.status_code));
  if (!span.status_message.empty()) json.field("status_message", span.status_message);
  std::string attributes;
  append_plain_attributes(span.attributes, attributes);
  json.key("attributes").raw(attributes);
  if (span.links) {
    json.key("links").begin_array();
    for (const simdjson::dom::element item : *span.links) {
      const LinkView link = link_view(item);
      json.value(std::string(link.trace_id) + ":" + std::string(link.span_id));
    }
    json.end_array();
  }
  json.end_object().end_object();
  std::string text = json.take();
  return text.substr(1, text.size() - 2);
}

}  // namespace

// The lanes of one process. Slices come in their order.
class PerfettoFile::Lanes {
 public:
  std::uint32_t place(const Slice& slice) {
    const auto known = lane_of_trace_.find(slice.key.trace_id);
    if (known != lane_of_trace_.end() && nests(known->second, slice)) return known->second;
    std::uint32_t lane = static_cast<std::uint32_t>(open_.size());
    if (!free_at_.empty() && free_at_.top().first <= slice.start_ns) {
      lane = free_at_.top().second;
      free_at_.pop();
    } else {
      open_.emplace_back();
    }
    open_[lane].assign(1, &slice);
    free_at_.emplace(slice.end_ns, lane);
    lane_of_trace_[slice.key.trace_id] = lane;
    return lane;
  }
  std::size_t count() const noexcept { return open_.size(); }

 private:
  bool nests(std::uint32_t lane, const Slice& slice) {
    std::vector<const Slice*>& open = open_[lane];
    while (!open.empty() && open.back()->end_ns <= slice.start_ns) open.pop_back();
    if (open.empty() || open.back()->key.trace_id != slice.key.trace_id || open.back()->end_ns < slice.end_ns)
      return false;
    open.push_back(&slice);
    return true;
  }

  using FreeAt = std::pair<std::int64_t, std::uint32_t>;
  std::vector<std::vector<const Slice*>> open_;  // by lane; each lies within the one before it
  std::priority_queue<FreeAt, std::vector<FreeAt>, std::greater<>> free_at_;  // one entry for each lane
  std::unordered_map<TraceId, std::uint32_t> lane_of_trace_;                  // the last one
};

std::uint32_t PerfettoFile::process_of(std::string_view service) {
  const std::string_view name = service.empty() ? kNoService : service;
  const auto known = processes_.find(name);
  if (known != processes_.end()) return known->second;
  held_bytes_ += name.size();
  return processes_.emplace(name, static_cast<std::uint32_t>(processes_.size())).first->second;
}

void PerfettoFile::add(const SpanView& span) {
  const Result<TraceId, HexError> trace_id = from_hex(span.trace_id);
  if (!trace_id || !span.start_ns || !span.end_ns || *span.end_ns < *span.start_ns) {
    ++spans_untimed_;
    return;
  }
  const std::string text = name_and_arguments(span);
  slices_.push_back({{*trace_id, span_number(span.span_id)},
                     *span.start_ns,
                     *span.end_ns,
                     process_of(span.service),
                     0,
                     texts_.size(),
                     text.size()});
  texts_ += text;
  held_bytes_ += text.size() + sizeof(Slice);
  if (!span.links) return;
  for (const simdjson::dom::element item : *span.links) {
    const LinkView link = link_view(item);
    const Result<TraceId, HexError> linked = from_hex(link.trace_id);
    if (!linked) {
      ++links_undrawn_;
      continue;
    }
    links_.push_back({{*linked, span_number(link.span_id)}, slices_.size() - 1, std::string(type_of(link))});
    held_bytes_ += sizeof(Link) + links_.back().type.size();
  }
}

std::vector<std::size_t> PerfettoFile::order_of_slices() const {
  std::vector<std::size_t> order(slices_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
    const Slice& one = slices_[a];
    const Slice& other = slices_[b];
    return one.start_ns != other.start_ns ? one.start_ns < other.start_ns : one.end_ns > other.end_ns;
  });
  return order;
}

void PerfettoFile::assign_lanes(const std::vector<std::size_t>& order) {
  std::vector<Lanes> lanes(processes_.size());
  for (const std::size_t i : order) slices_[i].lane = lanes[slices_[i].process].place(slices_[i]);
  // Processes have the numbers from 1 on, and threads those behind them: no thread has the number of a process.
  first_threads_.assign(1, processes_.size() + 1);
  for (const Lanes& lanes_of_process : lanes)
    first_threads_.push_back(first_threads_.back() + lanes_of_process.count());
}

std::vector<PerfettoFile::FlowEnd> PerfettoFile::flow_ends(const std::vector<std::size_t>& order) {
  std::vector<std::size_t> ranks(order.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank) ranks[order[rank]] = rank;
  std::vector<std::size_t> by_key(order);  // of slices with the same IDs, the first in time comes first
  std::stable_sort(by_key.begin(), by_key.end(),
                   [this](std::size_t a, std::size_t b) { return slices_[a].key < slices_[b].key; });
  std::vector<FlowEnd> ends;
  for (std::size_t flow = 0; flow < links_.size(); ++flow) {
    const Link& link = links_[flow];
    const auto found = std::lower_bound(by_key.begin(), by_key.end(), link.linked,
                                        [this](std::size_t i, const SpanKey& key) { return slices_[i].key < key; });
    if (found == by_key.end() || slices_[*found].key != link.linked || *found == link.linking) {
      ++links_undrawn_;
      continue;
    }
    const std::size_t linked = ranks[*found];
    const std::size_t linking = ranks[link.linking];
    ends.push_back({linked, flow, linked < linking, linking < linked});
    ends.push_back({linking, flow, linking < linked, linking < linked});
  }
  std::stable_sort(ends.begin(), ends.end(), [](const FlowEnd& a, const FlowEnd& b) { return a.rank < b.rank; });
  return ends;
}

std::uint64_t PerfettoFile::thread_of(const Slice& slice) const { return first_threads_[slice.process] + slice.lane; }

std::string PerfettoFile::slice_text(const Slice& slice, std::int64_t base_ns) const {
  return "{\"ph\":\"X\",\"pid\":" + std::to_string(slice.process + 1) + ",\"tid\":" + std::to_string(thread_of(slice)) +
         ",\"ts\":" + micros_text(slice.start_ns - base_ns) + ",\"dur\":" + micros_text(slice.end_ns - slice.start_ns) +
         "," + texts_.substr(slice.text_offset, slice.text_size) + "}";
}

std::string PerfettoFile::flow_text(const FlowEnd& end, const Slice& slice, std::int64_t base_ns) const {
  const std::string& type = links_[end.flow].type;
  std::string text = "{\"ph\":\"";
  text += end.is_start ? "s\"" : "f\",\"bp\":\"e\"";
  text += ",\"id\":" + std::to_string(end.flow + 1) + ",\"pid\":" + std::to_string(slice.process + 1) +
          ",\"tid\":" + std::to_string(thread_of(slice)) + ",\"ts\":" + micros_text(slice.start_ns - base_ns) +
          ",\"cat\":\"" + (end.is_backward ? "link.backward" : "link") + "\",\"name\":";
  append_json_string(type.empty() ? std::string_view("link") : std::string_view(type), text);
  return text + "}";
}

void PerfettoFile::write_names(OutputFile& file) const {
  for (const auto& [service, process] : processes_) {
    const std::string pid = std::to_string(process + 1);
    std::string text = ",\n{\"ph\":\"M\",\"pid\":" + pid + ",\"name\":\"process_name\",\"args\":{\"name\":";
    append_json_string(service, text);
    file.write(text + "}}");
    for (std::uint64_t thread = first_threads_[process]; thread < first_threads_[process + 1]; ++thread) {
      const std::string lane = std::to_string(thread - first_threads_[process] + 1);
      file.write(",\n{\"ph\":\"M\",\"pid\":" + pid + ",\"tid\":" + std::to_string(thread) +
                 ",\"name\":\"thread_name\",\"args\":{\"name\":\"lane " + lane + "\"}}");
    }
  }
}

void PerfettoFile::write(OutputFile& file) {
  const std::vector<std::size_t> order = order_of_slices();
  assign_lanes(order);
  const std::vector<FlowEnd> ends = flow_ends(order);
  const std::int64_t base_ns = order.empty() ? 0 : slices_[order.front()].start_ns;
  file.write("{\"displayTimeUnit\":\"ms\",\"otherData\":{\"start_unix_nano\":\"" + std::to_string(base_ns) +
             "\"},\"traceEvents\":[\n{\"ph\":\"M\",\"pid\":0,\"name\":\"trace_name\",\"args\":{\"name\":\"entail\"}}");
  write_names(file);
  auto end = ends.begin();
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const Slice& slice = slices_[order[rank]];
    file.write(",\n" + slice_text(slice, base_ns));
    for (; end != ends.end() && end->rank == rank; ++end) file.write(",\n" + flow_text(*end, slice, base_ns));
  }
  file.write(std::string_view("\n]}\n"));
}

}  // namespace entail::cli
