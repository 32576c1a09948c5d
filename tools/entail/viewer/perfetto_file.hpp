// Trace events as JSON, which the Perfetto UI and chrome://tracing open.
//
// A service is a process. Its spans lie on lanes, which are the threads of the process: a span shares its lane with
// spans of its trace that lie within it, and follows others only once they have ended, so that slices nest as the
// viewers require. A link is a flow (`s`, `f`) from the slice of the linked span to that of the linking one. Each end
// has the start time of its slice and stands right behind it, since flows bind to the innermost slice that is open.
//
// A flow cannot go back in time: if the linked span begins later, the flow goes the other way and has the category
// link.backward. Left out and counted are spans without a start and end time, and links to spans that are not in the
// input, or to the span itself. The linking span's arguments name all its links.
//
// Times are relative to the earliest start, which otherData.start_unix_nano has: JavaScript numbers could not hold
// nanoseconds since 1970. Thread rule: Confined.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "viewer/viewer_file.hpp"

namespace entail::cli {

class PerfettoFile final : public ViewerFile {
 public:
  void add(const SpanView& span) override;
  void write(OutputFile& file) override;

 private:
  struct SpanKey {
    TraceId trace_id;
    std::uint64_t span_id = 0;
    auto operator<=>(const SpanKey&) const noexcept = default;
  };
  struct Slice {
    SpanKey key;
    std::int64_t start_ns = 0;
    std::int64_t end_ns = 0;
    std::uint32_t process = 0;
    std::uint32_t lane = 0;
    std::uint64_t text_offset = 0;  // of `name` and `args` in texts_
    std::uint64_t text_size = 0;
  };
  struct Link {
    SpanKey linked;
    std::size_t linking = 0;  // index of the slice
    std::string type;
  };
  // One end of a flow. Ends are written behind the slice that comes `rank`-th.
  struct FlowEnd {
    std::size_t rank = 0;
    std::size_t flow = 0;
    bool is_start = false;
    bool is_backward = false;
  };
  class Lanes;

  std::uint32_t process_of(std::string_view service);
  // The slices in the order of time, those that lie within others behind them.
  std::vector<std::size_t> order_of_slices() const;
  void assign_lanes(const std::vector<std::size_t>& order);
  std::vector<FlowEnd> flow_ends(const std::vector<std::size_t>& order);
  std::uint64_t thread_of(const Slice& slice) const;
  void write_names(OutputFile& file) const;
  std::string slice_text(const Slice& slice, std::int64_t base_ns) const;
  std::string flow_text(const FlowEnd& end, const Slice& slice, std::int64_t base_ns) const;

  std::vector<Slice> slices_;
  std::vector<Link> links_;
  std::string texts_;
  std::map<std::string, std::uint32_t, std::less<>> processes_;  // by service
  std::vector<std::uint64_t> first_threads_;                     // by process, and one more behind the last
};

}  // namespace entail::cli
